"""Phrase versions as rows: reading them, and from a phrase to a row. The life of a phrase is in phrasebook.py."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from bot.storage.canonical import clean, cleaned, json_text
from bot.storage.values import PhraseRow
from replies.phrase import Phrase

_PHRASES = (
    "SELECT p.id, p.digest, p.body, p.state, p.signed, p.changed_by, p.changed_ms, p.author, p.editors, p.substance, "
    "p.edited_ms, p.submitted_ms, p.approval_id, a.approved_by, a.at_ms, a.mode, a.stamp, a.expires_ms, a.break_glass "
    "FROM phrase_version p LEFT JOIN approval a ON a.id = p.approval_id "
)


def phrases(conn: Connection, where: str = "", **values: Any) -> list[PhraseRow]:
    """Versions by id, the latest change last. `where` is SQL over p (phrase_version) and a (approval)."""
    asked = text(f"{_PHRASES}{where} ORDER BY p.id, p.changed_ms, p.digest")
    return [phrase_row(tuple(row)) for row in conn.execute(asked, values)]


def phrase_row(row: tuple[Any, ...]) -> PhraseRow:
    """From the columns of `phrases` to the value."""
    id, digest, body, state, signed, changed_by, changed_ms, author, editors, substance, *rest = row
    edited_ms, submitted_ms, approval_id, approved_by, at_ms, mode, stamp, expires_ms, broken = rest
    return PhraseRow(
        id, digest, msgspec.json.decode(body), state, signed, changed_by, changed_ms, author,
        tuple(msgspec.json.decode(editors)) if editors else (), substance, edited_ms, submitted_ms, approval_id,
        approved_by, at_ms, mode, stamp or "", expires_ms, bool(broken),
    )  # fmt: skip


def one_each(rows: Iterable[PhraseRow]) -> list[PhraseRow]:
    """One version per id: the live one, else the latest."""
    kept: dict[str, PhraseRow] = {}
    for row in rows:
        before = kept.get(row.id)
        if before is None or _standing(row) > _standing(before):
            kept[row.id] = row
    return list(kept.values())


def _standing(row: PhraseRow) -> tuple[bool, bool, int, int]:
    last = row.changed_ms if row.edited_ms is None else row.edited_ms
    return (row.state == "live", row.signed != "practice", last, row.changed_ms)


def phrase_in(body: Mapping[str, Any]) -> Phrase:
    """The phrase a stored body holds. Raises TypeError for a body of another shape."""
    return Phrase(**{name: value for name, value in body.items() if name != "digest"})


def draft_of(phrase: Phrase, by: str) -> Phrase:
    """`phrase` as its author's draft: no state, reviewer or signature brought along, every text storable."""
    plain = dataclasses.replace(phrase, state="draft", author=by, reviewer="", signed="")
    return Phrase(**cleaned(dataclasses.asdict(plain)))


def body_of(phrase: Phrase) -> dict[str, Any]:
    """What is stored of a phrase: its fields and its digest."""
    return {**cleaned(dataclasses.asdict(phrase)), "digest": phrase.digest}


def row_of(body: Mapping[str, Any], state: str, signed: str, by: str, at_ms: int) -> dict[str, Any]:
    """A row of `phrase_version` without what an author adds."""
    return {
        "id": clean(str(body["id"])), "digest": clean(str(body["digest"])), "body": json_text(cleaned(body)),
        "state": state, "signed": clean(signed), "changed_by": clean(by), "changed_ms": at_ms,
    }  # fmt: skip
