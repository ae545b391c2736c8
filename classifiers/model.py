"""The trained weights: one linear layer over feature strings, with a card that says where it came from.

A model is a folder with `weights.npz` (arrays only, never pickled objects) and `card.json`. Every column of the
weights is one yes/no question (COLUMNS); its decision value d = w·x + b becomes a probability as
1 / (1 + exp(-(a·d + c))) with the pair (a, c) of the card, fitted on comments the weights had not seen.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.errors import ModelError
from classifiers.features import FEATURES
from classifiers.normalize import NORMALIZER
from classifiers.verdict import INTENTS, KINDS

SHIPPED = Path(__file__).parent / "models" / "default"
FORMAT = 1
PURCHASES = ("purchase>=1", "purchase>=2", "purchase>=3")
SEVERITIES = ("severity>=2", "severity>=3")
COLUMNS: tuple[str, ...] = (
    *(f"faq:{intent}" for intent in INTENTS), "asks", *PURCHASES,
    "negative", *(f"kind:{kind}" for kind in KINDS), *SEVERITIES,
)  # fmt: skip
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Model:
    """Weights and card. `weights[i]` belongs to the feature numbered i; its last column is the squared value of the
    feature itself, needed for the length of a comment's vector. Each unknown feature adds `unknown` to that squared
    length, so that a comment in words never seen stays near the bias instead of hanging on one familiar gram."""

    vocabulary: dict[str, int]
    weights: Floats
    bias: Floats
    card: dict[str, Any]
    version: str
    unknown: float = 0.0

    def decide(self, comments: Sequence[AbstractSet[str]]) -> Floats:
        """Decision values, one row a comment and one column for each of COLUMNS.

        A comment without known features gets the bias.
        """
        vocabulary = self.vocabulary
        known: list[int] = []
        starts: list[int] = []
        rows: list[int] = []
        strange: list[int] = []
        out = np.tile(self.bias, (len(comments), 1))
        for row, found in enumerate(comments):
            before = len(known)
            # Sorted, so that the sum does not depend on the order of a set.
            known.extend(sorted([vocabulary[name] for name in found if name in vocabulary]))
            if len(known) > before:
                starts.append(before)
                rows.append(row)
                strange.append(len(found) - len(known) + before)
        if rows:
            sums = np.add.reduceat(self.weights[known], starts, axis=0)
            length = np.sqrt(sums[:, -1] + np.array(strange, dtype=np.float32) * np.float32(self.unknown))
            out[rows] += sums[:, :-1] / length[:, None]
        return out


def sigmoid(value: float) -> float:
    """1 / (1 + e^-value), safe for any size."""
    if value < 0:
        grown = math.exp(max(value, -700.0))
        return grown / (1.0 + grown)
    return 1.0 / (1.0 + math.exp(-min(value, 700.0)))


def save(
    folder: Path, vocabulary: Sequence[str], weights: Floats, bias: Floats, card: dict[str, Any]
) -> None:
    """Write a model. Equal content gives equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    words = np.frombuffer("\n".join(vocabulary).encode("utf-8"), dtype=np.uint8)
    half, full = weights.astype(np.float16), bias.astype(np.float32)
    np.savez_compressed(folder / "weights.npz", vocabulary=words, weights=half, bias=full, allow_pickle=False)
    with (folder / "card.json").open("w", encoding="utf-8", newline="\n") as file:
        json.dump(card, file, ensure_ascii=False, indent=1, sort_keys=True)
        file.write("\n")


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
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            words = arrays["vocabulary"].tobytes().decode("utf-8").split("\n")
            weights, bias = arrays["weights"].astype(np.float32), arrays["bias"].astype(np.float32)
    except OSError:
        raise ModelError(
            f"The model in {folder} is missing or cannot be read. Train one with `changkong train`."
        ) from None
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
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
    if (
        weights.shape != (len(words), len(COLUMNS) + 1)
        or bias.shape != (len(COLUMNS),)
        or not np.isfinite(weights).all()
    ):
        raise ModelError(f"The model in {folder} is damaged (shapes). Train it again with `changkong train`.")
    version = hashlib.sha256(raw + packed).hexdigest()[:12]
    return Model({word: number for number, word in enumerate(words)}, weights, bias, card, version,
                 float(card.get("unknown", 0.0)))  # fmt: skip
