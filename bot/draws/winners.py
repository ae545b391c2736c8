"""Who has won lately: the accounts that a draw may leave out because they have had their turn."""

from __future__ import annotations

from collections.abc import Iterable

from bot.draws.book import commitment_of, drawn_of
from bot.draws.steps import winning
from bot.storage.journal import Journal
from bot.storage.values import DrawRow

DAY_MS = 86_400_000


def winners_since(
    journal: Journal, rooms: Iterable[str], since_ms: int, *, practice: bool = False
) -> tuple[str, ...]:
    """uids that stand as winners of draws of `rooms` drawn at `since_ms` or later: confirmed, or whose turn it still
    is. Places that were dropped do not count, and a rehearsal counts only for another one. Accounts erased since are
    not known any more and are left out."""
    found: dict[str, None] = {}
    for room in rooms:
        for row in journal.load_draws(room):
            record = drawn_of(row)
            if record is None or record.record.drawn_at < since_ms:
                continue
            if commitment_of(row).record.practice is not practice:
                continue
            for pseudonym in _pseudonyms(journal, row):
                entries = journal.entry_at(row.id, pseudonym)
                found |= {entry.uid: None for entry in entries[:1] if entry.uid is not None}
    return tuple(found)


def _pseudonyms(journal: Journal, row: DrawRow) -> list[bytes]:
    places = set(winning(row))
    if "chosen" in row.body:
        return [bytes.fromhex(one["pseudonym"]) for one in row.body["chosen"] if one["place"] in places]
    record = drawn_of(row)  # drawn by an earlier version: its positions are those of the accepted entries
    assert record is not None
    leaves = journal.entry_pseudonyms(row.id)
    positions = (*record.record.winners, *record.record.reserves)
    return [leaves[at] for place, at in enumerate(positions, 1) if place in places]
