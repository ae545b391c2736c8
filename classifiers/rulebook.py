"""The rule book as data: codes with their legal basis, terms, patterns, harmless wordings.

A rule book is a folder: codes.toml, terms.csv (rule,term,forms,readings,spare), patterns.toml, allow.txt,
health.txt, rights.txt. The shipped one lies in `classifiers/rulebook`. Columns of terms.csv:

  rule      id such as D01-0007; the part before the dash is its code
  term      the canonical reading, reported with each hit; itself a spelling that is looked for
  forms     further spellings, separated by `;`
  readings  H: each syllable also as any homophone, digit or pinyin · P: each syllable also as pinyin ·
            B: only where no word of the dictionary is cut at either end
  spare     longer harmless wordings, separated by `;`: a hit inside one of them is none
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from classifiers.errors import RuleBookError
from classifiers.normalize import normalize, undisguised

SHIPPED = Path(__file__).parent / "rulebook"
FILES = ("codes.toml", "terms.csv", "patterns.toml", "allow.txt", "health.txt", "rights.txt")
COLUMNS = ["rule", "term", "forms", "readings", "spare"]
EXCUSES = ("negated", "asked", "quoted", "warned")
_RULE = re.compile(r"([A-Z]\d{2})-\d{4}")


@dataclass(frozen=True, slots=True)
class Basis:
    """One article. `mark`: S read in the text, N read in a summary, U unverified."""

    law: str
    edition: str
    article: str
    mark: Literal["S", "N", "U"]
    checked_on: str


@dataclass(frozen=True, slots=True)
class Code:
    """What a code means and what is done: `viewer` log/escalate/hide, `brand` block/warn/log, severity 1-4."""

    code: str
    version: int
    zh: str
    en: str
    severity: int
    viewer: str
    brand: str
    excuses: frozenset[str]
    basis: tuple[Basis, ...]
    author: str
    effective_from: str


@dataclass(frozen=True, slots=True)
class Term:
    """One row of terms.csv, spellings and spares normalised."""

    rule: str
    term: str
    spellings: tuple[str, ...]
    readings: frozenset[str]
    spare: tuple[str, ...]

    @property
    def code(self) -> str:
        return self.rule[:3]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A shape. `on_typed`: looked for in the text as typed, else in the normalised text."""

    rules: tuple[str, ...]
    term: str
    on_typed: bool
    regex: re.Pattern[str]
    anchors: tuple[str, ...]
    needs_digit: bool = False
    needs_word: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleBook:
    """A whole rule book. `version` is the hash of its files (12 hex digits)."""

    version: str
    codes: dict[str, Code]
    terms: tuple[Term, ...]
    patterns: tuple[Pattern, ...]
    allow: tuple[str, ...]
    health: tuple[str, ...]
    rights: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    """A rule book being read: what was understood so far and what was wrong."""

    folder: Path
    problems: list[str] = field(default_factory=list)
    digest: Any = field(default_factory=hashlib.sha256)
    seen: set[str] = field(default_factory=set)

    def text(self, name: str) -> str:
        try:
            raw = (self.folder / name).read_bytes().replace(b"\r\n", b"\n")
            text = raw.decode("utf-8-sig")
        except OSError:
            self.problems.append(f"{name}: the file is missing or cannot be read.")
            return ""
        except UnicodeDecodeError as error:
            self.problems.append(f"{name}: not UTF-8 at byte {error.start}.")
            return ""
        self.digest.update(name.encode() + b"\0" + raw + b"\0")
        return text

    def wrong(self, name: str, line: int, what: str) -> None:
        self.problems.append(f"{name}:{line}: {what}")

    def toml(self, name: str) -> tuple[dict[str, Any], str]:
        text = self.text(name)
        try:
            return tomllib.loads(text), text
        except tomllib.TOMLDecodeError as error:
            self.problems.append(f"{name}: {error}")
            return {}, text

    def new_rule(self, name: str, line: int, rule: str, codes: dict[str, Code]) -> bool:
        found = _RULE.fullmatch(rule)
        if not found:
            self.wrong(name, line, f"rule id {rule!r} does not look like D01-0001.")
        elif found.group(1) not in codes:
            self.wrong(name, line, f"code {found.group(1)} is not in codes.toml.")
        elif rule in self.seen:
            self.wrong(name, line, f"rule id {rule} is used twice.")
        else:
            self.seen.add(rule)
            return True
        return False


def load(folder: Path | None = None) -> RuleBook:
    """The rule book in `folder`, the shipped one for None. Raises RuleBookError naming every problem."""
    book, problems = _read(folder or SHIPPED)
    if problems:
        raise RuleBookError(problems)
    return book


def check(folder: Path) -> list[str]:
    """Every problem of the rule book in `folder`, one sentence each with file and line; empty when sound."""
    return _read(folder)[1]


def _read(folder: Path) -> tuple[RuleBook, list[str]]:
    reading = _Reading(folder)
    if not folder.is_dir():
        reading.problems.append(f"{folder} is not a folder with a rule book.")
    codes = _codes(reading)
    terms = tuple(_terms(reading, codes))
    patterns = tuple(_patterns(reading, codes))
    lists = [tuple(_wordings(reading, name)) for name in FILES[3:]]
    book = RuleBook(reading.digest.hexdigest()[:12], codes, terms, patterns, *lists)
    return book, reading.problems


def _line_of(text: str, needle: str) -> int:
    at = text.find(needle)
    return text.count("\n", 0, at) + 1 if at >= 0 else 1


def _codes(reading: _Reading) -> dict[str, Code]:
    data, text = reading.toml("codes.toml")
    codes: dict[str, Code] = {}
    for name, entry in data.items():
        if not isinstance(entry, dict):
            continue
        line = _line_of(text, f"[{name}]")
        try:
            basis = tuple(
                Basis(b["law"], b["edition"], b["article"], b["mark"], str(b["checked_on"]))
                for b in entry["basis"]
            )
            code = Code(name, int(entry["version"]), entry["zh"], entry["en"], int(entry["severity"]), entry["viewer"],
                        entry["brand"], frozenset(entry["excuses"]), basis, str(data.get("author", "")),
                        str(data.get("effective_from", "")))  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            reading.wrong("codes.toml", line, f"code {name} lacks or misspells a field: {error}.")
            continue
        if complaint := _complaint(code):
            reading.wrong("codes.toml", line, f"code {name}: {complaint}")
        codes[name] = code
    return codes


def _complaint(code: Code) -> str:
    if not re.fullmatch(r"[A-Z]\d{2}", code.code) or code.code.startswith("C"):
        return (
            "a code is a letter and two digits; C codes are derived by the policy and stand in no rule book."
        )
    if not code.basis or any(b.mark not in ("S", "N", "U") for b in code.basis):
        return "a basis with evidence mark S, N or U is needed."
    if not 1 <= code.severity <= 4:
        return "severity must be 1 to 4."
    if code.viewer not in ("log", "escalate", "hide") or code.brand not in ("block", "warn", "log"):
        return "viewer must be log, escalate or hide; brand must be block, warn or log."
    if unknown := code.excuses - set(EXCUSES):
        return f"unknown excuse {sorted(unknown)[0]!r}."
    return (
        ""
        if code.author and code.effective_from
        else "author and effective_from are needed at the top of the file."
    )


def _plain(word: str) -> str:
    view = undisguised(word) or normalize(word)
    return view.text


def _split(cell: str) -> list[str]:
    return [part for part in cell.split(";") if part]


def _terms(reading: _Reading, codes: dict[str, Code]) -> Iterator[Term]:
    rows = csv.reader(io.StringIO(reading.text("terms.csv")))
    if next(rows, None) != COLUMNS:
        reading.wrong("terms.csv", 1, f"the header must be {','.join(COLUMNS)}.")
        return
    for row in rows:
        line = rows.line_num
        if len(row) != len(COLUMNS):
            reading.wrong("terms.csv", line, f"{len(row)} columns instead of {len(COLUMNS)}.")
            continue
        rule, term, forms, readings, spare = row
        if not reading.new_rule("terms.csv", line, rule, codes):
            continue
        if set(readings) - set("HPB"):
            reading.wrong("terms.csv", line, f"readings {readings!r} may hold only H, P and B.")
        spellings = dict.fromkeys(_plain(word) for word in [term, *_split(forms)])
        for word in [term, *_split(forms)]:
            plain = _plain(word)
            if not plain or (len(plain) == 1 and plain.isascii()):
                reading.wrong("terms.csv", line, f"{word!r} is too short once symbols are dropped.")
        yield Term(
            rule, term, tuple(spellings), frozenset(readings), tuple(_plain(word) for word in _split(spare))
        )


def _patterns(reading: _Reading, codes: dict[str, Code]) -> Iterator[Pattern]:
    data, text = reading.toml("patterns.toml")
    for entry in data.get("pattern", []):
        rules = tuple(entry.get("rules", ()))
        line = _line_of(text, f'"{rules[0]}"') if rules else 1
        if not rules or not all([reading.new_rule("patterns.toml", line, rule, codes) for rule in rules]):
            if not rules:
                reading.wrong("patterns.toml", line, "a pattern names no rule.")
            continue
        regex = str(entry.get("regex", ""))
        if complaint := _unbounded(regex):
            reading.wrong("patterns.toml", line, complaint)
            continue
        if entry.get("on") not in ("typed", "plain") or not entry.get("term"):
            reading.wrong("patterns.toml", line, 'a pattern needs `term` and `on` ("typed" or "plain").')
            continue
        yield Pattern(rules, entry["term"], entry["on"] == "typed", re.compile(regex), tuple(entry.get("anchors", ())),
                      bool(entry.get("needs_digit", False)), tuple(entry.get("needs_word", ())))  # fmt: skip


def _unbounded(regex: str) -> str:
    """Why a regex may not be used, empty when it may: it must compile, and every repetition must have an end."""
    try:
        compiled = re.compile(regex)
    except re.error as error:
        return f"the regex does not compile: {error}."
    bare = re.sub(r"\\.", "", regex)
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    if "*" in bare or "+" in bare or re.search(r"\{\d*,\}", bare):
        return "only bounded repetition ({m,n} and ?) is allowed in a regex."
    if compiled.groups or compiled.match(""):
        return "a regex may hold no capturing group and may not match the empty text."
    return ""


def _wordings(reading: _Reading, name: str) -> Iterator[str]:
    for number, raw in enumerate(reading.text(name).split("\n"), 1):
        line = raw.strip()
        if line and not line.startswith("#"):
            if plain := _plain(line):
                yield plain
            else:
                reading.wrong(name, number, f"{line!r} has no letter or digit.")
