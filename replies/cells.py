"""Lines of cells, as a spreadsheet holds them: CSV in and out that survives Excel, WPS and the way back.

Out: UTF-8 with BOM, CRLF lines. In: UTF-8 with or without BOM, or GB18030; comma, semicolon or tab. A cell that a
spreadsheet would take for a formula is written with a leading apostrophe, which `plain` takes off again (OWASP, CSV
injection; also the full-width forms, which East Asian spreadsheets take for the same).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from replies.errors import LibraryError

Line = tuple[int, Sequence[str]]
"""The line of the file, from 1, and its cells."""

MAX_BYTES = 16_000_000
MAX_CELL = 10_000
MAX_ROWS = 100_000
"""Lines of a file at most, the header among them."""

_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")
_APOSTROPHED = re.compile(r"'+[=+\-@＝＋－＠\t\r\n]")


def plain(cell: str) -> str:
    """What was meant by a cell that `guarded` wrote."""
    return cell[1:] if _APOSTROPHED.match(cell) else cell


def guarded(cell: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def csv_cells(source: Path | str | bytes, *, name: str = "table.csv") -> Iterator[Line]:
    """Each line of a CSV file (Path), or of its text or bytes; empty ones too, as they count.

    Raises LibraryError with the line when it cannot be read, decoded or parsed, or is too large.
    """
    text = _decoded(source, name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    line = 1
    try:
        for number, cells in enumerate(reader):
            if number >= MAX_ROWS:
                raise LibraryError([f"{name}:{line}: more than {MAX_ROWS} lines. Split the file."])
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise LibraryError([f"{name}:{reader.line_num}: not readable as CSV ({error})."]) from error


def csv_file(lines: Iterable[Sequence[str]]) -> bytes:
    """The bytes of a CSV file of these lines, each cell guarded. Raises UnicodeEncodeError for a lone surrogate."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for cells in lines:
        writer.writerow([guarded(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig")


def _delimiter(text: str) -> str:
    header = text[:10_000].partition("\n")[0]
    return max(",;\t", key=header.count)


def _decoded(source: Path | str | bytes, name: str) -> str:
    too_large = LibraryError([f"{name}:1: the file is larger than {MAX_BYTES // 1_000_000} MB."])
    if isinstance(source, Path):
        try:
            if source.stat().st_size > MAX_BYTES:
                raise too_large
            source = source.read_bytes()
        except OSError as error:
            raise LibraryError([f"{name}:1: cannot be read ({error.strerror or error})."]) from error
    if len(source) > MAX_BYTES:
        raise too_large
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    if source.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in source:
        raise LibraryError([f"{name}:1: this is no CSV text in UTF-8 or GB18030. Save it as CSV UTF-8."])
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return source.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise LibraryError([f"{name}:1: neither UTF-8 nor GB18030. Save it as CSV UTF-8."])
