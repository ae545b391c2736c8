"""Wall time, steady time and chance of whatever holds a socket, handed in so that tests need not wait."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import msgspec


class Pace(msgspec.Struct, frozen=True):
    """Time and chance of a connection: wall clock (ms since 1970), steady seconds, sleep (s), chance in [0,
    1)."""

    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    steady: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random
