"""One event stream a page: topics multiplexed, a bounded queue for each client, at most four updates a second.

`Broadcast.publish` is called from the event loop after a COMMIT and never waits. A client that reads too slowly loses
its queue and is told to fetch everything anew (`snapshot`); nobody else notices. Events carry an id `run-number`; a
client that comes back with the last one it saw gets what it missed, or a snapshot when that is too long ago.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

TOPICS = ("comments", "answers", "cases", "counters", "draw", "status", "desk")
QUEUE = 400
"""Events held for one client; more, and it gets a snapshot."""

PACE_S = 0.25
"""At least this long between two updates to one client: four a second."""

HEARTBEAT_S = 15.0


@dataclass(frozen=True, slots=True)
class Event:
    """One thing published. `room` "" concerns every room. `payload` is JSON."""

    number: int
    topic: str
    room: str
    payload: object


@dataclass(slots=True, eq=False)
class Client:
    """One open stream: what it listens to, and what waits for it. `lost`: its queue overflowed."""

    topics: frozenset[str]
    room: str
    waiting: deque[Event] = field(default_factory=deque)
    lost: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def wants(self, event: Event) -> bool:
        """Whether the event is for this page. A page without a room hears of all rooms."""
        return event.topic in self.topics and (not event.room or not self.room or event.room == self.room)

    def offer(self, event: Event) -> None:
        """Queue the event, or give up the queue when it is full or the rows were not kept."""
        if self.lost:
            return
        if len(self.waiting) >= QUEUE or (event.topic == "comments" and event.payload is None):
            self.waiting.clear()
            self.lost = True
        else:
            self.waiting.append(event)
        self.woken.set()


class Broadcast:
    """All open streams. Lives on one event loop."""

    def __init__(self, keep: int = 1000) -> None:
        self.run = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[Event] = deque(maxlen=keep)
        self._clients: set[Client] = set()
        self._closing = asyncio.Event()

    @property
    def clients(self) -> int:
        """How many streams are open."""
        return len(self._clients)

    def publish(self, topic: str, payload: object = None, room: str = "") -> None:
        """Tell every page that listens to `topic` (of `room`, or of all when ""). Never waits, never raises for a
        client's sake. `payload` must be JSON; only `comments` carries data, a list of rows (None: they were not kept,
        fetch them), the other topics say that something has changed."""
        if topic not in TOPICS:
            raise ValueError(f"There is no topic {topic!r}; use one of {', '.join(TOPICS)}.")
        self._number += 1
        event = Event(self._number, topic, room, payload)
        self._kept.append(event)
        for client in self._clients:
            if client.wants(event):
                client.offer(event)

    def close(self) -> None:
        """End every stream: the server is stopping. New ones end at once."""
        self._closing.set()
        for client in self._clients:
            client.woken.set()

    def join(self, topics: Collection[str], room: str, last_id: str | None) -> Client:
        """A new client, given what it missed since `last_id`; a snapshot when that cannot be told."""
        client = Client(frozenset(topics) & frozenset(TOPICS), room)
        if last_id:
            run, _, number = last_id.partition("-")
            oldest = self._kept[0].number if self._kept else self._number + 1
            if run != self.run or not number.isascii() or not number.isdigit() or int(number) < oldest - 1:
                client.lost = True
            else:
                for event in self._kept:
                    if event.number > int(number) and client.wants(event):
                        client.offer(event)
        self._clients.add(client)
        return client

    def leave(self, client: Client) -> None:
        """The page has gone."""
        self._clients.discard(client)

    async def events(
        self,
        client: Client,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        allowed: Callable[[], Awaitable[bool]] | None = None,
        check_s: float = HEARTBEAT_S,
    ) -> AsyncIterator[dict[str, str]]:
        """What to send to one client, as fields of server-sent events, until the server stops or `allowed`, asked
        before an update whenever `check_s` seconds have gone by, says no: who has left or was shut out hears no
        more."""
        clock = asyncio.get_running_loop().time
        checked = clock()
        try:
            # Told at once, so that the browser knows an id to come back with.
            yield self._message("hello", self._number, {"topics": sorted(client.topics)})
            while not self._closing.is_set():
                await client.woken.wait()
                client.woken.clear()
                if self._closing.is_set():
                    break
                if allowed is not None and clock() - checked >= check_s:
                    if not await allowed():
                        break
                    checked = clock()
                for message in self._drain(client):
                    yield message
                await sleep(PACE_S)
        finally:
            self.leave(client)

    def _drain(self, client: Client) -> Sequence[dict[str, str]]:
        if client.lost:
            client.lost = False
            client.waiting.clear()
            return [self._message("snapshot", self._number, {"topics": sorted(client.topics)})]
        events = list(client.waiting)
        client.waiting.clear()
        if not events:
            return []
        merged: dict[str, list[object]] = {}
        for event in events:
            rows = merged.setdefault(event.topic, [])
            if event.topic == "comments" and isinstance(event.payload, list):
                rows.extend(event.payload)
            else:
                rows[:] = [event.payload]
        last = events[-1].number
        return [
            self._message(topic, last, rows if topic == "comments" else rows[0])
            for topic, rows in merged.items()
        ]

    def _message(self, name: str, number: int, payload: object) -> dict[str, str]:
        # ASCII escapes carry lone surrogates safely and leave no line break for a viewer to forge.
        return {"event": name, "id": f"{self.run}-{number}", "data": json.dumps(payload, ensure_ascii=True)}
