"""Our own recording format: the frames a room sent, as they came, one JSON object a line.

    {"t_ms":0,"event":"start","changkong":1,"platform":"bilibili","room":"22000001","base_ms":1755000000000,…}
    {"t_ms":120,"dir":"in","transport":"ws","b64":"…","headers":{}}
    {"t_ms":5000,"event":"drop"}

`t_ms` counts milliseconds from `base_ms` (1970 UTC) of the start line, or from 1970 without one. The start
line is optional; without it the kind of each frame is told from its bytes.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from bot.comment import Event, Happening, RoomKey
from bot.errors import RecordingError
from bot.rooms import twitch_irc
from bot.rooms.bilibili import HEADER, Codec
from bot.rooms.bridge_event import read_event
from bot.rooms.recording_lines import objects, received_then
from bot.rooms.wire import LATEST_MS, WireError, clean, decode, epoch_ms, identity, text_of, whole

Transport = Literal["ws", "http"]


@dataclasses.dataclass(frozen=True, slots=True)
class Start:
    """The first line of a recording. `room` None: not told. `base_ms` 0: not told. `practice`: of a practice
    room."""

    room: RoomKey | None = None
    base_ms: int = 0
    can_reply: bool = False
    practice: bool = False


def start_of(path: Path) -> Start:
    """What the start line tells; a plain Start when the recording has none."""
    for _, _, item in objects(path):
        if item.get("event") != "start":
            break
        platform, room = identity(item.get("platform")), identity(item.get("room"))
        return Start(
            RoomKey(platform, room) if platform and room else None,
            max(0, whole(item.get("base_ms"))),
            item.get("can_reply") is True,
            platform == "practice",
        )
    return Start()


def read(path: Path, room: RoomKey, start: Start) -> Iterator[Event]:
    """The events of every frame received. A `drop` becomes a gap that lasts until the next frame.

    Raises RecordingError with the line for one that is neither a frame nor an event.
    """
    codec = Codec(room, practice=start.practice, web=True)
    dropped_ms: int | None = None
    for number, _, item in objects(path):
        at_ms = start.base_ms + whole(item.get("t_ms"), -1)
        if not start.base_ms <= at_ms <= LATEST_MS:
            raise RecordingError(f"{path} line {number} has no t_ms that can be a time.", line=number)
        if "event" in item:
            dropped_ms = at_ms if item["event"] == "drop" and dropped_ms is None else dropped_ms
            continue
        frame = _bytes(path, number, item.get("b64"))
        if item.get("dir", "in") != "in":
            continue
        if dropped_ms is not None:
            yield gap(room, dropped_ms, at_ms, "drop")
            dropped_ms = None
        for event in events_of(frame, codec, at_ms):
            yield msgspec.structs.replace(received_then(event), **_line(event, number))


def _line(event: Event, number: int) -> dict[str, int]:
    return {} if isinstance(event, Happening) else {"line": number}


def gap(room: RoomKey, since_ms: int, until_ms: int, reason: str) -> Happening:
    """Time during which nothing could be received; nothing is replayed after it."""
    seconds = round(max(0, until_ms - since_ms) / 1000, 3)
    return Happening(room, "gap", until_ms, until_ms, data={"seconds": seconds, "reason": reason})


def _bytes(path: Path, number: int, value: object) -> bytes:
    try:
        return base64.b64decode(text_of(value), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RecordingError(f"{path} line {number} holds b64 that is not base64.", line=number) from error


def events_of(frame: bytes, codec: Codec, at_ms: int) -> tuple[Event, ...]:
    """The events of one frame of any platform whose frames are recorded; an unknown one gives none."""
    if len(frame) >= HEADER.size and frame[4:6] == b"\x00\x10":
        return codec.feed(frame, at_ms).events
    seen = hashlib.sha256(frame).hexdigest()
    try:
        value = decode(frame)
    except WireError:
        return _irc_events(frame, codec.room, at_ms, seen)
    items = value if isinstance(value, list) else [value]
    found = (read_event(item, codec.room, at_ms, seen) for item in items)
    return tuple(event for event in found if event is not None)


def _irc_events(frame: bytes, room: RoomKey, at_ms: int, seen: str) -> tuple[Event, ...]:
    found = []
    for line in clean(frame.decode("utf-8", "replace")).split("\n"):
        message = twitch_irc.parse(line)
        if message is None:
            continue
        sent_ms = epoch_ms(message.tags.get("tmi-sent-ts"), at_ms)
        event = twitch_irc.event_of(message, room, sent_ms, frame_hash=seen)
        if event is not None:
            found.append(event)
    return tuple(found)


class RecordingWriter:
    """Writes a recording frame by frame. Each line is whole before the next begins; `close` ends it.

    `file` is opened for writing bytes and stays the caller's. `base_ms` is the wall clock of t_ms 0.
    """

    def __init__(self, file: BinaryIO, room: RoomKey, *, base_ms: int, can_reply: bool = False) -> None:
        self._file = file
        self._base_ms = base_ms
        self._write(
            {
                "t_ms": 0, "event": "start", "changkong": 1, "platform": room.platform, "room": room.room_id,
                "base_ms": base_ms, "can_reply": can_reply,
            }
        )  # fmt: skip

    def frame(
        self, data: bytes | str, now_ms: int, *, direction: Literal["in", "out"] = "in",
        transport: Transport = "ws", headers: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Append one frame. Pass no header that holds a secret: the file is meant to be shared."""
        body = data.encode("utf-8", "replace") if isinstance(data, str) else data
        b64 = base64.b64encode(body).decode("ascii")
        line = {"t_ms": self._offset(now_ms), "dir": direction, "transport": transport, "b64": b64}
        self._write(line | {"headers": headers or {}})

    def drop(self, now_ms: int) -> None:
        """Note that the connection was lost; the next frame ends the gap."""
        self._write({"t_ms": self._offset(now_ms), "event": "drop"})

    def _offset(self, now_ms: int) -> int:
        return max(0, now_ms - self._base_ms)

    def _write(self, line: dict[str, object]) -> None:
        self._file.write(msgspec.json.encode(line) + b"\n")
