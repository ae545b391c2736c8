"""What the public pages need from the rest of the program. Nothing here can change a draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.draws.answers import ClaimView, Delivery, Found, Query


class PublicDraws(Protocol):
    """The published records. A record is a mapping as `bot.draws.publication` reads it, without secrets and uids."""

    async def every(self) -> Sequence[Mapping[str, object]]:
        """All draws of all rooms, newest first, void ones too: a number that is missing would hide something."""
        ...

    async def show(self, draw_id: str) -> Mapping[str, object] | None:
        """One draw; None when there is no such."""
        ...

    async def proof_file(self, draw_id: str) -> Path | None:
        """The proof file (lfd1-proof); None before the draw is finished."""
        ...

    async def list_file(self, draw_id: str) -> Path | None:
        """The list file (lfd1-list); None before it is published."""
        ...


class Viewers(Protocol):
    """What a viewer may ask and a winner may do. `client` marks who asks, for limits only.

    Refusals are ChangkongError or LotteryError with one plain sentence (NotAllowed, InputError).
    """

    async def find(self, draw_id: str, query: Query, client: str, now_ms: int) -> Found:
        """Was somebody in the draw? Limited and recorded."""
        ...

    async def begin_claim(self, draw_id: str, client: str, now_ms: int) -> tuple[str, ClaimView]:
        """A fresh claim page: its secret token, and the code to type in the room."""
        ...

    async def claim_view(self, draw_id: str, token: str, now_ms: int) -> ClaimView | None:
        """The page behind a token; None when there is none."""
        ...

    async def accept(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        """The bound winner takes the prize."""
        ...

    async def decline(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        """The bound winner gives the prize up; the next reserve moves up."""
        ...

    async def reveal_coupon(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        """Show the coupon code won: taken from the pool once, shown to this page ever after."""
        ...

    async def deliver(self, draw_id: str, token: str, delivery: Delivery, now_ms: int) -> ClaimView:
        """Where the prize goes."""
        ...

    async def received(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        """The winner says that it has come."""
        ...


@dataclass(frozen=True, slots=True)
class PublicPorts:
    """Everything the application is made of. `base_url`: the address viewers open, without a trailing slash; "" while
    only this machine may. `hosts` are the names it answers to, without port. `viewers` None: the pages show, but
    neither find entries nor take claims. `kept_days`: how long after receipt a winner's address is kept."""

    draws: PublicDraws
    viewers: Viewers | None
    now_ms: Callable[[], int]
    hosts: Sequence[str] = ("127.0.0.1", "localhost", "[::1]")
    base_url: str = ""
    version: str = ""
    kept_days: int = 30
