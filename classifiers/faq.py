"""Which question of the phrase library a comment asks; nothing when unsure.

A wrong answer in a room costs more than silence, so three things must hold before an intent is given: the
probability that the best intent is right reaches a threshold, it stands clear of the second by a margin, and the
comment is none of those that never ask (bare signs, +1, set sentences of draws).
The probability comes from three numbers: the best intent's decision value, its distance to the second best, and
the value of the yes/no column "asks".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifiers.features import cues
from classifiers.model import sigmoid
from classifiers.verdict import INTENTS, Asked, Faq


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

    def probability(self, intents: Sequence[float], asks: float) -> tuple[int, float, float]:
        """(number of the best intent, probability that it is right, distance to the second best)."""
        best = max(range(len(intents)), key=intents.__getitem__)
        margin = intents[best] - max(value for number, value in enumerate(intents) if number != best)
        top, gap, ask, constant = self._right
        return best, sigmoid(top * intents[best] + gap * margin + ask * asks + constant), margin

    def read(self, normal: str, intents: Sequence[float], asks: float) -> Faq | None:
        """The question asked, None when there is none or it is not sure enough."""
        if never_asks(normal):
            return None
        best, score, margin = self.probability(intents, asks)
        if score < self._threshold or margin < self._margin:
            return None
        slope, constant = self._each
        others = [(sigmoid(slope * value + constant), number) for number, value in enumerate(intents) if number != best]
        also = tuple(Asked(INTENTS[number], min(p, score)) for p, number in sorted(others, reverse=True)[:3] if p >= self._also)
        return Faq(INTENTS[best], score, also)


def never_asks(normal: str) -> bool:
    """Whether a normalised comment is empty, a bare number, or a set sentence that asks nothing."""
    return not normal or normal.lstrip("加扣打").isdigit() or normal in cues().never_asked
