"""The counter where viewers come: finding one's entry, claiming one's prize. Serves the public pages
(`bot.public.ports.Viewers`); the work itself is done in threads, as it waits for the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from bot.draws.answers import ClaimView, Delivery, Found, Query, TurnedAway
from bot.draws.askers import Askers
from bot.draws.claims import ClaimBook
from bot.draws.lookup import Finder

TEN_MINUTES_MS = 600_000
AT_ONCE = 2
"""Look-ups, and claims, worked on at the same time. The others wait without a thread: rooms need those to store what is
said, and the first to ask about a great draw waits for its lists to be made."""

T = TypeVar("T")


class Counter:
    """`client` tells askers apart, e.g. an address; it is used for limits only. "": nobody knows who asks, and only
    what all together may do is limited."""

    def __init__(self, book: ClaimBook, finder: Finder) -> None:
        self._book = book
        self._finder = finder
        self._pages = Askers(20, TEN_MINUTES_MS)
        self._finding = asyncio.Semaphore(AT_ONCE)
        self._claiming = asyncio.Semaphore(AT_ONCE)

    async def _claim(self, act: Callable[..., T], *said: object) -> T:
        async with self._claiming:
            return await asyncio.to_thread(act, *said)

    async def find(self, draw_id: str, query: Query, client: str, now_ms: int) -> Found:
        """Was somebody in the draw? Limited; by name also recorded. Raises TurnedAway."""
        async with self._finding:
            return await asyncio.to_thread(self._finder.find, draw_id, query, client, now_ms)

    async def begin_claim(self, draw_id: str, client: str, now_ms: int) -> tuple[str, ClaimView]:
        """A fresh claim page: its secret token and what it shows. Raises TurnedAway."""
        if client and not self._pages.may(client, now_ms):
            raise TurnedAway("limit")
        return await self._claim(self._book.begin, draw_id)

    async def claim_view(self, draw_id: str, token: str, now_ms: int) -> ClaimView | None:
        """The page behind a token; None when there is none."""
        return await self._claim(self._book.view, draw_id, token, now_ms)

    async def accept(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        """The bound winner takes the prize. Raises TurnedAway."""
        return await self._claim(self._book.accept, draw_id, token, now_ms)

    async def decline(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        """The bound winner gives the prize up. Raises TurnedAway."""
        return await self._claim(self._book.decline, draw_id, token, now_ms)

    async def reveal_coupon(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        """Take the prize and show its coupon. Raises TurnedAway."""
        return await self._claim(self._book.reveal, draw_id, token, now_ms)

    async def deliver(self, draw_id: str, token: str, delivery: Delivery, now_ms: int) -> ClaimView:
        """Take the prize and say where it goes. Raises TurnedAway, naming the field at fault."""
        return await self._claim(self._book.deliver, draw_id, token, delivery, now_ms)

    async def received(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        """What was sent has come. Raises TurnedAway."""
        return await self._claim(self._book.received, draw_id, token, now_ms)
