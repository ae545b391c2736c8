"""Phrases as rows of a spreadsheet, by way of `replies.cells`.

Headers may be English or Chinese. A row whose `digest` no longer fits its content was edited outside: it comes in
as an unsigned draft, whatever its `state` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast, get_args

from replies.cells import MAX_CELL, Line, csv_cells, csv_file, plain
from replies.errors import LibraryError
from replies.phrase import Lang, Phrase, Scope, State, Tone

COLUMNS = (
    "id", "intent", "scope", "product", "platform", "lang", "text", "disclosure", "valid_from", "valid_until",
    "group", "digest",
)  # fmt: skip
FURTHER = ("tone", "author", "reviewer", "state", "signed")
"""Columns beside COLUMNS that are read where present, and written on request."""

PLACE = ("merchant", "room")
"""Columns read where present, and written with FURTHER where any phrase belongs to one shop or one room."""

HEADERS: dict[str, str] = {
    "编号": "id", "话术编号": "id", "意图": "intent", "问题": "intent", "范围": "scope", "商品": "product",
    "平台": "platform", "语言": "lang", "话术": "text", "文案": "text", "回复": "text", "内容": "text",
    "声明": "disclosure", "提示语": "disclosure", "生效时间": "valid_from", "失效时间": "valid_until",
    "有效期至": "valid_until", "分组": "group", "摘要": "digest", "语气": "tone", "作者": "author",
    "审核人": "reviewer", "状态": "state", "签名": "signed", "店铺": "merchant", "直播间": "room",
}  # fmt: skip
"""Chinese headers, each with the column it stands for."""

COMPLAINTS = ("quality", "price", "logistics", "service", "deception", "health", "draw")
"""What people complain of, where there may be vetted answers (`complaint:<kind>`): the judged kinds of negativity, and
harm to health and doubted draws, which are told by their words."""

EMERGENCIES = ("out_of_stock", "price_doubt", "outage", "bad_review", "slip", "swap")
"""Emergencies there may be scripts for (`emergency:<name>`): 缺货, 价格质疑, 断网, 差评, 口误, 换品."""

DRAW_NOTICES = ("announced", "closing", "closed", "drawn", "void", "calm_open", "calm")
"""Moments of a draw at which the room is told (`draw:<name>`). The two calm lines answer 黑幕, before and after the
list is locked."""

SATISFACTION = "satisfaction"
"""What is asked of somebody who was answered; 1 means that it helped, 2 that it did not."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PHRASE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")
"""As the console's form takes them: an id stands in addresses and in what a ticked box sends."""
_INTENT = re.compile(r"[a-z][a-z_]{0,39}|(own|complaint|emergency|draw):[^\s:]{1,40}")


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
    """Each row of a CSV file alone, with what is wrong in it; empty rows are left out.

    Raises LibraryError when the file as a whole is unusable: unreadable, undecodable, too large, or without a
    `required` column. A missing `id` column (where not required) gives ids `row-<line>`.
    """
    return rows_of(csv_cells(source, name=name), name=name, required=required)


def rows_of(
    lines: Iterable[Line],
    *,
    name: str = "phrases.csv",
    required: tuple[str, ...] = ("id", "intent", "text"),
) -> Iterator[Row]:
    """As `read_rows`, from lines of cells, the header first: whatever kind of file they come from."""
    header: list[str] | None = None
    for line, cells in lines:
        if header is None:
            header = _header(line, cells, name, required)
        elif any(cells):
            yield _row(line, header, cells, required)
    if header is None:
        _header(1, (), name, required)


def _header(line: int, cells: Sequence[str], name: str, required: tuple[str, ...]) -> list[str]:
    header = [HEADERS.get(word := cell.strip().casefold(), word) for cell in cells]
    missing = [column for column in required if column not in header]
    if missing:
        raise LibraryError(
            [f"{name}:{line}: the column {missing[0]!r} is missing. Expected: {', '.join(COLUMNS)}."]
        )
    if len(set(filter(None, header))) != len(list(filter(None, header))):
        raise LibraryError([f"{name}:{line}: a column name stands twice in the header."])
    return header


def dump_csv(phrases: Iterable[Phrase], *, full: bool = False) -> bytes:
    """The CSV file's bytes: COLUMNS, and with `full` FURTHER after them.

    Raises LibraryError for text that is no valid Unicode (a lone surrogate).
    """
    return csv_file(dump_rows(phrases, full=full))


def dump_rows(phrases: Iterable[Phrase], *, full: bool = False) -> Iterator[list[str]]:
    """The header and each phrase as cells, for a file of any kind. Raises LibraryError as `dump_csv`."""
    every = list(phrases)
    place = full and any(phrase.merchant or phrase.room for phrase in every)
    yield [*COLUMNS, *(FURTHER if full else ()), *(PLACE if place else ())]
    for phrase in every:
        try:
            cells = _cells(phrase, full) + ([phrase.merchant or "", phrase.room or ""] if place else [])
            "".join(cells).encode("utf-8")
        except (UnicodeEncodeError, OverflowError) as error:
            raise LibraryError(
                [f"Phrase {phrase.id!r} holds a broken character or date. Type it anew."]
            ) from error
        yield cells


def _cells(phrase: Phrase, full: bool) -> list[str]:
    cells = [
        phrase.id, phrase.intent, phrase.scope, phrase.product or "", phrase.platform or "", phrase.lang,
        phrase.text, phrase.disclosure, written(phrase.valid_from_ms), written(phrase.valid_until_ms),
        phrase.group, phrase.digest,
    ]  # fmt: skip
    if full:
        cells += [phrase.tone, phrase.author, phrase.reviewer, phrase.state, phrase.signed]
    return cells


def _row(line: int, header: list[str], cells: Sequence[str], required: tuple[str, ...]) -> Row:
    values = {column: plain(cell) for column, cell in zip(header, cells, strict=False) if column}
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
    if not phrase_id:
        problems.append("the id is empty.")
    elif not PHRASE_ID.fullmatch(phrase_id):
        problems.append(
            f"the id is {phrase_id[:40]!r}; use 1 to 80 letters (a-z, A-Z), digits and . _ : - with no space."
        )
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
        merchant=values.get("merchant", "").strip() or None,
        room=values.get("room", "").strip() or None,
    )
    if problems:
        return Row(line, None, tuple(problems))
    stated = values.get("digest", "").strip().casefold()
    if stated and stated != phrase.digest:
        phrase = replace(phrase, state="draft", reviewer="", signed="")
    return Row(line, phrase, ())


def _moment(values: dict[str, str], column: str, problems: list[str]) -> int | None:
    """Milliseconds since 1970 UTC of a cell; a time without a zone is a problem, as it could be 8 hours
    off."""
    cell = values.get(column, "").strip()
    if not cell:
        return None
    try:
        return moment_ms(cell)
    except ValueError:
        problems.append(
            f"{column} is {cell[:40]!r}; write a time with its zone, as 2026-11-21T20:00:00+08:00."
        )
        return None


def moment_ms(cell: str) -> int:
    """Milliseconds since 1970 UTC of an RFC 3339 time. Raises ValueError for anything else, and without a zone."""
    try:
        moment = datetime.fromisoformat(cell)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        since = moment - _EPOCH
    except OverflowError as error:
        raise ValueError(str(error)) from error
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def written(at_ms: int | None) -> str:
    """RFC 3339 in UTC, with milliseconds only where there are any; '' for no limit."""
    if at_ms is None:
        return ""
    moment = _EPOCH + timedelta(milliseconds=at_ms)
    return moment.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds").replace("+00:00", "Z")
