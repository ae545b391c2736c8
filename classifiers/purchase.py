"""How near a viewer is to buying: levels 0-3 from three ordered yes/no columns (at least 1, 2, 3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifiers.model import PURCHASES, sigmoid
from classifiers.verdict import Purchase


class PurchaseHead:
    """Reads the purchase columns. `score` is the probability of level >= 2, whatever level is given."""

    __slots__ = ("_calibration", "_thresholds")

    def __init__(self, card: dict[str, Any]) -> None:
        self._calibration = [tuple(card["calibration"][name]) for name in PURCHASES]
        self._thresholds: list[float] = [card["thresholds"][name] for name in PURCHASES]

    def read(self, values: Sequence[float]) -> Purchase:
        """The highest level whose column and all columns below it reach their thresholds."""
        chances = [sigmoid(a * value + c) for value, (a, c) in zip(values, self._calibration, strict=True)]
        # A comment that is at least at level 3 is at least at level 2: the score may not fall below it.
        intends = max(chances[1], chances[2])
        level = 0
        if chances[0] >= self._thresholds[0] or intends >= self._thresholds[1]:
            level = 1
        if intends >= self._thresholds[1]:
            level = 3 if chances[2] >= self._thresholds[2] else 2
        return Purchase(level, intends)
