"""A press is done once: the same key from the same person gives the same answer, also while the first still runs."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")
KEPT = 2000


class Presses:
    """The last presses with what came of them, in memory. One that failed is forgotten, so that it may be repeated."""

    def __init__(self) -> None:
        self._done: OrderedDict[tuple[str, str], asyncio.Future[Any]] = OrderedDict()

    async def once(self, by: str, key: str, act: Callable[[], Awaitable[T]]) -> T:
        """What `act` gave at the first press of `key` by this person. Raises what `act` raises."""
        place = (by, key)
        known = self._done.get(place)
        if known is not None:
            first: T = await asyncio.shield(known)
            return first
        told: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._done[place] = told
        while len(self._done) > KEPT:
            self._done.popitem(last=False)
        try:
            done = await act()
        except BaseException as wrong:
            self._done.pop(place, None)
            told.set_exception(
                wrong if isinstance(wrong, Exception) else RuntimeError("the press was cut short")
            )
            told.exception()  # looked at, whether or not a second press waits for it
            raise
        told.set_result(done)
        return done
