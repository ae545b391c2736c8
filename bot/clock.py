"""One clock, handed in. Live it is the wall; in replay, demo and practice it is the show's own time.

The show clock is driven by the recording's time stamps: never ahead of the last frame handed over, never
backwards (real streams are 1.6 % out of order: the highest so far rules). Whoever waits on it is woken in the
order of the deadlines, with `now` standing exactly at each deadline, so that ten minutes of show handled in two
seconds give the same pacing, cooldowns and expiries as ten minutes of show.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import Protocol

from bot.decision import ClockSource


class Clock(Protocol):
    """`now` in ms since 1970 UTC; `sleep_until` returns when `now() >= at_ms`, at once if that is past."""

    source: ClockSource

    def now(self) -> int: ...

    async def sleep_until(self, at_ms: int) -> None: ...


class WallClock:
    """The machine's UTC clock."""

    source: ClockSource = "live"

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    async def sleep_until(self, at_ms: int) -> None:
        while (left := at_ms - self.now()) > 0:
            await asyncio.sleep(min(left / 1000, 60.0))


class ShowClock:
    """Time as the recording tells it. `now` is 0 until the first frame."""

    def __init__(self, source: ClockSource, start_ms: int = 0) -> None:
        self.source: ClockSource = source
        self._now = start_ms
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Event]] = []

    def now(self) -> int:
        return self._now

    def next_deadline(self) -> int | None:
        """The earliest time anybody waits for, in ms; None when nobody waits."""
        while self._waiting and self._waiting[0][2].is_set():
            heapq.heappop(self._waiting)
        return self._waiting[0][0] if self._waiting else None

    def advance(self, to_ms: int) -> None:
        """Move on to `to_ms`, waking everybody whose time has come; an earlier time changes nothing."""
        self._now = max(self._now, to_ms)
        while self._waiting and self._waiting[0][0] <= self._now:
            heapq.heappop(self._waiting)[2].set()

    def restart(self, at_ms: int) -> None:
        """A new session has opened: its own time begins, even if it lies before the last one's."""
        self._now = at_ms

    async def sleep_until(self, at_ms: int) -> None:
        if at_ms <= self._now:
            return
        woken = asyncio.Event()
        heapq.heappush(self._waiting, (at_ms, next(self._order), woken))
        try:
            await woken.wait()
        finally:
            woken.set()
