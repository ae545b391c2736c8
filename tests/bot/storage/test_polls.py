"""Polls as rows."""

from __future__ import annotations

import pytest

from bot.decision import Decision, Vote
from bot.errors import NotAllowed
from bot.storage.audit import verify
from bot.storage.engine import Store
from bot.storage.journal import Journal

from .show import ROOM, T0, batch, judged


def test_a_poll_is_opened_counted_and_closed(journal: Journal, store: Store) -> None:
    poll = journal.open_poll(ROOM, "s1", "哪个\ud800", ("黑", "白", "都要"), at_ms=T0, by="li")
    assert (poll.question, poll.options) == ("哪个\ufffd", ("黑", "白", "都要"))
    votes = [judged(n, uid=f"u{n}", decision=Decision(vote=Vote(poll.poll_id, 1 + n % 2))) for n in range(5)]
    journal.commit(batch(votes, opened=True))
    closed = journal.close_poll(poll.poll_id, at_ms=T0 + 9, by="li")
    assert (closed.votes, closed.closed_ms, closed.by) == ((3, 2, 0), T0 + 9, "li")
    assert journal.close_poll(poll.poll_id, at_ms=T0 + 99, by="wu") == closed
    assert journal.polls(ROOM) == journal.polls(session="s1") == journal.polls() == [closed]
    assert journal.polls("bilibili:2") == []
    assert verify(store).first_bad is None


def test_one_poll_a_room_at_a_time(journal: Journal) -> None:
    poll = journal.open_poll(ROOM, "s1", "?", ("1",), at_ms=T0, by="li")
    with pytest.raises(NotAllowed, match="still open"):
        journal.open_poll(ROOM, "s1", "?", ("1",), at_ms=T0, by="li")
    journal.open_poll("bilibili:2", "s2", "?", ("1",), at_ms=T0, by="li")
    journal.close_poll(poll.poll_id, at_ms=T0, by="li")
    newer = journal.open_poll(ROOM, "s1", "!", ("1",), at_ms=T0 + 1, by="li")
    assert [one.id for one in journal.polls(ROOM)] == [newer.poll_id, poll.poll_id]


@pytest.mark.parametrize(
    ("question", "options"), [("", ("1",)), ("?", ()), ("?", ("a", "A")), ("?", tuple("1234567"))]
)
def test_what_cannot_be_counted_is_refused(journal: Journal, question: str, options: tuple[str, ...]) -> None:
    with pytest.raises(NotAllowed, match="A poll needs"):
        journal.open_poll(ROOM, "s1", question, options, at_ms=T0, by="li")
    assert journal.polls() == []


def test_there_is_no_poll_that_was_never_opened(journal: Journal) -> None:
    assert journal.poll("poll-x") is None
    with pytest.raises(NotAllowed, match="no such poll"):
        journal.close_poll("poll-x", at_ms=T0, by="li")
    assert journal.voters("poll-x") == frozenset()
