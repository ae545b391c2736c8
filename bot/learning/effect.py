"""How sure one may be of a phrase's figures: shares with intervals, two phrases beside each other, a plain verdict.

All intervals are 95 %. Shares: Wilson (1927); difference of two shares: Newcombe's hybrid of Wilson intervals (1998,
method 10); orders before and after: the share of those after among all, turned into a ratio. Answers of one show are
not quite independent of each other, so the truth is a little less sure than the intervals say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import Literal

from bot.storage.effects import PhraseEffect

Z = 1.959964
"""Of the normal distribution, 95 % lie within so many standard deviations."""

LEAST = 30
"""So many answers each are needed before two phrases are compared."""

Word = Literal["too_few", "no_difference", "A", "B"]
"""What may be said: fewer than LEAST answers on a side; no difference to be seen; or which is better."""

Measure = Literal["repeated", "complained"]
MEASURES: tuple[Measure, ...] = ("repeated", "complained")
"""What phrases are compared by: of both, less is better."""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`; 0 <= hits <= of. `rate` and the interval `low` to `high` lie in 0-1; with `of` 0 nothing is
    known: rate 0, interval 0 to 1."""

    hits: int
    of: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """The rate of A less the rate of B, -1 to 1, with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Lift:
    """Orders after an answer for each one before it: 1 is no change. `ratio` None where there was no order before;
    `high` may be infinite. `clear`: the interval leaves 1 out."""

    before: int
    after: int
    ratio: float | None
    low: float
    high: float

    @property
    def clear(self) -> bool:
        return self.low > 1 or self.high < 1


@dataclass(frozen=True, slots=True)
class Side:
    """One arm of a comparison: its phrases, and of its answers which were followed by what."""

    group: str
    phrases: tuple[str, ...]
    shares: dict[Measure, Share]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A and B of one question. `differences` and `verdicts` by measure."""

    intent: str
    a: Side
    b: Side
    differences: dict[Measure, Difference]
    verdicts: dict[Measure, Word]


def share(hits: int, of: int) -> Share:
    """The share with its Wilson interval. Raises ValueError unless 0 <= hits <= of."""
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is no share.")
    if of == 0:
        return Share(0, 0, 0.0, 0.0, 1.0)
    rate, z2 = hits / of, Z * Z
    middle = (rate + z2 / (2 * of)) / (1 + z2 / of)
    half = Z * sqrt(rate * (1 - rate) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == of else min(1.0, middle + half)
    return Share(hits, of, rate, low, high)


def difference(a: Share, b: Share) -> Difference:
    """Newcombe's interval for the rate of `a` less that of `b`."""
    value = a.rate - b.rate
    low = value - sqrt((a.rate - a.low) ** 2 + (b.high - b.rate) ** 2)
    high = value + sqrt((a.high - a.rate) ** 2 + (b.rate - b.low) ** 2)
    return Difference(value, max(-1.0, low), min(1.0, high))


def verdict(a: Share, b: Share) -> Word:
    """Which of two shares, of which less is better, may be called better."""
    if min(a.of, b.of) < LEAST:
        return "too_few"
    between = difference(a, b)
    if between.high < 0:
        return "A"
    return "B" if between.low > 0 else "no_difference"


def lift(before: int, after: int) -> Lift:
    """Orders in equal stretches before and after. The interval takes each order for a deed of its own."""
    part = share(after, before + after)
    return Lift(before, after, after / before if before else None, _odds(part.low), _odds(part.high))


def _odds(part: float) -> float:
    return inf if part >= 1 else part / (1 - part)


def shares(effect: PhraseEffect) -> dict[Measure, Share]:
    """Both shares of one phrase version."""
    return {
        "repeated": share(effect.repeated, effect.answers),
        "complained": share(effect.complained, effect.answers),
    }


def comparisons(effects: Sequence[PhraseEffect]) -> list[Comparison]:
    """A beside B for every question that has phrases in both groups, by the question's name. Only those with answers
    of their own count; versions of a group are taken together, so a changed wording blurs the comparison."""
    found = []
    for intent in sorted({one.intent for one in effects}):
        sides = [
            _side(group, [one for one in effects if (one.intent, one.group) == (intent, group)])
            for group in "AB"
        ]
        if not all(side.phrases for side in sides):
            continue
        a, b = sides
        found.append(
            Comparison(
                intent, a, b,
                {name: difference(a.shares[name], b.shares[name]) for name in MEASURES},
                {name: verdict(a.shares[name], b.shares[name]) for name in MEASURES},
            )
        )  # fmt: skip
    return found


def _side(group: str, effects: Sequence[PhraseEffect]) -> Side:
    answers = sum(one.answers for one in effects)
    return Side(
        group, tuple(dict.fromkeys(one.phrase_id for one in effects)),
        {
            "repeated": share(sum(one.repeated for one in effects), answers),
            "complained": share(sum(one.complained for one in effects), answers),
        },
    )  # fmt: skip
