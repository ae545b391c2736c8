"""Whether a comment is negative, of which kind, and how severe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifiers.model import COLUMNS, SEVERITIES
from classifiers.verdict import KINDS, Negative

_NEGATIVE = COLUMNS.index("negative")
_KINDS = slice(COLUMNS.index(f"kind:{KINDS[0]}"), COLUMNS.index(f"kind:{KINDS[-1]}") + 1)
_SEVERE, _VERY_SEVERE = (COLUMNS.index(name) for name in SEVERITIES)


class NegativeHead:
    """Reads the column `negative`, the seven kinds and the two severity columns (at least 2, at least 3)."""

    __slots__ = ("_severe", "_threshold", "_very_severe")

    def __init__(self, card: dict[str, Any]) -> None:
        thresholds = card["thresholds"]
        self._threshold = float(thresholds["negative"])
        self._severe, self._very_severe = (float(thresholds[name]) for name in SEVERITIES)

    def read(self, chances: Sequence[Sequence[float]]) -> list[Negative]:
        """One judgement a comment. `chances`: the probability of each of COLUMNS, one row a comment."""
        threshold, severe, very_severe = self._threshold, self._severe, self._very_severe
        found = []
        for row in chances:
            score, kinds = row[_NEGATIVE], dict(zip(KINDS, row[_KINDS], strict=True))
            if score < threshold:
                found.append(Negative(None, 0, score, kinds))
            else:
                severity = 1 if row[_SEVERE] < severe else 2 if row[_VERY_SEVERE] < very_severe else 3
                found.append(Negative(max(kinds, key=kinds.__getitem__), severity, score, kinds))
        return found
