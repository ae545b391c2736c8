"""Whose complaint a case is."""

from __future__ import annotations

from pathlib import Path

from bot.comment import RoomKey
from bot.storage.authors import settled_authors
from bot.storage.journal import Journal
from tests.bot.stores import commit, journal_in
from tests.builders import NOON, ROOM, comment

OTHER = RoomKey("practice", "2")


def resolved(journal: Journal, case_id: int) -> None:
    case = journal.case(case_id)
    case = journal.claim(case_id, "amy", case.version, NOON)
    journal.resolve(case_id, "amy", case.version, "answered")


def test_an_author_is_settled_with_when_no_complaint_is_open_any_more(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        said = [
            comment("骗子", uid="a"), comment("又骗子", uid="a", at=1), comment("骗子", uid="b", at=2),
            comment("加微信", uid="a", at=3),
        ]  # fmt: skip
        _, committed = commit(journal, None, *said)
        first, second, third, advert = committed.case_ids
        resolved(journal, first)
        assert settled_authors(journal, first) == (), "the second is still open"
        resolved(journal, second)
        assert settled_authors(journal, second) == ("a",), "an advert is no complaint"
        assert settled_authors(journal, first) == ("a",)
        assert settled_authors(journal, third) == ()
        resolved(journal, third)
        assert settled_authors(journal, third) == ("b",)
        assert settled_authors(journal, advert) == ("a",)
        assert settled_authors(journal, 99) == ()


def test_who_has_no_id_or_was_erased_is_nobody(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        _, committed = commit(journal, None, comment("骗子", uid=None), comment("骗子", uid="a", at=1))
        nameless, erased = committed.case_ids
        resolved(journal, nameless)
        resolved(journal, erased)
        assert settled_authors(journal, nameless) == ()
        journal.erase_subject(ROOM.platform, "a", by="amy")
        assert settled_authors(journal, erased) == ()
