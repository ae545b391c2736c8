"""Model files: what is refused, and that the shipped one belongs to the shipped data and code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from classifiers import labelled, model
from classifiers.errors import ModelError
from classifiers.features import FEATURES
from classifiers.normalize import NORMALIZER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(model.SHIPPED, tmp_path / "model"))


def test_shipped_card_matches_data_and_versions() -> None:
    card = model.load().card
    paths = [path for path in labelled.files([labelled.SHIPPED]) if path.stem not in labelled.HELD_OUT]
    assert card["data_hash"] == labelled.fingerprint(paths)
    assert (card["normalizer"], card["features"]) == (NORMALIZER, FEATURES)
    assert not labelled.HELD_OUT & set(card["rows"])


def test_shipped_model_is_small() -> None:
    assert sum(path.stat().st_size for path in model.SHIPPED.iterdir()) < 6_000_000


def test_decisions_do_not_depend_on_the_batch_or_on_order() -> None:
    shipped = model.load()
    comments = [{"#price", "多", "少"}, set(), {"nothing known"}, {"少", "多", "#price"}]
    together = shipped.decide(comments)
    alone = np.vstack([shipped.decide([comment]) for comment in comments])
    assert np.array_equal(together, alone)
    assert np.array_equal(together[0], together[3])
    assert np.array_equal(together[1], shipped.bias)
    assert np.array_equal(together[2], shipped.bias)


def test_strange_words_pull_towards_the_bias() -> None:
    shipped = model.load()
    near, far = shipped.decide([{"#price", "多"}, {"#price", "多", "?1", "?2", "?3"}])
    assert np.abs(far - shipped.bias).sum() < np.abs(near - shipped.bias).sum()


@pytest.mark.parametrize("name", ["card.json", "weights.npz"])
def test_missing_and_damaged_files_are_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:100])
    with pytest.raises(ModelError, match="damaged"):
        model.load(folder)
    (folder / name).unlink()
    with pytest.raises(ModelError, match="missing"):
        model.load(folder)


@pytest.mark.parametrize("field", ["normalizer", "features", "columns", "format"])
def test_a_model_for_another_version_is_refused(folder: Path, field: str) -> None:
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    card[field] = "other"
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelError, match="another version"):
        model.load(folder)


def test_pickled_arrays_are_refused(folder: Path) -> None:
    with np.load(folder / "weights.npz") as arrays:
        content = dict(arrays)
    content["weights"] = np.array([{"a": 1}], dtype=object)
    np.savez(folder / "weights.npz", **content)
    with pytest.raises(ModelError, match="damaged"):
        model.load(folder)


def test_sigmoid_is_safe_at_the_ends() -> None:
    assert model.sigmoid(1e9) == 1.0
    assert model.sigmoid(-1e9) == pytest.approx(0.0)
    assert model.sigmoid(0.0) == 0.5
