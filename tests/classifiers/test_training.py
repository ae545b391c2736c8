"""Training: reproducible, never on held-out batches, refuses what is too little."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from classifiers import labelled, training
from classifiers.cascade import Cascade
from classifiers.errors import TrainingDataError
from classifiers.evaluation import evaluate
from tests.classifiers.makers import small_data


def test_same_data_same_bytes_and_held_out_untouched(tmp_path: Path) -> None:
    data = small_data(tmp_path / "data")
    card = training.train([data], tmp_path / "one")
    shutil.copy(labelled.SHIPPED / "mixed-b.csv", data)
    assert training.train([data], tmp_path / "two") == card
    for name in ("card.json", "weights.npz"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert set(card["rows"]) == {"beauty-a", "food-a"}
    report = evaluate(tmp_path / "one", [data / "beauty-a.csv"])
    assert report["faq"]["macro_f1"] > 0.5
    assert Cascade.load(tmp_path / "one").versions.model == Cascade.load(tmp_path / "two").versions.model


def test_too_little_data(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        ",".join(labelled.COLUMNS) + "\nx-1,多少钱,,price,,1,,0,,,x,\n", encoding="utf-8"
    )
    with pytest.raises(TrainingDataError, match="Too little"):
        training.train([tmp_path], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_macro_f1_counts_each_intent_alike() -> None:
    truth = ["price", "price", "link", None]
    assert training.macro_f1(truth, truth) == 1.0
    assert training.macro_f1(truth, ["price", "price", None, None]) == 0.5
    assert training.macro_f1(truth, ["price", "price", "link", "link"]) == pytest.approx((1 + 2 / 3) / 2)
    assert training.macro_f1([None], [None]) == 0.0
