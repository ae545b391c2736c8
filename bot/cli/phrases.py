"""`changkong phrases`: look at the phrase library, examine a file of phrases, write the library out.

Where a store is read, the reading is handed in by whoever builds the command line.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import InputError
from replies.errors import LibraryError, RepliesError
from replies.lint import Finding, Hit, lint
from replies.phrase import Phrase
from replies.sheet import Row, dump_csv, read_rows

PhrasesOfStore = Callable[[Path | None, str | None], Iterable[Phrase]]
"""Reads the phrases of a store: data directory or database URL, exactly one of them given. May raise any
ChangkongError."""

Judge = Callable[[str], Sequence[Hit]]

_DATA = Annotated[Path | None, typer.Option("--data", help="Data directory of a store. 数据目录")]
_DB = Annotated[str | None, typer.Option("--db", help="Database URL of a store. 数据库地址")]


def register(
    app: typer.Typer,
    *,
    phrases_of_store: PhrasesOfStore | None = None,
    judge: Callable[[], Judge] | None = None,
) -> None:
    """Add the sub-app `phrases` to `app`.

    `phrases_of_store` reads a store; without it `--data` and `--db` are refused with exit code 2. `judge`
    makes the judge of wording; by default the classifiers' rule book, loaded only when a file is examined.
    """
    phrases = typer.Typer(
        name="phrases",
        no_args_is_help=True,
        help="The phrase library: list, lint, export. 话术库：列出、检查、导出",
        epilog="Example: changkong phrases list",
    )

    @phrases.command("list", epilog="Example: changkong phrases list --intent price")
    def list_(
        intent: Annotated[str | None, typer.Option(help="Only this question. 只列该意图")] = None,
        data: _DATA = None,
        db: _DB = None,
    ) -> None:
        """One JSON object a line: every phrase with its state, slots and digest. 列出话术"""
        for phrase in _library(data, db, phrases_of_store):
            if intent is None or phrase.intent == intent:
                _out(_described(phrase))

    @phrases.command("lint", epilog="Example: changkong phrases lint phrases.csv")
    def lint_(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, UTF-8 or GB18030. CSV 文件")],
    ) -> None:
        """Judge each row alone; exit 1 when any may not be said. 逐行检查话术

        Findings come as JSONL: row, id, field, start, end, text, rule, reason, level (refuse or warn).
        """
        rows = _rows(file)
        wording = (judge or _rule_book)()
        now_ms = time.time_ns() // 1_000_000
        refused = 0
        for row in rows:
            findings = examined(row, wording, now_ms)
            refused += any(one["level"] == "refuse" for one in findings)
            for one in findings:
                _out(one)
        typer.echo(
            f"{len(rows)} rows, {refused} may not be said. 共 {len(rows)} 行，{refused} 行不可使用。",
            err=True,
        )
        if refused:
            raise typer.Exit(1)

    @phrases.command("export", epilog="Example: changkong phrases export phrases.csv")
    def export(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV to write; - is stdout. 输出文件")],
        data: _DATA = None,
        db: _DB = None,
        full: Annotated[
            bool, typer.Option("--full", help="Also tone, author, reviewer, state, signed.")
        ] = False,
    ) -> None:
        """Write the library as CSV (UTF-8 with BOM); without a store the shipped one. 导出话术"""
        try:
            content = dump_csv(_library(data, db, phrases_of_store), full=full)
        except LibraryError as error:
            raise InputError(str(error)) from error
        if str(file) == "-":
            typer.echo(content, nl=False)
            return
        part = file.with_name(file.name + ".part")
        try:
            part.write_bytes(content)
            os.replace(part, file)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise InputError(f"{file} cannot be written ({error.strerror}). Choose another place.") from error

    app.add_typer(phrases)


def examined(row: Row, judge: Judge, now_ms: int | None = None) -> list[Mapping[str, object]]:
    """What `phrases lint` says of one row at `now_ms` (milliseconds since 1970 UTC), as JSON-ready objects."""
    broken: list[Mapping[str, object]] = [
        {
            "row": row.line, "id": row.phrase.id if row.phrase else None, "field": None, "start": 0, "end": 0,
            "text": "", "rule": "row", "reason": problem, "level": "refuse",
        }
        for problem in row.problems
    ]  # fmt: skip
    if row.phrase is None:
        return broken
    found = lint(row.phrase, judge=judge, row=row.line, now_ms=now_ms)
    return broken + [_said_of(one, row.phrase) for one in found]


def _said_of(one: Finding, phrase: Phrase) -> Mapping[str, object]:
    words = phrase.text if one.field == "text" else phrase.disclosure
    return {
        "row": one.row, "id": one.phrase_id, "field": one.field, "start": one.start, "end": one.end,
        "text": words[one.start : one.end], "rule": one.rule, "reason": one.reason, "level": one.level,
    }  # fmt: skip


def _described(phrase: Phrase) -> Mapping[str, object]:
    return {
        "id": phrase.id, "intent": phrase.intent, "scope": phrase.scope, "product": phrase.product,
        "platform": phrase.platform, "lang": phrase.lang, "text": phrase.text,
        "disclosure": phrase.disclosure, "slots": list(phrase.slots), "group": phrase.group,
        "tone": phrase.tone, "state": phrase.state, "signed": phrase.signed, "digest": phrase.digest,
    }  # fmt: skip


def _rows(file: Path) -> list[Row]:
    if not file.is_file():
        raise InputError(f"There is no file {file}. Give the CSV file to examine.")
    try:
        return list(read_rows(file, name=file.name, required=("text",)))
    except LibraryError as error:
        raise InputError(error.problems[0]) from error


def _library(data: Path | None, db: str | None, phrases_of_store: PhrasesOfStore | None) -> list[Phrase]:
    """The store's phrases when one is named, else the shipped library's."""
    if data is not None and db is not None:
        raise InputError("--data and --db name two stores. Give one of them.")
    if data is not None or db is not None:
        if phrases_of_store is None:
            raise InputError("This command line reads no store. Leave out --data and --db.")
        return list(phrases_of_store(data, db))
    from replies import practice

    try:
        return list(practice.library())
    except RepliesError as error:
        raise InputError(f"The shipped library cannot be read: {error} Install Changkong anew.") from error


def _rule_book() -> Judge:
    from classifiers.cascade import Cascade

    cascade = Cascade.load()
    return lambda text: cascade.judge([text])[0].banned


def _out(one: Mapping[str, object]) -> None:
    """One line of JSON in UTF-8, whatever the terminal; a broken character comes out as its JSON escape."""
    line = json.dumps(one, ensure_ascii=False)
    sys.stdout.flush()
    typer.echo(line.encode("utf-8", "backslashreplace"))
