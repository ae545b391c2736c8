"""Where a desk stands: its room, its clock, its store, and the way to tell the room something."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.errors import NotAllowed
from bot.policy import Instruction, RoomState


class DeskStore(Protocol):
    """What the desk needs of the journal. Every write is one committed transaction with its record."""

    def setting(self, key: str, default: Any = None) -> Any: ...

    def save_setting(self, key: str, value: Any, *, by: str = "house") -> None: ...

    def append_record(
        self, chain: str, record_type: str, body: Mapping[str, Any], *, session: str | None = None,
        at_ms: int | None = None,
    ) -> int: ...  # fmt: skip

    def outbox_add(
        self, room: str, session: str, *, phrase_id: str, digest: str, intent: str, product: str | None, text: str,
        mode: str, due_ms: int, expires_ms: int, comment_id: str | None = None, by: str | None = None,
        priority: int | None = None,
    ) -> int: ...  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """One room as its desk sees it. `now` is the room's time in ms; `state` how it stands; `tell` hands it an
    instruction and returns when that is committed; `changed` tells the open pages. `lock` is held from reading what is
    kept to having it written anew: two presses at once must not lose one. Nothing is told the room under it."""

    room: str
    store: DeskStore
    now: Callable[[], int]
    state: Callable[[], RoomState]
    tell: Callable[[Instruction], Awaitable[None]]
    changed: Callable[[], None] = lambda: None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False, compare=False)

    async def record(self, kind: str, body: Mapping[str, Any]) -> int:
        """One record in the room's chain; its seq. `body` never holds viewers' words."""
        session = self.state().session or None
        return await asyncio.to_thread(
            self.store.append_record, self.room, kind, body, session=session, at_ms=self.now()
        )

    def kept(self, name: str, default: Any) -> Any:
        """What was kept under `desk.<name>.<room>`."""
        return self.store.setting(f"desk.{name}.{self.room}", default)

    async def keep(self, name: str, value: Any, by: str) -> None:
        """Keep it there (any JSON value)."""
        await asyncio.to_thread(self.store.save_setting, f"desk.{name}.{self.room}", value, by=by)


def plain_line(text: str, longest: int, what: str) -> str:
    """`text` as one plain line of 1 to `longest` characters. Raises NotAllowed, naming `what`."""
    line = " ".join("".join(" " if one.isspace() else one for one in text).split())
    if not line or len(line) > longest or any(unicodedata.category(one)[0] == "C" for one in line):
        raise NotAllowed(f"{what} needs 1 to {longest} characters of plain text.")
    return line
