"""Dialling out: a `ws://` or `wss://` source somebody else runs, whose messages are read through a field map.

The map (`fields` in the room's settings) gives for each of our field names where the source has it:

    kind = "type"               a dotted path; numbers are places in a list: "data.0.text"
    "kind:danmu" = "comment"    what the source's word for a kind means here
    kind = "=comment"           a constant
    "user.id" = "data.uid"      ids may be numbers there
    at = "data.ts"              RFC 3339, or seconds or milliseconds since 1970

Without a map the messages must be events of the bridge as they are. A source without a kind says comments. A source
that sends a hello with `can_reply` gets what we say and reports back, as through our own door; it need not sign,
for we chose its address.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol

from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import WebSocketException

from bot.errors import SettingsError
from bot.rooms.bridge_door import Refused, let_in
from bot.rooms.bridge_room import BridgeRoom, Way
from bot.rooms.wire import WireError, decode, epoch_ms, text_of, whole

MAX_MESSAGE = 1024 * 1024
FIRST_DELAY_MS, LAST_DELAY_MS = 1_000, 60_000
_TEXTS = {"id", "user.id", "user.name", "text", "product", "name", "reply_to"}
_WHOLES = {"count", "qty", "fen", "user.level", "user.fan_level"}


class FieldMap:
    """Turns a message of the source into an event of the bridge. Pure."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        """Raises SettingsError for a path that leads nowhere by its form."""
        self._words = {name[5:]: value for name, value in fields.items() if name.startswith("kind:")}
        self._paths = {name: value for name, value in fields.items() if not name.startswith("kind:")}
        for name, path in self._paths.items():
            if not name or not path or (not path.startswith("=") and "" in path.split(".")):
                raise SettingsError(
                    f"Field `{name}` of the bridge's map has the path {path!r}; give names joined by dots."
                )

    def apply(self, item: object) -> object:
        """The event; the item itself when there is no map. Paths that lead nowhere leave their field out."""
        if not (self._paths or self._words) or not isinstance(item, dict):
            return item
        event: dict[str, Any] = {} if self._paths else dict(item)
        for name, path in self._paths.items():
            value = path[1:] if path.startswith("=") else _follow(item, path)
            if value is not None:
                _place(event, name, _fitting(name, value))
        kind = text_of(event.get("kind"), "comment")
        event["kind"] = self._words.get(kind, kind)
        return event


def _follow(value: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 6:
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def _fitting(name: str, value: Any) -> Any:
    """The value in the type the bridge wants, where the source's type says the same."""
    if name in _TEXTS:
        return text_of(value) or value
    if name in _WHOLES and not isinstance(value, bool):
        return whole(value, -1) if isinstance(value, str | float) else value
    if name == "user.follows" and value in (0, 1):
        return bool(value)
    if name == "at" and (moment := epoch_ms(value, -1)) >= 0:
        return dt.datetime.fromtimestamp(moment / 1000, dt.UTC).isoformat()
    return value


def _place(event: dict[str, Any], name: str, value: Any) -> None:
    *parents, last = name.split(".")
    for parent in parents:
        inside = event.setdefault(parent, {})
        if not isinstance(inside, dict):
            return
        event = inside
    event[last] = value


class Line(Protocol):
    """An open websocket; walking it ends, or raises, when it is lost."""

    def __aiter__(self) -> AsyncIterator[str | bytes]: ...

    async def send(self, message: str) -> None: ...

    async def close(self) -> None: ...


async def open_line(url: str) -> Line:
    """Open a real websocket. Raises OSError, TimeoutError or WebSocketException."""
    return await open_websocket(url, max_size=MAX_MESSAGE, close_timeout=2.0)


class Dial:
    """Keeps a source connected and hands what it says to the room. The delay doubles from 1 s to 60 s and falls back
    only after a message: a source that accepts and drops us must not be asked every second."""

    def __init__(
        self,
        url: str,
        fields: Mapping[str, str] | None = None,
        *,
        connect: Callable[[str], Awaitable[Line]] = open_line,
    ) -> None:
        """Raises SettingsError unless `url` is ws:// or wss://."""
        if not url.startswith(("ws://", "wss://")):
            raise SettingsError("The bridge's `source` must begin with ws:// or wss://.")
        self._url = url
        self._map = FieldMap(fields or {})
        self._connect = connect
        self._delay = 0

    async def run(self, room: BridgeRoom) -> None:
        """Until cancelled."""
        while True:
            trouble = "closed"
            try:
                line = await self._connect(self._url)
                try:
                    await self._listen(line, room)
                finally:
                    await line.close()
            except (OSError, EOFError, TimeoutError, WebSocketException, ValueError) as error:
                trouble = type(error).__name__  # without the address: it can hold a token
            self._delay = min(max(self._delay * 2, FIRST_DELAY_MS), LAST_DELAY_MS)
            room.stand("waiting", trouble)
            await room.clock.sleep_until(room.clock.now() + self._delay)

    async def _listen(self, line: Line, room: BridgeRoom) -> None:
        way: Way | None = None
        try:
            async for message in line:
                self._delay = 0
                room.stand("live")
                data = message.encode("utf-8", "replace") if isinstance(message, str) else message
                for item, frame_hash in _items(data, room):
                    if isinstance(item, dict) and item.get("hello") == 1 and way is None:
                        echoes = item.get("echoes") is True
                        way = (
                            room.open_way(line.send, echoes=echoes) if item.get("can_reply") is True else None
                        )
                    elif isinstance(item, dict) and item.get("kind") == "said" and way is not None:
                        room.said(way, item)
                    else:
                        self._take(item, frame_hash, room)
        finally:
            if way is not None:
                room.close_way(way)

    def _take(self, item: object, frame_hash: str, room: BridgeRoom) -> None:
        try:
            event = let_in(self._map.apply(item), room.key, room.clock.now(), frame_hash)
        except Refused as refused:
            room.ignore(
                f"refused {refused.field}"[:60] if refused.field.replace(".", "").isalnum() else "refused"
            )
            return
        if event is None:
            room.ignore("unknown_kind")
        else:
            room.accept([event])


def _items(data: bytes, room: BridgeRoom) -> list[tuple[object, str]]:
    """The JSON values of one message: one, a list, or one a line."""
    try:
        values = [(decode(data), data)]
    except WireError:
        values = []
        for line in data.splitlines():
            try:
                values.append((decode(line), line))
            except WireError:
                room.ignore("bad_json")
                if not values:  # not lines of JSON at all: one mistake, not as many as it has lines
                    break
    found: list[tuple[object, str]] = []
    for value, source in values:
        frame_hash = hashlib.sha256(source).hexdigest()
        found.extend((item, frame_hash) for item in (value if isinstance(value, list) else [value]))
    return found
