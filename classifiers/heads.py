"""The three judgements of each comment from its decision values.

All columns of all comments become probabilities in a few numpy calls; what is left to do for one comment is to compare
a handful of numbers, for which plain Python floats are quicker than further numpy calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from classifiers.faq import FaqHead
from classifiers.model import JUDGED, Floats, sigmoids
from classifiers.negativity import NegativeHead
from classifiers.purchase import PurchaseHead
from classifiers.verdict import INTENTS, Faq, Negative, Purchase


class Heads:
    """A model's card made ready for reading decision values. Immutable, so threads may share it."""

    __slots__ = ("_constants", "_faq", "_negative", "_purchase", "_slopes")

    def __init__(self, card: dict[str, Any]) -> None:
        """`card`: that of the model; its `calibration`, `thresholds` and `faq` are read."""
        self._faq = FaqHead(card)
        self._purchase = PurchaseHead(card)
        self._negative = NegativeHead(card)
        calibration = {
            **card["calibration"],
            **dict.fromkeys(map("faq:{}".format, INTENTS), card["faq"]["each"]),
        }
        pairs = np.array([calibration[column] for column in JUDGED], dtype=np.float32)
        self._slopes, self._constants = pairs.T[:1].copy(), pairs.T[1:].copy()

    @property
    def threshold(self) -> float:
        """The probability from which a question is answered; a shop's own questions are held to it too."""
        return self._faq.threshold

    def asks_more(self, values: Floats) -> bool:
        """Whether a comment of these decision values (one row) may ask a second thing."""
        return self._faq.asks_more(values)

    def read(
        self, normals: Sequence[str], values: Floats
    ) -> tuple[list[Faq | None], list[Purchase], list[Negative]]:
        """What each comment asks, how near it is to buying, whether it is negative.

        `values`: decision values, one row a comment, in the order of COLUMNS.
        """
        chances = values[:, : len(JUDGED)] * self._slopes
        chances += self._constants
        rows = sigmoids(chances).tolist()
        return (
            self._faq.read(normals, values, rows),
            self._purchase.read(rows),
            self._negative.read(values, rows),
        )
