"""Answers that many ask for at once, made once: a page of a running draw is the same for everybody within a second."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")
MOST_KEPT = 400


class Fresh(Generic[T]):
    """Keeps each answer for `for_s` seconds by `clock` (monotonic). Who comes while it is being made waits for it.
    An error is given to all who wait, and is not kept."""

    def __init__(self, for_s: float, clock: Callable[[], float]) -> None:
        self._for_s = for_s
        self._clock = clock
        self._kept: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()
        self._making: dict[Hashable, asyncio.Task[T]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The answer of `key`, at most `for_s` old."""
        kept = self._kept.get(key)
        if kept is not None and self._clock() < kept[0]:
            return kept[1]
        making = self._making.get(key)
        if making is None:
            making = asyncio.ensure_future(self._make(key, make))
            self._making[key] = making
            making.add_done_callback(lambda _: self._making.pop(key, None))
        return await asyncio.shield(making)  # one visitor's going away must not cost the others their answer

    async def _make(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        made = await make()
        self._kept[key] = (self._clock() + self._for_s, made)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return made
