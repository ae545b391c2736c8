from __future__ import annotations

import pytest

from bot.comment import Comment, Happening, RoomKey
from bot.rooms.bridge_event import read_event

ROOM = RoomKey("bridge", "1")


def test_comment():
    item = {
        "kind": "comment",
        "id": "m",
        "user": {"id": 5, "name": "n"},
        "text": "x",
        "at": "2026-01-02T03:04:05Z",
    }
    found = read_event(item, ROOM, 9, "hash")
    assert isinstance(found, Comment)
    assert (found.msg_id, found.viewer.uid, found.viewer.name, found.text) == ("m", "5", "n", "x")
    assert (found.at_ms, found.received_ms, found.frame_hash) == (1767323045000, 9, "hash")


@pytest.mark.parametrize(
    ("role", "known"),
    [
        ("host", "host"), ("staff", "staff"), ("bot", "bot"), ("viewer", "viewer"), ("boss", "viewer"), (7, "viewer"),
        (None, "viewer"),
    ],
)  # fmt: skip
def test_who_speaks_for_the_shop(role: object, known: str):
    event = read_event({"kind": "comment", "text": "x", "user": {"id": "u", "role": role}}, ROOM, 1)
    assert isinstance(event, Comment)
    assert event.viewer.role == known


@pytest.mark.parametrize(
    ("told", "follows", "fan_level", "level"),
    [
        ({"follows": True, "fan_level": 3, "level": 9}, True, 3, 9),
        ({"follows": False, "fan_level": 0}, False, 0, 0),
        ({}, None, None, 0),
        ({"follows": 1, "fan_level": True, "level": "x"}, None, None, 0),
        ({"follows": "yes", "fan_level": -1, "level": 10**9}, None, None, 0),
        ({"fan_level": "5"}, None, 5, 0),
    ],
)
def test_what_draws_may_ask_for(
    told: dict[str, object], follows: bool | None, fan_level: int | None, level: int
):
    found = read_event({"kind": "order", "id": "o", "user": {"id": "u", **told}}, ROOM, 9)
    assert isinstance(found, Happening)
    assert found.viewer is not None
    assert (found.viewer.follows, found.viewer.fan_level, found.viewer.level) == (follows, fan_level, level)


def test_unknown_fields_are_kept():
    found = read_event({"kind": "gift", "id": "g", "name": "花", "count": 2, "colour": "red"}, ROOM, 9)
    assert isinstance(found, Happening)
    assert found.data == {"name": "花", "count": 2, "colour": "red"}
    assert found.msg_id == "g"


def test_order_is_named_by_its_id_but_not_deduplicated_by_it():
    placed, paid = (
        read_event({"kind": "order", "id": "o1", "state": state}, ROOM, 9) for state in ("placed", "paid")
    )
    assert isinstance(placed, Happening)
    assert isinstance(paid, Happening)
    assert placed.msg_id is None
    assert paid.data == {"id": "o1", "state": "paid"}


@pytest.mark.parametrize(
    "item", [None, [], "x", {}, {"kind": "gap"}, {"kind": "new"}, {"kind": []}, {"kind": "comment"}]
)
def test_what_is_no_event(item: object):
    assert read_event(item, ROOM, 9) is None


@pytest.mark.parametrize("at", [None, "soon", -5, [], "0001-01-01T00:00:00+14:00", 10**30])
def test_impossible_times(at: object):
    found = read_event({"kind": "alive", "at": at}, ROOM, 9)
    assert found is not None
    assert 0 <= found.at_ms <= 9
