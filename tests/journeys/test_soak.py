"""Show after show at speed, with the network cut at known moments: memory stays, nothing dies, every cut is noticed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from bot.rooms import show
from tests.journeys.stage import PATIENCE_S, eventually, here, number, practice, process, rows, words_of

LENGTH_MS = show.builtin()[-1].t_ms + 1000
"""One show with the second between two."""


@dataclass
class Soak:
    """What was seen of one long run. `rss` is the assistant's resident memory in bytes when each show was over."""

    summary: dict[str, Any] = field(default_factory=dict)
    complaints: str = ""
    rss: dict[int, int] = field(default_factory=dict)
    cuts: int = 0
    shown: list[dict[str, Any]] = field(default_factory=list)


def soak(folder: Path, *, loops: int, speed: int, cuts: list[float]) -> Soak:
    """Play `loops` shows and cut the network at `cuts`, counted in shows from the beginning."""
    seen = Soak()
    summary = folder / "summary.json"
    errors = folder / "assistant.err"
    with practice(folder / "room", speed=speed, loops=loops) as room:
        words = words_of(
            "demo", "--attach", room.door_file, "--headless", "--until-end", "--data", folder / "data",
            "--summary", summary,
        )  # fmt: skip
        with process(words, out=None, err=errors) as running:
            body = psutil.Process(running.pid)
            waiting = list(cuts)

            def over() -> bool:
                if running.poll() is not None:
                    return True
                told = room.state()
                played = told["t_ms"] / LENGTH_MS
                for done in range(1, loops + 1):
                    if played >= done - 0.02 and done not in seen.rss:
                        seen.rss[done] = _resident(body)
                if waiting and played >= waiting[0] and told["attached"]:
                    waiting.pop(0)
                    seen.cuts += room.cut()
                return False

            eventually("the last show ends", over, within=PATIENCE_S * 4, every=0.05)
            seen.complaints = errors.read_text(encoding="utf-8")
            assert running.returncode == 0, seen.complaints[-2000:]
        assert waiting == []
        seen.shown = room.shown()
    seen.summary = json.loads(summary.read_text(encoding="utf-8"))
    return seen


def _resident(body: psutil.Process) -> int:
    try:
        return int(body.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def check(seen: Soak, data: Path, *, loops: int, cuts: int) -> None:
    assert seen.cuts == cuts
    assert seen.summary["gaps"] == cuts
    gaps = [
        json.loads(row[0])
        for row in rows(data, "SELECT data FROM happening WHERE kind = 'gap' ORDER BY at_ms")
    ]
    assert len(gaps) == cuts
    assert all(gap["seconds"] > 0 for gap in gaps)
    assert seen.summary["dropped"] == 0
    assert seen.summary["judged"] == seen.summary["comments"] == number(data, "SELECT COUNT(*) FROM comment")
    assert len(seen.summary["sessions"]) == 1
    # A dead task would be silent: the mouth spoke in every show, the judge judged in every show.
    assert {int(line["t_ms"] / LENGTH_MS) for line in seen.shown} >= set(range(loops))
    heard = rows(data, "SELECT DISTINCT substr(msg_id, 10, instr(substr(msg_id, 10), '-') - 1) FROM comment")
    assert {int(row[0]) for row in heard} == set(range(1, loops + 1))
    assert not [line for line in seen.shown if line["duplicate"]]
    for trouble in ("Traceback", "never retrieved", '"level": "error"', "never awaited"):
        assert trouble not in seen.complaints
    assert here("audit", "verify", "--data", data).code == 0


def test_two_shows_with_two_cuts(tmp_path: Path) -> None:
    seen = soak(tmp_path, loops=2, speed=100, cuts=[0.3, 1.4])
    check(seen, tmp_path / "data", loops=2, cuts=2)


@pytest.mark.slow
def test_ten_shows_with_eight_cuts(tmp_path: Path) -> None:
    cuts = [0.5, 1.3, 2.2, 3.7, 4.6, 6.1, 7.4, 8.8]
    seen = soak(tmp_path, loops=10, speed=60, cuts=cuts)
    check(seen, tmp_path / "data", loops=10, cuts=len(cuts))
    print({show_: round(rss / 2**20) for show_, rss in seen.rss.items()})
    assert seen.rss[9] <= seen.rss[2] * 1.15
    assert seen.summary["rss_mb"]["end"] * 2**20 <= seen.rss[2] * 1.15
