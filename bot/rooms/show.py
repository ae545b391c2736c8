"""The practice show: a script of what viewers do, as CSV, and the events it makes.

Columns `t_ms,kind,viewer,text`, rows in order of time (milliseconds from the start, never falling), UTF-8:

    kind     viewer  text
    comment  yes     what they write, 1-200 characters
    gift     yes     name, count, price of all in fen: `花 x3 @300`; count and price optional
    like     yes     number of likes, empty is 1
    follow   yes     empty
    enter    yes     empty
    order    yes     slot, quantity, amount in fen: `3 x1 @9900`; quantity and amount optional
    product  no      number of the slot now on show
    viewers  no      number of viewers in the room
    cue      no      a JSON object with `cue`, an instruction to whoever leads the show; never sent

`viewer` is a short id such as v012; the name shown is made from it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from bot.comment import Comment, Event, EventKind, Happening, RoomKey, Viewer
from bot.errors import RecordingError

HEADER = ("t_ms", "kind", "viewer", "text")
RowKind = Literal["comment", "gift", "like", "follow", "enter", "order", "product", "viewers", "cue"]
WITHOUT_VIEWER = frozenset({"product", "viewers", "cue"})
LONGEST_MS = 24 * 3600 * 1000
MAX_ROWS = 200_000

_VIEWER = re.compile(r"v[0-9]{1,6}\Z")
_ITEM = re.compile(r"(?P<name>.{1,40}?)(?: x(?P<count>[0-9]{1,6}))?(?: @(?P<fen>[0-9]{1,9}))?\Z")
_NUMBER = re.compile(r"[0-9]{1,9}\Z")

_FIRST = [
    "柠檬",
    "小鹿",
    "青柚",
    "奶茶",
    "松果",
    "月亮",
    "橘子",
    "云朵",
    "海盐",
    "芝麻",
    "栗子",
    "樱桃",
    "薄荷",
    "豆沙",
    "椰子",
    "雪梨",
    "麦穗",
    "南瓜",
    "蓝莓",
    "竹子",
]
_SECOND = [
    "妈妈",
    "同学",
    "爱逛街",
    "不熬夜",
    "在路上",
    "一号",
    "的猫",
    "想瘦",
    "要早睡",
    "酱",
    "大王",
    "小铺",
    "吃不胖",
    "来了",
    "姐姐",
    "先生",
    "慢慢",
    "Lily",
    "2024",
    "呀",
]


class Row(msgspec.Struct, frozen=True):
    """One line of the script. `line` counts from 1, the header being 1."""

    t_ms: int
    kind: RowKind
    viewer: str
    text: str
    line: int

    @property
    def cue(self) -> dict[str, Any] | None:
        """The instruction of a cue, None for every other kind."""
        return json.loads(self.text) if self.kind == "cue" else None


def builtin() -> list[Row]:
    """The show that ships with the program. Raises RecordingError when this installation lacks it."""
    resource = files("bot.rooms") / "shows" / "evening.csv"
    try:
        return parse(resource.read_text(encoding="utf-8-sig"), "the built-in show")
    except FileNotFoundError as error:
        raise RecordingError("This installation lacks its built-in show; install it again.") from error


def is_show(path: Path) -> bool:
    """Whether a file has the header of a show. Raises RecordingError when it cannot be read."""
    try:
        with path.open("rb") as file:
            first = file.readline(256)
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}.") from error
    return first.removeprefix(b"\xef\xbb\xbf").strip().replace(b'"', b"") == ",".join(HEADER).encode()


def load(path: Path) -> list[Row]:
    """Read a show. Raises RecordingError naming the line of the first mistake."""
    try:
        return parse(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path} is not UTF-8 text.") from error


def parse(text: str, name: str) -> list[Row]:
    """The rows of a show's text; `name` stands in the messages of RecordingError."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    try:
        if tuple(next(reader, ())) != HEADER:
            raise RecordingError(f"{name} line 1 must be {','.join(HEADER)}.", line=1)
        for cells in reader:
            if cells:
                rows.append(_row(cells, reader.line_num, name, rows[-1].t_ms if rows else 0))
            if len(rows) > MAX_ROWS:
                raise RecordingError(f"{name} has more than {MAX_ROWS} rows.", line=reader.line_num)
    except csv.Error as error:
        raise RecordingError(
            f"{name} line {reader.line_num} is not CSV: {error}.", line=reader.line_num
        ) from error
    if not rows:
        raise RecordingError(f"{name} has no rows.", line=1)
    return rows


def _row(cells: list[str], line: int, name: str, before_ms: int) -> Row:
    def wrong(why: str) -> RecordingError:
        return RecordingError(f"{name} line {line}: {why}.", line=line)

    if len(cells) != len(HEADER):
        raise wrong(f"{len(cells)} columns where {len(HEADER)} belong")
    when, kind, viewer, text = cells
    if not _NUMBER.match(when) or int(when) > LONGEST_MS:
        raise wrong("t_ms is not a number of milliseconds within a day")
    if int(when) < before_ms:
        raise wrong("t_ms is before the row above")
    if kind not in get_args(RowKind):
        raise wrong(f"kind must be one of {', '.join(get_args(RowKind))}")
    if kind in WITHOUT_VIEWER and viewer:
        raise wrong(f"{kind} has no viewer")
    if kind not in WITHOUT_VIEWER and not _VIEWER.match(viewer):
        raise wrong("viewer must be v and a number, such as v012")
    fault = _text_fault(kind, text)
    if fault:
        raise wrong(fault)
    return Row(int(when), kind, viewer, text, line)  # type: ignore[arg-type]


def _text_fault(kind: str, text: str) -> str | None:
    if kind == "comment" and not 1 <= len(text.strip()) <= 200:
        return "a comment has 1 to 200 characters"
    if kind in ("product", "viewers") and not _NUMBER.match(text):
        return f"the text of {kind} is a number"
    if kind == "like" and text and not _NUMBER.match(text):
        return "the text of like is a number or empty"
    if kind in ("follow", "enter") and text:
        return f"{kind} has no text"
    if kind in ("gift", "order") and not _ITEM.match(text):
        return f"the text of {kind} is a name or slot, then x and a count, then @ and fen"
    return _cue_fault(text) if kind == "cue" else None


def _cue_fault(text: str) -> str | None:
    try:
        cue = json.loads(text)
    except (ValueError, RecursionError):
        cue = None
    if not isinstance(cue, dict) or not isinstance(cue.get("cue"), str):
        return 'the text of cue is a JSON object with "cue"'
    return None


def name_of(viewer: str) -> str:
    """The name shown for a viewer id, the same every time and different for each of the first 400 numbers."""
    number = int(viewer[1:])
    first, second = number % len(_FIRST), (number // len(_FIRST) + number) % len(_SECOND)
    turn = number // (len(_FIRST) * len(_SECOND))
    return f"{_FIRST[first]}{_SECOND[second]}{turn or ''}"


def _viewer(viewer: str) -> Viewer:
    """The viewer with signals that draws may ask for, the same every time: four of five follow the room, one in eight
    is in no fan club."""
    number = int(viewer[1:])
    return Viewer(
        f"practice-{viewer}",
        name_of(viewer),
        level=number % 40,
        follows=number % 5 != 0,
        fan_level=number % 8,
    )


def events_of(rows: Iterable[Row], room: RoomKey) -> Iterator[Event]:
    """The events of the rows with their offset as time (`at_ms` = t_ms); cues give none."""
    for row in rows:
        event = _event(row, room)
        if event is not None:
            yield event


def _event(row: Row, room: RoomKey) -> Event | None:
    if row.kind == "cue":
        return None
    viewer = _viewer(row.viewer) if row.viewer else None
    if row.kind == "comment" and viewer is not None:
        return Comment(room, viewer, row.text, row.t_ms, row.t_ms, line=row.line)
    kind, data = _content(row)
    return Happening(room, kind, row.t_ms, row.t_ms, viewer, data=data)


def _content(row: Row) -> tuple[EventKind, dict[str, object]]:
    if row.kind == "product":
        return "product", {"slot": int(row.text)}
    if row.kind in ("like", "viewers"):
        return ("like" if row.kind == "like" else "viewers"), {"count": int(row.text or 1)}
    item = _ITEM.match(row.text)
    if row.kind in ("gift", "order") and item:
        name, count, fen = item["name"], int(item["count"] or 1), int(item["fen"] or 0)
        if row.kind == "gift":
            return "gift", {"name": name, "count": count, "fen": fen}
        order = {"id": f"o{row.line}", "product": name, "qty": count, "amount": fen, "state": "paid"}
        return "order", order
    return ("follow" if row.kind == "follow" else "enter"), {}
