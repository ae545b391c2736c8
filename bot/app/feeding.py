"""From an adapter into an attachment: what the room says, with what was missed while nobody listened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol, cast

import msgspec

from bot.app.attachment import Attachment, restart_gap
from bot.comment import Comment, Event, Happening, RoomKey
from bot.decision import Capabilities
from bot.pipeline import IDLE_MS


class RoomAdapter(Protocol):
    """What every room adapter offers. `events` goes on through cuts and ends when the room is left."""

    @property
    def key(self) -> RoomKey: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def events(self) -> AsyncIterator[Event]: ...

    async def aclose(self) -> None: ...


class Cue(msgspec.Struct, frozen=True):
    """Something the practice operator does at `at_ms` of the show (from its start)."""

    at_ms: int
    data: dict[str, object]


CueHandler = Callable[[Cue, int], Awaitable[None]]
"""Called with the cue and the show's time in ms, between two frames, when all before it has been committed."""


async def feed(
    adapter: RoomAdapter,
    attachment: Attachment,
    *,
    resumed: bool,
    until_end: bool = False,
    cues: Sequence[Cue] = (),
    on_cue: CueHandler | None = None,
) -> None:
    """Hand in what the room says until it ends; with `until_end` until the show's own end.

    `resumed`: the session was running when this process last stopped; what was missed is recorded as a gap.
    """
    start_ms = attachment.state.opened_ms if resumed else None
    waiting = list(cues)
    first = True
    async for event in adapter.events():
        if first and event.at_ms:
            first = False
            missed = restart_gap(attachment.state, event, live=attachment.clock.source == "live")
            if resumed and cast("float", missed.data["seconds"]) * 1000 <= IDLE_MS:
                await attachment.put(missed)
        if isinstance(event, Happening) and event.kind == "live_start":
            if start_ms is None or event.at_ms > start_ms:
                start_ms, waiting = event.at_ms, list(cues)
        elif start_ms is None and isinstance(event, Comment):
            start_ms = event.at_ms
        while start_ms is not None and waiting and event.at_ms - start_ms >= waiting[0].at_ms:
            cue = waiting.pop(0)
            await attachment.settled()
            if on_cue is not None:
                await on_cue(cue, event.at_ms)
        await attachment.put(event)
        if until_end and isinstance(event, Happening) and event.kind == "live_end":
            return
