"""`changkong phrases`: look at the phrase library, examine a file of phrases, take one in, write the library out.

Where a store is read, the reading is handed in by whoever builds the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.importing import ByOption, SkipOption, author, now_ms, opened_journal, out, write_file
from bot.cli.phrase_import import (
    WRITERS,
    examine,
    examined,
    held_in,
    keep,
    questions_there_are,
    rows_in,
)
from bot.cli.wording import progress_bar
from bot.errors import ChangkongError, InputError
from replies.errors import LibraryError, RepliesError
from replies.lint import Judge
from replies.phrase import Phrase
from replies.sheet import dump_rows

if TYPE_CHECKING:
    from bot.storage.journal import Journal
    from replies.facts import Product

__all__ = ["PhrasesOfStore", "examined", "register"]

PhrasesOfStore = Callable[[Path | None, str | None], Iterable[Phrase]]
"""Reads the phrases of a store: data directory or database URL, exactly one of them given. May raise any
ChangkongError."""

_DATA = Annotated[Path | None, typer.Option("--data", help="Data directory of a store. 数据目录")]
_DB = Annotated[str | None, typer.Option("--db", help="Database URL of a store. 数据库地址")]
_CONFIG = Annotated[
    Path | None,
    typer.Option(
        "--config", help="Settings: a phrase of every platform must fit the shortest of their rooms."
    ),
]


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
        help="The phrase library: list, lint, import, export. 话术库：列出、检查、导入、导出",
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
                out(_described(phrase))

    @phrases.command("lint", epilog="Example: changkong phrases lint phrases.csv")
    def lint_(
        file: Annotated[
            Path, typer.Argument(metavar="FILE", help="CSV (UTF-8 or GB18030) or XLSX. 表格文件")
        ],
        config: _CONFIG = None,
    ) -> None:
        """Judge each row alone; exit 1 when any may not be said. 逐行检查话术

        Findings come as JSONL: row, id, field, start, end, text, rule, reason, level (refuse or warn), why_zh, why_en,
        law_zh, law_en (the law and article), exemptions (the grounds an exemption with evidence could rest on).
        """
        rows = rows_in(file, ("text",))
        wording = (judge or _rule_book)()
        platforms, moment = _platforms(config), now_ms()
        refused = 0
        for row in rows:
            findings = examined(row, wording, moment, platforms=platforms)
            refused += any(one["level"] == "refuse" for one in findings)
            for one in findings:
                out(one)
        typer.echo(
            f"{len(rows)} rows, {refused} may not be said. 共 {len(rows)} 行，{refused} 行不可使用。",
            err=True,
        )
        if refused:
            raise typer.Exit(1)

    @phrases.command(
        "import", epilog="Example: changkong phrases import phrases.xlsx --by mei --skip-broken --data data"
    )
    def import_(
        file: Annotated[
            Path, typer.Argument(metavar="FILE", help="CSV (UTF-8 or GB18030) or XLSX. 表格文件")
        ],
        skip_broken: SkipOption = False,
        data: _DATA = None,
        db: _DB = None,
        by: ByOption = None,
        config: _CONFIG = None,
    ) -> None:
        """Take phrases in as drafts: every row is judged first; nothing is taken in while any is broken. 导入话术

        Broken rows come as JSONL (as `phrases lint` says them) and make exit code 1; --skip-broken takes in the others.
        The last line counts: rows, broken, imported, unchanged (there word for word already). What is live stays live;
        a draft is said nowhere before somebody else approves it. Stop `changkong run` first.
        """
        rows = rows_in(file, ("id", "intent", "text"))
        wording = (judge or _rule_book)()
        platforms = _platforms(config)
        with opened_journal(data, db) as journal:
            writer = author(journal, by, WRITERS)
            with progress_bar("examined", len(rows)) as step:
                done = examine(
                    rows, wording, now_ms=now_ms(), questions=questions_there_are(), products=_products(journal),
                    platforms=platforms, held=held_in(journal), step=step,
                )  # fmt: skip
            broken = [one for one in done if one.broken]
            for one in broken:
                for finding in one.findings:
                    if finding["level"] == "refuse":
                        out(finding)
            sound = [one.phrase for one in done if one.phrase is not None and not one.broken]
            fresh = unchanged = 0
            if skip_broken or not broken:
                fresh, unchanged = keep(journal, sound, writer)
        out({"rows": len(done), "broken": len(broken), "imported": fresh, "unchanged": unchanged})
        if broken and not skip_broken:
            raise ChangkongError(
                f"{len(broken)} of {len(done)} rows are broken, so nothing was imported. Mend them, or leave them out "
                f"with --skip-broken. 有 {len(broken)} 行有错，没有导入任何内容。"
            )

    @phrases.command("export", epilog="Example: changkong phrases export phrases.csv")
    def export(
        file: Annotated[
            Path, typer.Argument(metavar="FILE", help="CSV or .xlsx; - is stdout (CSV). 输出文件")
        ],
        data: _DATA = None,
        db: _DB = None,
        full: Annotated[
            bool, typer.Option("--full", help="Also tone, author, reviewer, state, signed.")
        ] = False,
        starter: Annotated[
            bool, typer.Option("--starter", help="The starter pack for a new shop, all drafts. 新店话术包")
        ] = False,
    ) -> None:
        """Write the library as CSV (UTF-8 with BOM) or XLSX; without a store the shipped one. 导出话术"""
        from bot.sheets import file_of

        if starter and (data is not None or db is not None):
            raise InputError("--starter is the shipped pack and no store's. Leave out --data and --db.")
        library = _starter() if starter else _library(data, db, phrases_of_store)
        try:
            content = file_of(dump_rows(library, full=full or starter), file)
        except LibraryError as error:
            raise InputError(str(error)) from error
        write_file(file, content)

    app.add_typer(phrases)


def _described(phrase: Phrase) -> Mapping[str, object]:
    return {
        "id": phrase.id, "intent": phrase.intent, "scope": phrase.scope, "product": phrase.product,
        "platform": phrase.platform, "lang": phrase.lang, "text": phrase.text,
        "disclosure": phrase.disclosure, "slots": list(phrase.slots), "group": phrase.group,
        "tone": phrase.tone, "state": phrase.state, "signed": phrase.signed, "digest": phrase.digest,
    }  # fmt: skip


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


def _starter() -> list[Phrase]:
    from replies import starter

    try:
        return list(starter.library())
    except RepliesError as error:
        raise InputError(f"The starter pack cannot be read: {error} Install Changkong anew.") from error


def _products(journal: Journal) -> dict[str, Product]:
    from bot.storage.stock import goods_of

    return {one.id: one for one in goods_of(journal.products(), journal.facts()).products}


def _platforms(config: Path | None) -> frozenset[str]:
    """The platforms of the rooms in the settings; none without settings. Raises SettingsError."""
    if config is None:
        return frozenset()
    from bot import settings

    return frozenset(room.platform for room in settings.load(config).rooms)
