"""The practice show being played: who watches, where the show stands, what was answered."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import IO, Literal, Protocol

import msgspec

from bot.comment import Event, Happening, RoomKey
from bot.errors import RecordingError
from bot.rooms.bilibili import Compression, encode_commands
from bot.rooms.pace import Pace
from bot.rooms.practice_commands import Scene, command_of, start_of
from bot.rooms.wire import whole

RUN = 16
"""Commands in one message at most."""

SLOW_S = 30.0
"""A watcher that takes no message for so long is dropped; the show does not wait for the dead."""

KEPT_REPLIES = 200


class Watcher(Protocol):
    """An attached connection. `send` waits while the other side reads slowly and raises when it is gone."""

    async def send(self, message: bytes) -> None: ...

    async def close(self) -> None: ...


class Answer(msgspec.Struct, frozen=True):
    """An answer shown in the room at `t_ms` of the show."""

    key: str
    text: str
    t_ms: int


class Stage:
    """Plays a scene to whoever watches.

    `speed` None is as fast as the watchers read: then the show waits while nobody watches. At any other speed
    it goes on like a real room, whoever is there. It begins with the first watcher. The show's time is the
    wall clock at its beginning plus the recording's offset.
    """

    def __init__(
        self, scene: Scene, room: RoomKey, room_id: int, *, speed: float | None, loops: int = 1,
        pace: Pace | None = None, replies_log: Path | None = None,
    ) -> None:  # fmt: skip
        self._scene = scene
        self._room = room
        self._room_id = room_id
        self._speed = speed
        self._loops = loops
        self._pace = pace or Pace()
        self._watchers: set[Watcher] = set()
        self._attached = asyncio.Event()
        self._log: IO[bytes] | None = replies_log.open("ab") if replies_log else None
        self._keys: set[str] = set()
        self._compression: Iterator[Compression] = cycle(("plain", "zlib", "brotli"))
        self._run_id = secrets.token_hex(4)
        self._base_ms = self._end_ms = 0
        self.state: Literal["waiting", "playing", "ended", "broken"] = "waiting"
        self.trouble = ""
        self.t_ms = 0
        self.sent = 0
        self.loop = 0
        self.cuts = 0
        self.product: int | None = None
        self.viewers = 0
        self.replies: deque[Answer] = deque(maxlen=KEPT_REPLIES)
        self.shown = self.duplicates = 0

    @property
    def watching(self) -> int:
        return len(self._watchers)

    def attach(self, watcher: Watcher) -> None:
        self._watchers.add(watcher)
        self._attached.set()

    def detach(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)
        if not self._watchers:
            self._attached.clear()

    async def cut(self) -> None:
        """Drop every watcher, as a network does."""
        self.cuts += 1
        for watcher in list(self._watchers):
            self.detach(watcher)
            with suppress(Exception):
                await watcher.close()

    def reply(self, key: str, text: str) -> bool:
        """Show an answer once; whether it was a duplicate. The log line is on the disk before this
        returns."""
        duplicate = key in self._keys
        if self._log is not None:
            line = {"key": key, "text": text, "t_ms": self.t_ms, "duplicate": duplicate}
            self._log.write(msgspec.json.encode(line) + b"\n")
            self._log.flush()
            os.fsync(self._log.fileno())
        if duplicate:
            self.duplicates += 1
            return True
        self._keys.add(key)
        self.replies.append(Answer(key, text, self.t_ms))
        self.shown += 1
        return False

    def close(self) -> None:
        if self._log is not None:
            self._log.close()

    async def play(self) -> None:
        """The whole show, `loops` times. A recording that breaks in the middle ends it with `broken`."""
        await self._attached.wait()
        self._base_ms = self._pace.now_ms()
        began = self._pace.steady()
        self.state = "playing"
        await self._broadcast([start_of(self._room_id, self._base_ms, f"{self._run_id}-start")])
        offset_ms = 0
        try:
            for loop in range(1, self._loops + 1):
                self.loop = loop
                offset_ms = await self._act(began, offset_ms)
            self.state = "ended"
        except RecordingError as error:
            self.state, self.trouble = "broken", str(error)
        self._end_ms = self._base_ms + offset_ms
        await self._broadcast([self._end()])

    def _end(self) -> bytes:
        return start_of(self._room_id, self._end_ms, f"{self._run_id}-end", end=True)

    async def tell_end(self, watcher: Watcher) -> None:
        """Tell one who came too late that the show is over, with the same message id as those who saw it; they
        would wait for ever."""
        if self._end_ms:
            await watcher.send(encode_commands([self._end()]))

    async def _act(self, began: float, offset_ms: int) -> int:
        """Once through the scene; the offset at which the next round begins."""
        waiting: list[bytes] = []
        first_ms: int | None = None
        due_ms = offset_ms
        for number, event in enumerate(self._scene):
            first_ms = event.at_ms if first_ms is None else first_ms
            t_ms = offset_ms + max(0, event.at_ms - first_ms)
            if waiting and (len(waiting) >= RUN or (self._speed is not None and t_ms > due_ms)):
                await self._broadcast(waiting)
                waiting = []
            due_ms = max(due_ms, t_ms)
            await self._until(began, due_ms)
            self.t_ms = due_ms
            self._note(event)
            msg_id = f"{self._run_id}-{self.loop}-{number}"
            command = command_of(event, self._room_id, self._base_ms + t_ms, msg_id)
            if command is not None:
                waiting.append(command)
        if waiting:
            await self._broadcast(waiting)
        return due_ms + 1000

    async def _until(self, began: float, due_ms: int) -> None:
        if self._speed is None:
            return
        left = began + due_ms / 1000 / self._speed - self._pace.steady()
        if left > 0:
            await self._pace.sleep(left)

    def _note(self, event: Event) -> None:
        if isinstance(event, Happening) and event.kind == "product":
            self.product = whole(event.data.get("slot")) or None
        elif isinstance(event, Happening) and event.kind == "viewers":
            self.viewers = whole(event.data.get("count"))

    async def _broadcast(self, commands: list[bytes]) -> None:
        if self._speed is None:
            await self._attached.wait()
            await asyncio.sleep(0)  # writing to a ready socket never yields; others want their turn
        message = encode_commands(commands, next(self._compression))
        self.sent += len(commands)
        for watcher in list(self._watchers):
            try:
                async with asyncio.timeout(SLOW_S):
                    await watcher.send(message)
            except Exception:  # whatever the transport raises, this watcher is gone
                self.detach(watcher)
                with suppress(Exception):
                    await watcher.close()
