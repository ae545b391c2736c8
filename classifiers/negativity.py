"""Whether a comment is negative, of which kind, and how severe.

Rooms and reviews blame in different words, and a column taught with both is poor at both. So there are two: `negative`
for comments, which decides the verdict together with the seven kinds (a comment that is surely about one kind is
negative, whatever the column says); and `displeased` for reviews, posts and remarks to a chat partner. The score is the
probability of each, weighed by how likely the line is such a remark, and then brought to what holds in rooms.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from operator import mul
from typing import Any

from classifiers.model import COLUMNS, SEVERITIES, Floats, sigmoid
from classifiers.verdict import KINDS, Negative

_NEGATIVE, _DISPLEASED, _REMARK = (COLUMNS.index(name) for name in ("negative", "displeased", "remark"))
_KINDS = slice(COLUMNS.index(f"kind:{KINDS[0]}"), COLUMNS.index(f"kind:{KINDS[-1]}") + 1)
_SEVERE, _VERY_SEVERE = (COLUMNS.index(name) for name in SEVERITIES)
_SUREST = 1e-6
"""A probability nearer than this to 0 or 1 is taken to be so far away."""


def evidence(row: Sequence[float]) -> tuple[float, ...]:
    """What blame in a room is told from: the values of the column `negative`, of each kind, of the strongest kind.

    `row`: decision values in the order of COLUMNS.
    """
    kinds = row[_KINDS]
    return (row[_NEGATIVE], *kinds, max(kinds))


def mixed(row: Sequence[float], chance: float, sharpness: float) -> float:
    """The log-odds that a line is negative, be it a comment or a remark. `chance`: the probability if a comment."""
    remark = sigmoid(row[_REMARK])
    either = remark * sigmoid(sharpness * row[_DISPLEASED]) + (1.0 - remark) * chance
    either = min(max(either, _SUREST), 1.0 - _SUREST)
    return log(either / (1.0 - either))


class NegativeHead:
    """Reads the columns `negative`, `displeased` and `remark`, the seven kinds, and the two severity columns (at least
    2, at least 3)."""

    __slots__ = ("_constant", "_right", "_score", "_severe", "_sharpness", "_threshold", "_very_severe")

    def __init__(self, card: dict[str, Any]) -> None:
        thresholds, blame = card["thresholds"], card["blame"]
        self._threshold = float(thresholds["negative"])
        self._severe, self._very_severe = (float(thresholds[name]) for name in SEVERITIES)
        *self._right, self._constant = (float(value) for value in blame["right"])
        self._sharpness = float(blame["displeased"])
        slope, constant = blame["score"]
        self._score = (float(slope), float(constant))

    def read(self, values: Floats, chances: Sequence[Sequence[float]]) -> list[Negative]:
        """One judgement a comment. `values`: decision values, one row a comment, in the order of COLUMNS; `chances`:
        the same as probabilities."""
        threshold, severe, very_severe = self._threshold, self._severe, self._very_severe
        right, constant, sharpness, (slope, level) = (
            self._right, self._constant, self._sharpness, self._score,
        )  # fmt: skip
        found = []
        for value, row in zip(values.tolist(), chances, strict=True):
            chance = sigmoid(sum(map(mul, right, evidence(value)), constant))
            score = sigmoid(slope * mixed(value, chance, sharpness) + level)
            kinds = dict(zip(KINDS, row[_KINDS], strict=True))
            if chance < threshold:
                found.append(Negative(None, 0, score, kinds))
            else:
                severity = 1 if row[_SEVERE] < severe else 2 if row[_VERY_SEVERE] < very_severe else 3
                found.append(Negative(max(kinds, key=kinds.__getitem__), severity, score, kinds))
        return found
