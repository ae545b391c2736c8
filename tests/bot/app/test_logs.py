"""Logs: on stderr, one line each, and no chatter that would name a token."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.app.logs import QUIET, set_up


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    levels = {name: logging.getLogger(name).level for name in QUIET}
    root = logging.getLogger()
    handlers = list(root.handlers)
    yield
    structlog.reset_defaults()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    root.handlers[:] = handlers


def test_a_line_is_json_on_stderr_however_hostile(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info")
    structlog.get_logger().info("room failed", why="a\nb \x1b[31m", room="房间\u2028")
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    told = json.loads(line)
    assert (told["event"], told["why"], told["level"]) == ("room failed", "a\nb \x1b[31m", "info")
    assert "\x1b" not in line


def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("warning")
    log = structlog.get_logger()
    log.info("quiet")
    log.warning("loud")
    err = capsys.readouterr().err
    assert "loud" in err
    assert "quiet" not in err


@pytest.mark.parametrize("name", ["httpx", "telegram", "uvicorn.access"])
def test_libraries_that_name_addresses_are_quiet(name: str) -> None:
    set_up("debug")
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)
