"""Labelled comments: the CSV files the classifiers learn from and are examined with. Definitions: docs/labels.md.

Columns: id,text,vertical,faq,also,purchase,negative,severity,banned,note,batch,second. `also` holds further intents
separated by `;`; `banned` is `CODE:span;…`, the span as typed; `batch` is the file's stem and the unit by which
training and test are kept apart; `second` is a second opinion, free text, not read.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifiers.errors import TrainingDataError
from classifiers.verdict import INTENTS, KINDS

SHIPPED = Path(__file__).parent / "data" / "comments"
DEVELOPMENT = frozenset({"exam-p", "exam-s", "exam-v", "exam-w", "exam-y"})
"""Batches by other writers that no weight is learnt from: calibration and thresholds are chosen on them."""
TEST = frozenset({"exam-m", "exam-n"})
"""Batches by yet other writers that nothing is learnt from or chosen on: the frozen test split. A copy of the data may
lack them."""
HELD_OUT = DEVELOPMENT | TEST
COLUMNS = (
    "id",
    "text",
    "vertical",
    "faq",
    "also",
    "purchase",
    "negative",
    "severity",
    "banned",
    "note",
    "batch",
    "second",
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled comment. `faq` and `negative` None: asks nothing, not negative. `banned`: (code, span as typed)."""

    id: str
    text: str
    faq: str | None
    also: tuple[str, ...]
    purchase: int
    negative: str | None
    severity: int
    banned: tuple[tuple[str, str], ...]
    batch: str
    vertical: str = ""


def files(places: Iterable[Path]) -> list[Path]:
    """The CSV files named or lying in the folders named, sorted by name. Raises TrainingDataError for none."""
    found: list[Path] = []
    for place in places:
        if place.is_dir():
            found.extend(place.glob("*.csv"))
        elif place.is_file():
            found.append(place)
        else:
            raise TrainingDataError(f"{place} does not exist. Name a CSV file or a folder with CSV files.")
    if not found:
        raise TrainingDataError("No labelled CSV file was found. Name a CSV file or a folder with CSV files.")
    return sorted(set(found), key=lambda path: path.name)


def read(path: Path) -> list[Labelled]:
    """All rows of one file, UTF-8 (with or without BOM) or GB18030. Raises TrainingDataError with file and line."""
    rows, problems = _parse(path)
    if problems:
        more = f" ({len(problems)} problems in all)" if len(problems) > 1 else ""
        raise TrainingDataError(problems[0] + more)
    return rows


def problems(path: Path) -> list[str]:
    """Everything wrong with one file, one sentence each with file and line."""
    return _parse(path)[1]


def fingerprint(paths: Sequence[Path]) -> str:
    """Hash over the files' names and contents, line ends aside (12 hex digits)."""
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda p: p.name):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:12]


def _parse(path: Path) -> tuple[list[Labelled], list[str]]:
    try:
        raw = path.read_bytes()
    except OSError:
        raise TrainingDataError(f"{path} cannot be read. Check the name and the rights.") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError as error:
            raise TrainingDataError(f"{path} is neither UTF-8 nor GB18030 (byte {error.start}).") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in COLUMNS[:10] if name not in (reader.fieldnames or ())]
    if missing:
        return [], [f"{path.name}:1: the header lacks the column {missing[0]}."]
    rows: list[Labelled] = []
    wrong: list[str] = []
    seen: set[str] = set()
    for entry in _entries(reader, path):
        row, complaint = _row(entry, path.stem)
        if not complaint and row.id in seen:
            complaint = f"id {row.id} is used twice."
        if complaint:
            wrong.append(f"{path.name}:{reader.line_num}: {complaint}")
        seen.add(row.id)
        rows.append(row)
    return rows, wrong


def _entries(reader: csv.DictReader[str], path: Path) -> Iterator[dict[str, Any]]:
    try:
        yield from reader
    except csv.Error:
        raise TrainingDataError(f"{path.name}:{reader.line_num}: a cell is too long or broken.") from None


def _row(entry: dict[str, str | None], stem: str) -> tuple[Labelled, str]:
    cell = {name: entry.get(name) or "" for name in COLUMNS}
    complaint = (
        "" if None not in entry and None not in entry.values() else "the row has too few or too many columns."
    )
    also = tuple(part for part in cell["also"].split(";") if part)
    banned = tuple(
        (code, span)
        for code, _, span in (part.partition(":") for part in _parts(cell["banned"], cell["text"]))
    )
    numbers = [cell["purchase"] or "0", cell["severity"] or "0"]
    purchase, severity = (int(n) if n in ("0", "1", "2", "3") else -1 for n in numbers)
    row = Labelled(cell["id"], cell["text"], cell["faq"] or None, also, purchase, cell["negative"] or None, severity,
                   banned, cell["batch"] or stem, cell["vertical"])  # fmt: skip
    return row, complaint or _complaint(row)


def _parts(cell: str, text: str) -> list[str]:
    """Split `CODE:span;CODE:span`, where a span itself may hold a semicolon."""
    parts: list[str] = []
    for part in cell.split(";"):
        if parts and not (len(part) > 3 and part[3] == ":" and part[0].isalpha() and part[1:3].isdigit()):
            parts[-1] += ";" + part
        elif part:
            parts.append(part)
    return parts


def _complaint(row: Labelled) -> str:
    own = [
        name for name in (row.faq, *row.also) if name and name not in INTENTS and not name.startswith("own:")
    ]
    if not row.id or not row.text:
        return "id and text are needed."
    if own:
        return f"{own[0]!r} is no intent."
    if row.also and (row.faq is None or row.faq in row.also):
        return "`also` needs a main intent and may not repeat it."
    if row.purchase < 0:
        return "purchase must be 0 to 3."
    if row.negative is not None and row.negative not in KINDS:
        return f"{row.negative!r} is no kind of negative."
    if (row.severity > 0) != (row.negative is not None) or row.severity < 0:
        return "severity must be 1 to 3 with a kind and 0 without one."
    for code, span in row.banned:
        if len(code) != 3 or not span or span not in row.text:
            return f"banned {code}:{span} is not in the text."
    return ""
