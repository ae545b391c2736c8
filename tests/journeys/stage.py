"""What whole stories need: the program as a process, the practice room as another, and eyes on the database.

Stories see what an operator sees: files, exit codes, rows.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
STREAMS = ROOT.parent / "shared" / "data" / "streams"
PATIENCE_S = 180.0
"""How long anything may take on a busy machine before a story fails."""


def environment() -> dict[str, str]:
    """Ours, without what would redirect keys or settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHANGKONG_", "COV_"))}
    return kept | {"PYTHONUTF8": "1"}


def words_of(*words: object) -> list[str]:
    return [sys.executable, "-m", "bot", *map(str, words)]


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def changkong(*words: object, within: float = PATIENCE_S) -> Ended:
    """Run one command to its end."""
    done = subprocess.run(
        words_of(*words), cwd=ROOT, env=environment(), capture_output=True, encoding="utf-8", timeout=within
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def here(*words: object) -> Ended:
    """The same as `changkong`, in this process: for the many commands that only read."""
    from bot.cli import run

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(word) for word in words])
    return Ended(code, out.getvalue(), err.getvalue())


def eventually(
    what: str, condition: Callable[[], Any], within: float = PATIENCE_S, every: float = 0.02
) -> Any:
    """Wait until `condition` gives something true, and give it; fails after `within` seconds, naming `what`."""
    until = time.monotonic() + within
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"not within {within:.0f} s: {what}")
        time.sleep(every)


@contextlib.contextmanager
def process(words: Sequence[str], *, out: int | IO[str] | None, err: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is gone afterwards, whatever happens. What it says on stderr goes to the file `err`."""
    with err.open("a", encoding="utf-8") as complaints:
        running = subprocess.Popen(
            words, cwd=ROOT, env=environment(), stdout=out, stderr=complaints, encoding="utf-8"
        )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.wait(30)
        if running.stdout is not None:
            running.stdout.close()


class PracticeRoom:
    """A running `changkong practice`: its door as a file, and what its own doors tell."""

    def __init__(self, running: subprocess.Popen[str], door: dict[str, Any], folder: Path) -> None:
        self.running = running
        self.door = door
        self.door_file = folder / "door.json"
        self.door_file.write_text(json.dumps(door), encoding="utf-8")
        self.log_file = folder / "replies.jsonl"
        self._client = httpx.Client(base_url=door["http"], timeout=60, trust_env=False)

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self._client.get("/practice/state").raise_for_status().json()
        return found

    def cut(self) -> int:
        """Drop every connection; how many there were."""
        dropped: int = self._client.post("/practice/cut", json={}).raise_for_status().json()["dropped"]
        return dropped

    def shown(self) -> list[dict[str, Any]]:
        """What viewers saw of us, from the practice log."""
        return read_lines(self.log_file)

    def close(self) -> None:
        self._client.close()


@contextlib.contextmanager
def practice(folder: Path, *, speed: object, loops: int = 1) -> Iterator[PracticeRoom]:
    folder.mkdir(parents=True, exist_ok=True)
    words = words_of(
        "practice", "--speed", speed, "--port", 0, "--loop", loops, "--replies-log", folder / "replies.jsonl"
    )
    with process(words, out=subprocess.PIPE, err=folder / "practice.err") as running:
        assert running.stdout is not None
        line = running.stdout.readline()
        assert line, (folder / "practice.err").read_text(encoding="utf-8")
        room = PracticeRoom(running, json.loads(line), folder)
        try:
            yield room
        finally:
            room.close()


def read_lines(path: Path) -> list[dict[str, Any]]:
    """A JSONL file; empty when it is not there."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@contextlib.contextmanager
def looking(data: Path) -> Iterator[sqlite3.Connection]:
    """The database from outside, read-only, also while somebody writes."""
    connection = sqlite3.connect(f"{(data / 'changkong.db').as_uri()}?mode=ro", uri=True, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


def rows(data: Path, query: str, *values: object) -> list[Any]:
    """The rows of one query; none while there is no such table yet."""
    if not (data / "changkong.db").exists():
        return []
    try:
        with looking(data) as connection:
            return connection.execute(query, values).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error) or "locked" in str(error):
            return []
        raise


def number(data: Path, query: str, *values: object) -> int:
    found = rows(data, query, *values)
    return int(found[0][0] or 0) if found else 0


def copied(data: Path, target: Path) -> Path:
    shutil.copytree(data, target)
    return target
