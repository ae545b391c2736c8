"""The shipped library in the store: what is new goes in, and takes the place of its older version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bot.storage.canonical import Commitment
from bot.storage.chain import HOUSE
from bot.storage.ledger import Deed
from bot.storage.phrase_rows import phrases, row_of
from bot.storage.phrase_steps import KIND, PRACTICE, change
from bot.storage.values import PhraseRow

HOUSEHOLD = "house"
"""By whom a shipped version is put in, and withdrawn when a newer one takes its place."""


def seed(deed: Deed, bodies: Sequence[Mapping[str, Any]]) -> int:
    """Put the shipped phrases in: live, signed `practice`; each version of the same id before it gives way.

    Left alone: an id of the shop's own, a phrase a person has withdrawn (none of its versions is live any more), and
    a shipped version a person has withdrawn.
    Each body has at least `id` and `digest`. Gives how many phrases changed.
    """
    known: dict[str, list[PhraseRow]] = {}
    for one in phrases(deed.conn):
        known.setdefault(one.id, []).append(one)
    rows: list[Commitment] = []
    count = gone = 0
    for body in bodies:
        row = row_of(body, "live", PRACTICE, HOUSEHOLD, deed.written_ms)
        before = known.get(row["id"], [])
        if before and (not _live(before) or any(_of_people(one, row["digest"]) for one in before)):
            continue
        older = [one for one in _live(before) if one.digest != row["digest"]]
        standing = any(_same(one, row) for one in _live(before))
        if standing and not older:
            continue
        rows += [change(deed, one.id, one.digest, HOUSEHOLD, state="withdrawn") for one in older]
        if not standing:
            rows.append(deed.save("phrase_version", row))
        known[row["id"]] = phrases(deed.conn, "WHERE p.id = :id", id=row["id"])
        count += 1
        gone += len(older)
    if count:
        data = {"act": "seeded", "count": count, "superseded": gone, "signed": PRACTICE}
        deed.record(HOUSE, KIND, data, rows)
    return count


def _of_people(version: PhraseRow, digest: str) -> bool:
    """Whether people have had their say: the version is the shop's own, or is that very one and was withdrawn."""
    withdrawn = version.state == "withdrawn" and version.changed_by != HOUSEHOLD
    return version.signed != PRACTICE or (version.digest == digest and withdrawn)


def _live(versions: Sequence[PhraseRow]) -> list[PhraseRow]:
    return [one for one in versions if one.state == "live"]


def _same(version: PhraseRow, row: Mapping[str, Any]) -> bool:
    """Whether this very body is stored: the digest leaves out the tone, which may be another in a newer library."""
    return version.digest == row["digest"] and bool(version.body == msgspec.json.decode(row["body"]))
