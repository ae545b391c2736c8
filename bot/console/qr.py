"""QR codes of public pages, as paths for SVG: nothing is fetched, and no markup comes from outside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

import segno

QUIET = 2
"""Empty modules around the code. Four are the rule for print; on a card of one colour two are read by every phone."""


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code: `url` in it, `size` of its side in modules with the quiet zone, `path` of SVG."""

    url: str
    size: int
    path: str


def reachable(site: str | None) -> bool:
    """Whether viewers can open the public pages: not while they are served to this machine alone."""
    host = (urlsplit(site).hostname or "") if site else ""
    return bool(host) and host != "localhost" and not host.startswith("127.") and host != "::1"


def drawn_code(site: str | None, draw_id: str) -> Code | None:
    """The code of a draw's public page; None where viewers could not open it."""
    if not reachable(site):
        return None
    return code_of(f"{site}/d/{quote(draw_id, safe='')}")


@lru_cache(maxsize=64)
def code_of(url: str) -> Code:
    """The code of an address. Raises segno.DataOverflowError beyond some two thousand characters."""
    made = segno.make(url, error="m", micro=False)
    rows = [bytes(row) for row in made.matrix]
    parts = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            wide = 0
            while x + wide < len(row) and row[x + wide]:
                wide += 1
            if wide:
                parts.append(f"M{x + QUIET} {y + QUIET}h{wide}v1h-{wide}z")
            x += max(wide, 1)
    return Code(url, len(rows) + 2 * QUIET, "".join(parts))
