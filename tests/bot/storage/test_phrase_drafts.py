"""Drafts one by one and many at once: whose they are, and that an import is all or nothing."""

from __future__ import annotations

import msgspec
import pytest

from bot.approval import SOLO_WAIT_MS
from bot.errors import NotAllowed, StoreError
from bot.storage import phrase_drafts
from bot.storage.audit import verify
from bot.storage.journal import Journal

from .conftest import Wall
from .review import approve, live, people, phrase


@pytest.fixture(autouse=True)
def _staff(journal: Journal) -> None:
    people(journal)


def acts(journal: Journal) -> list[tuple[str, str]]:
    with journal.store.read() as conn:
        found = conn.exec_driver_sql(
            "SELECT body FROM audit_record WHERE record_type = 'phrase' ORDER BY seq"
        )
        told = [msgspec.json.decode(body)["data"] for (body,) in found]
    return [(one["act"], one["id"]) for one in told]


def test_many_come_in_as_drafts_of_their_author_each_with_its_record(journal: Journal) -> None:
    drafts = [
        phrase(f"第{number}款", id=f"p-{number}", state="live", signed="practice") for number in range(5)
    ]
    assert journal.draft_phrases(drafts, by="ann", screen="desk-1") == 5
    rows = journal.phrase_versions()
    assert {(one.state, one.signed, one.author, one.approval_id) for one in rows} == {
        ("draft", "", "ann", None)
    }
    assert [one.substance for one in rows] == [one.substance for one in drafts]
    assert acts(journal) == [("drafted", f"p-{number}") for number in range(5)]
    assert journal.phrase_matter("p-1", drafts[1].digest, clean=True).screens == ("desk-1",)
    assert verify(journal.store).first_bad is None


def test_one_at_a_time_and_all_at_once_leave_the_same(journal: Journal) -> None:
    live(journal, phrase("第一版", id="p-1"), by="bob")
    first, second = phrase("第二版", id="p-1"), phrase("第三版", id="p-1")
    row = journal.draft_phrase(first, by="ann", screen="desk-1")
    journal.draft_phrases([first, second], by="cat", screen="desk-2")
    rows = {one.digest: one for one in journal.phrase_versions()}
    assert rows[first.digest] == row, "word for word there already"
    assert rows[second.digest].editors == ("ann",)
    assert [one.state for one in journal.live_phrases()] == ["live"]


def test_what_stands_there_already_is_not_counted(journal: Journal) -> None:
    drafts = [phrase("一", id="a"), phrase("二", id="b")]
    assert journal.draft_phrases(drafts, by="ann") == 2
    assert journal.draft_phrases([*drafts, phrase("三", id="c")], by="ann") == 1
    assert journal.draft_phrases([phrase("一", id="a", tone="sales")], by="ann") == 1
    assert journal.draft_phrases([], by="ann") == 0


def test_when_one_is_refused_none_is_kept(journal: Journal) -> None:
    live(journal, phrase("在播", id="p-9"))
    before = acts(journal)
    drafts = [phrase("一", id="a"), phrase("在播", id="p-9", tone="sales"), phrase("二", id="b")]
    with pytest.raises(NotAllowed, match="are live"):
        journal.draft_phrases(drafts, by="ann")
    assert {one.id for one in journal.phrase_versions()} == {"p-9"}
    assert acts(journal) == before


def test_a_crash_midway_keeps_nothing_and_the_next_import_goes_on(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = [phrase(f"第{number}款", id=f"p-{number}") for number in range(9)]
    put, calls = phrase_drafts.put_reading, []

    def failing(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 6:
            raise StoreError("The disk is gone.")
        return put(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(phrase_drafts, "put_reading", failing)
    with pytest.raises(StoreError):
        journal.draft_phrases(drafts, by="ann")
    assert journal.phrase_versions() == []
    assert acts(journal) == []
    monkeypatch.undo()
    assert journal.draft_phrases(drafts, by="ann") == 9
    assert verify(journal.store).first_bad is None


def test_an_imported_phrase_is_approved_alone_after_a_second_reading(journal: Journal, wall: Wall) -> None:
    journal.set_duty_mode("solo", by="dan")
    one = phrase("看购物车")
    journal.draft_phrases([one], by="ann", screen="command line")
    row = journal.submit_phrase(one.id, one.digest, by="ann")
    wall.ms += SOLO_WAIT_MS
    with pytest.raises(NotAllowed):
        approve(journal, row, "ann", "solo")
    journal.note_reading("phrase", one.id, one.digest, by="ann", screen="desk-1")
    assert approve(journal, row, "ann", "solo").state == "live"
