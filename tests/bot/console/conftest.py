"""One small show for each test that wants it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.console.show import SHEET, Show, open_show


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    """A store with LINES committed, one finished draw and one that runs."""
    made = open_show(tmp_path)
    made.draws.add(SHEET, "draw-1", finish=True)
    made.draws.add(dataclasses.replace(SHEET, title="九点整"), "draw-2")
    yield made
    made.close()
