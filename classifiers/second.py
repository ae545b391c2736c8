"""Reading again what the linear model is unsure of.

A comment is unsure when one of three probabilities lies near one half: that its best question is right, that its level
of purchase is at least 2, that it is negative. The reader's decision values are then weighed together with the first
ones, column by column (a logistic regression of both, `stack` on the reader's card), and the comment is judged anew by
constants fitted to the sums. Everything else keeps its first verdict. Columns the reader lacks stay as they are.

A time budget bounds what a batch may cost. The least sure are read first; those not reached keep the first verdict.
Without a budget (None) the same texts always have the same verdicts on one machine; with one, that depends on its load.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from classifiers.errors import ModelError
from classifiers.faq import AROUND
from classifiers.heads import Heads
from classifiers.model import COLUMNS, JUDGED, Floats, Model, sigmoids
from classifiers.pieces import LONGEST
from classifiers.reader import Reader
from classifiers.verdict import INTENTS, Faq, Negative, Purchase

EACH_S = 0.020
"""Seconds a batch may take for each unsure comment in it."""
BATCH_S = 0.250
"""Seconds a batch may take at most."""
_COUNT = len(INTENTS)
_AROUND = [COLUMNS.index(name) for name in AROUND]
_WATCHED = ("purchase>=2", "negative")

Judged = tuple[list[Faq | None], list[Purchase], list[Negative]]


class Reads(Protocol):
    """What a reader is to this file."""

    @property
    def card(self) -> Any: ...
    @property
    def version(self) -> str: ...
    def read(self, texts: Sequence[str]) -> Floats: ...


class SecondReader:
    """A reader set beside one model. Immutable, so threads may share it."""

    def __init__(
        self,
        reader: Reads,
        model: Model,
        *,
        each_s: float | None = EACH_S,
        batch_s: float = BATCH_S,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`each_s` None: no budget. Raises ModelError when the reader was fitted to another model than this one."""
        if reader.card.get("model") != model.version:
            raise ModelError(
                f"The second reader goes with the model {reader.card.get('model')}, but {model.version} is in use. "
                "Switch `judgement.second_reader` off, or fit it to this model (docs/model-card.md)."
            )
        self.version = reader.version
        self._reader = reader
        self._heads = Heads(reader.card)
        self._least: float = reader.card["unsure"]
        stack = np.array([reader.card["stack"][column] for column in JUDGED], dtype=np.float32)
        self._first, self._again, self._constant = stack.T
        self._doubt = Doubt(model.card)
        self._each_s, self._batch_s, self._clock = each_s, batch_s, clock

    def settle(self, texts: Sequence[str], normals: Sequence[str], values: Floats, judged: Judged) -> int:
        """Judge unsure comments anew, in place of their entries in `judged`; gives how many were.

        `values`: the model's decision values, one row a comment, in the order of COLUMNS.
        """
        doubts = self._doubt.of(values)
        unsure = [
            number
            for number in np.argsort(-doubts, kind="stable").tolist()
            if doubts[number] >= self._least and normals[number] and len(texts[number]) <= LONGEST
        ]
        if not unsure:
            return 0
        read, rows = self._read(texts, unsure)
        if not read:
            return 0
        summed = values[read]
        judged_by = summed[:, : len(JUDGED)]
        judged_by *= self._first
        judged_by += np.concatenate(rows) * self._again + self._constant
        faqs, purchases, negatives = self._heads.read([normals[number] for number in read], summed)
        for place, number in enumerate(read):
            judged[0][number], judged[1][number], judged[2][number] = (
                faqs[place], purchases[place], negatives[place],
            )  # fmt: skip
        return len(read)

    def _read(self, texts: Sequence[str], unsure: Sequence[int]) -> tuple[list[int], list[Floats]]:
        """The comments the time was enough for, and their values."""
        if self._each_s is None:
            return list(unsure), [self._reader.read([texts[number] for number in unsure])]
        until = self._clock() + min(self._batch_s, self._each_s * len(unsure))
        read: list[int] = []
        rows: list[Floats] = []
        for number in unsure:
            if self._clock() >= until:
                break
            rows.append(self._reader.read([texts[number]]))
            read.append(number)
        return read, rows


class Doubt:
    """How unsure a model is of comments. `card`: the model's."""

    def __init__(self, card: dict[str, Any]) -> None:
        *right, self._constant = (np.float32(value) for value in card["faq"]["right"])
        self._right = np.array(right, dtype=np.float32)
        self._columns = [COLUMNS.index(name) for name in _WATCHED]
        pairs = np.array([card["calibration"][name] for name in _WATCHED], dtype=np.float32)
        self._slopes, self._constants = pairs.T

    def of(self, values: Floats) -> npt.NDArray[np.float32]:
        """For each comment 1 where a probability is one half, 0 where all are 0 or 1."""
        ordered = np.partition(values[:, :_COUNT], _COUNT - 2, axis=1)
        best, second = ordered[:, -1], ordered[:, -2]
        evidence = np.column_stack([best, best - second, values[:, _AROUND]]) @ self._right + self._constant
        watched = values[:, self._columns] * self._slopes + self._constants
        chances = sigmoids(np.column_stack([evidence, watched]).astype(np.float32))
        doubts: npt.NDArray[np.float32] = (1 - 2 * np.abs(chances - np.float32(0.5))).max(axis=1)
        return doubts


def beside(model: Model, *, each_s: float | None = EACH_S, folder: Path | None = None) -> SecondReader:
    """The shipped reader, or the one in `folder`, beside a model.

    Raises ModelError when onnxruntime is not installed, a file is damaged, or the reader goes with another model.
    """
    reader = Reader.load(folder)
    if reader is None:
        raise ModelError(
            "The second reader needs onnxruntime, which is not installed. Type `pip install 'changkong[reader]'`, "
            "or switch `judgement.second_reader` off."
        )
    return SecondReader(reader, model, each_s=each_s)
