"""Approvals in the store: duty mode, readings, review tasks; and people doing whatever comes to mind."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.approval import SOLO_STAMP, SOLO_WAIT_MS, DutyMode, Grant, Reading
from bot.errors import NotAllowed
from bot.storage.audit import verify
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from bot.storage.values import PhraseRow

from .conftest import Wall
from .review import DAY, MINUTE, T0, approve, approver, live, people, phrase, submitted
from .show import batch, judged


def test_the_duty_mode_is_pair_until_an_administrator_chooses_another(journal: Journal) -> None:
    people(journal)
    assert journal.duty_mode() == "pair"
    journal.set_duty_mode("team", by="dan")
    assert journal.duty_mode() == "team"
    for by in ("ann", "cat", "eve"):
        with pytest.raises(NotAllowed, match="administrator"):
            journal.set_duty_mode("solo", by=by)
    with pytest.raises(NotAllowed, match="no duty mode"):
        journal.set_duty_mode("trio", by="dan")  # type: ignore[arg-type]
    with pytest.raises(NotAllowed, match="set_duty_mode"):
        journal.save_setting("duty_mode", "solo", by="dan")
    journal.change_person("dan", by="house", active=False)
    with pytest.raises(NotAllowed, match="administrator"):
        journal.set_duty_mode("solo", by="dan")
    journal.set_duty_mode("solo", by="command line")
    assert journal.duty_mode() == "solo"
    assert verify(journal.store).first_bad is None


def test_the_duty_mode_stays_during_a_live_show(journal: Journal) -> None:
    opening, closing = batch([judged(0)], opened=True), batch([judged(1)], closed=True)
    journal.commit(opening)  # a replay
    journal.set_duty_mode("team", by="house")
    journal.commit(closing)
    live_show = [
        msgspec.structs.replace(one, clock_source="live")
        for one in (batch([judged(0, session="s2")], opened=True, session="s2"),
                    batch([judged(1, session="s2")], closed=True, session="s2"))
    ]  # fmt: skip
    journal.commit(live_show[0])
    with pytest.raises(NotAllowed, match="during a show"):
        journal.set_duty_mode("solo", by="house")
    assert journal.duty_mode() == "team"
    journal.commit(live_show[1])
    journal.set_duty_mode("solo", by="house")
    assert journal.duty_mode() == "solo"


def test_a_grant_of_before_the_mode_was_changed_is_void(journal: Journal) -> None:
    people(journal)
    row = submitted(journal, phrase())
    journal.set_duty_mode("team", by="dan")
    with pytest.raises(NotAllowed, match="another duty mode"):
        approve(journal, row, "cat", "pair")
    assert approve(journal, row, "cat", "team").mode == "team"


def test_readings_are_kept_for_exactly_what_was_read(journal: Journal) -> None:
    row = journal.draft_phrase(phrase(), by="ann", screen="desk-1")
    read = journal.note_reading("phrase", row.id, row.digest, by="bob\0", screen="x" * 999)
    assert read == Reading("bob\ufffd", "x" * 200, T0)
    assert journal.readings("phrase", row.id, row.digest) == [read]
    assert journal.readings("phrase", row.id, row.substance or "") == [read]
    assert journal.phrase_matter(row.id, row.digest, clean=False).screens == ("desk-1",)
    journal.draft_phrase(phrase(tone="sales"), by="ann")
    assert journal.readings("phrase", row.id, row.digest) == []
    assert journal.readings("rule", row.id, row.digest) == []
    assert verify(journal.store).first_bad is None


def test_approvals_are_found_by_what_they_are_of(journal: Journal) -> None:
    people(journal)
    row = live(journal, phrase())
    (one,) = journal.approvals("phrase", row.id)
    assert (one.id, one.digest, one.author, one.approved_by) == (row.approval_id, row.substance, "ann", "cat")
    assert (
        journal.approvals("exemption") == journal.approvals("phrase", "other") == journal.review_tasks() == []
    )
    with pytest.raises(NotAllowed, match="no review task"):
        journal.close_review_task(one.id, by="bob")


LOGINS = ("ann", "bob", "cat", "dan")
TEXTS = ("甲", "乙")
TONES = ("neutral", "sales")


class Review(RuleBasedStateMachine):
    """Everybody does whatever comes to mind; a ledger of our own remembers who typed what is now on air."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.wall = Wall()
        self.journal = Journal(open_store(Path(self.folder.name)), self.wall)
        people(self.journal)
        self.typed: dict[str, set[str]] = {}
        self.seen: set[tuple[int, str]] = set()

    def teardown(self) -> None:
        self.journal.store.close()
        self.folder.cleanup()

    @rule(text=st.sampled_from(TEXTS), tone=st.sampled_from(TONES), by=st.sampled_from(LOGINS))
    def write(self, text: str, tone: str, by: str) -> None:
        one = phrase(text, tone=tone)
        with contextlib.suppress(NotAllowed):
            before = self.journal.phrase_version(one.id, one.digest)
            row = self.journal.draft_phrase(one, by=by, screen=f"{by}-desk")
            if before is None or row.edited_ms != before.edited_ms or row.editors != before.editors:
                self.typed.setdefault(one.digest, set()).add(by)

    @rule(text=st.sampled_from(TEXTS), by=st.sampled_from(LOGINS))
    def submit(self, text: str, by: str) -> None:
        with contextlib.suppress(NotAllowed):
            self.journal.submit_phrase("price-1", phrase(text).digest, by=by)

    @rule(text=st.sampled_from(TEXTS), by=st.sampled_from(LOGINS), mode=st.sampled_from(["solo", "pair", "team"]),
          glass=st.booleans(), forged=st.booleans())  # fmt: skip
    def approve(self, text: str, by: str, mode: DutyMode, glass: bool, forged: bool) -> None:
        row = self.journal.phrase_version("price-1", phrase(text).digest)
        if row is None:
            return
        with contextlib.suppress(NotAllowed):
            if forged:
                given = Grant("双人审核", None, "phrase", row.id, row.substance or "", by, mode, glass)
                self.journal.approve_phrase(
                    row.id, row.digest, grant=given, approver=approver(by, self.wall.ms), mode=mode,
                    now_ms=self.wall.ms + DAY,
                )  # fmt: skip
            else:
                approve(self.journal, row, by, mode, break_glass=glass)

    @rule(text=st.sampled_from(TEXTS), by=st.sampled_from(LOGINS), screen=st.sampled_from(["desk", "phone"]))
    def read(self, text: str, by: str, screen: str) -> None:
        self.journal.note_reading("phrase", "price-1", phrase(text).digest, by=by, screen=f"{by}-{screen}")

    @rule(text=st.sampled_from(TEXTS))
    def withdraw(self, text: str) -> None:
        with contextlib.suppress(NotAllowed):
            self.journal.withdraw_phrase("price-1", phrase(text).digest, "eve")

    @rule(by=st.sampled_from(LOGINS), mode=st.sampled_from(["solo", "pair", "team"]))
    def change_mode(self, by: str, mode: DutyMode) -> None:
        with contextlib.suppress(NotAllowed):
            self.journal.set_duty_mode(mode, by=by)

    @rule(by=st.sampled_from(LOGINS), who=st.sampled_from(LOGINS))
    def promote(self, by: str, who: str) -> None:
        if by != "dan":  # the administrator is honest; nobody else may give roles at all
            with pytest.raises(NotAllowed):
                self.journal.change_person(who, by=by, role="admin,compliance")

    @rule(minutes=st.integers(1, 15))
    def wait(self, minutes: int) -> None:
        self.wall.ms += minutes * MINUTE
        self.journal.advance_phrases(self.wall.ms)

    @precondition(lambda self: self.typed)
    @invariant()
    def what_is_on_air_was_approved_by_another_or_says_so(self) -> None:
        for row in self.journal.phrase_versions("live"):
            if (row.approval_id or 0, row.state) not in self.seen:
                self.seen.add((row.approval_id or 0, row.state))
                _stands(self.journal, row, self.typed[row.digest], self.wall.ms)


def _stands(journal: Journal, row: PhraseRow, typed: set[str], now_ms: int) -> None:
    (given,) = [one for one in journal.approvals("phrase") if one.id == row.approval_id]
    assert given.digest == row.substance
    assert journal.vouch_phrase(row.id, row.digest, now_ms, practice=False) is None
    if given.approved_by in typed:
        assert SOLO_STAMP in given.stamp
        assert given.break_glass or (given.mode == "solo" and now_ms - (row.edited_ms or 0) >= SOLO_WAIT_MS)
    if given.break_glass:
        assert given.approved_by == "dan"


Review.TestCase.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestReview = Review.TestCase
