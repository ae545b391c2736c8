from __future__ import annotations

import msgspec

from bot.comment import Comment, Happening, RoomKey, Viewer
from bot.rooms.seen import Seen

ROOM = RoomKey("bilibili", "1")


def comment(msg_id: str | None, *, edited: bool = False) -> Comment:
    return Comment(ROOM, Viewer("u"), "x", 1, 1, msg_id=msg_id, edited=edited)


def test_second_time_is_dropped():
    seen = Seen()
    assert [seen.first_time(comment(i)) for i in ("a", "b", "a")] == [True, True, False]
    assert seen.dropped == 1


def test_known_ids_are_seeded():
    assert not Seen(["a"]).first_time(comment("a"))


def test_oldest_is_forgotten_beyond_the_limit():
    seen = Seen(limit=2)
    for msg_id in "abc":
        seen.first_time(comment(msg_id))
    assert seen.first_time(comment("a"))
    assert not seen.first_time(comment("c"))


def test_a_repeated_id_counts_as_new_again():
    seen = Seen(limit=2)
    for msg_id in "abac":
        seen.first_time(comment(msg_id))
    assert not seen.first_time(comment("a"))


def test_without_id_nothing_is_dropped():
    seen = Seen()
    assert seen.first_time(comment(None))
    assert seen.first_time(comment(None))


def test_edited_message_is_judged_again():
    seen = Seen(["a"])
    assert seen.first_time(comment("a", edited=True))


def test_ids_of_other_kinds_do_not_collide():
    seen = Seen(["1"])
    gift = Happening(ROOM, "gift", 1, 1, msg_id="1")
    assert seen.first_time(gift)
    assert not seen.first_time(gift)
    assert seen.first_time(msgspec.structs.replace(gift, kind="like"))
