"""The framing of bilibili, against the vectors and against whatever a broken or hostile peer may send."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from pathlib import Path

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.comment import Comment, Happening, RoomKey
from bot.rooms import bilibili
from bot.rooms.bilibili import MAX_MESSAGE, Codec, encode, encode_commands

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "bilibili.json").read_text(encoding="utf-8"))
FRAMES = {frame["name"]: base64.b64decode(frame["b64"]) for frame in VECTORS["frames"]}
MALFORMED = {frame["name"]: base64.b64decode(frame["b64"]) for frame in VECTORS["malformed"]}
ROOM = RoomKey("bilibili", "22000001")
NOW = 1_755_000_001_000


def feed(frame: bytes | str, **options: bool) -> bilibili.Decoded:
    return Codec(ROOM, web=True, **options).feed(frame, NOW)


def dm(text: str = "多少钱", **fields: object) -> bytes:
    data = {"open_id": "o1", "uname": "小明", "msg": text, "msg_id": "m1", "timestamp": 1755000000} | fields
    return json.dumps({"cmd": "LIVE_OPEN_PLATFORM_DM", "data": data}).encode()


def test_upward_frames_are_byte_exact():
    body = FRAMES["auth_req"][16:].decode()
    assert bilibili.encode_auth(body) == FRAMES["auth_req"]
    assert bilibili.encode_heartbeat() == FRAMES["hb_req"]


def test_server_frames_are_byte_exact():
    assert bilibili.encode_auth_answer(0) == FRAMES["auth_ok"]
    assert bilibili.encode_auth_answer(-101) == FRAMES["auth_bad"]
    assert bilibili.encode_heartbeat_answer(4321, b"[object Object]") == FRAMES["hb_reply_echo"]
    assert encode_commands([FRAMES["plain_one"][16:]]) == FRAMES["plain_one"]


def test_auth_answers():
    assert feed(FRAMES["auth_ok"]).auth == "ok"
    refused = feed(FRAMES["auth_bad"])
    assert (refused.auth, refused.auth_code) == ("refused", -101)


@pytest.mark.parametrize("name", ["hb_reply", "hb_reply_echo"])
def test_heartbeat_answer_with_and_without_uncounted_echo(name: str):
    decoded = feed(FRAMES[name])
    assert decoded.popularity == 4321
    assert decoded.ignored == {}


@pytest.mark.parametrize("name", ["plain_two_in_one_ws_message", "zlib_nested", "brotli_nested"])
def test_two_packets_in_one_message(name: str):
    comment, viewers = feed(FRAMES[name]).events
    expect = VECTORS["danmu_expect"]
    assert isinstance(comment, Comment)
    assert comment.text == expect["text"]
    assert comment.viewer.uid == str(expect["uid"])
    assert comment.viewer.name == expect["uname"]
    assert comment.viewer.role == "staff"
    assert comment.at_ms == expect["ts_ms"]
    assert comment.msg_id == expect["id_str"]
    assert isinstance(viewers, Happening)
    assert viewers.data["count"] == 12345


@pytest.mark.parametrize(
    ("name", "kind", "data"),
    [
        ("plain_one", "viewers", {"count": 12345}),
        ("brotli_single_from_other_encoder_settings", "viewers", {"count": 12345}),
        ("cmd_SEND_GIFT", "gift", {"name": "小心心", "count": 2, "fen": 20}),
        ("cmd_SUPER_CHAT_MESSAGE", "gift", {"name": "super_chat", "fen": 3000, "text": "求链接"}),
        ("cmd_SUPER_CHAT_MESSAGE_DELETE", "moderation", {"act": "delete_super_chat", "ids": ["7000001"]}),
        ("cmd_GUARD_BUY", "gift", {"name": "舰长", "count": 1, "fen": 19800}),
        ("interact_word_v2", "enter", {}),
    ],
)
def test_commands_of_the_vectors(name: str, kind: str, data: dict[str, object]):
    (event,) = feed(FRAMES[name]).events
    assert isinstance(event, Happening)
    assert event.kind == kind
    assert data.items() <= event.data.items()


def test_interaction_names_its_viewer():
    (event,) = feed(FRAMES["interact_word_v2"]).events
    assert isinstance(event, Happening)
    assert event.viewer is not None
    assert event.viewer.uid == "10001"
    assert event.at_ms == 1_755_000_000_000


def test_gift_in_protobuf():
    command = json.dumps(VECTORS["send_gift_v2"]["json"]).encode()
    (event,) = feed(encode_commands([command])).events
    assert isinstance(event, Happening)
    assert (event.kind, event.msg_id) == ("gift", "t1")
    assert event.data == {"name": "小心心", "count": 2, "fen": 20}


def test_toast_is_not_counted_beside_the_purchase():
    decoded = feed(FRAMES["cmd_USER_TOAST_MSG_V2"])
    assert decoded.events == ()
    assert decoded.ignored == {"counted_elsewhere": 1}


def test_open_live_comment_from_zlib():
    (event,) = Codec(ROOM).feed(FRAMES["open_dm_zlib"], NOW).events
    assert isinstance(event, Comment)
    assert event.msg_id
    assert event.viewer.uid


def test_web_client_commands_are_not_read_live():
    decoded = Codec(ROOM).feed(FRAMES["plain_two_in_one_ws_message"], NOW)
    assert decoded.events == ()
    assert decoded.ignored == {"unknown_command": 2}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("truncated_header", "truncated"),
        ("length_beyond_message", "truncated"),
        ("length_zero", "bad_length"),
        ("bad_zlib", "bad_compression"),
        ("unknown_op_99", "unknown_operation"),
        ("unknown_ver_9", "unknown_version"),
    ],
)
def test_malformed_frames_cost_only_themselves(name: str, reason: str):
    decoded = feed(MALFORMED[name])
    assert decoded.events == ()
    assert decoded.ignored == {reason: 1}


def test_command_suffix_is_cut():
    (event,) = feed(MALFORMED["cmd_with_suffix"]).events
    assert isinstance(event, Comment)
    assert event.text == VECTORS["danmu_expect"]["text"]


def test_good_packets_before_a_broken_one_are_kept():
    decoded = feed(encode_commands([dm()]) + MALFORMED["length_zero"])
    assert len(decoded.events) == 1
    assert decoded.ignored == {"bad_length": 1}


def test_text_frames_are_ignored_and_counted():
    assert feed('{"cmd":"LIVE_OPEN_PLATFORM_DM"}').ignored == {"text_frame": 1}


@pytest.mark.parametrize("version", [bilibili.ZLIB, bilibili.BROTLI])
def test_decompression_is_capped(version: int):
    bomb = b"\0" * (MAX_MESSAGE + 1)
    body = zlib.compress(bomb) if version == bilibili.ZLIB else brotli.compress(bomb)
    decoded = feed(encode(bilibili.OP_COMMAND, body, version=version) * 3)
    assert decoded.ignored == {"too_large": 3}


def test_many_bombs_in_one_message_share_one_budget(monkeypatch: pytest.MonkeyPatch):
    spent = []
    inflate = bilibili.inflate

    def counting(version: int, body: bytes, limit: int) -> bytes | str:
        spent.append(limit)
        return inflate(version, body, limit)

    monkeypatch.setattr(bilibili, "inflate", counting)
    bomb = encode(bilibili.OP_COMMAND, zlib.compress(b"\0" * (MAX_MESSAGE * 2)), version=bilibili.ZLIB)
    feed(bomb * 5)
    assert spent == [MAX_MESSAGE, 0, 0, 0, 0]


def test_good_packets_share_the_budget_too():
    large = encode_commands([dm() + b" " * (MAX_MESSAGE * 2 // 3)], "brotli")
    decoded = feed(large * 3)
    assert len(decoded.events) == 1
    assert decoded.ignored == {"too_large": 2}


def test_what_fits_the_cap_exactly_is_read():
    body = dm("x" * 1000)
    padded = body + b" " * (MAX_MESSAGE - 16 - len(body))
    for compression in ("zlib", "brotli"):
        assert len(feed(encode_commands([padded], compression)).events) == 1


def test_second_level_of_nesting_is_refused():
    inner = encode_commands([dm()], "zlib")
    decoded = feed(encode(bilibili.OP_COMMAND, zlib.compress(inner), version=bilibili.ZLIB))
    assert decoded.events == ()
    assert decoded.ignored == {"nested_too_deep": 1}


def test_cut_compression_is_refused():
    whole = encode_commands([dm()], "brotli")
    cut = encode(bilibili.OP_COMMAND, whole[16:-3], version=bilibili.BROTLI)
    assert feed(cut).ignored == {"bad_compression": 1}


def test_hash_is_of_the_bytes_received():
    frame = encode_commands([dm()])
    (event,) = feed(frame).events
    assert event.frame_hash == hashlib.sha256(frame).hexdigest()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_never_raise(data: bytes):
    decoded = feed(data, practice=True)
    assert len(decoded.events) <= len(data)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(FRAMES)),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 7)), max_size=6),
    st.integers(0, 2000),
)
def test_bent_and_cut_frames_never_raise(name: str, flips: list[tuple[int, int]], cut: int):
    frame = bytearray(FRAMES[name])
    for position, bit in flips:
        frame[position % len(frame)] ^= 1 << bit
    decoded = feed(bytes(frame[: max(1, cut % (len(frame) + 1))]), practice=True)
    assert len(decoded.events) <= 4


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [
        "open_id",
        "uname",
        "msg",
        "msg_id",
        "timestamp",
        "practice_ms",
        "room_id",
        "gift_num",
        "r_price",
        "paid",
        "user_info",
        "price",
        "message_ids",
        "event",
        "pb",
        "uid",
        "num",
        "data",
        "info",
        "cut_off_data",
        "msg_type",
        "coin_type",
        "total_coin",
        "game_id",
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([*bilibili.OPEN_READERS, *bilibili.WEB_READERS, *bilibili.PRACTICE_READERS]),
    st.dictionaries(FIELDS, JSON, max_size=6),
    JSON,
)
def test_fields_of_any_type_never_raise(cmd: str, data: dict[str, object], info: object):
    command = json.dumps({"cmd": cmd, "data": data, "info": info, **data}).encode("utf-8", "replace")
    decoded = feed(encode_commands([command]), practice=True)
    for event in decoded.events:
        assert isinstance(event.at_ms, int)
        assert event.viewer is None or event.viewer.uid is None or isinstance(event.viewer.uid, str)
