"""The two lists of a draw, made from what is stored: who is in, and who was turned away and why."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from bot.draws.book import answer_of, closed_of, salt_of, terms_of
from bot.storage.journal import Journal
from bot.storage.values import DrawRow
from lottery.entry import Entrants, Refusal
from lottery.roster import Exclusions, Roster
from lottery.sorting import sorted_entries

KEPT = 2
"""Lists kept in memory: each holds its Merkle levels, so that showing somebody a place is cheap."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Who is in, and who was turned away."""

    roster: Roster
    exclusions: Exclusions


def lists_of(journal: Journal, row: DrawRow) -> Lists:
    """The lists of a draw as its rows have them. Before the closing they are a look ahead; once a closed record is out
    they are those of that record. Raises EntryError when the rows make no sound list."""
    found = journal.entry_lists(row.id)
    counts: Mapping[str, int] = found.counts
    refused: Iterable[tuple[bytes, str]] = found.refused
    listed, terms = _refusals(row), terms_of(row)
    if terms.first_shape or (listed is not None and sum(counts.values()) > listed):
        counts, refused = _first_refusals(journal, row, listed)
    return Lists(*sorted_entries(terms.contest, found.accepted, counts, refused, answer_of(row)))


def _refusals(row: DrawRow) -> int | None:
    """How many refused comments went into the closed record; None before there is one. Wrong answers of a quiz are no
    refused comments: they were entries until the closing."""
    if not row.body["closed"]:
        return None
    counts = dict(closed_of(row)[-1].record.excluded)
    return sum(counts.values()) - counts.get(Refusal.WRONG_ANSWER.value, 0)


def _first_refusals(
    journal: Journal, row: DrawRow, most: int | None
) -> tuple[Mapping[str, int], list[tuple[bytes, str]]]:
    """The first `most` refused comments (None: all): what came when the list was out already is not in it.

    Draws announced before 0.5 stored no pseudonym with a refusal; there it is made from the uid, as it was then.
    """
    counts: Counter[str] = Counter()
    refused: list[tuple[bytes, str]] = []
    terms = terms_of(row)
    entrants = Entrants(salt_of(row), row.id, terms.platform)
    for entry in islice(journal.draw_entries(row.id, accepted=False), most):
        reason = str(entry.refused)
        counts[reason] += 1
        if entry.pseudonym is not None:
            refused.append((entry.pseudonym, reason))
        elif entry.uid is not None and terms.first_shape:
            refused.append((entrants.of(entry.uid)[1], reason))
    return counts, refused


class Shelf:
    """The lists of the draws last asked for. A list belongs to one closed record: another revision is another list."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._kept: OrderedDict[tuple[str, str], Lists] = OrderedDict()

    def of(self, row: DrawRow) -> Lists:
        """The lists of `row`; those of a closed draw are made once."""
        closed = row.body["closed"]
        if not closed:
            return lists_of(self._journal, row)
        key = (row.id, str(closed[-1]["hash"]))
        if key not in self._kept:
            self.keep(row, lists_of(self._journal, row))
        self._kept.move_to_end(key)
        return self._kept[key]

    def keep(self, row: DrawRow, lists: Lists) -> None:
        """Remember the lists of the last closed record of `row`."""
        self._kept[row.id, str(row.body["closed"][-1]["hash"])] = lists
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def fits(row: DrawRow, lists: Lists) -> bool:
    """Whether the lists are those of the last closed record of `row`."""
    record = closed_of(row)[-1].record
    same = record.root == lists.roster.root.hex()
    return same and record.excluded_root == lists.exclusions.root.hex()
