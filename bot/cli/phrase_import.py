"""A file of phrases examined row by row, and taken into a store as drafts: all of it, or what is sound."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import InputError
from replies.errors import LibraryError
from replies.facts import HEALTH_CLASSES, Product, Shop
from replies.finding import Finding
from replies.lint import Judge, lint
from replies.phrase import Phrase
from replies.sheet import COMPLAINTS, DRAW_NOTICES, EMERGENCIES, SATISFACTION, Row, rows_of

if TYPE_CHECKING:
    from bot.storage.journal import Journal

WRITERS = frozenset({"operator", "compliance", "admin"})
"""Roles that may write phrases."""
SCREEN = "command line"
"""Where an imported phrase was written, for `bot.approval`."""

Findings = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Examined:
    """One row with what was found in it, as JSON-ready objects; `phrase` is None when the row could not be read."""

    line: int
    phrase: Phrase | None
    findings: Findings

    @property
    def broken(self) -> bool:
        return self.phrase is None or any(one["level"] == "refuse" for one in self.findings)


def rows_in(file: Path, required: tuple[str, ...]) -> list[Row]:
    """The rows of a CSV or XLSX file. Raises InputError when it cannot be used as a whole."""
    from bot.sheets import lines_of

    if not file.is_file():
        raise InputError(f"There is no file {file}. Give a CSV or XLSX file of phrases.")
    try:
        return list(rows_of(lines_of(file), name=file.name, required=required))
    except LibraryError as error:
        raise InputError(error.problems[0]) from error


def examined(
    row: Row,
    judge: Judge,
    now_ms: int | None = None,
    *,
    products: Mapping[str, Product] | None = None,
    platforms: Collection[str] = (),
) -> list[Mapping[str, object]]:
    """What is said of one row at `now_ms` (milliseconds since 1970 UTC), as JSON-ready objects. `products` by id, for
    what a phrase about one of them must carry; `platforms` where a phrase of every platform would be said."""
    broken = [_of_row(row.line, row.phrase.id if row.phrase else None, problem) for problem in row.problems]
    if row.phrase is None:
        return broken
    shop = _goods_for(row.phrase, products or {})
    found = lint(row.phrase, judge=judge, row=row.line, now_ms=now_ms, shop=shop, platforms=platforms)
    return broken + [_said_of(one, row.phrase) for one in found]


def _goods_for(phrase: Phrase, products: Mapping[str, Product]) -> Shop | None:
    """The goods that matter to the phrase: its own product; for one of every product, one health food and one other,
    where the shop has such. None when nothing is known."""
    if phrase.scope == "product":
        about = products.get(phrase.product or "")
        return None if about is None else Shop((about,))
    kinds: dict[bool, Product] = {}
    if phrase.scope == "any":
        at_home = (
            one for one in products.values() if not phrase.merchant or one.merchant in ("", phrase.merchant)
        )
        kinds = {one.klass in HEALTH_CLASSES: one for one in at_home}
    return Shop(tuple(replace(one, slot=at) for at, one in enumerate(kinds.values(), 1))) if kinds else None


def _of_row(line: int, id: str | None, reason: str) -> Mapping[str, object]:
    return {
        "row": line, "id": id, "field": None, "start": 0, "end": 0, "text": "", "rule": "row",
        "reason": reason, "level": "refuse",
    }  # fmt: skip


def _said_of(one: Finding, phrase: Phrase) -> Mapping[str, object]:
    words = phrase.text if one.field == "text" else phrase.disclosure
    why = one.why
    return {
        "row": one.row, "id": one.phrase_id, "field": one.field, "start": one.start, "end": one.end,
        "text": words[one.start : one.end], "rule": one.rule, "reason": one.reason, "level": one.level,
        "why_zh": why.zh, "why_en": why.en, "law_zh": why.law_zh, "law_en": why.law_en,
        "exemptions": [{"ground": ground.code, "zh": ground.zh, "en": ground.en} for ground in why.grounds],
    }  # fmt: skip


def examine(
    rows: Iterable[Row],
    judge: Judge,
    *,
    now_ms: int,
    questions: Collection[str],
    products: Mapping[str, Product],
    platforms: Collection[str],
    held: Mapping[str, Mapping[str, str]],
    step: Callable[[int], None],
) -> list[Examined]:
    """Every row with all that hinders its import.

    `questions` are the intents there are (own: ones are not asked for); `held` the stored versions, id to digest to
    state (`practice` for shipped ones), as words that are live or shipped cannot be drafted anew.
    """
    first: dict[str, int] = {}
    done = []
    for row in rows:
        findings = examined(row, judge, now_ms, products=products, platforms=platforms)
        phrase = row.phrase
        if phrase is not None:
            hindrances = list(_hindrances(phrase, questions, held))
            if first.setdefault(phrase.id, row.line) != row.line:
                hindrances.append(f"the id {phrase.id!r} is already used in line {first[phrase.id]}.")
            findings = [_of_row(row.line, phrase.id, one) for one in hindrances] + findings
        done.append(Examined(row.line, phrase, findings))
        step(1)
    return done


def _hindrances(
    phrase: Phrase, questions: Collection[str], held: Mapping[str, Mapping[str, str]]
) -> Iterable[str]:
    if not phrase.intent.startswith("own:") and phrase.intent not in questions:
        yield f"there is no question called {phrase.intent[:40]!r}; use one of those of `changkong phrases list`."
    states = held.get(phrase.id, {})
    if "practice" in states.values():
        yield f"the id {phrase.id!r} belongs to a shipped practice phrase; give it one of your own."
    elif states.get(phrase.digest) == "live":
        yield "these very words are live already under this id; change them, or leave the row out."


def questions_there_are() -> frozenset[str]:
    """Intents a phrase may answer, without the shop's own."""
    from classifiers.verdict import INTENTS, KINDS

    complaints = (f"complaint:{kind}" for kind in (*KINDS, *COMPLAINTS))
    scripts = (f"emergency:{one}" for one in EMERGENCIES)
    notices = (f"draw:{one}" for one in DRAW_NOTICES)
    return frozenset({*INTENTS, *complaints, SATISFACTION, *scripts, *notices})


def held_in(journal: Journal) -> dict[str, dict[str, str]]:
    """The stored versions for `examine`."""
    held: dict[str, dict[str, str]] = {}
    for row in journal.phrase_versions():
        held.setdefault(row.id, {})[row.digest] = "practice" if row.signed == "practice" else row.state
    return held


def keep(journal: Journal, phrases: Sequence[Phrase], by: str) -> tuple[int, int]:
    """Keep the phrases as drafts of `by`, all or none; gives how many are new (or changed something, such as the tone)
    and how many stood there word for word already. Whoever reads one in the console reads it on another screen than
    this, the command line."""
    fresh = journal.draft_phrases(phrases, by=by, screen=SCREEN)
    return fresh, len(phrases) - fresh
