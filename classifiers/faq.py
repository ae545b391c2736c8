"""Which question of the phrase library a comment asks; nothing when unsure.

A wrong answer in a room costs more than silence, so three things must hold before an intent is given: the
probability that the best intent is right reaches a threshold, it stands clear of the second by a margin, and the
comment is none of those that never ask (bare signs, +1, set sentences of draws).
The probability comes from the best intent's decision value, its distance to the second best, and the values of the
columns in AROUND: whether the comment asks anything, whether it is about goods or an order, whether it is negative,
whether it is talk or a review rather than a comment to the shop.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log
from operator import mul
from typing import Any

import numpy as np

from classifiers.lore import never_asked
from classifiers.model import COLUMNS, Floats, sigmoid
from classifiers.several import LIKELY
from classifiers.verdict import INTENTS, Asked, Faq

AROUND = ("asks", "purchase>=1", "negative", "purchase>=2", "purchase>=3", "displeased", "remark")
FURTHER = 3
"""Further intents named beside the main one, at most."""

_COUNT = len(INTENTS)
_AROUND = np.array([COLUMNS.index(name) for name in AROUND])


class FaqHead:
    """Reads the FAQ columns. Constants come from the model's card, chosen on held-out folds."""

    __slots__ = ("_also", "_margin", "_more", "_right", "_second", "_threshold")

    def __init__(self, card: dict[str, Any]) -> None:
        constants = card["faq"]
        self._right: list[float] = [float(value) for value in constants["right"]]
        self._threshold: float = constants["threshold"]
        self._margin: float = constants["margin"]
        self._also: float = constants["also"]
        slope, constant = constants["each"]
        self._second = _least_value(slope, constant, self._also)
        self._more = _least_value(slope, constant, LIKELY)

    @property
    def threshold(self) -> float:
        """The probability from which a question is answered."""
        return self._threshold

    def asks_more(self, values: Floats) -> bool:
        """Whether the second best intent of one comment's decision values is likely enough to look for it."""
        return bool(sorted(values[:_COUNT].tolist())[-2] >= self._more)

    def read(
        self, normals: Sequence[str], values: Floats, chances: Sequence[Sequence[float]]
    ) -> list[Faq | None]:
        """The question each comment asks, None where there is none or it is not sure enough.

        `values`: decision values, one row a comment, in the order of COLUMNS; `chances`: the same as probabilities.
        """
        first, gap, *weights, constant = self._right
        threshold, least = self._threshold, self._margin
        ordered = values[:, :_COUNT].copy()
        ordered.sort(axis=1)
        seconds, bests = ordered[:, -2:].T.tolist()
        around = values.take(_AROUND, axis=1).tolist()
        found: list[Faq | None] = [None] * len(normals)
        for number, (best, second, others) in enumerate(zip(bests, seconds, around, strict=True)):
            margin = best - second
            evidence = sum(map(mul, weights, others), first * best + gap * margin + constant)
            score = sigmoid(evidence)
            if score >= threshold and margin >= least and not never_asks(normals[number]):
                main = int(values[number, :_COUNT].argmax())
                also = self._further(chances[number], main, score) if second >= self._second else ()
                found[number] = Faq(INTENTS[main], score, also)
        return found

    def _further(self, chances: Sequence[float], main: int, score: float) -> tuple[Asked, ...]:
        """Other intents of the same comment, never surer than the main one."""
        also = self._also
        likely = [
            (chance, -at) for at, chance in enumerate(chances[:_COUNT]) if chance >= also and at != main
        ]
        likely.sort(reverse=True)
        return tuple(Asked(INTENTS[-at], min(chance, score)) for chance, at in likely[:FURTHER])


def _least_value(slope: float, constant: float, chance: float) -> float:
    """A decision value below which 1 / (1 + e^-(slope * value + constant)) falls short of `chance`; -inf where there is
    none. A little lower than exact, for values are 32-bit."""
    if slope <= 0 or not 0 < chance < 1:
        return -inf
    return (log(chance / (1 - chance)) - constant) / slope - 0.001


def never_asks(normal: str) -> bool:
    """Whether a normalised comment is empty, a bare number, or a set sentence that asks nothing."""
    return not normal or normal.lstrip("加扣打").isdigit() or normal in never_asked()
