"""How much memory this process holds."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from bot.app.memory import resident_mb


def test_it_is_about_what_the_system_says() -> None:
    said = psutil.Process().memory_info().rss / (1024 * 1024)
    assert resident_mb() == pytest.approx(said, rel=0.2)


def test_without_proc_the_peak_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("resource", reason="no getrusage on Windows, which has its own way")

    def missing(*args: object, **kwargs: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert resident_mb() > 1
