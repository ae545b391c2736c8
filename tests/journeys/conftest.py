"""One demo for all stories that look at what a demo leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.stage import Ended, changkong, read_lines


@dataclass(frozen=True)
class Shown:
    """A demo that has run to its end: where its files lie, what it said. Do not change the files; copy them."""

    data: Path
    ended: Ended

    @property
    def summary(self) -> dict[str, Any]:
        told: dict[str, Any] = self.ended.json
        return told

    @property
    def proof(self) -> Path:
        return Path(self.summary["draws"][0]["proof"])

    @property
    def visible(self) -> list[dict[str, Any]]:
        return read_lines(self.data / "practice-replies.jsonl")


def demo(data: Path) -> Ended:
    """The whole practice show at full speed, with its summary on stdout."""
    return changkong("demo", "--headless", "--speed", "max", "--until-end", "--summary", "-", "--data", data)


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    data = tmp_path_factory.mktemp("demo") / "data"
    ended = demo(data)
    assert ended.code == 0, ended.err
    return Shown(data, ended)
