"""A room fed through the generic bridge: others push events in, and may offer a way back for what we say.

The door (`bridge.py`) and the dialler (`bridge_dial.py`) hand in events and ways back; this is where they meet.
Whether we may speak depends on who is connected, so `capabilities` is asked anew each time.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Literal, Protocol

import msgspec

from bot.clock import Clock, WallClock
from bot.comment import Event, RoomKey
from bot.decision import Capabilities, Outcome, Said
from bot.rooms.bridge_signing import Signatures
from bot.rooms.connection import RoomStatus, State
from bot.rooms.seen import Seen
from bot.rooms.wire import clean, text_of

QUEUE_LIMIT = 20_000
"""Events waiting for the room's reader at most; beyond it they are refused, and the sender is told."""

REPORT_MS = 3_000
"""How long a peer has to report what became of a message; one that never does must not hold up the room."""

OUTCOMES: dict[str, Outcome] = {"accepted": "sent", "refused": "refused", "unknown": "unknown"}


class Taken(msgspec.Struct, frozen=True):
    """What became of a run of events."""

    accepted: int = 0
    duplicate: int = 0
    refused: int = 0


class Way:
    """A way back, opened by a hello with `can_reply`. Its identity is what counts. `echoes`: the peer sends us what
    we said when the platform shows it."""

    def __init__(self, send: Callable[[str], Awaitable[None]], *, echoes: bool = False) -> None:
        self.send = send
        self.echoes = echoes
        self.pending: dict[str, asyncio.Future[Said]] = {}


class Source(Protocol):
    """Somebody we dial out to (`bridge_dial.py`)."""

    async def run(self, room: BridgeRoom) -> None: ...


class BridgeRoom:
    """One room of the bridge; a Speaker while a way back is open. The events can be walked once.

    `secret` signs pushes and hellos; `token` with an origin of `origins` lets a page of this machine's browser in
    (None: nobody). `source` is dialled while `events` is walked. `clock` tells when an event was
    received; the wall's unless another is given.
    """

    def __init__(
        self,
        key: RoomKey,
        *,
        secret: bytes,
        token: str | None = None,
        origins: Sequence[str] = (),
        source: Source | None = None,
        clock: Clock | None = None,
        links_allowed: bool = False,
        seen: Seen | None = None,
        queue_limit: int = QUEUE_LIMIT,
    ) -> None:
        self.key = key
        self.token = token
        self.origins = frozenset(origins)
        self.clock = clock or WallClock()
        self.signatures = Signatures(secret)
        self._source = source
        self._links_allowed = links_allowed
        self._seen = seen or Seen()
        self._limit = queue_limit
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._ways: list[Way] = []
        self._ignored: dict[str, int] = {}
        self._last_frame_ms: int | None = None
        self._reconnects = 0
        self._state: State = "connecting"
        self._since_ms = self.clock.now()
        self._trouble = ""

    @property
    def capabilities(self) -> Capabilities:
        """Whether we may speak just now."""
        echoes = bool(self._ways) and self._ways[-1].echoes
        return Capabilities(
            reply=bool(self._ways), links_allowed=self._links_allowed, echoes=echoes,
            tells_follow=True, tells_fan_level=True, tells_level=True, tells_orders=True,
        )  # fmt: skip

    @property
    def status(self) -> RoomStatus:
        """State, times and counts for the console. `waiting` with a trouble while a dialled source is away."""
        return RoomStatus(
            self._state, self._since_ms, self._last_frame_ms, self._reconnects, self._seen.dropped, None,
            dict(self._ignored), self._trouble,
        )  # fmt: skip

    # the way in

    def accept(self, events: Sequence[Event]) -> Taken:
        """Queue events that came in. Duplicates are dropped; a full queue refuses, so that the sender tries again."""
        accepted = duplicate = refused = 0
        for event in events:
            if self._state == "closed" or self._queue.qsize() >= self._limit:
                refused += 1
            elif self._seen.first_time(event):
                self._queue.put_nowait(event)
                accepted += 1
            else:
                duplicate += 1
        self._last_frame_ms = self.clock.now()
        self.stand("live")
        if refused:
            self.ignore("queue_full", refused)
        return Taken(accepted, duplicate, refused)

    def ignore(self, reason: str, count: int = 1) -> None:
        """Count what could not be used."""
        self._ignored[reason] = self._ignored.get(reason, 0) + count

    def stand(self, state: Literal["connecting", "live", "waiting"], trouble: str = "") -> None:
        """How the source stands."""
        if self._state == "closed" or (state, trouble) == (self._state, self._trouble):
            return
        if state == "live" and self._state == "waiting":
            self._reconnects += 1
        self._state, self._trouble, self._since_ms = state, trouble, self.clock.now()

    async def events(self) -> AsyncGenerator[Event]:
        """What the room says, until `aclose`."""
        dialling = None
        if self._source is not None:
            dialling = asyncio.create_task(self._source.run(self), name=f"dialling for {self.key}")
        try:
            while (event := await self._queue.get()) is not None:
                yield event
        finally:
            if dialling is not None:
                dialling.cancel()
                await asyncio.gather(dialling, return_exceptions=True)
            await self.aclose()

    async def aclose(self) -> None:
        """Stop for good: nothing is let in any more, `events` ends after what waits. Safe to call twice."""
        if self._state != "closed":
            self._state, self._since_ms = "closed", self.clock.now()
            self._queue.put_nowait(None)
        for way in list(self._ways):
            self.close_way(way)

    # the way back

    def open_way(self, send: Callable[[str], Awaitable[None]], *, echoes: bool = False) -> Way:
        """A peer can reply; `send` takes one line of JSON. The latest way is used."""
        way = Way(send, echoes=echoes)
        self._ways.append(way)
        return way

    def close_way(self, way: Way) -> None:
        """The peer is gone: what it has not reported is unknown. Safe to call twice."""
        if way in self._ways:
            self._ways.remove(way)
        for waiting in way.pending.values():
            if not waiting.done():
                waiting.set_result(Said("unknown", "lost"))

    def said(self, way: Way, report: dict[str, Any]) -> None:
        """A peer reports what became of a message. What we did not ask, or asked somebody else, is ignored."""
        waiting = way.pending.get(text_of(report.get("id")))
        outcome = OUTCOMES.get(text_of(report.get("outcome")))
        if waiting is None or waiting.done() or outcome is None:
            self.ignore("said")
            return
        waiting.set_result(Said(outcome, clean(text_of(report.get("detail")))[:120]))

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        """Hand `text` to the peer and wait for its report until it expires, REPORT_MS at most; without one it is
        `unknown`, and a later report is ignored."""
        if room != self.key:
            return Said("refused", "other_room")
        now = self.clock.now()
        if expires_ms <= now:
            return Said("refused", "expired")
        if not self._ways:
            return Said("refused", "no_way_back")
        way = self._ways[-1]
        if key in way.pending:
            return Said("unknown", "asked_twice")
        way.pending[key] = report = asyncio.get_running_loop().create_future()
        tasks = [
            asyncio.create_task(self._exchange(way, _say_line(key, text, expires_ms), report)),
            asyncio.create_task(self._unreported(min(expires_ms, now + REPORT_MS))),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return tasks[0].result() if tasks[0] in done else tasks[1].result()
        finally:
            way.pending.pop(key, None)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _exchange(self, way: Way, line: str, report: asyncio.Future[Said]) -> Said:
        try:
            await way.send(line)
        except Exception as error:  # whatever broke the socket, part of the line may have got through
            return Said("unknown", type(error).__name__)
        return await report

    async def _unreported(self, until_ms: int) -> Said:
        await self.clock.sleep_until(until_ms)
        return Said("unknown", "no_report")


def _say_line(key: str, text: str, expires_ms: int) -> str:
    expires = dt.datetime.fromtimestamp(expires_ms / 1000, dt.UTC).isoformat(timespec="milliseconds")
    say = {"kind": "say", "id": key, "text": clean(text), "expires_at": expires.replace("+00:00", "Z")}
    return json.dumps(say, ensure_ascii=False)
