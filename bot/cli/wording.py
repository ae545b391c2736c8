"""How commands speak: machine output on stdout or into a file, progress on stderr, speeds as people type them."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.errors import InputError


def parse_speed(text: str) -> float | None:
    """`max` gives None (no waiting), a positive number a multiple of real time. Raises InputError."""
    if text == "max":
        return None
    try:
        speed = float(text.removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not math.isfinite(speed) or speed <= 0:
        raise InputError(f"The speed {text!r} is neither max nor a number above 0, such as 1 or 20.")
    return speed


def write_json(value: object, target: str) -> None:
    """Write one JSON object to stdout (`-`) or, whole or not at all, to a file. Raises InputError."""
    line = json.dumps(value, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(line)
        sys.stdout.flush()
        return
    path = Path(target)
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(line, encoding="utf-8", errors="backslashreplace")
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise InputError(f"{path} cannot be written: {error.strerror}. Choose another place.") from None


@contextmanager
def progress_bar(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr while stderr is a terminal, nothing otherwise; gives the function that moves it on."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.advance(task, done)
