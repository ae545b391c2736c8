"""What comes through the door is a value with every field in place, whatever JSON was sent."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.comment import Comment, Happening, RoomKey
from bot.rooms.bridge_door import KINDS, Refused, kept, let_in
from bot.rooms.wire import WireError, decode

ROOM = RoomKey("bridge", "myshop")
NOW = 1_755_000_000_000
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    "id",
    "user",
    "at",
    "text",
    "count",
    "name",
    "fen",
    "state",
    "slot",
    "product",
    "qty",
    "amount",
    "edited",
)


def come(**fields: Any) -> Comment | Happening:
    event = let_in(fields, ROOM, NOW, "f" * 64)
    assert event is not None
    return event


def happening(**fields: Any) -> Happening:
    event = come(**fields)
    assert isinstance(event, Happening)
    return event


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"comment"}))
def test_every_kind_of_the_contract_has_its_value(kind: str):
    needed = {"viewers": {"count": 5}, "order": {"id": "o1", "state": "paid"}, "product": {"slot": 3}}
    more = needed.get(kind, {"text": "话"} if kind == "speech" else {})
    event = happening(kind=kind, at="2025-08-12T12:00:00Z", extra={"a": [1]}, **more)
    assert (event.kind, event.at_ms, event.room) == (kind, NOW, ROOM)
    assert event.data["extra"] == {"a": [1]}


def test_without_a_time_the_moment_of_receipt_stands():
    assert come(kind="alive").at_ms == NOW


def test_an_order_is_told_once_for_each_state():
    placed = happening(kind="order", id="o1", state="placed", amount="59.00", user={"id": "u1"})
    paid = happening(kind="order", id="o1", state="paid")
    assert (placed.msg_id, paid.msg_id) == ("o1:placed", "o1:paid")
    assert placed.data == {"id": "o1", "state": "placed", "amount": "59.00"}
    assert placed.viewer is not None
    assert placed.viewer.uid == "u1"


def test_a_product_on_show_again_is_no_duplicate():
    assert happening(kind="product", id="p1").msg_id is None


def test_an_edit_and_an_answer():
    comment = come(kind="comment", text="x", edited=True, reply_to="c0", user=None)
    assert isinstance(comment, Comment)
    assert (comment.edited, comment.reply_to, comment.viewer.uid) == (True, "c0", None)


@pytest.mark.parametrize(
    ("field", "value"),
    [("follows", 1), ("fan_level", -1), ("fan_level", 10_001), ("level", True), ("level", "3")],
)
def test_signals_of_the_wrong_type_are_refused_by_name(field: str, value: object):
    item = {"kind": "comment", "text": "x", "user": {"id": "u", field: value}}
    with pytest.raises(Refused) as refused:
        let_in(item, ROOM, NOW, "")
    assert refused.value.field == f"user.{field}"


def test_unknown_kinds_are_none_and_our_own_are_not_for_others():
    for kind in ("weather", "gap", "unknown", "platform_draw_start", "COMMENT", ""):
        assert let_in({"kind": kind}, ROOM, NOW, "") is None


@settings(max_examples=300)
@given(
    st.one_of(
        ANY,
        st.fixed_dictionaries(
            {"kind": st.sampled_from(sorted(KINDS)) | st.text(max_size=5)},
            optional={name: ANY for name in FIELDS},
        ),
    )
)
def test_arbitrary_json_is_taken_ignored_or_refused(item: object):
    try:
        value = decode(json.dumps(item))
    except WireError:
        return
    try:
        event = let_in(value, ROOM, NOW, "f" * 64)
    except Refused:
        return
    if event is not None:
        msgspec.json.encode(event)
        assert 978_307_200_000 <= event.at_ms <= 4_102_444_800_000


@given(ANY)
def test_whatever_is_kept_can_be_stored(value: object):
    json.dumps(kept(value), allow_nan=False).encode("utf-8", "surrogatepass")


def test_nesting_and_numbers_have_bounds():
    deep: Any = 1
    for _ in range(50):
        deep = {"x": deep}
    assert "null" in json.dumps(kept(deep))
    assert kept(2**60) == str(2**60)
    assert kept(10**5000) is None
    assert kept(float("inf")) is None
