"""Whether a comment is negative, of which kind, and how severe."""

from __future__ import annotations

from typing import Any

import numpy as np

from classifiers.model import COLUMNS, SEVERITIES, Floats, sigmoids
from classifiers.verdict import KINDS, Negative

_NAMES = ("negative", *(f"kind:{kind}" for kind in KINDS), *SEVERITIES)
_FIRST = COLUMNS.index("negative")
_COLUMNS = slice(_FIRST, _FIRST + len(_NAMES))


class NegativeHead:
    """Reads the column `negative`, the seven kinds and the two severity columns (at least 2, at least 3)."""

    __slots__ = ("_constants", "_severe", "_slopes", "_threshold")

    def __init__(self, card: dict[str, Any]) -> None:
        pairs = np.array([card["calibration"][name] for name in _NAMES], dtype=np.float32)
        self._slopes, self._constants = pairs[:, 0], pairs[:, 1]
        self._threshold = float(card["thresholds"]["negative"])
        self._severe = [float(card["thresholds"][name]) for name in SEVERITIES]

    def read(self, values: Floats) -> list[Negative]:
        """One judgement a comment. `values`: decision values, one row a comment, in the order of COLUMNS."""
        found = []
        for score, *rest in sigmoids(values[:, _COLUMNS] * self._slopes + self._constants).tolist():
            kinds = dict(zip(KINDS, rest, strict=False))
            if score < self._threshold:
                found.append(Negative(None, 0, score, kinds))
                continue
            severity = 1
            if rest[-2] >= self._severe[0]:
                severity = 3 if rest[-1] >= self._severe[1] else 2
            found.append(Negative(max(kinds, key=kinds.__getitem__), severity, score, kinds))
        return found
