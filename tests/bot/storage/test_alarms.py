"""Cases nobody's comment opened."""

from __future__ import annotations

from bot.storage.audit import verify
from bot.storage.journal import Journal
from bot.storage.readings import Readings

from .show import T0


def raised(journal: Journal, key: str = "k", **changes: object) -> int | None:
    told: dict[str, object] = {"severity": 3, "note": "price-1: wording", **changes}
    return journal.raise_alarm(
        "bilibili:1", "s1", "G01", int(str(told["severity"])), str(told["note"]), key=key, at_ms=T0
    )


def test_an_alarm_is_a_case_like_any_other(journal: Journal) -> None:
    number = raised(journal)
    assert number is not None
    case = journal.case(number)
    assert (case.category, case.severity, case.state, case.comment_count) == ("G01", 3, "new", 0)
    assert (case.note, case.sla_due_ms) == ("price-1: wording", T0 + 120_000)
    assert [one.case_id for one in Readings(journal.store, journal).open_cases("bilibili:1")] == [number]
    held = journal.claim(number, "amy", case.version, T0)
    done = journal.resolve(number, "amy", held.version, "no_action", now_ms=T0)
    assert done.state == "resolved"
    assert verify(journal.store).first_bad is None


def test_the_same_trouble_is_told_once(journal: Journal) -> None:
    assert raised(journal) is not None
    assert raised(journal) is None
    assert raised(journal, "another") is not None
    assert len(Readings(journal.store, journal).open_cases("bilibili:1")) == 2


def test_hostile_notes_are_stored_as_they_can_be(journal: Journal) -> None:
    number = raised(journal, "\ud800k", note="<b>\ud800\x00" + "x" * 5_000)
    assert number is not None
    assert len(journal.case(number).note or "") <= 2_000
