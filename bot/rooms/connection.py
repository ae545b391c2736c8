"""The one place where a websocket room's socket is held.

A connection is always in one of five states. Only the pairs of the table below happen; anything else is a bug
here.

    connecting      an address is being fetched or a socket opened
    authenticating  the socket is open, our auth is on its way; silence for 10 s counts as lost
    live            the room accepted us; a heartbeat every 30 s, 35 s without a frame count as lost
    waiting         something failed; the next attempt comes after a growing delay
    closed          told to stop, or the platform refused us for good; never left again

How it goes on after a failure. The next attempt takes the next address of the list; after max(3, number of
addresses) failures in a row a new list and token are fetched, after a refused auth at once. The delay doubles
up to 30 s and half of it is chance, so that many rooms do not return in step. The count of failures starts
anew with the first message understood, not with the connection: a server that accepts and then drops us would
otherwise be asked every second. Nothing is replayed by the platform after a gap, so every gap is told as an
event of its own.

All times of the socket are wall time. Clock, sleep, chance and the socket itself are handed in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress

import msgspec

from bot.comment import Event
from bot.errors import AuthRefused, PlatformBusy
from bot.rooms.bilibili import Codec, Decoded, encode_auth, encode_heartbeat
from bot.rooms.pace import Pace
from bot.rooms.recording_frames import gap
from bot.rooms.seen import Seen
from bot.rooms.status import TRANSITIONS, Cause, RoomStatus, State
from bot.rooms.websocket import LOSSES, LostError, Wire, open_wire, word_of

__all__ = ["TRANSITIONS", "Address", "Connection", "Pace", "RoomStatus", "State", "Wire", "open_wire"]

HEARTBEAT_S = 30.0
SILENCE_S = HEARTBEAT_S + 5.0
AUTH_S = 10.0
FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 30.0


class Address(msgspec.Struct, frozen=True):
    """Where to connect and what to say first. `auth_body` goes out byte for byte. `host` is the room owner's
    id."""

    urls: tuple[str, ...]
    auth_body: str
    host: str | None = None


class Connection:
    """One room's socket, kept alive for ever.

    `fetch` gives a new address and token; it may raise PlatformBusy (waited for), AuthRefused with retry
    (tried again) and any other RoomError, which ends the connection and reaches whoever walks `events`.
    `on_decoded` sees every message before its events are told. `on_frame` sees every raw message, for a
    recorder.
    """

    def __init__(
        self,
        codec: Codec,
        fetch: Callable[[], Awaitable[Address]],
        *,
        connect: Callable[[str], Awaitable[Wire]] = open_wire,
        pace: Pace | None = None,
        seen: Seen | None = None,
        on_decoded: Callable[[Decoded], None] | None = None,
        on_frame: Callable[[bytes | str, int], None] | None = None,
        on_lost: Callable[[int], None] | None = None,
    ) -> None:
        self._codec = codec
        self._fetch = fetch
        self._connect = connect
        self._pace = pace or Pace()
        self._seen = seen or Seen()
        self._on_decoded = on_decoded
        self._on_frame = on_frame
        self._on_lost = on_lost
        self._wire: Wire | None = None
        self._stop = asyncio.Event()
        self._refetch = True
        self._failures = 0
        self._reconnects = 0
        self._was_live = False
        self._last_frame_ms: int | None = None
        self._heard = 0.0
        self._listening = False
        self._opened = 0.0
        self._next_beat: float | None = None
        self._loss = ""
        self._popularity: int | None = None
        self._ignored: dict[str, int] = {}
        self._trouble = ""
        self._state: State = "connecting"
        self._since_ms = self._pace.now_ms()

    @property
    def status(self) -> RoomStatus:
        return RoomStatus(
            self._state, self._since_ms, self._last_frame_ms, self._reconnects, self._seen.dropped,
            self._popularity, dict(self._ignored), self._trouble,
        )  # fmt: skip

    def _move(self, cause: Cause) -> None:
        self._state = TRANSITIONS[self._state, cause]
        self._since_ms = self._pace.now_ms()

    async def aclose(self) -> None:
        """Stop for good; `events` ends. Calling it twice does nothing more."""
        if self._state != "closed":
            self._move("stopped")
        self._stop.set()
        await self._hang_up("stopped")

    async def restart(self, reason: str) -> None:
        """Drop the socket and fetch a new address; used when the platform ended our session."""
        self._refetch = True
        await self._hang_up(reason)

    async def _hang_up(self, reason: str) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            self._loss = reason
            with suppress(*LOSSES):
                await wire.close()

    async def events(self) -> AsyncGenerator[Event]:
        """What the room says, duplicates dropped, gaps told, until `aclose`. Raises RoomError for a final
        refusal."""
        address: Address | None = None
        try:
            while not self._stop.is_set():
                try:
                    if address is None or self._refetch:
                        address = await self._fetch()
                        self._refetch = False
                        self._codec.host = address.host
                    wire = await self._connect(address.urls[self._failures % len(address.urls)])
                except PlatformBusy as busy:
                    await self._wait("failed", str(busy), at_least=busy.retry_after)
                    continue
                except AuthRefused as refused:
                    if not refused.retry:
                        self._trouble = str(refused)
                        raise
                    await self._wait("failed", str(refused))
                    continue
                except LOSSES as error:
                    await self._wait("failed", word_of(error), addresses=len(address.urls) if address else 1)
                    continue
                async with aclosing(self._talk(wire, address)) as told:
                    async for event in told:
                        yield event
                if not self._stop.is_set():
                    cause: Cause = "refused" if self._loss == "auth" else "lost"
                    await self._wait(cause, self._loss, addresses=len(address.urls))
        finally:
            await self.aclose()

    async def _wait(self, cause: Cause, trouble: str, *, addresses: int = 1, at_least: float = 0.0) -> None:
        """Be in `waiting` for the delay due, then in `connecting`; returns early when stopped."""
        if self._stop.is_set():
            return
        if self._state == "live" and self._on_lost is not None:
            self._on_lost(self._pace.now_ms())
        self._move(cause)
        self._trouble = trouble
        delay = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** min(self._failures, 10))
        delay *= 0.5 + self._pace.chance() / 2
        self._failures += 1
        if self._failures % max(3, addresses) == 0:
            self._refetch = True
        await self._sleep(max(delay, at_least))
        if not self._stop.is_set():
            self._move("due")

    async def _sleep(self, seconds: float) -> None:
        """Sleep, but not beyond the order to stop."""
        tasks = {asyncio.ensure_future(self._pace.sleep(seconds)), asyncio.create_task(self._stop.wait())}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _talk(self, wire: Wire, address: Address) -> AsyncGenerator[Event]:
        """The life of one socket, from opened to lost. Its end is told by `_loss`."""
        if self._stop.is_set():  # told to stop while the socket was opening
            with suppress(*LOSSES):
                await wire.close()
            return
        self._wire, self._loss = wire, ""
        self._opened = self._heard = self._pace.steady()
        self._next_beat = None
        self._move("opened")
        heart = asyncio.create_task(self._beat(wire))
        try:
            await wire.send(encode_auth(address.auth_body))
            while self._wire is wire:
                message = await self._receive(wire)
                events = self._read(message)
                if self._next_beat is None and self._state == "live":
                    await self._send_beat(wire)  # the first one right after the auth answer
                for event in events:
                    yield event
        except LOSSES as error:
            self._loss = self._loss or word_of(error)
        finally:
            self._wire = None
            heart.cancel()
            await asyncio.gather(heart, return_exceptions=True)
            with suppress(*LOSSES):
                await wire.close()

    async def _receive(self, wire: Wire) -> bytes | str:
        # While nobody asks for the next message its silence is ours, not the room's.
        self._heard = self._pace.steady()
        self._listening = True
        try:
            message = await wire.recv()
        finally:
            self._listening = False
        self._heard = self._pace.steady()
        return message

    def _read(self, message: bytes | str) -> list[Event]:
        now_ms = self._pace.now_ms()
        if self._on_frame is not None:
            self._on_frame(message, now_ms)
        decoded = self._codec.feed(message, now_ms)
        for reason, count in decoded.ignored.items():
            self._ignored[reason] = self._ignored.get(reason, 0) + count
        events: list[Event] = []
        if decoded.auth == "refused":
            self._refetch = True
            self._loss = "auth"
            raise LostError(f"auth refused ({decoded.auth_code})")
        if decoded.auth == "ok" and self._state == "authenticating":
            events.extend(self._went_live(now_ms))
        elif self._state == "live" and decoded.packets:
            self._failures = 0
            self._trouble = ""
        self._last_frame_ms = now_ms
        if decoded.popularity is not None:
            self._popularity = decoded.popularity
        if self._state != "live":
            return []  # nobody speaks before the auth answer
        if self._on_decoded is not None:
            self._on_decoded(decoded)
        events.extend(event for event in decoded.events if self._seen.first_time(event))
        return events

    def _went_live(self, now_ms: int) -> list[Event]:
        self._move("accepted")
        if not self._was_live:
            self._was_live = True
            return []
        self._reconnects += 1
        since = self._last_frame_ms if self._last_frame_ms is not None else now_ms
        return [gap(self._codec.room, since, now_ms, self._trouble or "lost")]

    async def _send_beat(self, wire: Wire) -> None:
        self._next_beat = self._pace.steady() + HEARTBEAT_S
        await wire.send(encode_heartbeat())

    async def _beat(self, wire: Wire) -> None:
        """The further heartbeats of one socket, and the watch over its silence."""
        with suppress(*LOSSES):
            while self._wire is wire:
                now = self._pace.steady()
                if self._next_beat is not None and now >= self._next_beat:
                    await self._send_beat(wire)
                limit = self._opened + AUTH_S if self._state == "authenticating" else self._heard + SILENCE_S
                if self._listening and now >= limit:
                    await self._hang_up("auth_timeout" if self._state == "authenticating" else "silence")
                    return
                await self._pace.sleep(1.0)
