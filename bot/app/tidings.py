"""What the house tells its rooms by itself: that a complaint is settled, that the goods have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping

import structlog

from bot.app.house import House
from bot.app.seat import Seat
from bot.errors import StoreError
from bot.policy import Instruction
from bot.storage.authors import settled_authors

log = structlog.get_logger()

SETTLED = frozenset({"resolved", "archived"})
TRIES = 3


async def tell_settled(house: House, seats: Mapping[str, Seat], case_id: int) -> None:
    """When a case is done, the room may promote to its authors again, unless they have another one open."""
    try:
        case = await asyncio.to_thread(house.journal.case, case_id)
        seat = seats.get(case.room)
        if seat is None or case.state not in SETTLED:
            return
        uids = await asyncio.to_thread(settled_authors, house.journal, case_id)
    except StoreError as error:
        log.error("a settled case was not told to its room", case=case_id, error=str(error))
        return
    if known := [uid for uid in uids if uid in seat.attachment.state.aggrieved]:
        await seat.attachment.put(Instruction("settled", "house", {"viewers": known, "case": case_id}))


async def tell_goods(house: House, seat: Seat) -> None:
    """Hand the room the goods as they stand in the store. A fact that reaches the room meanwhile is newer than what was
    read: then it is read again, once that is stored."""
    try:
        for _ in range(TRIES):
            await seat.attachment.settled()
            shop = await asyncio.to_thread(house.shop, seat.merchant)
            if shop == seat.attachment.state.shop:
                return
            await seat.attachment.put(Instruction("shop", "store", {"shop": shop}))
    except StoreError as error:
        log.error("changed goods were not told to a room", room=str(seat.attachment.room), error=str(error))


class GoodsTeller:
    """Hands rooms the goods as they stand in the store, one telling a room at a time: whoever asks meanwhile has one
    more follow. `spawn` lets it be done beside the caller."""

    def __init__(self, house: House, spawn: Callable[[Coroutine[object, object, None]], None]) -> None:
        self._house = house
        self._spawn = spawn
        self._again: dict[str, bool] = {}

    def tell(self, seat: Seat) -> None:
        room = str(seat.attachment.room)
        if room in self._again:
            self._again[room] = True
            return
        self._again[room] = True
        self._spawn(self._told(room, seat))

    async def _told(self, room: str, seat: Seat) -> None:
        try:
            while self._again[room]:
                self._again[room] = False
                await tell_goods(self._house, seat)
        finally:
            del self._again[room]
