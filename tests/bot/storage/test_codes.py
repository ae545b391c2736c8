"""Finding a viewer's own entries in the store."""

from __future__ import annotations

import threading

import pytest

from bot.storage.journal import Journal
from tests.bot.draws.prize_stage import PrizeStage
from tests.builders import NOON


@pytest.fixture
def stage(journal: Journal) -> PrizeStage:
    return PrizeStage(journal, refused={"boss": "staff"})


def test_attempts_of_one_viewer(stage: PrizeStage) -> None:
    journal = stage.journal
    boss = journal.vault.viewer("practice", "boss")
    (attempt,) = journal.attempts_by(stage.draw_id, boss)
    assert (attempt.refused, attempt.at_ms) == ("staff", NOON + 40_008)
    assert attempt.pseudonym is not None
    assert journal.attempts_of(stage.draw_id, attempt.pseudonym) == [attempt]
    assert journal.attempt(stage.draw_id, attempt.id) == attempt
    assert journal.attempt("other", attempt.id) is None
    assert journal.attempts_by("other", boss) == journal.attempts_of("other", attempt.pseudonym) == []


def test_the_name_of_an_attempt_goes_with_an_erasure(stage: PrizeStage) -> None:
    journal = stage.journal
    (attempt,) = journal.attempts_by(stage.draw_id, journal.vault.viewer("practice", "u2"))
    assert journal.name_at(stage.draw_id, attempt.id) == "名u2"
    assert journal.name_at("other", attempt.id) == journal.name_at(stage.draw_id, 999) == ""
    journal.erase_subject("practice", "u2", by="amy")
    assert journal.name_at(stage.draw_id, attempt.id) == ""


def test_people_who_look_for_a_name_do_not_keep_the_room_from_storing(stage: PrizeStage) -> None:
    asked = threading.Thread(target=stage.journal.names_between, args=(stage.draw_id, NOON, NOON + 90_000, 9))
    with stage.journal.lock:  # as while a batch is written
        asked.start()
        asked.join(10)
        assert not asked.is_alive()


def test_salts_come_in_order_and_page_by_page(stage: PrizeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.storage.codes.PAGE", 4)
    first = stage.journal.entry_salts(stage.draw_id, 0)
    rest = stage.journal.entry_salts(stage.draw_id, first[-1][0])
    assert [number for number, _ in first + rest] == list(range(1, 9))
    assert len(stage.journal.entry_salts(stage.draw_id, 8)) == 1


def test_names_of_a_stretch_of_time(stage: PrizeStage) -> None:
    journal = stage.journal
    named = journal.names_between(stage.draw_id, NOON + 40_002, NOON + 40_004, 9)
    assert named is not None
    assert [(one.name, one.at_ms) for one in named] == [("名u2", NOON + 40_002), ("名u3", NOON + 40_003)]
    assert journal.names_between(stage.draw_id, NOON, NOON + 90_000, 8) is None
    journal.erase_subject("practice", "u2", by="amy")
    assert [
        one.name for one in journal.names_between(stage.draw_id, NOON + 40_002, NOON + 40_004, 9) or ()
    ] == ["名u3"]
    assert journal.uid_of(journal.vault.viewer("practice", "u2")) is None
    assert journal.uid_of(journal.vault.viewer("practice", "u3")) == "u3"
    assert journal.uid_of("nobody") is None


def test_a_mark_tells_nothing_and_is_alike_for_alike(stage: PrizeStage) -> None:
    mark = stage.journal.lookup_mark
    assert mark("a") == mark("a") != mark("b")
    assert len(mark("a")) == 16
