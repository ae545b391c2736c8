"""Templates to pages: autoescape, strict names, and hostile text made harmless before it is escaped."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

from bot.console.views import Mark
from bot.printing import SHANGHAI as SHANGHAI
from bot.printing import clock as clock
from bot.printing import day_clock as day_clock
from bot.printing import harmless as harmless
from bot.printing import masked as masked
from bot.printing import span as span

HERE = Path(__file__).parent
STATIC = HERE / "static"


def _finalize(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Markup):
        return harmless(value)
    return value


def pieces(text: str, marks: Sequence[Mark]) -> list[tuple[str, tuple[Mark, ...]]]:
    """`text` cut at the ends of the marks: each piece with the marks that cover it. Nothing is lost or doubled,
    whatever the marks claim; those out of range are clipped."""
    size = len(text)
    spans = [(max(0, min(m.start, size)), max(0, min(m.end, size)), m) for m in marks]
    cuts = sorted({0, size, *(at for start, end, _ in spans if start < end for at in (start, end))})
    return [
        (text[left:right], tuple(m for start, end, m in spans if start <= left and right <= end))
        for left, right in pairwise(cuts)
    ]


def local_input(ms: int | None) -> str:
    """Beijing time for an input of type datetime-local; "" for no time."""
    return "" if ms is None else clock(ms, "%Y-%m-%dT%H:%M").replace("–", "")


def local_ms(value: str) -> int | None:
    """What such an input gave, in ms; None when it was left empty. Raises ValueError for anything else."""
    if not value:
        return None
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", value, re.ASCII):
        raise ValueError("That is no date and time.")
    return round(datetime.fromisoformat(value).replace(tzinfo=SHANGHAI).timestamp() * 1000)


def age(ms: int) -> tuple[str, int]:
    """A length of time in its greatest unit: ("d" | "h" | "m", how many)."""
    minutes = max(0, ms) // 60_000
    if minutes < 60:
        return "m", minutes
    return ("h", minutes // 60) if minutes < 48 * 60 else ("d", minutes // (24 * 60))


def fresh_key() -> str:
    """An idempotency key for one form."""
    return secrets.token_urlsafe(12)


def environment() -> Environment:
    """The template environment. Text is escaped everywhere; an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates", encoding="utf-8"), autoescape=True, undefined=StrictUndefined,
        finalize=_finalize, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(clock=clock, day_clock=day_clock, span=span, local_input=local_input, age=age)
    made.globals.update(pieces=pieces, fresh_key=fresh_key)
    return made


def asset_versions() -> dict[str, str]:
    """Path of each static file to a short mark of its time, so that browsers fetch a changed one."""
    return {
        path.relative_to(STATIC).as_posix(): format(path.stat().st_mtime_ns // 1_000_000 % 16**8, "x")
        for path in STATIC.rglob("*")
        if path.is_file()
    }


class Json(Response):
    """JSON in ASCII: lone surrogates and line separators of viewers' text come through as escapes."""

    media_type = "application/json"

    def render(self, content: Mapping[str, object] | Sequence[object]) -> bytes:
        return json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode("ascii")
