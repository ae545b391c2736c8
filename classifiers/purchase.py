"""How near a viewer is to buying: levels 0-3 from three ordered yes/no columns (at least 1, 2, 3)."""

from __future__ import annotations

from typing import Any

import numpy as np

from classifiers.model import COLUMNS, PURCHASES, Floats, sigmoids
from classifiers.verdict import Purchase

_FIRST = COLUMNS.index(PURCHASES[0])
_COLUMNS = slice(_FIRST, _FIRST + len(PURCHASES))


class PurchaseHead:
    """Reads the purchase columns. `score` is the probability of level >= 2, whatever level is given."""

    __slots__ = ("_constants", "_slopes", "_thresholds")

    def __init__(self, card: dict[str, Any]) -> None:
        pairs = np.array([card["calibration"][name] for name in PURCHASES], dtype=np.float32)
        self._slopes, self._constants = pairs[:, 0], pairs[:, 1]
        self._thresholds = [float(card["thresholds"][name]) for name in PURCHASES]

    def read(self, values: Floats) -> list[Purchase]:
        """The highest level whose column and all columns below it reach their thresholds, for each comment.

        `values`: decision values, one row a comment, in the order of COLUMNS.
        """
        chances = sigmoids(values[:, _COLUMNS] * self._slopes + self._constants)
        # A comment that is at least at level 3 is at least at level 2: the score may not fall below it.
        intends = np.maximum(chances[:, 1], chances[:, 2])
        willing = intends >= self._thresholds[1]
        levels = (willing | (chances[:, 0] >= self._thresholds[0])).astype(np.int8)
        levels += willing
        levels += willing & (chances[:, 2] >= self._thresholds[2])
        return list(map(Purchase, levels.tolist(), intends.tolist()))
