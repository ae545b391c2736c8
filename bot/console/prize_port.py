"""What the console may do about prizes: see the places, act on them with a reason, keep coupons, send things out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.draws.coupons import ReadCoupons
from bot.draws.lookup import Handed
from bot.draws.prize_desk import Place
from bot.draws.warehouse import TakenBack
from bot.storage.claims import Parcel
from bot.storage.coupons import PoolCount
from lottery.rules import Prize

Act = Literal["bind", "unbind", "confirm", "drop", "ship", "receive"]
"""What staff may do to a place."""


@dataclass(frozen=True, slots=True)
class PrizeBoard:
    """The places of a draw as staff see them. `names` are masked; `pools` names the pool of each prize that is paid
    from one (number from 0; "" for a coupon whose pool nobody has named)."""

    draw_id: str
    title: str
    number: int
    state: str
    practice: bool
    claim_by: int
    prizes: Sequence[Prize]
    places: Sequence[Place]
    names: Mapping[int, str]
    pools: Mapping[int, str]
    stock: Sequence[PoolCount]


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of coupons brought in: new ones, those the pool had, and what the file held beside."""

    pool: str
    added: int
    known: int
    read: ReadCoupons


class Prizes(Protocol):
    """Errors are ChangkongError or LotteryError with one plain sentence. Every act is recorded with who did it."""

    async def board(self, draw_id: str) -> PrizeBoard | None:
        """None when there is no such draw; no places before it is drawn."""
        ...

    async def act(self, draw_id: str, place: int, act: Act, said: Mapping[str, str], *, by: str) -> None:
        """`said` holds what the act asks for: reason, code, outcome, why, tracking."""
        ...

    async def name_pool(self, draw_id: str, prize: int, pool: str, *, by: str) -> None:
        """Pay a prize (number from 0) from a pool; "" takes the name away."""
        ...

    async def add_coupons(self, pool: str, data: bytes, name: str, *, by: str) -> Brought:
        """Bring the coupons of a file into a pool."""
        ...

    async def parcels(self, draw_id: str, *, by: str, reason: str) -> Sequence[Parcel]:
        """What goes where. The look is recorded."""
        ...

    async def table(self, draw_id: str, *, by: str, reason: str) -> bytes:
        """The warehouse's table as CSV. That it was taken out is recorded."""
        ...

    async def take_back(self, draw_id: str, data: bytes, *, by: str) -> TakenBack:
        """Tracking numbers out of the returned table."""
        ...

    async def receipts(
        self, draw_id: str, name: str, minute: str, *, by: str, reason: str
    ) -> Sequence[Handed]:
        """The receipts of whoever of that name said an entry in that minute ("HH:MM" in Beijing), to be handed over in
        private. Recorded."""
        ...
