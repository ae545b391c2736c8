"""Reading the files of a rule book: every problem is named with file and line, none stops the reading.

60,000 terms are read in about a second: rows are only cut apart and asked for their form one by one; their words are
normalised all together.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifiers.normalize import pictures
from classifiers.plain import plain
from classifiers.rule import EXCUSES, PRODUCTS, SPEAKERS, Basis, Code, Pattern, RuleBook, Term
from classifiers.slots import Slots

FILES = ("codes.toml", "terms.csv", "patterns.toml", "allow.txt", "health.txt", "rights.txt")
COLUMNS = ["rule", "term", "forms", "readings", "spare", "products", "hit", "miss"]
READINGS = frozenset("HPIB")
_RULE = re.compile(r"([A-Z]\d{2})-\d{4,5}")
_SEPARATOR = "\n"


@dataclass(slots=True)
class _Reading:
    """A rule book being read: what was understood so far and what was wrong.

    `folder` is the one being read now; `prefix` stands before its file names in messages (empty for the book itself).
    `proven`: the book's expressions need not be examined again.
    """

    folder: Path
    proven: bool = False
    prefix: str = ""
    pack: bool = False
    problems: list[str] = field(default_factory=list)
    digest: Any = field(default_factory=hashlib.sha256)
    seen: set[str] = field(default_factory=set)
    codes: dict[str, Code] = field(default_factory=dict)
    slots: Slots = field(default_factory=Slots)

    def text(self, name: str) -> str:
        path = self.folder / name
        if self.pack and name != "terms.csv" and not path.exists():
            return ""
        try:
            raw = path.read_bytes().replace(b"\r\n", b"\n")
            text = raw.decode("utf-8-sig")
        except OSError:
            self.problems.append(f"{self.prefix}{name}: the file is missing or cannot be read.")
            return ""
        except UnicodeDecodeError as error:
            self.problems.append(f"{self.prefix}{name}: not UTF-8 at byte {error.start}.")
            return ""
        self.digest.update(name.encode() + b"\0" + raw + b"\0")
        return text

    def wrong(self, name: str, line: int, what: str) -> None:
        self.problems.append(f"{self.prefix}{name}:{line}: {what}")

    def toml(self, name: str) -> tuple[dict[str, Any], str]:
        text = self.text(name)
        try:
            return tomllib.loads(text), text
        except tomllib.TOMLDecodeError as error:
            self.problems.append(f"{self.prefix}{name}: {error}")
            return {}, text

    def new_rule(self, name: str, line: int, rule: str) -> bool:
        found = _RULE.fullmatch(rule)
        if not found:
            self.wrong(name, line, f"rule id {rule!r} does not look like D01-0001.")
        elif found.group(1) not in self.codes:
            self.wrong(name, line, f"code {found.group(1)} is not in codes.toml.")
        elif rule in self.seen:
            self.wrong(name, line, f"rule id {rule} is used twice.")
        else:
            self.seen.add(rule)
            return True
        return False


def read(folder: Path, packs: Sequence[Path] = (), *, proven: bool = False) -> tuple[RuleBook, list[str]]:
    """The rule book as far as it could be understood, and every problem found.

    `proven`: whether its regular expressions may be used is not asked (for those of packs it is).
    """
    reading = _Reading(folder, proven)
    terms: list[Term] = []
    patterns: list[Pattern] = []
    lists: list[list[str]] = [[], [], []]
    for number, place in enumerate([folder, *packs]):
        reading.folder, reading.pack = place, number > 0
        reading.prefix = f"{place.name}/" if number else ""
        if not place.is_dir():
            reading.problems.append(f"{place} is not a folder with a rule book.")
        _codes(reading)
        terms.extend(_terms(reading))
        patterns.extend(_patterns(reading))
        for words, name in zip(lists, FILES[3:], strict=True):
            words.extend(_wordings(reading, name))
    allow, health, rights = map(tuple, lists)
    version = reading.digest.hexdigest()[:12]
    book = RuleBook(version, reading.codes, tuple(terms), tuple(patterns), allow, health, rights)
    return book, reading.problems


def _line_of(text: str, needle: str) -> int:
    at = text.find(needle)
    return text.count("\n", 0, at) + 1 if at >= 0 else 1


def _codes(reading: _Reading) -> None:
    data, text = reading.toml("codes.toml")
    for name, entry in data.items():
        if not isinstance(entry, dict):
            continue
        line = _line_of(text, f"[{name}]")
        try:
            code = _code(name, entry, data)
        except (KeyError, TypeError, ValueError) as error:
            reading.wrong("codes.toml", line, f"code {name} lacks or misspells a field: {error}.")
            continue
        if complaint := _complaint(code):
            reading.wrong("codes.toml", line, f"code {name}: {complaint}")
        elif name in reading.codes:
            reading.wrong("codes.toml", line, f"code {name} is defined by the rule book already.")
        reading.codes.setdefault(name, code)


def _code(name: str, entry: dict[str, Any], file: dict[str, Any]) -> Code:
    basis = tuple(
        Basis(b["law"], b["edition"], b["article"], b["mark"], str(b["checked_on"])) for b in entry["basis"]
    )
    whole = {**file, **entry}
    return Code(
        name, int(entry["version"]), entry["zh"], entry["en"], int(entry["severity"]), entry["viewer"], entry["brand"],
        frozenset(entry["excuses"]), basis, str(whole.get("author", "")), str(whole.get("reviewer", "")),
        tuple(whole.get("applies_to", SPEAKERS)), str(whole.get("effective_from", "")),
        str(whole.get("effective_to", "")),
    )  # fmt: skip


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
    if not code.applies_to or set(code.applies_to) - set(SPEAKERS):
        return f"applies_to must name one or more of {', '.join(SPEAKERS)}."
    if not (code.author and code.effective_from):
        return "author and effective_from are needed at the top of the file."
    if code.effective_to and code.effective_to < code.effective_from:
        return "effective_to lies before effective_from."
    return ""


def plain_words(words: Sequence[str]) -> list[str]:
    """The normal view of rule-book words, pictures spoken (薇❤ is 薇心); split characters stay as they are typed.

    No word may hold a line break; those of terms.csv and the lists cannot.
    """
    spoken = _SEPARATOR.join(words).translate({ord(sign): said for sign, said in pictures().items()})
    return plain(spoken.split(_SEPARATOR)).normals if words else []


def _split(cell: str) -> list[str]:
    return [part for part in cell.split(";") if part] if cell else []


def _terms(reading: _Reading) -> list[Term]:
    rows = csv.reader(io.StringIO(reading.text("terms.csv")))
    if next(rows, None) != COLUMNS:
        reading.wrong("terms.csv", 1, f"the header must be {','.join(COLUMNS)}.")
        return []
    kept: list[tuple[int, list[str], list[str], list[str]]] = []
    for row in rows:
        line = rows.line_num
        if len(row) != len(COLUMNS):
            reading.wrong("terms.csv", line, f"{len(row)} columns instead of {len(COLUMNS)}.")
        elif any("\n" in cell for cell in row):
            reading.wrong("terms.csv", line, "a cell holds a line break.")
        elif reading.new_rule("terms.csv", line, row[0]):
            kept.append((line, row, [row[1], *_split(row[2])], _split(row[4])))
    plains = iter(plain_words([word for _, _, words, spare in kept for word in (*words, *spare)]))
    return [_term(reading, line, row, words, [next(plains) for _ in words], tuple(next(plains) for _ in spare))
            for line, row, words, spare in kept]  # fmt: skip


def _term(
    reading: _Reading, line: int, row: list[str], words: list[str], plains: list[str], spare: tuple[str, ...]
) -> Term:
    rule, term, _, readings, _, products, hit, miss = row
    if not READINGS.issuperset(readings):
        reading.wrong("terms.csv", line, f"readings {readings!r} may hold only H, P, I and B.")
    bound = frozenset(_split(products))
    if bound and not bound.issubset(PRODUCTS):
        reading.wrong("terms.csv", line, f"products {products!r} may hold only {', '.join(PRODUCTS)}.")
    if not (hit and miss):
        reading.wrong("terms.csv", line, "a line to hit and a line to spare are needed.")
    for word, spelling in zip(words, plains, strict=True):
        if not spelling or (len(spelling) == 1 and spelling.isascii()):
            reading.wrong("terms.csv", line, f"{word!r} is too short once symbols are dropped.")
    source = f"{reading.prefix}terms.csv"
    return Term(
        rule, term, tuple(dict.fromkeys(plains)), frozenset(readings), spare, bound, hit, miss, source, line
    )


def _patterns(reading: _Reading) -> Iterator[Pattern]:
    data, text = reading.toml("patterns.toml")
    for name, complaint in reading.slots.take(data.get("lists", {}), data.get("parts", {})):
        reading.wrong("patterns.toml", _line_of(text, f"{name} ="), complaint)
    for entry in data.get("pattern", []):
        rules = tuple(entry.get("rules", ()))
        line = _line_of(text, f'"{rules[0]}"') if rules else 1
        if not rules or not all([reading.new_rule("patterns.toml", line, rule) for rule in rules]):
            if not rules:
                reading.wrong("patterns.toml", line, "a pattern names no rule.")
            continue
        shapes = [str(entry.get(name, "")) for name in ("regex", "beside", "apart")]
        if complaint := _faulty(shapes, entry, reading.slots, proven=reading.proven and not reading.pack):
            reading.wrong("patterns.toml", line, complaint)
            continue
        if entry.get("on") not in ("typed", "plain") or not entry.get("term"):
            reading.wrong("patterns.toml", line, 'a pattern needs `term` and `on` ("typed" or "plain").')
            continue
        hit, miss = str(entry.get("hit", "")), str(entry.get("miss", ""))
        if not (hit and miss):
            reading.wrong("patterns.toml", line, "a line to hit and a line to spare are needed.")
        regex, beside, apart = map(reading.slots.filled, shapes)
        if regex:
            yield Pattern(rules, entry["term"], entry["on"] == "typed", regex,
                          reading.slots.spread(entry.get("anchors", ())), bool(entry.get("needs_digit", False)),
                          reading.slots.spread(entry.get("needs_word", ())), hit, miss,
                          f"{reading.prefix}patterns.toml", line, beside, apart)  # fmt: skip


def _faulty(shapes: list[str], entry: dict[str, Any], slots: Slots, *, proven: bool) -> str:
    if name := slots.unknown([*shapes, *entry.get("anchors", ()), *entry.get("needs_word", ())]):
        return f"there is no list or part {name}."
    if proven:
        return ""
    complaints = [
        _unbounded(slots.filled(shape)) for number, shape in enumerate(shapes) if shape or not number
    ]
    return next(filter(None, complaints), "")


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
    found = [
        (number, raw.strip())
        for number, raw in enumerate(reading.text(name).split("\n"), 1)
        if raw.strip() and not raw.strip().startswith("#")
    ]
    for (number, line), word in zip(found, plain_words([line for _, line in found]), strict=True):
        if word:
            yield word
        else:
            reading.wrong(name, number, f"{line!r} has no letter or digit.")
