"""How the second reader's values are weighed with the first ones, and its files written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.errors import InputError
from bot.learning import reader_fitting
from bot.learning.reader_fitting import examined, exported, stack, write_card
from classifiers import labelled
from classifiers.model import JUDGED
from classifiers.verdict import INTENTS
from tests.bot.learning.test_reader_training import row, small_origin


def test_the_better_reader_weighs_more_and_intents_share_their_weights() -> None:
    random = np.random.default_rng(0)
    truth = {column: random.random(400) < 0.4 for column in JUDGED}
    true = np.column_stack([truth[column] for column in JUDGED]).astype(np.float64)
    good, poor = (true * 2 - 1 + random.normal(0, noise, true.shape) for noise in (1.0, 4.0))
    found = stack(poor, good, truth)
    assert set(found) == set(JUDGED)
    assert len({tuple(found[f"faq:{intent}"]) for intent in INTENTS}) == 1
    assert all(again > first for first, again, _ in found.values())
    assert found["negative"] != found["asks"]


def test_severity_is_fitted_on_blame_alone() -> None:
    random = np.random.default_rng(0)
    truth = {column: random.random(300) < 0.5 for column in JUDGED}
    values = random.normal(0, 1, (300, len(JUDGED)))
    before = stack(values, values, truth)["severity>=2"]
    truth["severity>=2"] = truth["severity>=2"] ^ ~truth["negative"]
    assert stack(values, values, truth)["severity>=2"] == before


def test_the_card_names_the_files_it_was_made_for(tmp_path: Path) -> None:
    for name in ("reader.onnx", "pieces.txt"):
        (tmp_path / name).write_bytes(name.encode())
    write_card(tmp_path, {"format": 1})
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    assert card["format"] == 1
    assert set(card["files"]) == {"reader.onnx", "pieces.txt"}


def test_another_file_is_no_checkpoint(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", word=np.zeros(3))
    for name in ("other.npz", "none.npz"):
        with pytest.raises(InputError, match="no checkpoint"):
            exported(tmp_path / name, tmp_path, small_origin())


def test_figures_are_of_the_test_batches_or_where_there_are_none_of_the_development_ones() -> None:
    test, chosen, taught = (
        replace(row("多少钱"), batch=batch)
        for batch in (min(labelled.TEST), min(labelled.DEVELOPMENT), "asks")
    )
    assert examined([taught, chosen, test]) == [test]
    assert examined([taught, chosen]) == [chosen]


def test_doubt_begins_where_a_probability_leaves_its_ends() -> None:
    assert 0 < reader_fitting.UNSURE < 0.5
