"""Batches that fail at any statement leave nothing, in the store or in memory."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import event

from bot.errors import StoreFull
from bot.storage.audit import verify
from bot.storage.engine import open_store
from bot.storage.journal import Journal

from .conftest import Wall
from .show import ROOM, batch, entrant, judged, one_of_each


class FailingDisk(RuleBasedStateMachine):
    """The disk fills up at the n-th statement, or at COMMIT; now and then the process starts anew."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.wall = Wall()
        self.left = 0
        self.next_seq = 0
        self._open()

    def _open(self) -> None:
        self.store = open_store(Path(self.directory.name))
        self.journal = Journal(self.store, self.wall, entrant=entrant)
        event.listen(self.store.engine, "before_cursor_execute", self._before_statement)
        event.listen(self.store.engine, "commit", self._count_down)

    def _before_statement(self, *_: object) -> None:
        self._count_down()

    def _count_down(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            raise sqlite3.OperationalError("database or disk is full")

    @rule(kinds=st.booleans(), ms=st.sampled_from([0, 11_000]))
    def commit(self, kinds: bool, ms: int) -> None:
        self.wall.ms += ms
        self._commit(kinds)

    @rule(kinds=st.booleans(), statement=st.integers(1, 30))
    def commit_on_a_full_disk(self, kinds: bool, statement: int) -> None:
        before = dict(self.journal.heads), dict(self.journal.ids), dict(self.journal.versions)
        self.left = statement
        try:
            self._commit(kinds)
        except StoreFull:
            assert (self.journal.heads, self.journal.ids, self.journal.versions) == before
        finally:
            self.left = 0

    def _commit(self, kinds: bool) -> None:
        first = self.next_seq
        comments = (
            one_of_each(first) if kinds else tuple(judged(first + n, uid=f"v{first}") for n in range(3))
        )
        self.journal.commit(batch(comments, opened=first == 0))
        self.next_seq = first + len(comments)

    @rule(clean=st.booleans())
    def start_anew(self, clean: bool) -> None:
        if clean:
            self.journal.close()
        self.store.close()
        self._open()

    @invariant()
    def exactly_the_acknowledged_are_there(self) -> None:
        with self.store.read() as conn:
            assert conn.exec_driver_sql("SELECT COUNT(*) FROM comment").scalar_one() == self.next_seq
        state = self.journal.load_state(ROOM)
        assert (0 if state is None else state.seq) == self.next_seq

    def teardown(self) -> None:
        assert verify(self.store, words=True).first_bad is None
        self.store.close()
        self.directory.cleanup()


TestFailingDisk = FailingDisk.TestCase
TestFailingDisk.settings = settings(max_examples=10, stateful_step_count=12, deadline=None)


def test_a_checkpoint_that_fails_is_told_and_tried_again(tmp_path: Path) -> None:
    store, wall = open_store(tmp_path), Wall()
    journal = Journal(store, wall)
    journal.commit(batch([judged(0)], opened=True))
    log = store.seals_log
    store.seals_log = tmp_path / "no such directory" / "seals.log"
    wall.ms += 10_000
    assert journal.commit(batch([judged(1)])).comment_ids == ("s1-1",)
    assert journal.trouble is not None
    store.seals_log = log
    wall.ms += 10_000
    journal.commit(batch([judged(2)]))
    assert journal.trouble is None
    assert len(log.read_bytes().splitlines()) == 3
    assert verify(store).first_bad is None
    store.close()
