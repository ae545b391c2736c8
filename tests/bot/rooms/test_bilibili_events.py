"""The official commands, field by field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.comment import Comment, Event, Happening, RoomKey
from bot.rooms.bilibili import Codec, Decoded, encode_commands

ROOM = RoomKey("bilibili", "1")
NOW = 1_755_000_009_000
BASE = {"open_id": "o1", "uname": "小明", "timestamp": 1755000000, "msg_id": "m1", "room_id": 1}


def decoded(name: str, data: dict[str, Any], **options: Any) -> Decoded:
    command = {"cmd": name if name == "PRACTICE_EVENT" else f"LIVE_OPEN_PLATFORM_{name}", "data": data}
    return Codec(ROOM, **options).feed(encode_commands([json.dumps(command).encode()]), NOW)


def event(name: str, data: dict[str, Any], **options: Any) -> Event:
    (found,) = decoded(name, BASE | data, **options).events
    return found


def happening(name: str, data: dict[str, Any]) -> Happening:
    found = event(name, data)
    assert isinstance(found, Happening)
    return found


def comment(data: dict[str, Any], name: str = "DM", **options: Any) -> Comment:
    found = event(name, {"msg": "多少钱"} | data, **options)
    assert isinstance(found, Comment)
    return found


def test_comment():
    found = comment({"reply_open_id": "o2", "fans_medal_wearing_status": True, "fans_medal_level": 7})
    assert (found.text, found.msg_id, found.reply_to) == ("多少钱", "m1", "o2")
    assert (found.viewer.uid, found.viewer.name, found.viewer.fan_level) == ("o1", "小明", 7)
    assert (found.at_ms, found.received_ms) == (1_755_000_000_000, NOW)
    assert not found.mirrored


def test_what_draws_may_ask_for_as_far_as_the_platform_tells_it():
    worn = comment({"fans_medal_wearing_status": True, "fans_medal_level": 7, "glory_level": 12}).viewer
    assert (worn.follows, worn.fan_level, worn.level) == (None, 7, 12)
    bare = comment({"fans_medal_wearing_status": False, "fans_medal_level": 7, "glory_level": -3}).viewer
    assert (bare.follows, bare.fan_level, bare.level) == (None, 0, 0)
    nobody = comment({"open_id": "", "fans_medal_wearing_status": True, "fans_medal_level": 7}).viewer
    assert (nobody.uid, nobody.follows, nobody.fan_level) == (None, None, None)


@pytest.mark.parametrize(
    ("practice", "told", "follows"),
    [(True, True, True), (True, False, False), (True, "yes", None), (True, None, None), (False, True, None)],
)
def test_only_the_practice_room_tells_who_follows(practice: bool, told: object, follows: bool | None):
    assert comment({"practice_follows": told}, practice=practice).viewer.follows is follows


def test_the_medal_of_another_room_counts_for_nothing():
    def fan_level(medal: object) -> int | None:
        info = [[0, 1, 25, 0, 1_755_000_000_000, 1], "在吗", [7, "小明", 0], medal, [21]]
        command = json.dumps({"cmd": "DANMU_MSG", "info": info}).encode()
        (found,) = Codec(ROOM, web=True).feed(encode_commands([command]), NOW).events
        assert isinstance(found, Comment)
        assert found.viewer.level == 21
        return found.viewer.fan_level

    assert fan_level([9, "牌", "主播", 1]) == 9
    assert fan_level([9, "牌", "别人", 2]) == 0
    assert fan_level([]) == fan_level(None) == 0


def test_users_are_keyed_by_open_id_alone():
    assert comment({"open_id": "", "uid": 12345}).viewer.uid is None


def test_administrator_is_staff_and_owner_is_host():
    assert comment({"is_admin": 1}).viewer.role == "staff"
    assert comment({"is_admin": 1}, host="o1").viewer.role == "host"
    assert comment({}, host="o2").viewer.role == "viewer"


def test_hidden_user_is_never_the_host():
    assert comment({"open_id": ""}, host=None).viewer.role == "viewer"


def test_sticker_keeps_its_text():
    assert comment({"dm_type": 1, "msg": "[鼓掌]", "emoji_img_url": "http://x"}).text == "[鼓掌]"


def test_comment_of_another_room_is_mirrored():
    assert comment({}, name="DM_MIRROR").mirrored


@pytest.mark.parametrize("timestamp", [None, -1, "x", 10**20, 0, 17.5e30])
def test_impossible_time_falls_back_to_receipt(timestamp: object):
    assert comment({"timestamp": timestamp}).at_ms == NOW


def test_practice_time_is_read_in_practice_only():
    data = {"practice_ms": 1_755_000_000_123}
    assert comment(data, practice=True).at_ms == 1_755_000_000_123
    assert comment(data).at_ms == 1_755_000_000_000


def test_practice_event_is_read_in_practice_only():
    data = {"event": {"kind": "product", "slot": 3}}
    found = event("PRACTICE_EVENT", data, practice=True)
    assert isinstance(found, Happening)
    assert (found.kind, found.data) == ("product", {"slot": 3})
    assert decoded("PRACTICE_EVENT", BASE | data).ignored == {"unknown_command": 1}


def test_practice_event_carries_no_comment():
    data = {"event": {"kind": "comment", "text": "x"}}
    assert decoded("PRACTICE_EVENT", data, practice=True).ignored == {"missing_fields": 1}


def test_paid_gift_counts_its_real_value():
    gift = {"gift_name": "花", "gift_num": 3, "price": 9999, "r_price": 100, "paid": True}
    assert happening("SEND_GIFT", gift).data == {"name": "花", "count": 3, "fen": 30, "gift_id": ""}


def test_free_gift_is_worth_nothing():
    assert (
        happening("SEND_GIFT", {"gift_name": "花", "gift_num": 3, "price": 100, "paid": False}).data["fen"]
        == 0
    )


def test_guard_names_its_buyer():
    found = happening(
        "GUARD",
        {"user_info": {"open_id": "o9", "uname": "船"}, "guard_level": 3, "guard_num": 1, "price": 138000},
    )
    assert found.viewer is not None
    assert found.viewer.uid == "o9"
    assert found.data["fen"] == 13800


def test_super_chat_is_a_gift_with_text():
    found = happening("SUPER_CHAT", {"rmb": 30, "message": "求链接", "message_id": 7})
    assert (found.kind, found.data["fen"], found.data["text"]) == ("gift", 3000, "求链接")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("LIKE", "like"),
        ("LIVE_ROOM_ENTER", "enter"),
        ("LIVE_START", "live_start"),
        ("LIVE_END", "live_end"),
        ("SUPER_CHAT_DEL", "moderation"),
    ],
)
def test_kinds(name: str, kind: str):
    assert happening(name, {}).kind == kind


def test_end_of_interaction_names_the_session():
    found = decoded("INTERACTION_END", {"game_id": "g1"})
    assert (found.events, found.ended) == ((), ("g1",))


def test_missing_text_is_ignored():
    assert decoded("DM", BASE).ignored == {"missing_fields": 1}


def test_lone_surrogate_does_not_lose_the_comment():
    raw = b'{"cmd":"LIVE_OPEN_PLATFORM_DM","data":{"open_id":"o","msg":"a\\ud800b","msg_id":"m"}}'
    (found,) = Codec(ROOM).feed(encode_commands([raw]), NOW).events
    assert isinstance(found, Comment)
    assert found.text == "a\ufffdb"
