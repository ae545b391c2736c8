"""How well people's real words are judged: published sets beside the checkout, of other registers than a room's.

Nothing was learnt from these files (of `cold` the train file teaches abuse, its dev file is examined). The area under
the curve is the chance that a comment of the one label scores above one of the other. The short form takes every
tenth row; `-m slow` takes all of them.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from classifiers.cascade import Cascade
from classifiers.verdict import Verdict

pytestmark = pytest.mark.data

BATCH = 256
SHORT = 10
SETS = {
    "online_shopping_10_cats": ("train.csv",), "waimai_10k": ("train.csv",), "eprstmt": ("train.csv", "dev.csv"),
    "chat_sentiment": ("dev_manual.csv",), "toxicn": ("train.csv",), "cold": ("dev.csv",),
}  # fmt: skip
FLOORS = {
    "online_shopping_10_cats": 0.895, "waimai_10k": 0.885, "eprstmt": 0.84, "chat_sentiment": 0.81, "toxicn": 0.72,
    "cold": 0.87,
}  # fmt: skip
"""A little below what the shipped model reached when this was written; of `cold` the accuracy, else the area."""
SPREAD = {
    "online_shopping_10_cats": 0.01,
    "waimai_10k": 0.02,
    "chat_sentiment": 0.03,
    "toxicn": 0.03,
    "cold": 0.03,
}
"""What fewer rows may lose by chance. `eprstmt` is so small that it is always taken whole."""


def score(cascade: Cascade, name: str, folder: Path, every: int) -> tuple[float, int]:
    """The figure that is held to the floor, and over how many rows."""
    rows = []
    for part in SETS[name]:
        with (folder / name / part).open(encoding="utf-8-sig", newline="") as file:
            rows.extend(csv.DictReader(file))
    rows = rows[::every]
    verdicts: list[Verdict] = []
    for at in range(0, len(rows), BATCH):
        verdicts.extend(cascade.judge([row["text"] for row in rows[at : at + BATCH]]))
    truth = np.array([row["label"] in ("negative", "offensive") for row in rows])
    assert 0.2 < truth.mean() < 0.8
    if name in ("toxicn", "cold"):
        scores = np.array([verdict.negative.kinds["abuse"] for verdict in verdicts])
    else:
        scores = np.array([verdict.negative.score for verdict in verdicts])
    if name == "cold":
        return float(((scores >= 0.5) == truth).mean()), len(rows)
    return float(roc_auc_score(truth, scores)), len(rows)


@pytest.mark.parametrize("name", SETS)
def test_some_of_the_rows(name: str, real_data: Path, shipped: Cascade) -> None:
    every = SHORT if name in SPREAD else 1
    reached, count = score(shipped, name, real_data, every)
    print(f"{name}: {reached:.4f} over {count} rows")
    assert reached >= FLOORS[name] - SPREAD.get(name, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_all_rows(name: str, real_data: Path, shipped: Cascade) -> None:
    reached, count = score(shipped, name, real_data, 1)
    print(f"{name}: {reached:.4f} over {count} rows")
    assert reached >= FLOORS[name]
