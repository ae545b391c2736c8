"""Canonical JSON, and what a record says about the rows it speaks for.

A record commits to rows by `rows`: a list of [table, key, hash]. The hash is SHA-256 over the canonical JSON of
[table, {column: value}], with nulls left out (so that a later nullable column leaves old hashes valid; so is the 0 of
a number column that is younger than its table, and no other value of it), bytes as a
list of one hex string (so that bytes never equal text) and truth values as 0 and 1 (as SQLite keeps them).
Of all hashes for a row the last one in its chain of records holds; null says that the row was taken away. A row is
spoken for in one room's chain, or in the house's, or in a room's first and then only in the house's (a viewer who was
erased): so the house's last word stands above any room's.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Table

from bot.storage import tables, tables_answers, tables_draws

Commitment = tuple[str, str, str | None]
"""(table, key, hash in hex or None)."""

_sorted = msgspec.json.Encoder(order="sorted")


def canonical(value: Any) -> bytes:
    """`value` as UTF-8 JSON: keys sorted, no spaces. `msgspec.Raw` parts are taken as they are."""
    return _sorted.encode(value)


def json_text(value: Any) -> str:
    """Canonical JSON as text, for a column. Strings in it must be `clean`."""
    return _sorted.encode(value).decode()


def clean(text: str) -> str:
    """`text` without what UTF-8 (lone surrogates) or PostgreSQL (NUL) cannot hold: U+FFFD in its place."""
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", "\ufffd") if "\0" in text else text


def cleaned(value: Any) -> Any:
    """`value` with every text in it clean, whatever its depth; other things than JSON knows become text."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [cleaned(item) for item in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return finite(value)
    return clean(str(value))


def finite(number: float) -> float:
    """`number` as a float; 0.0 for what JSON and SQLite cannot hold (not a number, infinity)."""
    return float(number) if math.isfinite(number) else 0.0


@dataclass(frozen=True, slots=True)
class Audited:
    """A table whose rows the record commits to. `key` names a row; `left_out` columns are not covered; of the columns
    `younger` than the table a 0 is not hashed, as it stands in the rows that were there before."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    left_out: frozenset[str] = field(default_factory=frozenset)
    younger: frozenset[str] = field(default_factory=frozenset)

    def key_of(self, row: Mapping[str, Any]) -> str:
        if len(self.key) == 1:
            return str(row[self.key[0]])
        return json_text([row[name] for name in self.key])

    def commitment(self, row: Mapping[str, Any]) -> Commitment:
        """What a record says about `row` (column to value; columns not covered may be there)."""
        return (self.name, self.key_of(row), self.hash_of(row))

    def hash_of(self, row: Mapping[str, Any]) -> str:
        plain: dict[str, Any] = {}
        for name, value in row.items():
            if value is not None:
                kind = type(value)
                plain[name] = [value.hex()] if kind is bytes else int(value) if kind is bool else value
        for name in self.left_out:
            plain.pop(name, None)
        for name in self.younger:
            if type(plain.get(name)) is int and plain[name] == 0:
                del plain[name]
        return hashlib.sha256(_sorted.encode((self.name, plain))).hexdigest()


def _audited(model: Any, *left_out: str, younger: frozenset[str] = frozenset()) -> Audited:
    table: Table = model.__table__
    columns = tuple(_plain(column.name) for column in table.columns)
    key = tuple(_plain(column.name) for column in table.primary_key)
    return Audited(_plain(table.name), columns, key, frozenset(left_out), younger)


def _plain(name: str) -> str:
    """A name as a mere string: SQLAlchemy's own kind of string is refused by the encoder."""
    return name.encode().decode()


BOOKMARK = "cursor."
"""House settings under such keys change with every poll and are not audited."""

AUDITED: dict[str, Audited] = {
    one.name: one
    for one in (
        _audited(tables.Comment),
        _audited(tables.CommentText),
        _audited(tables.Subject),
        _audited(tables.SubjectKey),
        _audited(tables.Versions),
        _audited(tables.Session),
        _audited(tables.Happening),
        _audited(tables.RoomStateRow),
        _audited(tables.Outbox),
        _audited(tables.Incident),
        _audited(tables.IncidentComment),
        _audited(tables.CaseWork, "lease_until_ms"),
        _audited(tables.Person),
        _audited(tables.PhraseVersion),
        _audited(tables.Product),
        _audited(tables.Fact),
        _audited(tables.Draw),
        _audited(tables.DrawEntry, younger=frozenset({"wave"})),
        _audited(tables.HouseSetting),
        _audited(tables.SealKey),
        _audited(tables_answers.Approval),
        _audited(tables_answers.Reading),
        _audited(tables_answers.Exemption),
        _audited(tables_answers.EvidenceFile),
        _audited(tables_answers.OwnQuestion),
        _audited(tables_draws.DrawCode),
        _audited(tables_draws.ClaimSaid),
        _audited(tables_draws.DrawClaim, "delivery"),
        _audited(tables_draws.Coupon, "value"),
        _audited(tables_draws.DrawPreset),
        _audited(tables_draws.Poll),
        _audited(tables_draws.PollVote),
    )
}
"""Tables the record covers. Not covered, and why: `case_work.lease_until_ms` (renewed every few seconds by mere
activity; who holds a case is covered), `case_card` (where Telegram shows a case; edited several times a second),
`login_link` (worth nothing after ten minutes; its making and use are records), `done_once` (double taps of a day),
`draw_claim.delivery` (an address, emptied by the viewer's erasure and by a sweep), `coupon.value` (its `mark` is
covered), `search_term` (derived from the words and can be made again), bookmarks in `house_setting`."""


def rows_as_dicts(columns: Iterable[str], rows: Iterable[Any]) -> Iterable[dict[str, Any]]:
    """Driver rows with their column names."""
    names = tuple(columns)
    return (dict(zip(names, row, strict=True)) for row in rows)
