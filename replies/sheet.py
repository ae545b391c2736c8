"""Phrases as a spreadsheet file: CSV that survives Excel, WPS and the way back.

Out: UTF-8 with BOM, CRLF lines. In: UTF-8 with or without BOM, or GB18030. A cell that a spreadsheet would
take for a formula is written with a leading apostrophe, which reading takes off again. A row whose `digest`
no longer fits its content was edited outside: it comes in as an unsigned draft, whatever its `state` says.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast, get_args

from replies.errors import LibraryError
from replies.phrase import Lang, Phrase, Scope, State, Tone

COLUMNS = (
    "id", "intent", "scope", "product", "platform", "lang", "text", "disclosure", "valid_from", "valid_until",
    "group", "digest",
)  # fmt: skip
FURTHER = ("tone", "author", "reviewer", "state", "signed")
"""Columns beside COLUMNS that are read where present, and written on request."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_BYTES = 16_000_000
MAX_CELL = 10_000
_INTENT = re.compile(r"[a-z][a-z_]{0,39}|(own|complaint):[^\s:]{1,40}")
# Also the full-width forms, which East Asian spreadsheets take for the same (OWASP, CSV injection).
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")
_APOSTROPHED = re.compile(r"'+[=+\-@＝＋－＠\t\r\n]")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file. `line` counts from 1 with the header; `phrase` is None when `problems` are
    grave."""

    line: int
    phrase: Phrase | None
    problems: tuple[str, ...]


def load_csv(source: Path | str | bytes, *, name: str = "") -> tuple[Phrase, ...]:
    """Phrases of a file (Path), or of its text or bytes. `name` stands in messages, by default the file's.

    Raises LibraryError with every problem found, file and line each; also when the file cannot be read.
    """
    label = name or (source.name if isinstance(source, Path) else "phrases.csv")
    rows = list(read_rows(source, name=label))
    problems = [f"{label}:{row.line}: {problem}" for row in rows for problem in row.problems]
    seen: dict[str, int] = {}
    for row in rows:
        if row.phrase is not None and seen.setdefault(row.phrase.id, row.line) != row.line:
            first = seen[row.phrase.id]
            problems.append(f"{label}:{row.line}: the id {row.phrase.id!r} is already used in line {first}.")
    if problems:
        raise LibraryError(problems)
    return tuple(row.phrase for row in rows if row.phrase is not None)


def read_rows(
    source: Path | str | bytes,
    *,
    name: str = "phrases.csv",
    required: tuple[str, ...] = ("id", "intent", "text"),
) -> Iterator[Row]:
    """Each row alone, with what is wrong in it; empty rows are left out.

    Raises LibraryError when the file as a whole is unusable: unreadable, undecodable, too large, or without a
    `required` column. A missing `id` column (where not required) gives ids `row-<line>`.
    """
    reader = csv.reader(io.StringIO(_decoded(source, name), newline=""))
    try:
        header = [cell.strip().casefold() for cell in next(reader, [])]
        missing = [column for column in required if column not in header]
        if missing:
            raise LibraryError(
                [f"{name}:1: the column {missing[0]!r} is missing. Expected: {', '.join(COLUMNS)}."]
            )
        if len(set(filter(None, header))) != len(list(filter(None, header))):
            raise LibraryError([f"{name}:1: a column name stands twice in the header."])
        line = reader.line_num + 1
        for cells in reader:
            if any(cells):
                yield _row(line, header, cells, required)
            line = reader.line_num + 1
    except csv.Error as error:
        raise LibraryError([f"{name}:{reader.line_num}: not readable as CSV ({error})."]) from error


def dump_csv(phrases: Iterable[Phrase], *, full: bool = False) -> bytes:
    """The file's bytes: COLUMNS, and with `full` FURTHER after them.

    Raises LibraryError for text that is no valid Unicode (a lone surrogate).
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS + FURTHER if full else COLUMNS)
    for phrase in phrases:
        try:
            cells = _cells(phrase, full)
            "".join(cells).encode("utf-8")
        except (UnicodeEncodeError, OverflowError) as error:
            raise LibraryError(
                [f"Phrase {phrase.id!r} holds a broken character or date. Type it anew."]
            ) from error
        writer.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells])
    return out.getvalue().encode("utf-8-sig")


def _cells(phrase: Phrase, full: bool) -> list[str]:
    cells = [
        phrase.id, phrase.intent, phrase.scope, phrase.product or "", phrase.platform or "", phrase.lang,
        phrase.text, phrase.disclosure, _written(phrase.valid_from_ms), _written(phrase.valid_until_ms),
        phrase.group, phrase.digest,
    ]  # fmt: skip
    if full:
        cells += [phrase.tone, phrase.author, phrase.reviewer, phrase.state, phrase.signed]
    return cells


def _decoded(source: Path | str | bytes, name: str) -> str:
    if isinstance(source, Path):
        try:
            if source.stat().st_size > MAX_BYTES:
                raise LibraryError([f"{name}:1: the file is larger than {MAX_BYTES // 1_000_000} MB."])
            source = source.read_bytes()
        except OSError as error:
            raise LibraryError([f"{name}:1: cannot be read ({error.strerror or error})."]) from error
    if len(source) > MAX_BYTES:
        raise LibraryError([f"{name}:1: the file is larger than {MAX_BYTES // 1_000_000} MB."])
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


def _row(line: int, header: list[str], cells: list[str], required: tuple[str, ...]) -> Row:
    values = {column: _plain(cell) for column, cell in zip(header, cells, strict=False) if column}
    problems: list[str] = []
    if any(len(cell) > MAX_CELL for cell in cells):
        return Row(line, None, (f"a cell holds more than {MAX_CELL} characters.",))

    def one_of(column: str, allowed: tuple[str, ...], default: str) -> str:
        value = values.get(column, "").strip() or default
        if value not in allowed:
            problems.append(f"{column} is {value[:40]!r}; use one of {', '.join(filter(None, allowed))}.")
        return value

    phrase_id = values.get("id", "").strip() or ("" if "id" in header else f"row-{line}")
    intent = values.get("intent", "").strip()
    if not phrase_id or len(phrase_id) > 64:
        problems.append("the id is empty or longer than 64 characters.")
    if not _INTENT.fullmatch(intent) and (intent or "intent" in required):
        problems.append(f"intent is {intent[:40]!r}; use a question name such as price, or own:<slug>.")
    scope = one_of("scope", get_args(Scope), "any")
    product = values.get("product", "").strip() or None
    if scope in get_args(Scope) and (scope == "any") != (product is None):
        problems.append("scope and product disagree: any goes with an empty product, the others need one.")
    phrase = Phrase(
        id=phrase_id,
        intent=intent,
        scope=cast(Scope, scope),
        product=product,
        platform=values.get("platform", "").strip() or None,
        lang=cast(Lang, one_of("lang", get_args(Lang), "zh")),
        text=values.get("text", ""),
        disclosure=values.get("disclosure", ""),
        valid_from_ms=_moment(values, "valid_from", problems),
        valid_until_ms=_moment(values, "valid_until", problems),
        group=one_of("group", ("", "A", "B"), ""),
        tone=cast(Tone, one_of("tone", get_args(Tone), "neutral")),
        author=values.get("author", "").strip(),
        reviewer=values.get("reviewer", "").strip(),
        state=cast(State, one_of("state", get_args(State), "draft")),
        signed=values.get("signed", "").strip(),
    )
    if problems:
        return Row(line, None, tuple(problems))
    stated = values.get("digest", "").strip().casefold()
    if stated and stated != phrase.digest:
        phrase = replace(phrase, state="draft", reviewer="", signed="")
    return Row(line, phrase, ())


def _plain(cell: str) -> str:
    return cell[1:] if _APOSTROPHED.match(cell) else cell


def _moment(values: dict[str, str], column: str, problems: list[str]) -> int | None:
    """Milliseconds since 1970 UTC of a cell; a time without a zone is a problem, as it could be 8 hours
    off."""
    written = values.get(column, "").strip()
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        since = moment - _EPOCH
    except (ValueError, OverflowError):
        problems.append(
            f"{column} is {written[:40]!r}; write a time with its zone, as 2026-11-21T20:00:00+08:00."
        )
        return None
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def _written(moment_ms: int | None) -> str:
    """RFC 3339 in UTC, with milliseconds only where there are any; '' for no limit."""
    if moment_ms is None:
        return ""
    moment = _EPOCH + timedelta(milliseconds=moment_ms)
    return moment.isoformat(timespec="milliseconds" if moment_ms % 1000 else "seconds").replace("+00:00", "Z")
