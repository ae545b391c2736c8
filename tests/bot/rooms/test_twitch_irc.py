from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.comment import Comment, Event, Happening, RoomKey
from bot.rooms import twitch_irc

LINES = json.loads((Path(__file__).parents[2] / "vectors" / "twitch.json").read_text(encoding="utf-8"))["irc"]
ROOM = RoomKey("twitch", "room")


def event(index: int) -> Event | None:
    message = twitch_irc.parse(LINES[index]["line"])
    assert message is not None
    return twitch_irc.event_of(message, ROOM, 5)


@pytest.mark.parametrize("vector", LINES, ids=lambda vector: vector["expect"]["cmd"])
def test_vectors(vector: dict[str, dict[str, object]]):
    message = twitch_irc.parse(str(vector["line"]))
    assert message is not None
    expect = vector["expect"]
    assert message.command == expect["cmd"]
    for tag in ("room-id", "user-id", "target-user-id", "reply-parent-msg-body", "msg-id"):
        if tag in expect:
            assert message.tags[tag] == expect[tag]
    if "answer" in expect:
        assert twitch_irc.answer(message) == expect["answer"]
    if "text" in expect:
        told = twitch_irc.event_of(message, ROOM, 5)
        assert isinstance(told, Comment)
        assert told.text == expect["text"]
    if "acked" in expect:
        assert message.text.split() == expect["acked"]


def test_moderator_is_staff():
    told = event(0)
    assert isinstance(told, Comment)
    assert (told.viewer.role, told.viewer.name, told.viewer.uid) == ("staff", "TestMod", "10001")


def test_reply_names_its_parent():
    told = event(1)
    assert isinstance(told, Comment)
    assert told.reply_to == "00000000-0000-4000-8000-0000000000b1"
    assert told.viewer.role == "viewer"


def test_moderation_acts():
    muted, deleted = event(4), event(5)
    assert isinstance(muted, Happening)
    assert isinstance(deleted, Happening)
    assert muted.data == {"act": "mute", "uid": "10002", "seconds": 600}
    assert deleted.data == {"act": "delete", "msg_id": "00000000-0000-4000-8000-0000000000b1"}


@pytest.mark.parametrize(
    ("tags", "role"),
    [
        ("badges=broadcaster/1", "host"),
        ("badges=vip/1,lead_moderator/1", "staff"),
        ("badges=vip/1", "viewer"),
    ],
)
def test_roles(tags: str, role: str):
    message = twitch_irc.parse(f"@{tags} :a!a@a PRIVMSG #room :x")
    assert message is not None
    told = twitch_irc.event_of(message, ROOM, 5)
    assert isinstance(told, Comment)
    assert told.viewer.role == role
    assert told.viewer.uid == "a"


def test_shared_chat_is_mirrored():
    message = twitch_irc.parse("@room-id=1;source-room-id=2 :a!a@a PRIVMSG #room :x")
    assert message is not None
    told = twitch_irc.event_of(message, ROOM, 5)
    assert isinstance(told, Comment)
    assert told.mirrored


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [(r"a\sb", "a b"), (r"\:", ";"), (r"\\s", r"\s"), ("a\\", "a"), (r"\x", "x"), (r"\r\n", "\r\n")],
)
def test_tag_values_are_unescaped(escaped: str, plain: str):
    assert twitch_irc.unescape(escaped) == plain


@pytest.mark.parametrize("line", ["", "@tags-only", "time,user,text", "12 x", ":prefix"])
def test_other_lines_are_not_irc(line: str):
    assert twitch_irc.parse(line) is None


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str):
    message = twitch_irc.parse("@a=b;c :x!x@x PRIVMSG #r :" + text)
    if message is not None and not text.endswith(("\r", "\n")):
        assert message.text == text


def test_the_pace_is_that_of_who_is_no_moderator():
    assert twitch_irc.PACE == (20, 30_000)
