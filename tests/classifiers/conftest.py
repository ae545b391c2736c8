"""A small model of the tests' own, trained once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from classifiers import lore, training
from tests.classifiers.makers import development, few_senses, small_data


@pytest.fixture
def short_lore(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training knows a few words of each sense only, and takes a second."""
    few = few_senses()
    monkeypatch.setattr(lore, "senses", lambda: few)


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a model trained from a few hundred comments, calibrated on a few others. Not to be written to."""
    folder = tmp_path_factory.mktemp("small")
    data = small_data(folder / "data")
    development(data)
    few = few_senses()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lore, "senses", lambda: few)
        training.train([data], folder / "model")
    yield folder / "model"
