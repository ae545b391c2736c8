"""How near a viewer is to buying: levels 0-3 from three ordered yes/no columns (at least 1, 2, 3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifiers.model import COLUMNS, PURCHASES
from classifiers.verdict import Purchase

_INTEREST, _INTENT, _ORDER = (COLUMNS.index(name) for name in PURCHASES)


class PurchaseHead:
    """Reads the purchase columns. `score` is the probability of level >= 2, whatever level is given."""

    __slots__ = ("_thresholds",)

    def __init__(self, card: dict[str, Any]) -> None:
        self._thresholds = [float(card["thresholds"][name]) for name in PURCHASES]

    def read(self, chances: Sequence[Sequence[float]]) -> list[Purchase]:
        """The highest level whose column and all columns below it reach their thresholds, for each comment.

        `chances`: the probability of each of COLUMNS, one row a comment.
        """
        one, two, three = self._thresholds
        found = []
        for row in chances:
            score, order = row[_INTENT], row[_ORDER]
            # A comment that is at least at level 3 is at least at level 2: the score may not fall below it.
            if order > score:
                score = order
            level = int(row[_INTEREST] >= one)
            if score >= two:
                level = 3 if order >= three else 2
            found.append(Purchase(level, score))
        return found
