"""Which question of the phrase library a comment asks; nothing when unsure.

A wrong answer in a room costs more than silence, so three things must hold before an intent is given: the
probability that the best intent is right reaches a threshold, it stands clear of the second by a margin, and the
comment is none of those that never ask (bare signs, +1, set sentences of draws).
The probability comes from five numbers: the best intent's decision value, its distance to the second best, and the
values of the columns in AROUND: whether the comment asks anything, whether it is about goods, whether it is negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from classifiers.lore import never_asked
from classifiers.model import COLUMNS, Floats, sigmoid, sigmoids
from classifiers.verdict import INTENTS, Asked, Faq

AROUND = ("asks", "purchase>=1", "negative")
FURTHER = 3
"""Further intents named beside the main one, at most."""

_AROUND = [COLUMNS.index(name) for name in AROUND]


class FaqHead:
    """Reads the FAQ columns. Constants come from the model's card, chosen on held-out folds."""

    __slots__ = ("_also", "_around", "_constant", "_each", "_first", "_gap", "_margin", "_threshold")

    def __init__(self, card: dict[str, Any]) -> None:
        constants = card["faq"]
        self._first, self._gap, *around, self._constant = (np.float32(value) for value in constants["right"])
        self._around = np.zeros(len(COLUMNS), dtype=np.float32)
        self._around[_AROUND] = around
        self._each: tuple[float, float] = tuple(constants["each"])
        self._threshold: float = constants["threshold"]
        self._margin: float = constants["margin"]
        self._also: float = constants["also"]

    @property
    def threshold(self) -> float:
        """The probability from which a question is answered; a shop's own questions are held to it too."""
        return self._threshold

    def read(self, normals: Sequence[str], values: Floats) -> list[Faq | None]:
        """The question each comment asks, None where there is none or it is not sure enough.

        `values`: decision values, one row a comment, in the order of COLUMNS.
        """
        intents = values[:, : len(INTENTS)]
        ordered = np.partition(intents, len(INTENTS) - 2, axis=1)
        top, margin = ordered[:, -1], ordered[:, -1] - ordered[:, -2]
        scores = sigmoids(
            self._first * top + self._gap * margin + (values * self._around).sum(axis=1) + self._constant
        )
        sure = (scores >= self._threshold) & (margin >= self._margin)
        found: list[Faq | None] = [None] * len(normals)
        for number in np.flatnonzero(sure).tolist():
            if not never_asks(normals[number]):
                score, main = float(scores[number]), int(intents[number].argmax())
                found[number] = Faq(
                    INTENTS[main], score, self._further(intents[number].tolist(), main, score)
                )
        return found

    def _further(self, intents: Sequence[float], best: int, score: float) -> tuple[Asked, ...]:
        """Other intents of the same comment, never surer than the main one."""
        slope, constant = self._each
        chances = [
            (sigmoid(slope * value + constant), -number)
            for number, value in enumerate(intents)
            if number != best
        ]
        likely = sorted((pair for pair in chances if pair[0] >= self._also), reverse=True)[:FURTHER]
        return tuple(Asked(INTENTS[-number], min(chance, score)) for chance, number in likely)


def never_asks(normal: str) -> bool:
    """Whether a normalised comment is empty, a bare number, or a set sentence that asks nothing."""
    return not normal or normal.lstrip("加扣打").isdigit() or normal in never_asked()
