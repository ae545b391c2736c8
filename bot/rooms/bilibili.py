"""bilibili's websocket framing, without the socket: bytes in, values out, and the way back.

A packet is a 16-byte big-endian header (packet length, header length, version, operation, sequence) and a
body. One websocket message holds one or more packets; versions 2 (zlib) and 3 (brotli) hold a run of packets
inside. Nothing here raises for what a peer sent: a broken packet costs itself, never the connection, and is
counted by reason.

Source: the open-live documentation as gathered in the project's platform notes; the test vectors stand in
`tests/vectors/bilibili.json`.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import brotli
import msgspec

from bot.comment import Event, RoomKey
from bot.rooms.bilibili_events import OPEN_READERS, PRACTICE_READERS, Context, Found
from bot.rooms.bilibili_web import WEB_READERS
from bot.rooms.wire import WireError, decode_object, text_of, whole

HEADER = struct.Struct(">I2H2I")
MAX_MESSAGE = 4 * 1024 * 1024
"""Bytes one websocket message may decompress to, all its packets together (50 MB of zeros are 77 bytes of
brotli)."""

PLAIN, PLAIN_CONTROL, ZLIB, BROTLI = 0, 1, 2, 3
OP_HEARTBEAT, OP_HEARTBEAT_ANSWER, OP_COMMAND, OP_AUTH, OP_AUTH_ANSWER = 2, 3, 5, 7, 8

Compression = Literal["plain", "zlib", "brotli"]


class Packet(msgspec.Struct, frozen=True):
    """One packet as it stands on the wire. `body` is without the header and still compressed."""

    version: int
    operation: int
    sequence: int
    body: bytes


class Decoded(msgspec.Struct, frozen=True):
    """What one websocket message said.

    `auth` is the server's answer to ours, None when the message holds none; `auth_code` its number.
    `popularity` is the figure of a heartbeat answer, else None. `ended` holds the game ids of interaction
    sessions the platform ended. `packets` counts those understood; `ignored` counts what was not, by reason.
    """

    events: tuple[Event, ...] = ()
    auth: Literal["ok", "refused"] | None = None
    auth_code: int | None = None
    popularity: int | None = None
    ended: tuple[str, ...] = ()
    packets: int = 0
    ignored: dict[str, int] = msgspec.field(default_factory=dict)


class Codec:
    """Turns websocket messages of one room into events.

    `host` is the room owner's open_id (or uid): what they say is theirs, not a viewer's. `practice` lets the
    codec read the fields only the practice server sends; a real platform's message never reaches that code.
    `web` admits the web client's commands and is for recordings only: the web client's protocol is never
    attached.
    """

    def __init__(
        self, room: RoomKey, *, host: str | None = None, practice: bool = False, web: bool = False
    ) -> None:
        self.room = room
        self.host = host
        self.practice = practice
        self.web = web

    def feed(self, frame: bytes | str, received_ms: int) -> Decoded:
        """Decode one websocket message, received at wall clock `received_ms`. Never raises for its
        content."""
        if isinstance(frame, str):
            return Decoded(ignored={"text_frame": 1})
        context = Context(
            room=self.room, received_ms=received_ms, frame_hash=hashlib.sha256(frame).hexdigest(),
            host=self.host, practice=self.practice, web=self.web,
        )  # fmt: skip
        reading = _Reading(context)
        reading.run(bytes(frame), nested=False)
        return reading.decoded()


class _Reading:
    """The message being decoded: one budget of decompressed bytes, one set of findings."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.budget = MAX_MESSAGE
        self.events: list[Event] = []
        self.ended: list[str] = []
        self.ignored: dict[str, int] = {}
        self.packets = 0
        self.auth: Literal["ok", "refused"] | None = None
        self.auth_code: int | None = None
        self.popularity: int | None = None

    def decoded(self) -> Decoded:
        return Decoded(
            events=tuple(self.events), auth=self.auth, auth_code=self.auth_code, popularity=self.popularity,
            ended=tuple(self.ended), packets=self.packets, ignored=self.ignored,
        )  # fmt: skip

    def ignore(self, reason: str) -> None:
        self.ignored[reason] = self.ignored.get(reason, 0) + 1

    def run(self, data: bytes, *, nested: bool) -> None:
        for packet in split(data):
            if isinstance(packet, str):
                self.ignore(packet)
            elif packet.version in (ZLIB, BROTLI):
                self._unpack(packet, nested=nested)
            elif packet.version not in (PLAIN, PLAIN_CONTROL):
                self.ignore("unknown_version")
            else:
                self._plain(packet)

    def _unpack(self, packet: Packet, *, nested: bool) -> None:
        if nested:  # one level only: a packet that holds itself would never end
            self.ignore("nested_too_deep")
            return
        inner = inflate(packet.version, packet.body, self.budget)
        if isinstance(inner, str):
            self.ignore(inner)
            # The bytes were made before they were refused: they are spent, or a message of many bombs is one.
            self.budget -= self.budget if inner == "too_large" else 0
            return
        self.budget -= len(inner)
        self.run(inner, nested=True)

    def _plain(self, packet: Packet) -> None:
        if packet.operation == OP_HEARTBEAT_ANSWER:
            if len(packet.body) < 4:
                self.ignore("bad_heartbeat")
                return
            self.popularity = int.from_bytes(packet.body[:4], "big")
            self.packets += 1
        elif packet.operation == OP_COMMAND:
            self._command(packet.body)
        elif packet.operation == OP_AUTH_ANSWER:
            self._auth(packet.body)
        else:
            self.ignore("unknown_operation")

    def _command(self, body: bytes) -> None:
        try:
            command = decode_object(body)
        except WireError:
            self.ignore("bad_json")
            return
        found = event_of(command, self.context)
        if isinstance(found, str):
            self.ignore(found)
            return
        self.packets += 1
        self.events.extend(found.events)
        self.ended.extend(found.ended)

    def _auth(self, body: bytes) -> None:
        try:
            answer = decode_object(body)
        except WireError:
            self.ignore("bad_json")
            return
        self.auth_code = whole(answer.get("code"), -1)
        self.auth = "ok" if self.auth_code == 0 else "refused"
        self.packets += 1


def event_of(command: dict[str, Any], context: Context) -> Found | str:
    """The meaning of one command, or the reason it was ignored."""
    name = text_of(command.get("cmd")).partition(":")[0]  # "DANMU_MSG:4:0:2:2:2:0" is a DANMU_MSG
    reader = OPEN_READERS.get(name)
    if reader is None and context.web:
        reader = WEB_READERS.get(name)
    if reader is None and context.practice:
        reader = PRACTICE_READERS.get(name)
    if reader is None:
        return "unknown_command"
    found = reader(command, context)
    if found is None:
        return "missing_fields"
    return found if isinstance(found, Found | str) else Found((found,))


def split(data: bytes) -> Iterator[Packet | str]:
    """The packets of one websocket message or of one decompressed body; a str is the reason the rest was
    dropped.

    Websocket messages are whole, so a length beyond the message is an error and never a reason to wait. After
    a heartbeat answer the rest is the echo of our own heartbeat, which no length counts; it is dropped.
    """
    offset = 0
    while offset < len(data):
        if len(data) - offset < HEADER.size:
            yield "truncated"
            return
        length, header, version, operation, sequence = HEADER.unpack_from(data, offset)
        if length < HEADER.size or header < HEADER.size or header > length:
            yield "bad_length"
            return
        if operation == OP_HEARTBEAT_ANSWER:
            yield Packet(version, operation, sequence, data[offset + header : offset + header + 4])
            return
        if offset + length > len(data):
            yield "truncated"
            return
        yield Packet(version, operation, sequence, data[offset + header : offset + length])
        offset += length


def inflate(version: int, body: bytes, limit: int) -> bytes | str:
    """Decompress a body of version 2 or 3 to at most `limit` bytes, else the reason: too_large,
    bad_compression."""
    if limit <= 0:
        return "too_large"
    try:
        if version == ZLIB:
            unzip = zlib.decompressobj()
            out = unzip.decompress(body, limit)
            complete, more = unzip.eof, bool(unzip.unconsumed_tail)
        else:
            stream = brotli.Decompressor()
            out = stream.process(body, output_buffer_limit=limit)
            complete, more = stream.is_finished(), not stream.can_accept_more_data()
    except (zlib.error, brotli.error):
        return "bad_compression"
    if len(out) > limit or (not complete and (more or len(out) >= limit)):
        return "too_large"
    return out if complete else "bad_compression"


def encode(operation: int, body: bytes = b"", *, version: int = PLAIN_CONTROL, sequence: int = 1) -> bytes:
    """One packet."""
    return HEADER.pack(HEADER.size + len(body), HEADER.size, version, operation, sequence) + body


def encode_auth(auth_body: str) -> bytes:
    """The first packet of a client; `auth_body` goes out byte for byte as the platform handed it to us."""
    return encode(OP_AUTH, auth_body.encode("utf-8"))


def encode_heartbeat() -> bytes:
    """The packet of a client every 30 s."""
    return encode(OP_HEARTBEAT)


def encode_auth_answer(code: int) -> bytes:
    """The server's answer to auth: 0 taken, -101 token wrong."""
    return encode(OP_AUTH_ANSWER, b'{"code":%d}' % code)


def encode_heartbeat_answer(popularity: int, echo: bytes = b"") -> bytes:
    """The server's answer to a heartbeat. The echo follows the packet and is not counted by its length."""
    return encode(OP_HEARTBEAT_ANSWER, popularity.to_bytes(4, "big"), sequence=0) + echo


def encode_commands(commands: Sequence[bytes], compression: Compression = "plain") -> bytes:
    """One websocket message of the server holding all `commands` (JSON bytes), one packet each."""
    run = b"".join(encode(OP_COMMAND, command, version=PLAIN, sequence=0) for command in commands)
    if compression == "zlib":
        return encode(OP_COMMAND, zlib.compress(run), version=ZLIB, sequence=0)
    if compression == "brotli":
        return encode(OP_COMMAND, brotli.compress(run, quality=5), version=BROTLI, sequence=0)
    return run


def auth_token(body: bytes) -> str:
    """The `key` of a client's auth body, empty when there is none; for the practice server."""
    try:
        return text_of(decode_object(body).get("key"))
    except WireError:
        return ""
