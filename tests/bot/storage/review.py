"""A little shop that reviews its phrases: people of every role, and each step of a phrase's life in one call."""

from __future__ import annotations

from typing import Any

from bot.approval import Approver, DutyMode, Grant, grant
from bot.storage.journal import Journal
from bot.storage.values import PhraseRow
from replies.phrase import Phrase

from .conftest import Wall
from .show import T0

MINUTE = 60_000
DAY = 24 * 3_600_000
PEOPLE = {"ann": "operator", "bob": "operator", "cat": "compliance", "dan": "admin", "eve": "moderator"}
PDF = b"%PDF-1.7 a test report"


def people(journal: Journal) -> None:
    for login, role in PEOPLE.items():
        journal.add_person(login, login.title(), role)


def phrase(text: str = "价格以购物车页面为准", **more: Any) -> Phrase:
    return Phrase(**({"id": "price-1", "intent": "price", "scope": "any", "product": None, "platform": None,
                      "lang": "zh", "text": text} | more))  # fmt: skip


def approver(login: str, now_ms: int, screen: str = "desk-1") -> Approver:
    return Approver(login, frozenset(PEOPLE.get(login, "viewer").split(",")), now_ms, screen)


def granted(
    journal: Journal, row: PhraseRow, by: str, mode: DutyMode = "pair", *, break_glass: bool = False
) -> Grant:
    matter = journal.phrase_matter(row.id, row.digest, clean=True)
    now_ms = journal.now()
    readings = journal.readings("phrase", row.id, row.digest)
    return grant(
        matter, approver(by, now_ms), mode, readings=readings, now_ms=now_ms, break_glass=break_glass
    )


def approve(
    journal: Journal, row: PhraseRow, by: str, mode: DutyMode = "pair", *, break_glass: bool = False
) -> PhraseRow:
    given = granted(journal, row, by, mode, break_glass=break_glass)
    now_ms = journal.now()
    return journal.approve_phrase(
        row.id, row.digest, grant=given, approver=approver(by, now_ms), mode=mode, now_ms=now_ms
    )


def submitted(journal: Journal, one: Phrase, by: str = "ann", screen: str = "desk-1") -> PhraseRow:
    row = journal.draft_phrase(one, by=by, screen=screen)
    return journal.submit_phrase(row.id, row.digest, by=by)


def live(journal: Journal, one: Phrase, by: str = "ann", approved_by: str = "cat") -> PhraseRow:
    return approve(journal, submitted(journal, one, by), approved_by)


def answers(journal: Journal, wall: Wall) -> None:
    """At least one row in every table of answers."""
    people(journal)
    file = journal.keep_evidence(PDF, "report.pdf", "application/pdf", by="ann")
    one = journal.add_exemption("price-1", "A01", "the ministry's list", [file], author="ann")
    matter = journal.exemption_matter(one.id)
    given = grant(matter, approver("cat", wall.ms), "pair", readings=(), now_ms=wall.ms)
    journal.grant_exemption(one.id, grant=given, approver=approver("cat", wall.ms), mode="pair")
    row = live(journal, phrase(evidence=(file,), exemptions=(str(one.id),)))
    journal.note_reading("phrase", row.id, row.digest, by="bob", screen="phone")
    body = {"name": "能开发票吗", "asks": ["能开发票吗", "有发票没", "发票怎么开"]}
    journal.save_own_question("fapiao", body, by="ann")


__all__ = ["DAY", "MINUTE", "PDF", "PEOPLE", "T0", "answers", "approve", "approver", "granted", "live", "people",
           "phrase", "submitted"]  # fmt: skip
