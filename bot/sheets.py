"""Spreadsheet files in and out: CSV through `replies.cells`, XLSX here.

An XLSX file is a ZIP archive from somebody else: its size, what it unpacks to, the ratio between the two and the
number of rows are looked at before it is read, and formulas are never computed (only stored values are read). Written
files hold text only; what a spreadsheet would take for a formula is guarded as in CSV, so that it stays harmless when
the file is saved as CSV later.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from python_calamine import CalamineError, CalamineWorkbook

from bot.errors import InputError
from replies.cells import MAX_ROWS, Line, csv_cells, csv_file, guarded
from replies.errors import LibraryError

MAX_XLSX = 16_000_000
MAX_UNPACKED = 256_000_000
MAX_RATIO = 200
"""Bytes of an XLSX file, of what it unpacks to, and how many times larger that may be. A sheet of 100,000 equal rows
packs about 60 to 1; a bomb a thousand to 1."""
MAX_ENTRIES = 2_000
MAX_COLUMNS = 500

_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def lines_of(source: Path | bytes, *, name: str = "") -> Iterator[Line]:
    """The lines of a CSV or XLSX file (first sheet), header first; which it is, its first bytes say.

    Numbers come as they were typed (3, not 3.0); a date cell, which knows no zone, as that time where this machine
    is. Raises InputError, and LibraryError for a broken CSV, naming file and line.
    """
    label = name or (source.name if isinstance(source, Path) else "table")
    try:
        if isinstance(source, Path):
            with source.open("rb") as file:
                content = file.read(MAX_XLSX + 1)
        else:
            content = source
    except OSError as error:
        raise InputError(f"{label} cannot be read ({error.strerror or error}). Give another file.") from error
    if len(content) > MAX_XLSX:
        raise InputError(f"{label} is larger than {MAX_XLSX // 1_000_000} MB. Split it.")
    if content.startswith(_OLD_EXCEL):
        raise InputError(
            f"{label} is an old or encrypted Excel file. Save it as .xlsx or CSV without a password."
        )
    return _xlsx_lines(content, label) if content.startswith(_ZIP) else csv_cells(content, name=label)


def _xlsx_lines(content: bytes, name: str) -> Iterator[Line]:
    _look_inside(content, name)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = workbook.get_sheet_by_index(0)
        first = (sheet.start or (0, 0))[0]
        rows = sheet.to_python(skip_empty_area=True)
    except (CalamineError, zipfile.BadZipFile, IndexError, ValueError, NotImplementedError) as error:
        said = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(
            f"{name} is no workbook that can be read ({said}). Save it anew as .xlsx."
        ) from error
    for number, row in enumerate(rows, first + 1):
        yield number, [_words(cell) for cell in row]


def _look_inside(content: bytes, name: str) -> None:
    """Refuse an archive that would fill the memory, before anything of it is read.

    The sizes an archive states may be false, so each part is unpacked once, piece by piece, and counted. One cell far
    out is as bad as many: the reader lays a sheet out as a full rectangle, so the places of cells are looked at too.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if len(entries) > MAX_ENTRIES or "xl/workbook.xml" not in names or "content.xml" in names:
                raise InputError(f"{name} is no .xlsx workbook. Save it anew as .xlsx or CSV.")
            unpacked = 0
            for entry in entries:
                if entry.flag_bits & 1:
                    raise InputError(f"{name} is encrypted. Save it without a password.")
                with archive.open(entry) as part:
                    before = b""
                    while piece := part.read(1 << 16):
                        unpacked += len(piece)
                        if unpacked > MAX_UNPACKED or unpacked > 1_000_000 + MAX_RATIO * len(content):
                            raise InputError(f"{name} unpacks to far more than its size. It was not opened.")
                        _look_at_places(before + piece, name)
                        before = piece[-64:]
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error) as error:
        raise InputError(f"{name} is a broken archive ({error}). Save it anew as .xlsx.") from error


_PLACE = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]*)(\d+)\s*["']""")


def _look_at_places(xml: bytes, name: str) -> None:
    """Raise InputError for a cell beyond MAX_ROWS or MAX_COLUMNS."""
    for column, row in _PLACE.findall(xml):
        number = 0
        for letter in column.upper()[:8]:
            number = number * 26 + letter - 64
        if len(row) > 9 or int(row) > MAX_ROWS or number > MAX_COLUMNS:
            place = (column + row)[:20].decode("ascii")
            raise InputError(
                f"{name} has a cell at {place}; at most {MAX_ROWS} rows and {MAX_COLUMNS} columns are read. Split it."
            )


def _words(cell: object) -> str:
    """A cell as text: 3.0 of a spreadsheet is the 3 that was typed, a date a time with its zone."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(round(cell, 10))
    if isinstance(cell, dt.datetime):
        try:
            return cell.astimezone().isoformat(timespec="seconds")
        except (OverflowError, OSError, ValueError):
            return cell.isoformat(timespec="seconds")
    if isinstance(cell, dt.date):
        return _words(dt.datetime(cell.year, cell.month, cell.day))
    return str(cell)


def file_of(lines: Iterable[Sequence[str]], name: str | Path) -> bytes:
    """The bytes of a file of these lines: XLSX when the name ends so, CSV (UTF-8 with BOM) otherwise.

    Raises InputError for text no file can hold.
    """
    try:
        return xlsx_file(lines) if str(name).lower().endswith(".xlsx") else csv_file(lines)
    except (UnicodeEncodeError, LibraryError) as error:
        raise InputError(f"{name} cannot hold a broken character: {error}. Type it anew.") from error


# A workbook of one sheet in as few parts as the standard allows (ECMA-376 part 1, 18.3 and part 2): text stands in
# the cells themselves (`inlineStr`), so that no cell can be a formula.
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATION = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
"""What XML cannot hold, and what a reader would take for its escape (`_x000D_`)."""
_BORN = (2020, 1, 1, 0, 0, 0)
"""Of every part, so that the same rows make the same bytes."""


def xlsx_file(lines: Iterable[Sequence[str]]) -> bytes:
    """The bytes of a workbook of one sheet. Raises UnicodeEncodeError for a lone surrogate."""
    rows = [f'<row r="{number}">{"".join(map(_cell, cells))}</row>' for number, cells in enumerate(lines, 1)]
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'
    book = (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    root = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    leaf = f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in (
            ("[Content_Types].xml", _TYPES), ("_rels/.rels", _RELATION.format(root)), ("xl/workbook.xml", book),
            ("xl/_rels/workbook.xml.rels", _RELATION.format(leaf)), ("xl/worksheets/sheet1.xml", sheet),
        ):  # fmt: skip
            entry = zipfile.ZipInfo(part, _BORN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (_HEAD + content).encode("utf-8"))
    return out.getvalue()


def _cell(text: str) -> str:
    if not text:
        return "<c/>"
    fit = _UNFIT.sub(
        lambda found: "".join(f"_x{ord(one):04X}_" for one in found[0][:1]) + found[0][1:], guarded(text)
    )
    # A carriage return in XML text would be read back as a line feed.
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(fit, {chr(13): "_x000D_"})}</t></is></c>'
