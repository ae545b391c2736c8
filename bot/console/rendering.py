"""Templates to pages: autoescape, strict names, and hostile text made harmless before it is escaped."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

from bot.console.views import Mark

HERE = Path(__file__).parent
STATIC = HERE / "static"
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
SHANGHAI = timezone(timedelta(hours=8), "UTC+8")
"""Shows are watched in China; times on pages are Beijing time, which has no summer time."""


def harmless(text: str) -> str:
    """`text` without what could break a page or turn it round: control characters become visible pictures,
    direction overrides and lone surrogates the replacement character. Markup is left to the escaping."""
    return _UNPRINTABLE.sub(_picture, text)


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"


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


def clock(ms: int | None, form: str = "%H:%M:%S") -> str:
    """A time in Beijing, or "–" when there is none (or none that a calendar has)."""
    if not ms:
        return "–"
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).astimezone(SHANGHAI).strftime(form)
    except (ValueError, OverflowError, OSError):
        return "–"


def day_clock(ms: int | None) -> str:
    """Date and time in Beijing."""
    return clock(ms, "%Y-%m-%d %H:%M:%S")


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


def span(ms: int | None) -> str:
    """A length of time as m:ss or h:mm:ss; negative ones with a minus."""
    if ms is None:
        return "–"
    seconds = abs(ms) // 1000
    hours, rest = divmod(seconds, 3600)
    text = f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
    return f"-{text}" if ms < 0 else text


def age(ms: int) -> tuple[str, int]:
    """A length of time in its greatest unit: ("d" | "h" | "m", how many)."""
    minutes = max(0, ms) // 60_000
    if minutes < 60:
        return "m", minutes
    return ("h", minutes // 60) if minutes < 48 * 60 else ("d", minutes // (24 * 60))


def masked(name: str) -> str:
    """A name shown in part: first character and a star."""
    return f"{name[:1]}**" if name else "**"


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
