"""When the time of a case is over its card has to say so, though nobody touched the case."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from typing import Any

from bot.clock import Clock


class Deadlines:
    """Calls `over` with the id of each watched case when `clock` reaches its deadline."""

    def __init__(self, clock: Clock, over: Callable[[int], Awaitable[None]]) -> None:
        self._clock = clock
        self._over = over
        self._due: list[tuple[int, int]] = []
        self._stirred = asyncio.Event()

    def watch(self, case_id: int, due_ms: int) -> None:
        """A deadline that is past already, or watched already, changes nothing."""
        if due_ms > self._clock.now() and (due_ms, case_id) not in self._due:
            heapq.heappush(self._due, (due_ms, case_id))
            self._stirred.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._stirred.clear()
            while self._due and self._due[0][0] <= self._clock.now():
                await self._over(heapq.heappop(self._due)[1])
            await either(self._stirred, self._clock, self._due[0][0] if self._due else None)


async def either(event: asyncio.Event, clock: Clock, until_ms: int | None) -> None:
    """Return when `event` is set or `clock` has come to `until_ms` (None: only the event)."""
    waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(event.wait())]
    if until_ms is not None:
        waits.append(asyncio.ensure_future(clock.sleep_until(until_ms)))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
