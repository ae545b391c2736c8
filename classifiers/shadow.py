"""Two rule books beside each other over the same comments: what the new one would hit that the old one does not.

The new one runs in the shadow: nothing is done about its hits, they are only counted and shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from classifiers.lexicon import Lexicon
from classifiers.plain import plain
from classifiers.verdict import Hit

BATCH = 256
LONGEST = 2000
"""Code points of a text that are compared, as many as are judged."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A comment the two rule books read differently: hits of the new one alone, and of the old one alone."""

    text: str
    added: tuple[Hit, ...]
    removed: tuple[Hit, ...]


@dataclass(slots=True)
class Comparison:
    """Counts per code, and the first comments that differ. A hit is the same when code and place are."""

    comments: int = 0
    differing: int = 0
    old: Counter[str] = field(default_factory=Counter)
    new: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    first: list[Difference] = field(default_factory=list)


def compare(old: Lexicon, new: Lexicon, texts: Iterable[str], first: int = 50) -> Comparison:
    """Read every text with both; at most `first` differing comments are kept. Memory does not grow with the input."""
    seen = Comparison()
    for batch in _batches(texts):
        normals = plain(batch).normals
        for text, before, after in zip(
            batch, old.find_all(batch, normals), new.find_all(batch, normals), strict=True
        ):
            seen.comments += 1
            _count(seen, text, before.hits, after.hits, first)
    return seen


def _count(seen: Comparison, text: str, before: tuple[Hit, ...], after: tuple[Hit, ...], first: int) -> None:
    if not (before or after):
        return
    known, found = {_place(hit) for hit in before}, {_place(hit) for hit in after}
    added = tuple(hit for hit in after if _place(hit) not in known)
    removed = tuple(hit for hit in before if _place(hit) not in found)
    for counter, hits in (
        (seen.old, before),
        (seen.new, after),
        (seen.added, added),
        (seen.removed, removed),
    ):
        counter.update(hit.category for hit in hits)
    if added or removed:
        seen.differing += 1
        if len(seen.first) < first:
            seen.first.append(Difference(text, added, removed))


def _place(hit: Hit) -> tuple[str, int, int]:
    return hit.category, hit.start, hit.end


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    source = (text[:LONGEST] for text in texts)
    while batch := list(islice(source, BATCH)):
        yield batch
