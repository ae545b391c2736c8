"""The account that speaks: one pace and one fuse, however many rooms it speaks in."""

from __future__ import annotations

import asyncio

from bot.outbox.breaker import Breaker
from bot.outbox.pacing import Allowance, Pace


class Account:
    """`name` is the account's own where the adapter knows it, else its room's. `stopped` as the store has it. Whoever
    speaks holds `turn`, so that two rooms never both take the last place in the pace."""

    def __init__(self, name: str, *, allowance: Allowance | None = None, stopped: str = "") -> None:
        self.name = name
        self.turn = asyncio.Lock()
        self.pace = Pace(allowance)
        self.breaker = Breaker(stopped)
