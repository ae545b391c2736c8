"""A clock moved by hand, which also tells when somebody has gone to sleep on it."""

from __future__ import annotations

import asyncio

from bot.clock import ShowClock


class HandClock(ShowClock):
    """`advance` moves it; `sleeper` waits until somebody sleeps and gives the earliest deadline."""

    def __init__(self, start_ms: int = 1_755_000_000_000) -> None:
        super().__init__("live", start_ms)
        self._asleep = asyncio.Event()

    async def sleep_until(self, at_ms: int) -> None:
        self._asleep.set()
        await super().sleep_until(at_ms)

    async def sleeper(self, after_ms: int | None = None) -> int:
        """The earliest time anybody waits for, as soon as that is later than `after_ms` (None: now)."""
        after = self.now() if after_ms is None else after_ms
        async with asyncio.timeout(10):
            while (at := self.next_deadline()) is None or at <= after:
                self._asleep.clear()
                if (at := self.next_deadline()) is None or at <= after:
                    await self._asleep.wait()
        return at
