"""A press, on the fake desk and on the real journal: the first wins, whatever the interleaving."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.escalation.button import Action, button_data
from bot.escalation.case_desk import CaseDesk
from bot.escalation.press import ANSWERS, LEASE_MS, WORKERS, Pressed, press
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from tests.bot.storage.show import ESCALATED, T0, batch, judged
from tests.doubles.case_desk import MemoryDesk, case_of, person_of

SECRET = b"s" * 32
STAFF = [("lin", 7, "moderator"), ("wei", 8, "operator"), ("ada", 9, "admin"), ("vi", 10, "viewer")]


@pytest.fixture(params=["memory", "journal"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[CaseDesk, int]]:
    """A desk with one new case."""
    if request.param == "memory":
        desk = MemoryDesk(*(person_of(*one) for one in STAFF))
        yield desk, desk.put(case_of()).case_id
        return
    store = open_store(tmp_path)
    journal = Journal(store, lambda: T0)
    for login, telegram_id, role in STAFF:
        journal.add_person(login, login.title(), role, telegram_id=str(telegram_id))
    yield journal, journal.commit(batch([judged(0, decision=ESCALATED)], opened=True)).case_ids[0]
    journal.close()
    store.close()


def tap(desk: CaseDesk, case_id: int, act: Action, who: int = 7, query: str = "q") -> Pressed:
    data = button_data(SECRET, case_id, act)
    return press(desk, SECRET, data=data, telegram_id=str(who), query_id=query, now_ms=T0, lang="zh")


def test_claim_answer_and_nothing_after(house: tuple[CaseDesk, int]):
    desk, case_id = house
    assert tap(desk, case_id, "claim", query="1").code == "claimed"
    if isinstance(desk, Journal):
        assert desk.case(case_id).lease_until_ms == T0 + LEASE_MS
    assert tap(desk, case_id, "claim", query="2").code == "yours"
    held = tap(desk, case_id, "resolve", 8, query="3")
    assert (held.code, held.text, held.alert) == ("held", "Lin 先认领了。", True)
    assert tap(desk, case_id, "resolve", query="4").code == "resolved"
    assert tap(desk, case_id, "escalate", 8, query="5").code == "closed"
    case = desk.case(case_id)
    assert (case.state, case.disposition, case.resolved_by) == ("resolved", "answered", "lin")


def test_escalated_is_free_again(house: tuple[CaseDesk, int]):
    desk, case_id = house
    assert tap(desk, case_id, "escalate", query="1").code == "escalated"
    assert desk.case(case_id).holder is None
    assert tap(desk, case_id, "claim", 8, query="2").code == "claimed"
    assert tap(desk, case_id, "release", 8, query="3").code == "released"
    assert tap(desk, case_id, "release", 8, query="4").code == "not_yours"


@pytest.mark.parametrize(("who", "code"), [(9, "role"), (10, "role"), (66, "stranger")])
def test_who_may_not_changes_nothing(house: tuple[CaseDesk, int], who: int, code: str):
    desk, case_id = house
    pressed = tap(desk, case_id, "claim", who)
    assert (pressed.code, pressed.alert) == (code, True)
    assert desk.case(case_id).version == 1


def test_of_many_at_once_one_has_it(house: tuple[CaseDesk, int]):
    desk, case_id = house
    start = threading.Barrier(8)
    told: list[str] = []

    def one(number: int) -> None:
        start.wait()
        told.append(tap(desk, case_id, "claim", 7 + number % 2, query=str(number)).code)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("claimed") == 1
    assert set(told) <= {"claimed", "yours", "held"}
    assert desk.case(case_id).version == 2


def test_a_case_that_is_not_there(house: tuple[CaseDesk, int]):
    desk, _ = house
    assert tap(desk, 987654, "claim").code == "refused"


def test_answers_fit_and_every_one_is_in_two_languages():
    assert {"moderator", "operator", "compliance"} == WORKERS
    for zh, en in ANSWERS.values():
        assert 0 < len(zh) <= 200
        assert 0 < len(en) <= 200


def test_everybody_is_answered_in_their_own_language():
    desk: Any = MemoryDesk(person_of("joe", 7, lang="en"))
    desk.put(case_of())
    assert tap(desk, 4821, "claim").text == "It is yours."


def test_one_fitting_role_of_several_is_enough():
    desk: Any = MemoryDesk(person_of("owner", 7, "admin,compliance"), person_of("boss", 8, "admin,viewer"))
    desk.put(case_of())
    assert tap(desk, 4821, "claim", 8).code == "role"
    assert tap(desk, 4821, "claim", 7).code == "claimed"
