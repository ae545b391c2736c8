"""Whether a comment is negative, of which kind, and how severe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifiers.model import SEVERITIES, sigmoid
from classifiers.verdict import KINDS, Negative


class NegativeHead:
    """Reads the column `negative`, the seven kinds and the two severity columns (at least 2, at least 3)."""

    __slots__ = ("_calibration", "_severe", "_threshold")

    def __init__(self, card: dict[str, Any]) -> None:
        names = ("negative", *(f"kind:{kind}" for kind in KINDS), *SEVERITIES)
        self._calibration = [tuple(card["calibration"][name]) for name in names]
        self._threshold: float = card["thresholds"]["negative"]
        self._severe: list[float] = [card["thresholds"][name] for name in SEVERITIES]

    def read(self, values: Sequence[float]) -> Negative:
        """`values`: negative, the kinds, the severities, in the model's order."""
        chances = [sigmoid(a * value + c) for value, (a, c) in zip(values, self._calibration, strict=True)]
        kinds = dict(zip(KINDS, chances[1:8], strict=True))
        score = chances[0]
        if score < self._threshold:
            return Negative(None, 0, score, kinds)
        severity = 1
        if chances[8] >= self._severe[0]:
            severity = 3 if chances[9] >= self._severe[1] else 2
        return Negative(max(KINDS, key=kinds.__getitem__), severity, score, kinds)
