"""The trained weights: one linear layer over hashed grams, with a card that says where it came from.

A model is a folder with `weights.npz` (arrays only, never pickled objects, no text) and `card.json`. Every column
of the weights is one yes/no question (COLUMNS); its decision value d = w·x + b becomes a probability as
1 / (1 + exp(-(a·d + c))) with the pair (a, c) of the card, fitted on comments the weights had not seen.

Two tables share one index. A *wide* row has a weight for every column; a *narrow* row, for grams met only in the
forum posts that teach abuse, has one for ABUSE alone. Weights are shipped as 8-bit steps of their row's largest.
How they are packed into a file: packing.py.
"""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
import zlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers import packing
from classifiers.errors import ModelError
from classifiers.lore import FEATURES
from classifiers.normalize import NORMALIZER
from classifiers.plain import Codes, Hashes, Plain, hashes
from classifiers.verdict import INTENTS, KINDS

SHIPPED = Path(__file__).parent / "models" / "default"
FORMAT = 4
PURCHASES = ("purchase>=1", "purchase>=2", "purchase>=3")
SEVERITIES = ("severity>=2", "severity>=3")
JUDGED: tuple[str, ...] = (
    *(f"faq:{intent}" for intent in INTENTS), "asks", *PURCHASES,
    "negative", *(f"kind:{kind}" for kind in KINDS), *SEVERITIES,
)  # fmt: skip
"""The columns a room's comments are judged by, which a second reader has too."""
COLUMNS: tuple[str, ...] = (*JUDGED, "displeased", "remark")
"""All columns. `remark`: written like a review, a post or a remark to a chat partner, not like a comment to a room;
`displeased`: whether such a line is negative or in low spirits."""
ABUSE = COLUMNS.index("kind:abuse")
STEPS = 127
"""A weight is stored as a whole number of steps from -STEPS to STEPS of its row's largest weight."""
SLOTS = 1 << 22
"""Size of the index from the low bits of a gram's hash to its row. No two keys of a model share a slot."""
# Arrays of no dimension, and of one row below: numpy takes them up in half the time of its scalars and of single rows.
_LOW, _HIGH = (np.array(bits, dtype=np.uint64) for bits in (SLOTS - 1, 0xFFFFFFFF ^ (SLOTS - 1)))
_HALF, _ONE = np.array(0.5, dtype=np.float32), np.array(1, dtype=np.float32)
_TOGETHER = 32
"""Comments whose rows are laid beside each other at a time: few enough to stay in a core's cache."""
_SIZE = len(COLUMNS)
_WIDTH = _SIZE + 1
Floats = npt.NDArray[np.float32]
Steps = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Weights:
    """What training writes and loading reads. `keys`: gram hashes, those of wide rows first, each part ascending.

    `steps`/`scale`: one row a wide key; `narrow`/`narrow_scale`: one value a narrow key. `size`: the squared value of
    each gram as a feature. `bias`: one a column; `asking`: added when a question mark was typed; `hits`: one row for
    each of the card's `codes`, added when the rule book found that code in the comment.
    """

    keys: Codes
    steps: Steps
    scale: Floats
    narrow: Steps
    narrow_scale: float
    size: Floats
    bias: Floats
    asking: Floats
    hits: Floats


class Model:
    """Weights ready for judging. Immutable after construction, so threads may share it."""

    def __init__(self, weights: Weights, card: dict[str, Any], version: str) -> None:
        self.card = card
        self.version = version
        self._bias, self._asking = weights.bias[None, :], weights.asking
        self._hits = dict(zip(card["codes"], weights.hits, strict=True))
        wide, every = len(weights.steps), len(weights.keys)
        # One row a key and one for all unknown grams: a weight for each column, then the squared size.
        table = np.zeros((every + 1, _WIDTH), dtype=np.float32)
        np.multiply(weights.steps, weights.scale[:, None], out=table[:wide, : len(COLUMNS)])
        np.multiply(weights.narrow, np.float32(weights.narrow_scale), out=table[wide:every, ABUSE])
        table[:every, _SIZE], table[every, _SIZE] = weights.size, card["unknown"]
        self._table = table
        self._rarity: Floats = np.sqrt(weights.size)
        self._unknown = np.array(every, dtype=np.uint64)
        # In the slot of a key: its row, and in the bits above those of a slot the bits of the key above them.
        index = np.full(SLOTS, every, dtype=np.uint32)
        index[weights.keys & _LOW] = (weights.keys & _HIGH) | np.arange(every, dtype=np.uint64)
        self._index = index

    def rows(self, found: Codes) -> npt.NDArray[np.int64]:
        """The row of each gram hash: wide rows first, then narrow ones; -1 where it is unknown."""
        rows = self._rows(found.astype(np.uint64))
        rows[rows == len(self._rarity)] = -1
        return rows

    def _rows(self, hashed: Hashes) -> npt.NDArray[np.int64]:
        """The same, with the row of unknown grams for them. `hashed` is used up."""
        met = self._index.take((hashed & _LOW).view(np.int64))
        hashed &= _HIGH
        hashed ^= met  # The row alone where the bits above agree, and more than any row where they do not.
        np.minimum(hashed, self._unknown, out=hashed)
        return hashed.view(np.int64)

    def rarity(self, found: Codes) -> Floats:
        """How rare each gram is among the comments learnt from, at least 1; unknown ones are as rare as the rarest."""
        rows = self.rows(found)
        rare = self._rarity[rows]
        rare[rows < 0] = self._rarity.max(initial=np.float32(1))
        return rare

    def decide(self, plain: Plain, codes: Mapping[int, AbstractSet[str]]) -> Floats:
        """Decision values, one row a comment and one column for each of COLUMNS.

        `codes`: number of a comment -> codes the rule book found in it; comments without any are left out.
        A comment's vector is divided by 1 + its length, to whose square each unknown gram adds `unknown`: a comment
        in words never seen stays near the bias instead of hanging on one familiar gram.
        """
        sums = self._sums(plain.codes, alone=len(plain.normals) == 1)
        lengths = np.sqrt(sums[:, _SIZE:])
        lengths += _ONE
        values = sums[:, : len(COLUMNS)]
        values /= lengths
        values += self._bias
        if any(plain.asking.tolist()):
            values[plain.asking] += self._asking
        for number, found_in_it in codes.items():
            for code in sorted(found_in_it & self._hits.keys()):
                values[number] += self._hits[code]
        return values

    def _sums(self, codes: Codes, *, alone: bool) -> Floats:
        """The sum of each comment's rows. Rows are added in the order of the grams, alone and in a batch."""
        hashed, begins = hashes(codes, alone=alone)
        rows = self._rows(hashed)
        if alone and len(rows):
            return np.add.reduceat(self._table.take(rows, axis=0), begins, axis=0)
        sums = np.zeros((len(begins), _WIDTH), dtype=np.float32)
        filled = np.flatnonzero(np.diff(begins, append=len(rows)))
        firsts = begins[filled]
        edges = (*firsts[::_TOGETHER].tolist(), len(rows))
        for number, (start, end) in enumerate(pairwise(edges)):
            part = slice(number * _TOGETHER, (number + 1) * _TOGETHER)
            weights = self._table.take(rows[start:end], axis=0)
            sums[filled[part]] = np.add.reduceat(weights, firsts[part] - start, axis=0)
        return sums


def sigmoids(values: Floats) -> Floats:
    """1 / (1 + e^-value) of each, safe for any size. `values` is used up."""
    values *= _HALF
    np.tanh(values, out=values)
    values *= _HALF
    values += _HALF
    return values


def sigmoid(value: float) -> float:
    """1 / (1 + e^-value), safe for any size."""
    if value < 0:
        grown = math.exp(max(value, -700.0))
        return grown / (1.0 + grown)
    return 1.0 / (1.0 + math.exp(-min(value, 700.0)))


def save(folder: Path, weights: Weights, card: dict[str, Any]) -> None:
    """Write a model. Equal content gives equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    packing.write(folder / "weights.npz", {name: getattr(weights, name) for name in Weights.__slots__})
    with (folder / "card.json").open("w", encoding="utf-8", newline="\n") as told:
        json.dump(card, told, ensure_ascii=False, indent=1, sort_keys=True)
        told.write("\n")


def load(folder: Path | None = None) -> Model:
    """The model in `folder`, the shipped one for None.

    Raises ModelError when a file is missing or damaged, or the model was made for another normaliser, other cues or
    other columns than this program has.
    """
    folder = folder or SHIPPED
    try:
        raw = (folder / "card.json").read_bytes().replace(b"\r\n", b"\n")
        card = json.loads(raw)
        packed = (folder / "weights.npz").read_bytes()
        weights = Weights(**packing.read(packed))
    except OSError:
        raise ModelError(
            f"The model in {folder} is missing or cannot be read. Train one with `changkong train`."
        ) from None
    except (ValueError, TypeError, KeyError, IndexError, EOFError, zlib.error, zipfile.BadZipFile):
        raise ModelError(
            f"The model in {folder} is damaged. Train it again with `changkong train`."
        ) from None
    made_for = (
        [card.get(name) for name in ("format", "normalizer", "features", "columns")]
        if isinstance(card, dict)
        else []
    )
    if made_for != [FORMAT, NORMALIZER, FEATURES, list(COLUMNS)]:
        raise ModelError(
            f"The model in {folder} was made for another version. Train it again with `changkong train`."
        )
    if not _sound(weights, card):
        raise ModelError(f"The model in {folder} is damaged (shapes). Train it again with `changkong train`.")
    return Model(weights, card, hashlib.sha256(raw + packed).hexdigest()[:12])


def _sound(weights: Weights, card: dict[str, Any]) -> bool:
    wide, every = len(weights.steps), len(weights.keys)
    named: dict[str, type | tuple[type, ...]] = {
        "unknown": (int, float),
        "codes": list,
        "calibration": dict,
        "thresholds": dict,
        "faq": dict,
        "blame": dict,
    }
    if not every or not all(isinstance(card.get(name), kind) for name, kind in named.items()):
        return False
    if not all(isinstance(code, str) for code in card["codes"]) or weights.size.min(initial=0.0) < 0:
        return False
    shapes = (
        int(np.bincount(weights.keys & np.uint32(SLOTS - 1)).max()) == 1
        and weights.steps.shape == (wide, len(COLUMNS)) and weights.scale.shape == (wide,)
        and weights.narrow.shape == (every - wide,) and weights.size.shape == (every,)
        and weights.bias.shape == weights.asking.shape == (len(COLUMNS),)
        and weights.hits.shape == (len(card["codes"]), len(COLUMNS))
    )  # fmt: skip
    numbers = (
        weights.scale,
        weights.size,
        weights.bias,
        weights.asking,
        weights.hits,
        np.array(weights.narrow_scale),
    )
    return shapes and all(bool(np.isfinite(number).all()) for number in numbers)
