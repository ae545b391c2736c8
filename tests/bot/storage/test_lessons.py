"""Comments with all that was judged, and whose words must stay."""

from __future__ import annotations

from bot.storage.journal import Journal
from bot.storage.lessons import LessonReadings
from tests.bot.storage.show import full_show


def test_lessons_carry_the_whole_verdict_and_record_who_read(journal: Journal) -> None:
    for batch in full_show():
        journal.commit(batch)
    readings = LessonReadings(journal.store, journal)
    silent = readings.lessons(["s1-0", "s1-4", "nowhere"], reader=None)
    assert {one.seen.id: one.also for one in silent} == {"s1-0": ("stock",), "s1-4": ()}
    assert all(one.seen.words is None for one in silent)
    assert list(readings.all_records("access")) == []
    (read,) = readings.lessons(["s1-0"], reader="mei", purpose="judgement")
    assert read.seen.words is not None
    assert read.seen.words.text == "这件多少钱"
    (access,) = readings.all_records("access")
    assert (access.body["data"]["reader"], access.body["data"]["purpose"]) == ("mei", "judgement")


def test_erased_words_are_gone(journal: Journal) -> None:
    for batch in full_show():
        journal.commit(batch)
    journal.erase_subject("bilibili", "u1", by="an")
    (read,) = LessonReadings(journal.store, journal).lessons(["s1-0"], reader="mei")
    assert read.seen.words is None


def test_viewers_with_a_code_by_hit_or_by_decision(journal: Journal) -> None:
    for batch in full_show():
        journal.commit(batch)
    readings = LessonReadings(journal.store, journal)
    hit, decided = (journal.vault.viewer("bilibili", uid) for uid in ("u4", "u5"))
    assert readings.viewers_with("D01") == {hit, decided}
    assert readings.viewers_with("C01") == {decided}
    assert readings.viewers_with("U04") == frozenset()


def test_records_of_a_type_come_page_by_page(journal: Journal) -> None:
    for number in range(3):
        journal.append_record("b", "note", {"n": number})
        journal.append_record("a", "note", {"n": number})
    readings = LessonReadings(journal.store, journal)
    found = [(one.chain, one.body["data"]["n"]) for one in readings.all_records("note")]
    assert found == [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1), ("b", 2)]
    assert len(list(readings.all_records("note", "b"))) == 3
