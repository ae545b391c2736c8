"""Recordings in tables: CSV and XLSX with a header that names time, user and text."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from bot.comment import Comment, RoomKey, Viewer
from bot.errors import RecordingError
from bot.rooms.wire import LATEST_MS, clean, epoch_ms, identity

COLUMNS = {
    "time": (
        "time",
        "timestamp",
        "at",
        "date",
        "datetime",
        "created_at",
        "时间",
        "时间戳",
        "发送时间",
        "评论时间",
    ),
    "user": (
        "user",
        "username",
        "uname",
        "name",
        "nickname",
        "author",
        "viewer",
        "用户",
        "用户名",
        "昵称",
        "观众",
    ),
    "text": (
        "text",
        "comment",
        "message",
        "msg",
        "content",
        "内容",
        "评论",
        "弹幕",
        "消息",
        "评论内容",
        "弹幕内容",
    ),
}
"""Header words of each column, compared in lower case without spaces."""

MAX_XLSX = 64 * 1024 * 1024
MAX_XLSX_UNPACKED = 512 * 1024 * 1024
"""Bytes of an xlsx file and of what it unpacks to; a sheet is read whole, unlike every other format."""

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:[.,](\d{1,3})\d*)?\Z")
_NUMBER = re.compile(r"\d{1,14}(?:\.\d+)?\Z")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _columns(header: Sequence[object]) -> dict[str, int] | None:
    """Index of each column found; None when time or text is missing."""
    names = [re.sub(r"\s+", "", str(cell or "")).lower() for cell in header]
    found = {}
    for column, words in COLUMNS.items():
        index = next((names.index(word) for word in words if word in names), None)
        if index is not None:
            found[column] = index
    return found if "time" in found and "text" in found else None


def has_header(path: Path) -> bool:
    """Whether the file's first line is the header of a CSV recording."""
    with path.open("rb") as file:
        lines = (line for line in iter(lambda: file.readline(64 * 1024), b"") if line.strip())
        first = next(lines, b"")
    for encoding in ("utf-8-sig", "gb18030"):
        text = first.decode(encoding, "replace")
        cells = (cell.strip('" ') for cell in text.strip().split(_delimiter(text)))
        if _columns(list(cells)) is not None:
            return True
    return False


def _delimiter(line: str) -> str:
    return max(",;\t", key=line.count)


def read_csv(path: Path, room: RoomKey) -> Iterator[Comment]:
    """UTF-8 (with or without byte-order mark) or GB18030; comma, semicolon or tab."""
    return _comments(path, room, _csv_rows(path))


def _csv_rows(path: Path) -> Iterator[tuple[int, Sequence[object]]]:
    encoding = _encoding(path)
    try:
        with path.open("r", encoding=encoding, newline="") as file:
            first = file.readline(64 * 1024)
            file.seek(0)
            reader = csv.reader(file, delimiter=_delimiter(first))
            for row in reader:
                if any(row):
                    yield reader.line_num, row
    except csv.Error as error:
        raise RecordingError(
            f"{path} line {reader.line_num} is not CSV: {error}.", line=reader.line_num
        ) from error


def _encoding(path: Path) -> str:
    """The first of UTF-8 and GB18030 that the whole file is in, read piece by piece."""
    furthest = 1
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        line = 1
        try:
            with path.open("rb") as file:
                while chunk := file.read(64 * 1024):
                    decoder.decode(chunk)
                    line += chunk.count(b"\n")
                decoder.decode(b"", True)
        except UnicodeDecodeError as error:
            furthest = max(furthest, line + error.object.count(b"\n", 0, error.start))
            continue
        return encoding
    raise RecordingError(f"{path} line {furthest} is neither UTF-8 nor GB18030 text.", line=furthest)


def read_xlsx(path: Path, room: RoomKey) -> Iterator[Comment]:
    """The first sheet. Raises RecordingError for a workbook that is broken, encrypted or too large."""
    return _comments(path, room, _xlsx_rows(path))


def _xlsx_rows(path: Path) -> Iterator[tuple[int, Sequence[object]]]:
    try:
        content = path.read_bytes() if path.stat().st_size <= MAX_XLSX else b""
        if not content:
            raise RecordingError(f"{path} is larger than {MAX_XLSX >> 20} MiB; save it as CSV.")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_XLSX_UNPACKED:
            raise RecordingError(
                f"{path} unpacks to more than {MAX_XLSX_UNPACKED >> 20} MiB; save it as CSV."
            )
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = workbook.get_sheet_by_index(0)
        first = (sheet.start or (0, 0))[0]
        rows = sheet.to_python(skip_empty_area=True)
    except (CalamineError, zipfile.BadZipFile, IndexError, NotImplementedError) as error:
        raise RecordingError(f"{path} is not a workbook that can be read: {_one_line(error)}.") from error
    for number, row in enumerate(rows, first + 1):
        if any(cell != "" for cell in row):
            yield number, row


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _comments(path: Path, room: RoomKey, rows: Iterable[tuple[int, Sequence[object]]]) -> Iterator[Comment]:
    columns: dict[str, int] | None = None
    for number, row in rows:
        if columns is None:
            columns = _columns(row)
            if columns is None:
                raise RecordingError(
                    f"{path} line {number} names no time and text column; call them time and text.",
                    line=number,
                )
            continue
        cells = {name: row[index] if index < len(row) else "" for name, index in columns.items()}
        at_ms = moment(cells["time"])
        if at_ms is None:
            raise RecordingError(f"{path} line {number} has no time that can be read.", line=number)
        name, text = clean(_words(cells.get("user", ""))), clean(_words(cells["text"]))
        seen = "\x1f".join((str(cells["time"]), name, text)).encode("utf-8", "replace")
        viewer = Viewer(identity(name), name)
        frame_hash = hashlib.sha256(seen).hexdigest()
        yield Comment(room, viewer, text, at_ms, at_ms, line=number, frame_hash=frame_hash)
    if columns is None:
        raise RecordingError(f"{path} is empty.", line=1)


def _words(cell: object) -> str:
    """A cell as text: 3.0 of a spreadsheet is the 3 that was typed."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def moment(cell: object) -> int | None:
    """Milliseconds of a time cell: a date and time (UTC unless it says otherwise), seconds or milliseconds
    since 1970, or a clock from the start (`1:02:03`, `02:03`, plain seconds), which counts from 1970-01-01.
    None: none of these."""
    if isinstance(cell, dt.datetime):
        aware = cell if cell.tzinfo else cell.replace(tzinfo=dt.UTC)
        return _since_1970(aware - _EPOCH)
    if isinstance(cell, dt.timedelta):
        return _since_1970(cell)
    if isinstance(cell, dt.time):
        return ((cell.hour * 60 + cell.minute) * 60 + cell.second) * 1000 + cell.microsecond // 1000
    text = _words(cell).strip()
    if _NUMBER.match(text):
        plain = text.partition(".")[0]
        known = epoch_ms(plain, -1)
        if known >= 10**12 and "." in text and len(plain) <= 10:
            known = round(float(text) * 1000)
        return known if known >= 0 else round(float(text) * 1000) if len(plain) < 9 else None
    clock = _CLOCK.match(text)
    if clock:
        hours, minutes, seconds, fraction = clock.groups()
        total = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
        return total * 1000 + int((fraction or "0").ljust(3, "0"))
    return _dated(text)


def _dated(text: str) -> int | None:
    normal = text.replace("/", "-").replace(",", ".")
    # Spreadsheets in Chinese write 2025/8/12 9:05.
    normal = re.sub(
        r"^(\d{4})-(\d{1,2})-(\d{1,2})", lambda d: f"{d[1]}-{int(d[2]):02}-{int(d[3]):02}", normal
    )
    normal = re.sub(r"^(\d{4}-\d{2}-\d{2})\s+(\d):", r"\1 0\2:", normal)
    try:
        return moment(dt.datetime.fromisoformat(normal))
    except (ValueError, OverflowError):
        return None


def _since_1970(span: dt.timedelta) -> int | None:
    found = span // dt.timedelta(milliseconds=1)
    return found if 0 <= found <= LATEST_MS else None
