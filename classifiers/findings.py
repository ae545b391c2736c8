"""What the rule book says about one comment, and what was weighed to come to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from classifiers.candidate import Reading
from classifiers.verdict import Hit


@dataclass(frozen=True, slots=True)
class Findings:
    """Hits in order of place, and the two wording flags."""

    hits: tuple[Hit, ...] = ()
    health: bool = False
    rights: bool = False


NOTHING = Findings()
"""What most comments give; shared by all of them."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One place that was weighed. `fate` is a key of `candidate.FATES`, empty when it stands; `by` what decided: the
    harmless wording around it, or the kinds of excuse. `undone`: found in the undisguised view."""

    hit: Hit
    reading: Reading | str
    fate: str
    by: str = ""
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Trace:
    """How a text was read, step by step. `sound`: the syllables of its sound view; `spelled`: the same for each
    reading of typed pinyin; `undisguised` is None when there was nothing to undo."""

    normal: str
    sound: str
    spelled: tuple[str, ...]
    undisguised: str | None
    trials: tuple[Trial, ...]
    findings: Findings


def settled(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Of overlapping hits of one code the longest stays, of equal ones the lowest rule."""
    kept: list[Hit] = []
    covered: dict[str, set[int]] = {}
    for hit in sorted(hits, key=lambda h: (h.start - h.end, h.start, h.rule)):
        places = covered.setdefault(hit.category, set())
        if places.isdisjoint(range(hit.start, hit.end)):
            places.update(range(hit.start, hit.end))
            kept.append(hit)
    return tuple(sorted(kept, key=lambda h: (h.start, h.category, h.end)))
