"""The shipped library in stores that have seen older ones, and in those where people have had their say."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest

from bot.storage.audit import verify
from bot.storage.journal import Journal
from replies import practice
from replies.phrase import Phrase

from .review import live, people, phrase


@pytest.fixture(autouse=True)
def _staff(journal: Journal) -> None:
    people(journal)


def shipped(text: str = "一", id: str = "p-1", **more: Any) -> dict[str, Any]:
    one = phrase(text, id=id, **more)
    return dataclasses.asdict(one) | {"digest": one.digest}


def states(journal: Journal, id: str = "p-1") -> dict[str, str]:
    return {str(one.body["text"]): one.state for one in journal.phrase_versions() if one.id == id}


def test_each_newer_library_takes_the_place_of_the_one_before(journal: Journal) -> None:
    for words in ("一", "二", "三"):
        assert journal.seed_practice_library([shipped(words)]) == 1
        assert journal.seed_practice_library([shipped(words)]) == 0, "seeded once only"
    assert states(journal) == {"一": "withdrawn", "二": "withdrawn", "三": "live"}
    assert journal.seed_practice_library([shipped("一")]) == 1, "words taken back in a later release"
    assert states(journal) == {"一": "live", "二": "withdrawn", "三": "withdrawn"}
    assert verify(journal.store).first_bad is None


def test_the_record_tells_how_many_gave_way(journal: Journal) -> None:
    journal.seed_practice_library([shipped("一"), shipped("一", id="p-2")])
    journal.seed_practice_library([shipped("二"), shipped("一", id="p-2"), shipped("一", id="p-3")])
    with journal.store.read() as conn:
        found = conn.exec_driver_sql(
            "SELECT body FROM audit_record WHERE record_type = 'phrase' ORDER BY seq"
        )
        told = [msgspec.json.decode(body)["data"] for (body,) in found]
    assert [(one["act"], one["count"], one["superseded"]) for one in told] == [
        ("seeded", 2, 0),
        ("seeded", 2, 1),
    ]


def test_what_a_person_withdrew_stays_withdrawn(journal: Journal) -> None:
    journal.seed_practice_library([shipped("一")])
    journal.withdraw_phrase("p-1", shipped("一")["digest"], "ann", "no")
    assert journal.seed_practice_library([shipped("一")]) == 0
    assert journal.seed_practice_library([shipped("二")]) == 0
    assert states(journal) == {"一": "withdrawn"}


def test_a_version_a_person_withdrew_does_not_come_back_in_the_place_of_another(journal: Journal) -> None:
    journal.seed_practice_library([shipped("一")])
    journal.seed_practice_library([shipped("二")])
    journal.withdraw_phrase("p-1", shipped("一")["digest"], "ann", "law changed")
    assert journal.seed_practice_library([shipped("一")]) == 0
    assert states(journal) == {"一": "withdrawn", "二": "live"}


def test_an_id_of_the_shops_own_is_left_alone(journal: Journal) -> None:
    live(journal, phrase("自己的", id="p-1"))
    assert journal.seed_practice_library([shipped("一")]) == 0
    assert states(journal) == {"自己的": "live"}


def test_two_versions_an_older_program_left_live_beside_each_other(journal: Journal) -> None:
    for words in ("一", "二"):
        journal.save_phrase(shipped(words), state="live", signed="practice", by="house")
    assert journal.seed_practice_library([shipped("二")]) == 1
    assert states(journal) == {"一": "withdrawn", "二": "live"}
    assert journal.seed_practice_library([shipped("二")]) == 0


def test_another_tone_of_the_same_words_is_taken_over(journal: Journal) -> None:
    """The digest does not tell them apart."""
    journal.seed_practice_library([shipped(tone="sales")])
    assert journal.seed_practice_library([shipped(tone="neutral")]) == 1
    (one,) = journal.phrase_versions()
    assert (one.state, one.body["tone"]) == ("live", "neutral")
    assert journal.vouch_phrase(one.id, one.digest, 0, practice=True) is None
    assert verify(journal.store).first_bad is None


def test_a_store_with_an_older_practice_library_has_the_shipped_one_after_seeding(journal: Journal) -> None:
    def body(one: Phrase) -> dict[str, Any]:
        return dataclasses.asdict(one) | {"digest": one.digest}

    library = list(practice.library())
    older = [dataclasses.replace(one, text=f"{one.text}，旧") for one in library]
    journal.seed_practice_library([body(one) for one in older])
    assert journal.seed_practice_library([body(one) for one in library]) == len(library)
    found = journal.phrase_versions("live")
    assert {(one.id, one.digest) for one in found} == {(one.id, one.digest) for one in library}
    assert len(journal.phrase_versions("withdrawn")) == len(library)
    assert verify(journal.store).first_bad is None
