"""The values a room speaks in."""

from __future__ import annotations

import msgspec
import pytest

from bot.comment import Comment, RoomKey, Viewer
from tests.builders import comment, happening


@pytest.mark.parametrize("text", ["bilibili:22000001", "telegram:-1001", "bridge:a:b", "practice:"])
def test_a_room_is_written_and_read_back(text: str) -> None:
    assert str(RoomKey.parse(text)) == text


def test_only_the_first_colon_parts_platform_and_room() -> None:
    assert RoomKey.parse("bridge:a:b") == RoomKey("bridge", "a:b")


@pytest.mark.parametrize("value", [RoomKey("a", "b"), Viewer("u"), comment(), happening("like")])
def test_values_cannot_be_changed(value: msgspec.Struct) -> None:
    field = value.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(value, field, None)


def test_a_comment_says_nothing_it_was_not_told() -> None:
    plain = Comment(RoomKey("a", "b"), Viewer(None), "x", 1, 2)
    assert (plain.msg_id, plain.line, plain.mirrored, plain.edited, plain.viewer.role) == (
        None, None, False, False, "viewer",
    )  # fmt: skip


def test_two_happenings_do_not_share_their_data() -> None:
    assert happening("like").data is not happening("like").data
