"""The file of a model: what is read is what was written, and what is equal is stored once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import packing

FIELDS = ("keys", "steps", "scale", "narrow", "narrow_scale", "size", "bias", "asking", "hits")


def weights(wide: int, narrow: int, different: int, columns: int = 5, seed: int = 0) -> dict[str, Any]:
    """Some weights, of which only so many wide rows differ."""
    random = np.random.default_rng(seed)
    which = random.integers(0, different, wide)
    keys = [np.sort(random.choice(2**32, size, replace=False)).astype(np.uint32) for size in (wide, narrow)]
    halves = random.uniform(0.01, 1, different).astype(np.float16)
    return {
        "keys": np.concatenate(keys), "steps": random.integers(-127, 128, (different, columns), dtype=np.int8)[which],
        "scale": halves.astype(np.float32)[which], "narrow": random.integers(-127, 128, narrow, dtype=np.int8),
        "narrow_scale": 0.25, "size": random.uniform(0, 9, wide + narrow).astype(np.float16).astype(np.float32),
        "bias": np.ones(columns, dtype=np.float32), "asking": np.ones(columns, dtype=np.float32),
        "hits": np.ones((3, columns), dtype=np.float32),
    }  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(0, 10), st.integers(1, 40), st.integers(0, 99))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, wide: int, narrow: int, different: int, seed: int
) -> None:
    given_ = weights(wide, narrow, different, seed=seed)
    path = tmp_path_factory.mktemp("packed") / "weights.npz"
    packing.write(path, given_)
    found = packing.read(path.read_bytes())
    assert set(found) == set(FIELDS)
    for name in FIELDS:
        assert np.array_equal(found[name], given_[name]), name


def test_equal_rows_are_stored_once(tmp_path: Path) -> None:
    packing.write(tmp_path / "few.npz", weights(4000, 0, 40))
    packing.write(tmp_path / "many.npz", weights(4000, 0, 4000))
    with np.load(tmp_path / "few.npz") as few, np.load(tmp_path / "many.npz") as many:
        assert len(few["scale"]) == 40
        assert len(few["steps"]) < len(many["steps"]) / 20


def test_equal_weights_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        packing.write(tmp_path / name, weights(50, 5, 20))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
