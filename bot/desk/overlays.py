"""Tokens for overlay pages: read-only, one per picture in OBS. Only their hash is kept, and each may be revoked."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from bot.desk.place import Place, plain_line
from bot.errors import NotAllowed

KINDS = ("question", "product", "draw", "poll")
MOST = 12
LONGEST = 30


@dataclass(frozen=True, slots=True)
class Pass:
    """One token as it is kept. `mark`: the first characters of its hash, to name it by."""

    hash: str
    label: str
    by: str
    at_ms: int

    @property
    def mark(self) -> str:
        return self.hash[:8]


class Overlays:
    """The overlay tokens of one room."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.rows: tuple[Pass, ...] = _passes(place.kept("overlays", []))

    async def make(self, label: str, by: str) -> str:
        """A new token: shown once, never again. Raises NotAllowed."""
        async with self._place.lock:
            if len(self.rows) >= MOST:
                raise NotAllowed(f"There are {MOST} overlay tokens already. Revoke one first.")
            token = secrets.token_urlsafe(24)
            row = Pass(_hash(token), plain_line(label, LONGEST, "The name"), by, self._place.now())
            await self._keep((*self.rows, row), by)
            return token

    async def revoke(self, mark: str, by: str) -> None:
        async with self._place.lock:
            await self._keep(tuple(one for one in self.rows if one.mark != mark), by)

    def admits(self, token: str) -> bool:
        """Whether the token is good. Its hash is compared: what is kept opens nothing."""
        if not 16 <= len(token) <= 100:
            return False
        given = _hash(token)
        return any(secrets.compare_digest(one.hash, given) for one in self.rows)

    async def _keep(self, rows: tuple[Pass, ...], by: str) -> None:
        body = [{"hash": one.hash, "label": one.label, "by": one.by, "at_ms": one.at_ms} for one in rows]
        await self._place.keep("overlays", body, by)
        self.rows = rows
        self._place.changed()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _passes(kept: Any) -> tuple[Pass, ...]:
    rows = kept if isinstance(kept, list) else []
    return tuple(
        Pass(str(one["hash"]), str(one.get("label", "")), str(one.get("by", "")), int(one.get("at_ms", 0)))
        for one in rows
        if isinstance(one, dict) and one.get("hash")
    )
