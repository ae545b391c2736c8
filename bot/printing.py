"""Words and times as pages show them: hostile text made harmless, Beijing time, names shown in part.

The console and the public pages of draws share this; markup is left to the escaping of their templates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

_SLOT = re.compile(r"\{([a-z_]+)\}")
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


def span(ms: int | None) -> str:
    """A length of time as m:ss or h:mm:ss; negative ones with a minus."""
    if ms is None:
        return "–"
    seconds = abs(ms) // 1000
    hours, rest = divmod(seconds, 3600)
    text = f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
    return f"-{text}" if ms < 0 else text


def masked(name: str) -> str:
    """A name shown in part: first character and two stars."""
    return f"{name[:1]}**" if name else "**"


class Messages:
    """Words by key, `{name}` standing for what is filled in."""

    __slots__ = ("_known",)

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known

    def __call__(self, key: str, **filled: object) -> str:
        """The message, its slots filled by plain replacement (values are not looked into). KeyError when unknown."""
        message = self._known[key]
        return _SLOT.sub(lambda found: str(filled[found[1]]), message) if filled else message

    def name(self, group: str, code: str) -> str:
        """The name of a code (`entry.late`, `code.C01`); a code nobody named is shown as it is."""
        return self._known.get(f"{group}.{code}", code)
