"""Recordings with one event a line: jsonl-danmaku, bilibili-raw, twitch-irc, tsv.

Lines end at a line feed and nowhere else: comments hold form feeds, U+2028 and the like.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from bot.comment import Comment, Event, RoomKey, Viewer
from bot.errors import RecordingError
from bot.rooms import twitch_irc
from bot.rooms.bilibili import event_of
from bot.rooms.bilibili_events import Context
from bot.rooms.wire import LATEST_MS, WireError, clean, decode_object, epoch_ms, identity, text_of, whole

MAX_LINE = 8 * 1024 * 1024
"""Bytes of one line; a longer one is an error, so that a file without line feeds cannot fill the memory."""

TSV = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})(?:[,.](\d{1,6}))?\t([^\t]*)\t(.*)\Z", re.DOTALL)

WRAPPED = {"DANMU": "DANMU_MSG", "GIFT": "SEND_GIFT", "SUPER_CHAT": "SUPER_CHAT_MESSAGE"}
"""Type of a wrapper to the command it wraps, for bodies whose `cmd` the recorder left out."""


def raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number (from 1) and bytes of every line that is not blank, without its end and without a byte-order
    mark."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise RecordingError(
                    f"{path} line {number} is longer than {MAX_LINE >> 20} MiB.", line=number
                )
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            line = line.rstrip(b"\r\n")
            if line.strip():
                yield number, line


def text_lines(path: Path) -> Iterator[tuple[int, bytes, str]]:
    """As raw_lines, with the text. Raises RecordingError at a line that is not UTF-8."""
    for number, line in raw_lines(path):
        try:
            yield number, line, line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RecordingError(f"{path} line {number} is not UTF-8 text.", line=number) from error


def objects(path: Path) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
    """As raw_lines, with the JSON object of each line. Raises RecordingError at a line that holds none."""
    for number, line in raw_lines(path):
        try:
            yield number, line, decode_object(line)
        except WireError as error:
            raise RecordingError(f"{path} line {number} is not a whole JSON object.", line=number) from error


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def read_danmaku(path: Path, room: RoomKey) -> Iterator[Comment]:
    """uid, uname, msg, timestamp (ms): every line is a comment, whatever its `danmaku.msg_type`."""
    for number, line, item in objects(path):
        text = item.get("msg")
        at_ms = whole(item.get("timestamp"), -1)
        if not isinstance(text, str) or not 0 <= at_ms <= LATEST_MS:
            raise RecordingError(f"{path} line {number} lacks msg or timestamp.", line=number)
        viewer = Viewer(identity(item.get("uid")), text_of(item.get("uname")))
        yield Comment(room, viewer, text, at_ms, at_ms, line=number, frame_hash=_hash(line))


def bilibili_command(item: dict[str, Any]) -> dict[str, Any] | None:
    """The command of a recorded line: the line itself, or what its wrapper holds; None when it is neither."""
    if isinstance(item.get("cmd"), str):
        return item
    body = item.get("msg")
    if text_of(item.get("platform")).upper() != "BILIBILI" or not isinstance(body, dict):
        return None
    if isinstance(body.get("cmd"), str):
        return body
    name = WRAPPED.get(text_of(item.get("type")).upper())
    return body | {"cmd": name} if name else None


def bilibili_room(path: Path) -> str | None:
    """The room id the first line names, None when it names none."""
    for _, _, item in islice(objects(path), 1):
        return identity(item.get("roomId")) or identity(item.get("roomid"))
    return None


def read_bilibili(path: Path, room: RoomKey) -> Iterator[Event]:
    """Original commands, wrapped or bare. Commands without a time of their own take that of the line
    before."""
    last_ms = 0
    for number, line, item in objects(path):
        command = bilibili_command(item)
        if command is None:
            raise RecordingError(f"{path} line {number} holds no command of bilibili.", line=number)
        for event in command_events(command, Context(room, last_ms, _hash(line), web=True, line=number)):
            last_ms = max(last_ms, event.at_ms)
            yield event


def command_events(command: dict[str, Any], context: Context) -> tuple[Event, ...]:
    """The events of a recorded command, received when they happened. Unknown commands give none."""
    found = event_of(command, context)
    if isinstance(found, str):
        return ()
    return tuple(received_then(event) for event in found.events)


def received_then(event: Event) -> Event:
    """The event with its time of receipt set to its own time, as in every replay."""
    return msgspec.structs.replace(event, received_ms=event.at_ms)


def looks_like_irc(line: str) -> bool:
    """Whether a line is one of the commands a Twitch chat connection carries."""
    message = twitch_irc.parse(line)
    return message is not None and (message.command in twitch_irc.COMMANDS or message.command.isdigit())


def irc_channel(path: Path) -> str | None:
    """The channel the first lines name, without its #; None when they name none."""
    for _, _, text in islice(text_lines(path), 200):
        message = twitch_irc.parse(clean(text))
        if message is not None and message.command in ("PRIVMSG", "ROOMSTATE") and message.channel:
            return message.channel[:64]
    return None


def read_irc(path: Path, room: RoomKey) -> Iterator[Event]:
    """Tagged IRC lines. A line without a time takes that of the line before."""
    last_ms = 0
    for number, line, text in text_lines(path):
        message = twitch_irc.parse(text)
        if message is None:
            raise RecordingError(f"{path} line {number} is not a line of IRC.", line=number)
        at_ms = epoch_ms(message.tags.get("tmi-sent-ts"), last_ms)
        event = twitch_irc.event_of(message, room, at_ms, line=number, frame_hash=_hash(line))
        last_ms = max(last_ms, at_ms)
        if event is not None:
            yield event


def read_tsv(path: Path, room: RoomKey) -> Iterator[Comment]:
    """`YYYY-MM-DD HH:MM:SS,mmm<TAB>user<TAB>text`, times in UTC. The user column is name and id in one."""
    for number, line, text in text_lines(path):
        match = TSV.match(text)
        at_ms = _timestamp(match[1], match[2]) if match else None
        if match is None or at_ms is None:
            raise RecordingError(
                f"{path} line {number} is not time, user and text between tabs.", line=number
            )
        viewer = Viewer(identity(match[3]), match[3])
        yield Comment(room, viewer, match[4], at_ms, at_ms, line=number, frame_hash=_hash(line))


def _timestamp(day_and_time: str, fraction: str | None) -> int | None:
    try:
        moment = dt.datetime.strptime(day_and_time, "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC)
    except ValueError:
        return None
    at_ms = int(moment.timestamp()) * 1000 + int((fraction or "0").ljust(6, "0")[:3])
    return at_ms if 0 <= at_ms <= LATEST_MS else None
