from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.errors import Conflict, NotAllowed
from bot.storage.audit import verify
from bot.storage.casework import DISPOSITIONS
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from bot.storage.readings import Readings
from bot.storage.values import Card

from .conftest import Wall
from .show import ESCALATED, T0, batch, judged


@pytest.fixture
def case_id(journal: Journal) -> int:
    return journal.commit(batch([judged(0, decision=ESCALATED)], opened=True)).case_ids[0]


def test_a_new_case_knows_its_incident_and_its_time(journal: Journal, case_id: int) -> None:
    case = journal.case(case_id)
    assert (case.state, case.version, case.codes, case.severity, case.hideable) == (
        "new",
        1,
        ("C01", "D01"),
        3,
        False,
    )
    assert case.sla_due_ms == T0 + 120_000


def test_the_second_claim_is_told_who_was_first(journal: Journal, case_id: int) -> None:
    case = journal.claim(case_id, "li", 1, T0)
    assert (case.state, case.holder, case.version, case.lease_until_ms) == ("claimed", "li", 2, T0 + 90_000)
    for version in (1, 2):
        with pytest.raises(Conflict) as caught:
            journal.claim(case_id, "wang", version, T0)
        assert caught.value.holder == "li"


def test_an_old_version_loses(journal: Journal, case_id: int) -> None:
    journal.claim(case_id, "li", 1, T0)
    journal.release(case_id, "li", 2, T0)
    with pytest.raises(Conflict, match="changed meanwhile"):
        journal.claim(case_id, "wang", 1, T0)


def test_only_the_holder_ends_a_case(journal: Journal, case_id: int) -> None:
    with pytest.raises(NotAllowed):
        journal.resolve(case_id, "li", 1, "answered")
    journal.claim(case_id, "li", 1, T0)
    with pytest.raises(Conflict) as caught:
        journal.resolve(case_id, "wang", 2, "answered")
    assert caught.value.holder == "li"
    with pytest.raises(NotAllowed, match="no way to end"):
        journal.resolve(case_id, "li", 2, "forgotten")
    case = journal.resolve(case_id, "li", 2, "answered", "ok", now_ms=T0 + 7)
    assert (case.state, case.disposition, case.resolved_by, case.resolved_ms) == (
        "resolved",
        "answered",
        "li",
        T0 + 7,
    )
    with pytest.raises(NotAllowed):
        journal.claim(case_id, "wang", 3, T0)


def test_taking_over_names_both(journal: Journal, case_id: int, readings: Readings) -> None:
    journal.claim(case_id, "li", 1, T0)
    assert journal.take_over(case_id, "wang", 2, T0).holder == "wang"
    told = [record.body["data"] for record in readings.case_history(case_id)]
    assert [(one["act"], one["by"], one.get("from")) for one in told] == [
        ("claim", "li", None),
        ("take_over", "wang", "li"),
    ]


def test_a_double_tap_is_harmless(journal: Journal, case_id: int, readings: Readings) -> None:
    first = journal.claim(case_id, "li", 1, T0, key="tap-1")
    assert journal.claim(case_id, "li", 1, T0, key="tap-1") == first
    done = journal.resolve(case_id, "li", 2, "answered", now_ms=T0, key="tap-2")
    assert journal.resolve(case_id, "li", 2, "answered", now_ms=T0, key="tap-2") == done
    assert len(readings.case_history(case_id)) == 2


def test_an_idle_claim_goes_back_and_activity_keeps_it(journal: Journal, case_id: int) -> None:
    journal.claim(case_id, "li", 1, T0, lease_ms=1_000)
    assert journal.renew(case_id, "li", T0 + 900, lease_ms=1_000)
    assert not journal.renew(case_id, "wang", T0 + 900)
    assert journal.expire_leases(T0 + 1_500) == []
    assert journal.expire_leases(T0 + 1_900) == [case_id]
    assert (journal.case(case_id).state, journal.case(case_id).holder) == ("new", None)
    assert not journal.renew(case_id, "li", T0 + 2_000)


def test_snoozed_escalated_archived_and_reopened(journal: Journal, case_id: int, readings: Readings) -> None:
    journal.claim(case_id, "li", 1, T0)
    journal.snooze(case_id, "li", 2, T0 + 5_000, now_ms=T0)
    assert journal.expire_leases(T0 + 4_999) == []
    assert journal.expire_leases(T0 + 5_000) == [case_id]
    assert journal.case(case_id).state == "regressed"
    journal.claim(case_id, "li", 4, T0)
    assert journal.escalate(case_id, "li", 5, "please", now_ms=T0).state == "escalated"
    journal.claim(case_id, "hu", 6, T0)
    assert journal.archive(case_id, "hu", 7, now_ms=T0).state == "archived"
    assert readings.open_cases() == []
    assert journal.reopen(case_id, "hu", 8, now_ms=T0).state == "regressed"
    assert [case.case_id for case in readings.open_cases("bilibili:22000001")] == [case_id]
    assert verify(journal.store).first_bad is None


def test_cards_are_remembered(journal: Journal, case_id: int) -> None:
    card = Card(case_id, "telegram", "-100", None, "new", T0)
    journal.save_card(card)
    moved = Card(case_id, "telegram", "-100", "17", "claimed", T0 + 1)
    journal.save_card(moved)
    assert journal.cards(case_id) == [moved]


def test_no_case_of_that_number(journal: Journal) -> None:
    with pytest.raises(NotAllowed, match="no case 99"):
        journal.claim(99, "li", 1, T0)


def test_of_many_at_once_one_wins(journal: Journal, case_id: int) -> None:
    won, lost = [], []
    ready = threading.Barrier(8)

    def press(name: str) -> None:
        ready.wait()
        try:
            won.append(journal.claim(case_id, name, 1, T0).holder)
        except Conflict as conflict:
            lost.append(conflict.holder)

    threads = [threading.Thread(target=press, args=(f"p{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert lost == won * 7


class Claims(RuleBasedStateMachine):
    """Three people press whatever they like, with whatever version they saw last; the model says who may hold."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.store = open_store(Path(self.directory.name))
        self.wall = Wall()
        self.journal = Journal(self.store, self.wall)
        self.id = self.journal.commit(batch([judged(0, decision=ESCALATED)], opened=True)).case_ids[0]
        self.holder: str | None = None
        self.until = 0
        self.versions = 1

    people = st.sampled_from(["li", "wang", "hu"])
    age = st.integers(0, 2)

    @rule(person=people, age=age)
    def claim(self, person: str, age: int) -> None:
        case = self.journal.case(self.id)
        free = self.holder is None and age == 0 and case.state not in ("resolved", "archived")
        try:
            self.journal.claim(self.id, person, case.version - age, self.wall.ms)
        except (Conflict, NotAllowed):
            assert not free
        else:
            assert free
            self.holder, self.until = person, self.wall.ms + 90_000

    @rule(person=people, age=age)
    def take_over(self, person: str, age: int) -> None:
        case = self.journal.case(self.id)
        try:
            self.journal.take_over(self.id, person, case.version - age, self.wall.ms)
        except (Conflict, NotAllowed):
            assert self.holder is None or age
        else:
            assert self.holder is not None
            self.holder, self.until = person, self.wall.ms + 90_000

    @rule(person=people, act=st.sampled_from(["release", "resolve", "archive", "escalate"]))
    def finish(self, person: str, act: str) -> None:
        case = self.journal.case(self.id)
        more = (sorted(DISPOSITIONS)[0],) if act == "resolve" else ()
        try:
            getattr(self.journal, act)(self.id, person, case.version, *more, now_ms=self.wall.ms)
        except (Conflict, NotAllowed):
            assert person != self.holder
        else:
            assert person == self.holder
            self.holder = None

    @rule(person=people)
    def reopen(self, person: str) -> None:
        case = self.journal.case(self.id)
        if case.state in ("resolved", "archived"):
            self.journal.reopen(self.id, person, case.version, now_ms=self.wall.ms)

    @rule(ms=st.sampled_from([1_000, 45_000, 90_000]))
    def time_goes_by(self, ms: int) -> None:
        self.wall.ms += ms
        expired = self.journal.expire_leases(self.wall.ms)
        assert expired == ([self.id] if self.holder and self.wall.ms >= self.until else [])
        if expired:
            self.holder = None

    @invariant()
    def the_store_agrees(self) -> None:
        case = self.journal.case(self.id)
        held = case.holder if case.state == "claimed" else None
        assert held == self.holder
        assert case.version >= self.versions
        self.versions = case.version

    def teardown(self) -> None:
        assert verify(self.store).first_bad is None
        self.store.close()
        self.directory.cleanup()


TestClaims = Claims.TestCase
TestClaims.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)


def test_a_key_stands_for_one_act_on_one_case(journal: Journal, case_id: int) -> None:
    journal.claim(case_id, "li", 1, T0, key="tap")
    with pytest.raises(NotAllowed, match="something else"):
        journal.resolve(case_id, "li", 2, "answered", now_ms=T0, key="tap")
    with pytest.raises(NotAllowed, match="something else"):
        journal.claim(case_id + 1, "li", 1, T0, key="tap")
    assert journal.case(case_id).state == "claimed"


def test_a_copied_answer_is_a_record_and_no_new_state(journal: Journal, case_id: int) -> None:
    told = {"phrase": "p-1", "digest": "d", "intent": "complaint:quality"}
    for _ in range(2):
        case = journal.note_copy(case_id, "li", told, T0 + 5, key="tap")
    assert (case.state, case.version) == ("new", 1)
    history = Readings(journal.store, journal).case_history(case_id)
    assert [one.body["data"] for one in history[-1:]] == [
        {**told, "case": case_id, "act": "copied", "by": "li", "state": "new"}
    ]
    assert [one.body["data"]["act"] for one in history].count("copied") == 1, "one press, one record"
    journal.claim(case_id, "li", 1, T0)
    journal.resolve(case_id, "li", 2, "answered", now_ms=T0)
    with pytest.raises(NotAllowed, match="nothing left"):
        journal.note_copy(case_id, "li", told, T0, key="later")
    assert verify(journal.store).first_bad is None
