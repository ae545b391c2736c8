"""What the desk's pages are handed for one room: its control room, and the channel of what a person says by hand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.desk import ControlRoom
from bot.outbox import Suggested

KEYS = 2_000


class HandChannel(Protocol):
    """The suggestions of one room (`bot.outbox.Hand`). `copy` and `sent` raise CopyRefused."""

    def open(self, now_ms: int | None = None) -> Sequence[Suggested]: ...

    def copy(self, row_id: int, by: str) -> Awaitable[str]: ...

    def sent(self, row_id: int, by: str) -> Awaitable[None]: ...


@dataclass(frozen=True, slots=True)
class RoomDesk:
    """One room's desk. `done` are idempotency keys of presses already acted upon."""

    control: ControlRoom
    hand: HandChannel
    done: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def first(self, key: str) -> bool:
        """Whether a press with this key is new. A double press acts once."""
        if key in self.done:
            return False
        self.done[key] = None
        while len(self.done) > KEYS:
            self.done.popitem(last=False)
        return True

    def again(self, key: str) -> None:
        """The press was refused: it may be tried again."""
        self.done.pop(key, None)
