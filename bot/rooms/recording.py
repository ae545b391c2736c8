"""Recordings of rooms: which format a file has, and its events one after another.

A recording is read lazily: memory does not grow with the file. Times come from the recording; `received_ms`
equals `at_ms`, as nobody was there to receive it. Where a format has no message ids `msg_id` is None and
`line` names the comment. A format without dates (ass, some csv) counts from 1970-01-01. A file nobody can
read is a RecordingError that names the line.

    name           recognised by                                                   platform can reply
    changkong      NDJSON of received frames: t_ms with b64 or event               a practice recording
    jsonl-danmaku  one object a line with msg and timestamp                        no
    bilibili-raw   one object a line wrapping an original command, or the command  no
    bilibili-xml   a recorder's <i> document                                       no
    ass            [Script Info] or Dialogue: lines                                no
    twitch-irc     tagged IRC lines                                                yes
    tsv            time, user and text between tabs                                no
    youtube-chat   liveChatMessageListResponse pages                               yes
    csv, xlsx      a header naming a time and a text column                        no
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.comment import Event, RoomKey
from bot.errors import RecordingError
from bot.rooms import recording_frames, recording_lines, recording_markup, recording_pages, recording_tables
from bot.rooms.wire import WireError, clean, decode, mapping

SNIFFED = 256 * 1024
"""Bytes looked at to recognise a file."""

_PAGE = re.compile(
    rb'^\s*"kind"\s*:\s*"youtube#liveChatMessageListResponse"|^\s*\{\s*"kind"\s*:\s*"youtube#live', re.M
)


@dataclasses.dataclass(frozen=True, slots=True)
class Opened:
    """What a format's reader found: the room the file is of (None: not told), its events, and whether it can
    reply."""

    events: Iterator[Event]
    room: RoomKey
    can_reply: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Recording:
    """A recording about to be read. `events` can be walked once and raises RecordingError at a broken line.

    `can_reply`: the platform it was made on takes answers, so that a replay counts them as sent, not
    suggested.
    """

    format: str
    can_reply: bool
    room: RoomKey
    events: Iterator[Event]


def read(path: Path, format: str = "auto") -> Recording:
    """Open a recording. Raises RecordingError when it is missing, empty, of no known format or broken at its
    start."""
    path = Path(path)
    if format != "auto" and format not in FORMATS:
        raise RecordingError(f"There is no recording format {format!r}; known are {', '.join(FORMATS)}.")
    try:
        if format == "auto":
            format = detect(path)
        opened = FORMATS[format](path)
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}.") from error
    return Recording(format, opened.can_reply, opened.room, _guarded(path, opened.events))


def _guarded(path: Path, events: Iterator[Event]) -> Iterator[Event]:
    try:
        yield from events
    except OSError as error:
        raise RecordingError(f"{path} cannot be read to its end: {error.strerror or error}.") from error


def detect(path: Path) -> str:
    """The name of the file's format. Raises RecordingError naming the line when there is none."""
    if path.is_dir():
        raise RecordingError(f"{path} is a folder; name the recordings in it one by one.")
    try:
        with path.open("rb") as file:
            # To the end of a line: half a line of JSON could not be told from a broken one.
            head = file.read(SNIFFED) + file.readline(recording_lines.MAX_LINE)
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}.") from error
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise RecordingError(f"{path} is empty.", line=1)
    if text.startswith(b"<"):
        return "bilibili-xml"
    if re.match(rb'\{|\[\s*[\[{"\]]', text):
        return _detect_json(path, head)
    return _detect_lines(path, head)


def _detect_json(path: Path, head: bytes) -> str:
    lines = head.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    number, first = next((n, line) for n, line in enumerate(lines, 1) if line.strip())
    try:
        value = decode(first)
    except WireError as error:
        if _PAGE.search(head):
            return "youtube-chat"
        raise RecordingError(
            f"{path} line {number} is neither a whole JSON object nor the start of a chat page.",
            line=number,
        ) from error
    if not isinstance(value, dict):
        raise _unknown(path, number)
    if value.get("kind") == recording_pages.KIND:
        return "youtube-chat"
    if "t_ms" in value and ("b64" in value or "event" in value):
        return "changkong"
    if isinstance(value.get("msg"), str) and "timestamp" in value:
        return "jsonl-danmaku"
    if recording_lines.bilibili_command(value) is not None:
        return "bilibili-raw"
    platform = value.get("platform")
    if isinstance(platform, str) and mapping(value.get("msg")):
        raise RecordingError(
            f"{path} holds messages of {clean(platform)[:40]!r}; only wrapped messages of BILIBILI are read.",
            line=number,
        )
    raise _unknown(path, number)


def _detect_lines(path: Path, head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = [(number, line.rstrip("\r")) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:  # blanks of other scripts, which are no blanks to bytes
        raise _unknown(path, 1)
    number, first = lines[0]
    if recording_lines.TSV.match(first):
        return "tsv"
    if recording_lines.looks_like_irc(first):
        return "twitch-irc"
    if first.startswith("[Script Info]") or any(line.startswith("Dialogue:") for _, line in lines):
        return "ass"
    if recording_tables.has_header(path):
        return "csv"
    raise _unknown(path, number)


def _unknown(path: Path, line: int) -> RecordingError:
    return RecordingError(
        f"{path} line {line} is of no recording format this program knows ({', '.join(FORMATS)}).", line=line
    )


def room_of(platform: str, path: Path, named: str | None = None) -> RoomKey:
    """The room a recording names, else one named after the file; letters, digits, dot, dash and underscore
    only."""
    for name in (named or "", path.stem):
        found = re.sub(r"[^\w.-]+", "-", clean(name))[:64].strip("-.")
        if found:
            return RoomKey(platform, found)
    return RoomKey(platform, "recording")


def _changkong(path: Path) -> Opened:
    start = recording_frames.start_of(path)
    room = start.room or room_of("file", path)
    return Opened(recording_frames.read(path, room, start), room, start.can_reply)


def _lines(
    platform: str,
    reader: Callable[[Path, RoomKey], Iterator[Event]],
    named: Callable[[Path], str | None] = lambda path: None,
    can_reply: bool = False,
) -> Callable[[Path], Opened]:
    """A format whose reader needs nothing but the room."""

    def opened(path: Path) -> Opened:
        room = room_of(platform, path, named(path))
        return Opened(reader(path, room), room, can_reply)

    return opened


FORMATS: dict[str, Callable[[Path], Opened]] = {
    "changkong": _changkong,
    "jsonl-danmaku": _lines("bilibili", recording_lines.read_danmaku),
    "bilibili-raw": _lines("bilibili", recording_lines.read_bilibili, recording_lines.bilibili_room),
    "bilibili-xml": _lines("bilibili", recording_markup.read_xml),
    "ass": _lines("file", recording_markup.read_ass),
    "twitch-irc": _lines("twitch", recording_lines.read_irc, recording_lines.irc_channel, can_reply=True),
    "tsv": _lines("file", recording_lines.read_tsv),
    "youtube-chat": _lines("youtube", recording_pages.read, recording_pages.chat_of, can_reply=True),
    "csv": _lines("file", recording_tables.read_csv),
    "xlsx": _lines("file", recording_tables.read_xlsx),
}
