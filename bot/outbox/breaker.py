"""The account's fuse: a platform that refuses again and again, or warns, is not argued with.

Three refusals within a minute, or one warning, stop every send of the account until a person has looked and resumes.
The store keeps it over a restart; an account is dearer than any answer.
"""

from __future__ import annotations

from collections import deque

REFUSALS = 3
WINDOW_MS = 60_000

OWN_WORDS = frozenset({
    "other_room", "expired", "no_way_back", "pace", "ConnectError", "the platform lets nobody speak here", "too_long",
})  # fmt: skip
"""Refusals of our own side, which the platform never saw: no sign of its displeasure."""


class Breaker:
    """The fuse of one account. `stopped` is "" while it may speak, else `refusals` or `warning`."""

    def __init__(self, stopped: str = "") -> None:
        self.stopped = stopped
        self._refusals: deque[int] = deque(maxlen=REFUSALS)

    def refused(self, now_ms: int, detail: str) -> bool:
        """The platform refused a message; whether that was one too many."""
        if detail in OWN_WORDS:
            return False
        while self._refusals and self._refusals[-1] > now_ms:  # the clock was set back
            self._refusals.pop()
        self._refusals.append(now_ms)
        full = len(self._refusals) == REFUSALS
        if self.stopped or not full or now_ms - self._refusals[0] >= WINDOW_MS:
            return False
        self.stopped = "refusals"
        return True

    def warned(self) -> bool:
        """The platform warned this account; whether that is news."""
        fresh = not self.stopped
        self.stopped = self.stopped or "warning"
        return fresh

    def resume(self) -> None:
        """A person has looked."""
        self.stopped = ""
        self._refusals.clear()
