"""Signs that several accounts may be one person's. For people to look at: nothing here removes anybody.

A family with one name, a fan club that numbers its members or a shared jest in all names looks the same, so a flag
says what was seen and no more. Pure: it reads a draw's entrants and nothing else.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")

LEAST_ALIKE = 3
"""So many accounts make a row or a group; two are a coincidence."""

LEAST_BURST = 5
"""So many new accounts within a second; fewer happen whenever somebody shares the room."""

BURST_MS = 1_000
GAP_IN_ROW = 3
"""uids this close count as neighbours: accounts made one after the other."""

NEW_MS = 60_000
"""An account first heard so shortly before its entry came for the draw alone."""

LEAST_STEM = 2
"""Letters that a name must have beside its digits before it says anything."""

MOST_SHOWN = 50
"""Accounts named in one flag; `count` tells how many there are."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """One accepted entry. `name` "" where unknown; times in ms; `first_seen_ms` is when this account was first heard
    in this house, None where that is not known."""

    uid: str
    name: str
    at_ms: int
    first_seen_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """Something to look at. `code`: names_alike, uids_in_a_row or burst_of_new. `uids` in the order of their entries,
    at most MOST_SHOWN of the `count` there are; `from_ms` and `to_ms` are their first and last entry; `detail` is what
    they share: the stem of the names, the first and last uid, or nothing."""

    code: str
    uids: tuple[str, ...]
    count: int
    from_ms: int
    to_ms: int
    detail: str = ""


def flags(entrants: Iterable[Entrant]) -> tuple[Flag, ...]:
    """What is striking about the entrants of one draw, the largest groups first."""
    ordered = sorted(entrants, key=lambda one: (one.at_ms, one.uid))
    found = [*_names_alike(ordered), *_uids_in_a_row(ordered), *_bursts_of_new(ordered)]
    return tuple(sorted(found, key=lambda flag: (-flag.count, flag.code, flag.from_ms)))


def stem(name: str) -> str:
    """A name without digits, signs and marks, case-folded: what is left when accounts are numbered through. "" when
    too little is left to say anything."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    letters = "".join(one for one in folded if unicodedata.category(one)[0] == "L")
    return letters if len(letters) >= LEAST_STEM else ""


def _names_alike(ordered: Sequence[Entrant]) -> Iterator[Flag]:
    """Names that differ in digits and signs only; names that are wholly alike count as well."""
    groups: dict[str, list[Entrant]] = defaultdict(list)
    for one in ordered:
        if key := stem(one.name):
            groups[key].append(one)
    for key, group in groups.items():
        if len(group) >= LEAST_ALIKE:
            yield _flag("names_alike", group, key[:40])


def _uids_in_a_row(ordered: Sequence[Entrant]) -> Iterator[Flag]:
    """Numeric uids that stand next to each other: accounts registered one after the other."""
    numbered = sorted(
        (
            (int(one.uid), one)
            for one in ordered
            if one.uid.isascii() and one.uid.isdigit() and len(one.uid) < 30
        ),
        key=lambda pair: pair[0],
    )
    for run in _runs(numbered, lambda left, right: right[0] - left[0] <= GAP_IN_ROW):
        if len(run) >= LEAST_ALIKE:
            yield _flag("uids_in_a_row", [one for _, one in run], f"{run[0][0]}-{run[-1][0]}")


def _bursts_of_new(ordered: Sequence[Entrant]) -> Iterator[Flag]:
    """Accounts never heard before that enter within the same second."""
    new = [
        one for one in ordered if one.first_seen_ms is not None and one.at_ms - one.first_seen_ms <= NEW_MS
    ]
    start = 0
    while start < len(new):
        stop = start
        while stop < len(new) and new[stop].at_ms - new[start].at_ms < BURST_MS:
            stop += 1
        if stop - start >= LEAST_BURST:
            yield _flag("burst_of_new", new[start:stop], "")
            start = stop
        else:
            start += 1


def _runs(values: Sequence[T], joined: Callable[[T, T], bool]) -> Iterator[list[T]]:
    """`values` cut where two neighbours are not `joined`."""
    if not values:
        return
    run = [values[0]]
    for left, right in pairwise(values):
        if joined(left, right):
            run.append(right)
        else:
            yield run
            run = [right]
    yield run


def _flag(code: str, group: Sequence[Entrant], detail: str) -> Flag:
    ordered = sorted(group, key=lambda one: (one.at_ms, one.uid))
    uids = tuple(one.uid for one in ordered[:MOST_SHOWN])
    return Flag(code, uids, len(ordered), ordered[0].at_ms, ordered[-1].at_ms, detail)
