"""A small model of the tests' own, trained once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from classifiers import fitting, lore, model, training
from classifiers.calibration import Values
from classifiers.cascade import Cascade
from tests.classifiers.makers import development, few_senses, small_data


class Small(NamedTuple):
    """The folder of a small model, the folder of what it was trained on, and its weights as they
    were before they were brought to whole steps: a row for each key, then those of bias, question mark and codes."""

    folder: Path
    data: Path
    exact: Values
    bias: Values
    asking: Values
    hits: Values


@pytest.fixture(scope="session")
def shipped() -> Cascade:
    """The shipped model and rule book."""
    return Cascade.load()


@pytest.fixture
def short_lore(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training knows a few words of each sense only, and takes a second."""
    few = few_senses()
    monkeypatch.setattr(lore, "senses", lambda: few)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Trained from several hundred comments, calibrated on a few others. Its files are not to be written to."""
    folder = tmp_path_factory.mktemp("small")
    data = small_data(folder / "data", every=2)
    development(data)
    few = few_senses()
    taken: list[Any] = []
    stepped = fitting._stepped

    def overheard(vocabulary: Any, *fitted: Values) -> model.Weights:
        taken.extend(values.copy() for values in fitted)
        return stepped(vocabulary, *fitted)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lore, "senses", lambda: few)
        patched.setattr(fitting, "_stepped", overheard)
        training.train([data], folder / "model")
    return Small(folder / "model", data, *taken)
