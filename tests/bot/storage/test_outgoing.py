from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.errors import NotAllowed
from bot.storage.audit import verify
from bot.storage.engine import Store
from bot.storage.journal import Journal
from bot.storage.outgoing import NEXT
from bot.storage.readings import Readings

from .conftest import Wall
from .show import ROOM, T0, entrant, full_show


def test_due_replies_come_in_their_order(journal: Journal) -> None:
    journal.commit(full_show()[0])
    assert journal.outbox_due(ROOM, T0 - 1) == []
    (one,) = journal.outbox_due(ROOM, T0)
    assert (one.id, one.state, one.text, one.comment_id) == (1, "queued", "价格以购物车页面为准", "s1-0")
    assert journal.outbox_due("bilibili:other", T0) == []
    assert journal.outbox_next_due(ROOM) == T0
    later = journal.outbox_add(
        str(ROOM), "s1", phrase_id="p", digest="d", intent="draw", product=None, text="抽奖开始", mode="send",
        due_ms=T0 - 5, expires_ms=T0, by="li",
    )  # fmt: skip
    assert [row.id for row in journal.outbox_due(ROOM, T0)] == [later, 1]


def test_a_reply_is_taken_once(journal: Journal) -> None:
    journal.commit(full_show()[0])
    assert journal.outbox_begin(1)
    assert not journal.outbox_begin(1)
    assert not journal.outbox_begin(99)
    assert journal.outbox_finish(1, "sent", "ok", now_ms=T0 + 9).updated_ms == T0 + 9
    assert journal.outbox_finish(1, "sent").detail == "ok"
    with pytest.raises(NotAllowed, match="is sent and cannot become refused"):
        journal.outbox_finish(1, "refused")
    with pytest.raises(NotAllowed, match="no reply 99"):
        journal.outbox_finish(99, "sent")


def test_suggested_may_be_copied_and_said_by_hand(journal: Journal, readings: Readings) -> None:
    journal.commit(full_show()[0])
    journal.outbox_finish(2, "copied", by="li")
    journal.outbox_finish(2, "by_hand", by="li")
    records = readings.records(str(ROOM), record_type="reply")
    assert [(r.body["data"]["state"], r.body["data"]["by"]) for r in records] == [
        ("copied", "li"),
        ("by_hand", "li"),
    ]


def test_what_was_seen_and_who_said_it_are_kept(journal: Journal, readings: Readings) -> None:
    journal.commit(full_show()[0])
    assert journal.outbox_finish(2, "copied", by="li").person == "li"
    seen = journal.outbox_note(2, "seen", person="wei", now_ms=T0 + 7)
    assert (seen.state, seen.evidence, seen.person, seen.updated_ms) == ("copied", "seen", "wei", T0)
    assert journal.outbox_note(2, "swallowed").evidence == "seen"
    assert journal.outbox_note(2, None) == seen
    journal.outbox_begin(1)
    assert journal.outbox_note(1, "swallowed").evidence == "swallowed"
    assert journal.outbox_note(1, "seen").person is None
    with pytest.raises(NotAllowed, match="no evidence"):
        journal.outbox_note(2, "delivered")
    with pytest.raises(NotAllowed, match="no reply 99"):
        journal.outbox_note(99, "seen")
    late = journal.outbox_add(
        str(ROOM), "s1", phrase_id="p", digest="d", intent="draw", product=None, text="x", mode="send", due_ms=T0,
        expires_ms=T0, priority=40,
    )  # fmt: skip
    with pytest.raises(NotAllowed, match=f"no reply {late}"):
        journal.outbox_note(late, "seen")
    assert [one.priority for one in journal.outbox_due(ROOM, T0) if one.id == late] == [40]
    told = [one.body["data"] for one in readings.records(str(ROOM), record_type="reply")]
    first = next(one for one in told if "evidence" in one)
    assert (first["evidence"], first["by"]) == ("seen", "wei")
    assert verify(journal.store).first_bad is None


def test_what_was_being_sent_is_unknown_after_a_crash_and_never_sent_again(
    opener: Callable[..., Store], wall: Wall
) -> None:
    store = opener()
    journal = Journal(store, wall, entrant=entrant)
    journal.commit(full_show()[0])
    assert journal.outbox_begin(1)
    store.close()  # Without a word about what became of it.
    store = opener()
    journal = Journal(store, wall)
    assert journal.outbox_recover() == 1
    assert journal.outbox_recover() == 0
    assert journal.outbox_due(ROOM, T0 + 10**9) == []
    assert not journal.outbox_begin(1)
    assert NEXT["unknown"] == frozenset()
    assert verify(store).first_bad is None
    store.close()
