"""Which question of the phrase library a comment asks; nothing when unsure.

A wrong answer in a room costs more than silence, so three things must hold before an intent is given: the
probability that the best intent is right reaches a threshold, it stands clear of the second by a margin, and the
comment is none of those that never ask (bare signs, +1, set sentences of draws).
The probability comes from five numbers: the best intent's decision value, its distance to the second best, and the
values of the columns in AROUND: whether the comment asks anything, whether it is about goods, whether it is negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul
from typing import Any

from classifiers.features import cues
from classifiers.model import sigmoid
from classifiers.verdict import INTENTS, Asked, Faq

AROUND = ("asks", "purchase>=1", "negative")


class FaqHead:
    """Reads the FAQ columns. Constants come from the model's card, chosen on held-out folds."""

    __slots__ = ("_also", "_each", "_margin", "_right", "_threshold")

    def __init__(self, card: dict[str, Any]) -> None:
        constants = card["faq"]
        self._right: tuple[float, ...] = tuple(constants["right"])
        self._each: tuple[float, float] = tuple(constants["each"])
        self._threshold: float = constants["threshold"]
        self._margin: float = constants["margin"]
        self._also: float = constants["also"]

    def read(self, normal: str, intents: Sequence[float], around: Sequence[float]) -> Faq | None:
        """The question asked, None when there is none or it is not sure enough.

        `intents`: decision values in the order of INTENTS; `around`: those of AROUND.
        """
        if never_asks(normal):
            return None
        top = max(intents)
        best = intents.index(top)
        margin = top - max(max(intents[:best], default=-99.0), max(intents[best + 1 :], default=-99.0))
        if margin < self._margin:
            return None
        first, gap, *rest, constant = self._right
        score = sigmoid(first * top + gap * margin + sum(map(mul, rest, around)) + constant)
        if score < self._threshold:
            return None
        return Faq(INTENTS[best], score, self._further(intents, best, score))

    def _further(self, intents: Sequence[float], best: int, score: float) -> tuple[Asked, ...]:
        """Other intents of the same comment, at most three, never surer than the main one."""
        slope, constant = self._each
        chances = [
            (sigmoid(slope * value + constant), -number)
            for number, value in enumerate(intents)
            if number != best
        ]
        likely = sorted((pair for pair in chances if pair[0] >= self._also), reverse=True)[:3]
        return tuple(Asked(INTENTS[-number], min(chance, score)) for chance, number in likely)


def never_asks(normal: str) -> bool:
    """Whether a normalised comment is empty, a bare number, or a set sentence that asks nothing."""
    return not normal or normal.lstrip("加扣打").isdigit() or normal in cues().never_asked
