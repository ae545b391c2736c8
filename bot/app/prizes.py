"""Prizes put together for one store: claims book, finder, the viewers' counter, and the console's side of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from bot.console.prize_port import Act, Brought, PrizeBoard
from bot.draws.book import commitment_of, terms_of
from bot.draws.claims import ClaimBook, nothing
from bot.draws.counter import Counter
from bot.draws.coupons import read_coupons
from bot.draws.lists import Shelf
from bot.draws.lookup import Finder, Handed
from bot.draws.prize_desk import PrizeDesk
from bot.draws.warehouse import TakenBack, export, take_back
from bot.errors import InputError
from bot.printing import masked
from bot.storage.claims import Parcel
from bot.storage.journal import Journal
from lottery.states import State

DELIVERY_DAYS = 30


class Keeper(Protocol):
    """Whoever has the store: the house."""

    @property
    def journal(self) -> Journal: ...


class Prizes:
    """`now_ms` is the rooms' clock; `shelf` keeps the lists of closed draws; `refresh` is told of each draw whose row
    was changed, `changed` of each draw whose places were. Implements `bot.console.prize_port.Prizes`; `counter` serves
    the public pages. `delivery_days`: how long addresses are kept after receipt."""

    def __init__(
        self, house: Keeper, now_ms: Callable[[], int], *, shelf: Shelf | None = None,
        refresh: Callable[[str], None] = nothing, changed: Callable[[str], None] = nothing,
    ) -> None:  # fmt: skip
        journal = self._journal = house.journal
        self._now_ms = now_ms
        self.delivery_days = DELIVERY_DAYS
        self.book = ClaimBook(journal, refresh=refresh, changed=changed)
        self.finder = Finder(journal, shelf)
        self.counter = Counter(self.book, self.finder)
        self._desk = PrizeDesk(self.book)

    def sweep(self) -> int:
        """Erase addresses that are no longer needed; how many. For the housekeeping."""
        return self.book.sweep(self._now_ms(), self.delivery_days)

    async def board(self, draw_id: str) -> PrizeBoard | None:
        """The places of a draw; None when there is no such draw."""
        return await asyncio.to_thread(self._board, draw_id)

    def _board(self, draw_id: str) -> PrizeBoard | None:
        row = self._journal.draw(draw_id)
        if row is None:
            return None
        places, terms, coupons = self._desk.places(draw_id), terms_of(row), self.book.coupons
        pools = {
            number: pool
            for number, prize in enumerate(terms.prizes)
            if (pool := coupons.pool_of(draw_id, number, prize)) is not None
        }
        names = {place: masked(name) for place, name in self._journal.winner_names(draw_id).items()}
        commitment = commitment_of(row).record
        return PrizeBoard(
            row.id, commitment.title, row.sequence, State(row.state).value, commitment.practice, terms.claim_by,
            terms.prizes, places, names, pools, coupons.pools(),
        )  # fmt: skip

    async def act(self, draw_id: str, place: int, act: Act, said: Mapping[str, str], *, by: str) -> None:
        """One act of staff on a place."""
        await asyncio.to_thread(self._act, draw_id, place, act, said, by)

    def _act(self, draw_id: str, place: int, act: Act, said: Mapping[str, str], by: str) -> None:
        desk, now_ms, reason = self._desk, self._now_ms(), said.get("reason", "")
        if act == "bind":
            desk.bind(draw_id, place, said.get("code", ""), reason, by=by, now_ms=now_ms)
        elif act == "unbind":
            desk.unbind(draw_id, place, reason, by=by, now_ms=now_ms)
        elif act == "confirm":
            desk.confirm(draw_id, place, reason, by=by, now_ms=now_ms)
        elif act == "drop":
            outcome, why = said.get("outcome", ""), said.get("why", "")
            desk.drop(draw_id, place, outcome, why, reason, by=by, now_ms=now_ms)
        elif act == "ship":
            desk.ship(draw_id, place, said.get("tracking", ""), by=by, now_ms=now_ms)
        else:
            desk.receive(draw_id, place, by=by, now_ms=now_ms)

    async def name_pool(self, draw_id: str, prize: int, pool: str, *, by: str) -> None:
        """Pay a prize from a pool."""
        await asyncio.to_thread(self._name_pool, draw_id, prize, pool, by)

    def _name_pool(self, draw_id: str, prize: int, pool: str, by: str) -> None:
        row = self._journal.draw(draw_id)
        if row is None or prize >= len(terms_of(row).prizes):
            raise InputError("This draw has no such prize.")
        self.book.coupons.name_pool(draw_id, prize, pool, by=by)

    async def add_coupons(self, pool: str, data: bytes, name: str, *, by: str) -> Brought:
        """Bring the coupons of a file into a pool."""
        read = await asyncio.to_thread(read_coupons, data, name)
        added = await asyncio.to_thread(self.book.coupons.add, pool, read.codes, by=by)
        return Brought(pool.strip(), added.added, added.known, read)

    async def parcels(self, draw_id: str, *, by: str, reason: str) -> Sequence[Parcel]:
        """What goes where; the look is recorded."""
        return await asyncio.to_thread(self._parcels, draw_id, by, reason)

    def _parcels(self, draw_id: str, by: str, reason: str) -> Sequence[Parcel]:
        if not any(char.isalnum() for char in reason):
            raise InputError("Say why the addresses are needed; it goes into the record.")
        found = self._journal.parcels(draw_id)
        told = {"by": by, "reason": reason[:300], "places": [one.place for one in found]}
        with self._journal.settling(draw_id, self._now_ms()) as settling:
            settling.note("addresses looked at", told)
        return found

    async def table(self, draw_id: str, *, by: str, reason: str) -> bytes:
        """The warehouse's table as CSV; recorded."""
        now_ms = self._now_ms()
        return await asyncio.to_thread(export, self.book, draw_id, by=by, reason=reason, now_ms=now_ms)

    async def take_back(self, draw_id: str, data: bytes, *, by: str) -> TakenBack:
        """Tracking numbers out of the returned table."""
        return await asyncio.to_thread(take_back, self.book, draw_id, data, by=by, now_ms=self._now_ms())

    async def receipts(
        self, draw_id: str, name: str, minute: str, *, by: str, reason: str
    ) -> Sequence[Handed]:
        """Receipts to hand over in private; recorded."""
        return await asyncio.to_thread(self.finder.receipts, draw_id, name, minute, by=by, reason=reason)
