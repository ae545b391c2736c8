"""`changkong practice`: its first line, its mistakes, and that it can be attached to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.cli.practice import serve, speed_of
from bot.errors import InputError, RecordingError, RoomError
from bot.rooms.practice_server import listen

SAMPLE = Path(__file__).parents[2] / "recordings" / "show-sample.csv"
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    log = tmp_path / "replies.jsonl"
    command = [sys.executable, "-m", "bot", "practice", "--show", str(SAMPLE), "--replies-log", str(log)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", cwd=REPOSITORY
    ) as running:
        try:
            yield running, log
        finally:
            running.terminate()


def test_first_line_is_enough_to_attach(process: tuple[subprocess.Popen[str], Path]):
    running, log = process
    assert running.stdout is not None
    told = json.loads(running.stdout.readline())
    assert set(told) == {"port", "http", "app_id", "access_key", "secret", "code"}
    answer = httpx.post(
        f"{told['http']}/practice/reply", json={"idempotency_key": "k", "text": "在的"}, timeout=10
    )
    assert answer.json()["shown"] is True
    assert json.loads(log.read_text(encoding="utf-8"))["text"] == "在的"


@pytest.mark.parametrize(("text", "speed"), [("max", None), ("1", 1.0), ("0.5", 0.5), ("20", 20.0)])
def test_speeds(text: str, speed: float | None):
    assert speed_of(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", "inf", "100000", ""])
def test_wrong_speeds(text: str):
    with pytest.raises(InputError):
        speed_of(text)


def test_mistakes_are_told_before_anything_is_served(tmp_path: Path):
    with pytest.raises(InputError, match="--loop"):
        serve(loop=0)
    with pytest.raises(RecordingError):
        serve(show=str(tmp_path / "none.csv"))
    with pytest.raises(InputError, match="cannot be written"):
        serve(show=str(SAMPLE), replies_log=tmp_path / "no" / "folder.jsonl")
    with listen(0) as held, pytest.raises(RoomError, match="taken"):
        serve(show=str(SAMPLE), port=held.getsockname()[1])
