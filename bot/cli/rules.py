"""`changkong rules check|list|try|diff`: the rule book validated, listed, explained and compared."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.judging import BookOption, existing_folder, json_line
from bot.errors import ChangkongError, InputError

PackOption = Annotated[
    list[Path] | None, typer.Option("--pack", help="Folder of a pack merged into it; may be repeated.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    rules = typer.Typer(
        help="The rule book: validate it, list it, try a text, compare two.",
        epilog="Example: changkong rules check",
        no_args_is_help=True,
    )
    rules.command("check")(check_command)
    rules.command("list")(list_command)
    rules.command("try")(try_command)
    rules.command("diff")(diff_command)
    app.add_typer(rules, name="rules")


def _packs(paths: list[Path] | None) -> list[Path]:
    return [path for given in paths or [] if (path := existing_folder(given)) is not None]


def check_command(
    path: Annotated[
        Path | None, typer.Argument(help="Folder of a rule book; the shipped one by default.")
    ] = None,
    pack: PackOption = None,
) -> None:
    """Validate the rule book: its files, and that each rule hits its own line and spares the harmless one beside it.

    Exit code 1 when there is a problem; each is named with file and line. Example: changkong rules check
    """
    from classifiers import proof, rulebook

    folder, packs = existing_folder(path) or rulebook.SHIPPED, _packs(pack)
    problems = proof.check(folder, packs)
    sound: dict[str, Any] = {}
    if not problems:
        book = rulebook.load(folder, packs)
        rules = len(book.terms) + sum(len(pattern.rules) for pattern in book.patterns)
        sound = {"version": book.version, "codes": len(book.codes), "rules": rules}
    sys.stdout.write(json_line({"problems": problems, **sound}))
    if problems:
        raise ChangkongError(f"The rule book has {len(problems)} problem(s); first: {problems[0]}")


def list_command(
    rulebook: BookOption = None,
    code: Annotated[str | None, typer.Option(help="Only the rules of this code, such as D01.")] = None,
    pack: PackOption = None,
) -> None:
    """List the rules as JSON lines: what is looked for, what is done, and on what legal basis.

    Example: changkong rules list --code D01
    """
    for rule in _rules(existing_folder(rulebook), _packs(pack)):
        if code is None or rule["category"] == code.upper():
            sys.stdout.write(json_line(rule))


def _rules(folder: Path | None, packs: list[Path]) -> Iterator[dict[str, Any]]:
    """One object a rule, terms before patterns, in the files' order."""
    from classifiers import rulebook

    book = rulebook.load(folder, packs)
    for term in book.terms:
        yield _rule(book.codes[term.code], term.rule, {
            "term": term.term, "spellings": list(term.spellings), "readings": "".join(sorted(term.readings)),
            "spare": list(term.spare), "products": sorted(term.products), "hit": term.hit, "miss": term.miss,
        })  # fmt: skip
    for shape in book.patterns:
        for rule in shape.rules:
            fields = {
                "term": shape.term,
                "pattern": shape.regex.pattern,
                "hit": shape.hit,
                "miss": shape.miss,
            }
            yield _rule(book.codes[rule[:3]], rule, fields)


def _rule(code: Any, rule: str, fields: dict[str, Any]) -> dict[str, Any]:
    basis = [{"law": b.law, "edition": b.edition, "article": b.article, "mark": b.mark} for b in code.basis]
    return {
        "rule": rule, "category": code.code, "zh": code.zh, "en": code.en, **fields, "severity": code.severity,
        "viewer": code.viewer, "brand": code.brand, "applies_to": list(code.applies_to),
        "excuses": sorted(code.excuses), "basis": basis, "version": code.version, "author": code.author,
        "reviewer": code.reviewer, "effective_from": code.effective_from, "effective_to": code.effective_to,
    }  # fmt: skip


def try_command(
    text: Annotated[str, typer.Argument(help="A text as somebody might type it.")],
    rulebook: BookOption = None,
    pack: PackOption = None,
    product: Annotated[
        str | None, typer.Option(help="Class of the product on show, such as food; none: every rule speaks.")
    ] = None,
) -> None:
    """Explain one text step by step: how it is read, what is weighed, why each place is a hit or none.

    Example: changkong rules try "加薇❤ 全网最低价"
    """
    from classifiers import rulebook as books
    from classifiers.candidate import FATES
    from classifiers.lexicon import Lexicon
    from classifiers.wire import hit_to_wire

    if product is not None and product not in books.PRODUCTS:
        raise InputError(f"There is no product class {product}; known are {', '.join(books.PRODUCTS)}.")
    book = books.load(existing_folder(rulebook), _packs(pack))
    trace = Lexicon(book).trace(text, product)
    steps = []
    for trial in trace.trials:
        zh, en = FATES[trial.fate]
        steps.append({**hit_to_wire(trial.hit), "found_by": trial.reading, "undone": trial.undone,
                      "stands": not trial.fate, "why_zh": zh, "why_en": en, "by": trial.by})  # fmt: skip
    hits = []
    for hit in trace.findings.hits:
        code = book.codes[hit.category]
        hits.append({**hit_to_wire(hit), "zh": code.zh, "en": code.en, "severity": code.severity,
                     "viewer": code.viewer, "brand": code.brand})  # fmt: skip
    sys.stdout.write(json_line({
        "text": text, "normal": trace.normal, "sound": trace.sound, "spelled": list(trace.spelled),
        "undisguised": trace.undisguised, "steps": steps, "banned": hits, "health": trace.findings.health,
        "rights": trace.findings.rights, "version": book.version,
    }))  # fmt: skip


def diff_command(
    old: Annotated[Path, typer.Argument(help="Folder of the rule book in force.")],
    new: Annotated[Path, typer.Argument(help="Folder of the one to be tried in its shadow.")],
    files: Annotated[list[Path], typer.Argument(help="Recordings, or JSON lines or CSV with a `text`.")],
    format_name: Annotated[
        str, typer.Option("--format", help="A recording format's name, or auto.")
    ] = "auto",
    first: Annotated[int, typer.Option(min=0, help="Differing comments shown at most.")] = 50,
) -> None:
    """Compare two rule books over comments: counts per code, and the comments they read differently.

    Example: changkong rules diff classifiers/rulebook my-rules show.jsonl
    """
    from classifiers import rulebook
    from classifiers.lexicon import Lexicon
    from classifiers.shadow import compare
    from classifiers.wire import hit_to_wire

    before, after = (rulebook.load(existing_folder(folder)) for folder in (old, new))
    texts = (text for file in files for text in _texts(file, format_name))
    found = compare(Lexicon(before), Lexicon(after), texts, first)
    codes = {
        code: {"old": found.old[code], "new": found.new[code], "added": found.added[code],
               "removed": found.removed[code]}
        for code in sorted({*found.old, *found.new})
    }  # fmt: skip
    differing = [
        {
            "text": d.text,
            "added": [hit_to_wire(h) for h in d.added],
            "removed": [hit_to_wire(h) for h in d.removed],
        }
        for d in found.first
    ]
    sys.stdout.write(json_line({
        "old": before.version, "new": after.version, "comments": found.comments, "differ": found.differing,
        "codes": codes, "first": differing,
    }))  # fmt: skip


def _texts(file: Path, format_name: str) -> Iterator[str]:
    """The comments of one file: JSON lines or CSV with a `text`, else a recording. Raises InputError."""
    from bot.comment import Comment
    from bot.rooms import recording

    if not file.is_file():
        raise InputError(f"There is no file {file}.")
    reader = _plain_reader(file) if format_name == "auto" else None
    if reader is not None:
        yield from reader
        return
    for event in recording.read(file, format_name).events:
        if isinstance(event, Comment):
            yield event.text


def _plain_reader(file: Path) -> Iterator[str] | None:
    """A reader for files that are a bare list of comments, None for anything else."""
    with file.open(encoding="utf-8-sig", errors="replace") as source:
        head = source.readline()
    if file.suffix.lower() == ".csv":
        return _of_csv(file) if "text" in next(csv.reader([head]), []) else None
    try:
        entry = json.loads(head)
    except (ValueError, RecursionError):
        return None
    return _of_lines(file) if isinstance(entry, dict) and isinstance(entry.get("text"), str) else None


def _of_csv(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8-sig", newline="", errors="replace") as source:
        for row in csv.DictReader(source):
            yield row["text"] or ""


def _of_lines(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8-sig", errors="replace") as source:
        for number, line in enumerate(source, 1):
            try:
                text = json.loads(line)["text"]
            except (ValueError, RecursionError, KeyError, TypeError):
                raise InputError(f"{file}:{number} is no JSON object with a `text`.") from None
            yield str(text)
