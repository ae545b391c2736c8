"""How commands speak."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from bot.cli.wording import parse_speed, progress_bar, write_json
from bot.errors import InputError


@pytest.mark.parametrize(
    ("text", "speed"), [("max", None), ("1", 1.0), ("20", 20.0), ("0.5", 0.5), ("20x", 20.0), ("1e3", 1000.0)]
)
def test_a_speed_is_max_or_a_multiple(text: str, speed: float | None) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["", "fast", "0", "-1", "nan", "inf", "1e999", "xx", "MAX"])
def test_what_is_no_speed_is_told(text: str) -> None:
    with pytest.raises(InputError, match="neither max nor a number"):
        parse_speed(text)


def test_a_dash_writes_one_line_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    write_json({"a": "价格", "b": [1, None]}, "-")
    assert capsys.readouterr().out == '{"a": "价格", "b": [1, null]}\n'


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    target = tmp_path / "s.json"
    target.write_text("old", encoding="utf-8")
    write_json({"a": "价格\ud800"}, str(target))
    assert json.loads(target.read_text(encoding="utf-8")) == {"a": "价格\ud800"}
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_that_cannot_be_written_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_json({}, str(tmp_path / "none" / "s.json"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        write_json({}, str(tmp_path / "folder"))
    assert not (tmp_path / "folder.part").exists()


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("replay", 10) as advance:
        advance(5)
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_the_bar_goes_to_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with progress_bar("replay", 10) as advance:
        advance(5)
    assert "replay" in screen.getvalue()
    assert capsys.readouterr().out == ""
