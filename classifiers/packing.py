"""How the arrays of a model are packed into one .npz, small and quickly unpacked.

Grams that stand in the same comments have one row of weights, so each different row is stored once, column by column.
Ascending hashes are stored as steps from one to the next, cut into planes of bytes. What then remains is close to noise
without repeats, for which Huffman's code alone is as good as slower ways of packing and eight times as fast to undo: a
program that judges one line waits for this.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

NAMES = (
    "keys", "row", "steps", "scale", "narrow", "narrow_scale", "size", "bias", "asking", "hits",
)  # fmt: skip
"""The arrays of a file. `row`: for each wide key 0 where a row not met before comes next, else which row it shares,
counted from 1; `steps` (in Huffman's code) and `scale`: the different rows in that order."""
_KINDS = {"keys": "u", "row": "u", "steps": "u", "narrow": "i", "scale": "f", "size": "f"}
_LEVEL = 9
Array = npt.NDArray[Any]


def write(path: Path, weights: Mapping[str, Any]) -> None:
    """Write the fields of a model's weights. Equal content gives equal bytes."""
    arrays = dict(weights)
    wide = len(arrays["steps"])
    scale = arrays["scale"].astype(np.float16)
    firsts, arrays["row"] = _shared(
        np.column_stack([arrays["steps"].view(np.uint8), scale[:, None].view(np.uint8)])
    )
    arrays["steps"], arrays["scale"] = _coded(arrays["steps"][firsts]), scale[firsts]
    arrays["size"] = arrays["size"].astype(np.float16)
    steps = [np.diff(part, prepend=np.uint32(0)) for part in np.split(arrays["keys"], [wide])]
    arrays["keys"] = np.concatenate(steps).astype("<u4").view(np.uint8).reshape(-1, 4).T
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as file:
        for name in NAMES:
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asarray(arrays[name], order="C"), allow_pickle=False)
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_DEFLATED, _LEVEL)


def _coded(rows: Array) -> Array:
    """Rows of whole steps as bytes of Huffman's code, column by column."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_HUFFMAN_ONLY)
    return np.frombuffer(packer.compress(rows.T.tobytes()) + packer.flush(), dtype=np.uint8)


def _shared(rows: Array) -> tuple[Array, Array]:
    """Where each different row comes first, ascending, and `row` as a file has it."""
    each = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1]))).ravel()
    _, first, inverse = np.unique(each, return_index=True, return_inverse=True)
    begins = first[inverse]
    new = begins == np.arange(len(rows))
    number = np.cumsum(new)
    return np.flatnonzero(new), np.where(new, 0, number[begins]).astype(np.uint32)


def read(packed: bytes) -> dict[str, Any]:
    """The fields of a model's weights from the bytes of a file.

    Raises KeyError for a missing array, ValueError, TypeError or IndexError for arrays of another kind or shape, and
    what zipfile and zlib raise for a broken file.
    """
    # Each array is unpacked in one call, which leaves the interpreter to other threads meanwhile; np.load would ask for
    # it back a thousand times, and wait each time.
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        found = {
            name: np.lib.format.read_array(io.BytesIO(file.read(f"{name}.npy")), allow_pickle=False)
            for name in NAMES
        }
    if any(found[name].dtype.kind != kind for name, kind in _KINDS.items()):
        raise TypeError("arrays of another kind")
    row = found.pop("row")
    again = row.astype(np.int64) - 1
    again[row == 0] = np.arange(int((row == 0).sum()))
    steps = np.frombuffer(zlib.decompress(found["steps"].tobytes()), dtype=np.int8).reshape(
        len(found["bias"]), -1
    )
    parts = np.split(np.ascontiguousarray(found["keys"].T).view("<u4").ravel(), [len(row)])
    scale, size = (found[name].astype(np.float32) for name in ("scale", "size"))
    return {
        **found, "keys": np.concatenate([np.cumsum(part, dtype=np.uint32) for part in parts]),
        "steps": np.ascontiguousarray(steps.T).take(again, axis=0), "scale": scale.take(again), "size": size,
        "narrow_scale": float(found["narrow_scale"]),
    }  # fmt: skip
