"""Recordings in markup: a recorder's XML and ASS subtitles."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from bot.comment import Event, RoomKey, Viewer
from bot.errors import RecordingError
from bot.rooms.bilibili_events import Context
from bot.rooms.recording_lines import command_events, text_lines
from bot.rooms.wire import LATEST_MS, WireError, decode, epoch_ms, identity, whole

CHUNK = 64 * 1024
MAX_ELEMENT = 4 * 1024 * 1024
"""Bytes one element may take, its attributes and text together."""

_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Control characters no XML may hold; recorders write viewers' text without removing them."""


class _DtdError(Exception):
    """The document declares a DTD; entities are how a small file becomes a huge one."""


class _Document:
    """One XML document being read: expat's callbacks on one side, events waiting to be fetched on the
    other."""

    def __init__(self, room: RoomKey) -> None:
        self.room = room
        self.waiting: list[Event] = []
        self.last_ms = 0
        self.root: str | None = None
        self.known = 0
        self.open: tuple[str, dict[str, str], int] | None = None
        self.text: list[str] = []
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, chunk: bytes, final: bool) -> list[Event]:
        self.parser.Parse(_NOT_XML.sub(b"", chunk), final)
        found, self.waiting = self.waiting, []
        return found

    def _doctype(self, *declared: object) -> None:
        raise _DtdError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.root = self.root or name
        if name in ("d", "sc", "gift", "guard"):
            self.known += 1
            self.open = (name, attributes, self.parser.CurrentLineNumber)
            self.text = []

    def _data(self, data: str) -> None:
        if self.open is not None:
            self.text.append(data)

    def _end(self, name: str) -> None:
        if self.open is None or self.open[0] != name:
            return
        _, attributes, line = self.open
        self.open = None
        for event in self._events(name, attributes, "".join(self.text), line):
            self.last_ms = max(self.last_ms, event.at_ms)
            self.waiting.append(event)

    def _events(self, name: str, attributes: dict[str, str], text: str, line: int) -> tuple[Event, ...]:
        seen = "\x1f".join((name, *attributes.values(), text))
        seen_hash = hashlib.sha256(seen.encode("utf-8", "replace")).hexdigest()
        if name == "d":
            return self._comment(attributes, text, line, seen_hash)
        at_ms = self._time(attributes.get("ts", ""))
        context = Context(self.room, at_ms, seen_hash, line=line)
        who = context.viewer(attributes.get("uid"), attributes.get("user"))
        data: dict[str, object]
        if name == "sc":
            data = {"name": "super_chat", "count": 1, "fen": _number(attributes, "price") * 100, "text": text}
        elif name == "gift":
            data = {
                "name": attributes.get("giftname", ""),
                "count": _number(attributes, "giftcount", 1),
                "fen": 0,
            }
        else:
            data = {
                "name": f"guard_{_number(attributes, 'level')}",
                "count": _number(attributes, "count", 1),
                "fen": 0,
            }
        return (context.happening("gift", at_ms, data, viewer=who),)

    def _comment(self, attributes: dict[str, str], text: str, line: int, seen_hash: str) -> tuple[Event, ...]:
        """`p` = second, mode, size, colour, sent (s or ms), pool, uid or hash, row; `raw` = the original
        `info`."""
        parts = attributes.get("p", "").split(",")
        at_ms = epoch_ms(parts[4].strip(), -1) if len(parts) > 4 else -1
        if at_ms < 0:
            at_ms = self._time(parts[0])
        context = Context(self.room, at_ms, seen_hash, web=True, line=line)
        try:
            info = decode(attributes["raw"]) if attributes.get("raw") else None
        except WireError:
            info = None
        if isinstance(info, list):
            events = command_events({"cmd": "DANMU_MSG", "info": info}, context)
            if events:
                return events
        uid = identity(parts[6].strip()) if len(parts) > 6 else None
        # A hash of the user id stands there in files of the video site; it is not an id.
        viewer = Viewer(uid if uid and uid.isdecimal() else None, attributes.get("user", ""))
        return (context.comment(viewer, text, at_ms, None),)

    def _time(self, seconds: str) -> int:
        """Seconds from the start, as a whole number of milliseconds; the last time known where there is
        none."""
        try:
            value = float(seconds)
        except ValueError:
            return self.last_ms
        if not 0 <= value <= LATEST_MS / 1000:
            return self.last_ms
        return round(value * 1000)


def _number(attributes: dict[str, str], name: str, default: int = 0) -> int:
    text = attributes.get(name, "")
    return whole(text.partition(".")[0], default)


def read_xml(path: Path, room: RoomKey) -> Iterator[Event]:
    """`<d>` comments, `<sc>` `<gift>` `<guard>` gifts; other elements are passed over.

    Raises RecordingError with the line where the document is broken, declares a DTD or has an element without
    end.
    """
    document = _Document(room)
    since_event = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                found = document.feed(chunk, False)
                since_event = 0 if found else since_event + len(chunk)
                if since_event > MAX_ELEMENT:
                    raise _broken(path, document, "holds no comment for too long")
                yield from found
        yield from document.feed(b"", True)
        if document.root != "i" and not document.known:
            raise RecordingError(f"{path} line 1 is XML, but of no recorder this program knows.", line=1)
    except _DtdError as error:
        raise _broken(path, document, "declares a DTD, which no recorder does") from error
    except expat.ExpatError as error:
        raise _broken(path, document, f"is not well-formed XML ({expat.ErrorString(error.code)})") from error


def _broken(path: Path, document: _Document, why: str) -> RecordingError:
    line = document.parser.CurrentLineNumber
    return RecordingError(f"{path} line {line} {why}.", line=line)


_OVERRIDE = re.compile(r"\{\\[^{}]*\}")
_ASS_TIME = re.compile(r"\s*(\d{1,3}):(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?\s*\Z")


def read_ass(path: Path, room: RoomKey) -> Iterator[Event]:
    """Every `Dialogue:` line is one comment of an unknown viewer; times count from 1970-01-01."""
    columns = ["Layer", "Start", "End", "Style", "Name", "MarginL", "MarginR", "MarginV", "Effect", "Text"]
    in_events = known = False
    for number, line, text in text_lines(path):
        known = known or text.startswith(("[", "Dialogue:"))
        if text.startswith("["):
            in_events = text.strip().lower() == "[events]"
        elif in_events and text.startswith("Format:"):
            columns = [name.strip() for name in text[len("Format:") :].split(",")]
        elif text.startswith("Dialogue:"):
            fields = dict(zip(columns, text[len("Dialogue:") :].split(",", len(columns) - 1), strict=False))
            start = _ASS_TIME.match(fields.get("Start", ""))
            if start is None or "Text" not in fields:
                raise RecordingError(
                    f"{path} line {number} is not a Dialogue line with Start and Text.", line=number
                )
            at_ms = _milliseconds(*start.groups())
            words = (
                _OVERRIDE.sub("", fields["Text"]).replace("\\N", " ").replace("\\n", " ").replace("\\h", " ")
            )
            context = Context(room, at_ms, hashlib.sha256(line).hexdigest(), line=number)
            yield context.comment(Viewer(None), words.strip(), at_ms, None)
    if not known:
        raise RecordingError(f"{path} line 1 is no ASS subtitle: no section and no Dialogue line.", line=1)


def _milliseconds(hours: str, minutes: str, seconds: str, fraction: str | None) -> int:
    whole_seconds = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return whole_seconds * 1000 + int((fraction or "0").ljust(3, "0"))
