"""What the rule book says about one comment, and what was weighed to come to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from classifiers.candidate import Reading
from classifiers.verdict import Hit


@dataclass(frozen=True, slots=True)
class Findings:
    """Hits in order of place, and the two wording flags."""

    hits: tuple[Hit, ...] = ()
    health: bool = False
    rights: bool = False


_ONE_ADVERT = frozenset({"S01", "D01", "D02", "L01", "P01", "A06", "U03", "U04"})
"""Codes whose wordings follow one another within one offer or one story: what to do, for how much, and where to ask."""
_BREATH = 6
"""Characters that may stand between two such wordings."""

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
    """Of overlapping hits of one code the longest stays, of equal ones the lowest rule.

    The medical codes (M) count as one: which of them a claim falls under hangs on the goods, and the wording that
    names the goods is the longer one.
    """
    kept: list[Hit] = []
    covered: dict[str, set[int]] = {}
    for hit in sorted(hits, key=lambda h: (h.start - h.end, h.start, h.rule)):
        places = covered.setdefault(hit.category if hit.category[0] != "M" else "M", set())
        if places.isdisjoint(range(hit.start, hit.end)):
            places.update(range(hit.start, hit.end))
            kept.append(hit)
    return tuple(sorted(kept, key=lambda h: (h.start, h.category, h.end)))


def joined(hits: Iterable[Hit], text: str) -> tuple[Hit, ...]:
    """`hits` of `text` with those of one offer as one: a reader sees one advert in 加薇 私发你, not two.

    The whole of it bears the rule of its first hit. `hits` are settled.
    """
    found: list[Hit] = []
    last: dict[str, int] = {}
    for hit in hits:
        at = last.get(hit.category)
        if at is not None and hit.start - found[at].end <= _BREATH:
            start = found[at].start
            found[at] = msgspec.structs.replace(found[at], end=hit.end, text=text[start : hit.end])
            continue
        if hit.category in _ONE_ADVERT:
            last[hit.category] = len(found)
        found.append(hit)
    return tuple(found)
