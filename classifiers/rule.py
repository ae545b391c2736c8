"""What a rule book holds, once read: codes with their legal basis, terms, patterns, harmless wordings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

SPEAKERS = ("viewer", "brand")
"""Who may be speaking: a viewer; or the brand (bot reply, phrase library, host, staff, official account)."""
PRODUCTS = ("cosmetic", "special_cosmetic", "food", "health_food", "medical_device", "other")
"""Classes of goods a rule may be bound to."""
EXCUSES = ("negated", "asked", "quoted", "warned", "named")
"""Contexts that make a hit none. `named`: the wording itself is talked about (普信男这个梗)."""


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
    """What a code means and what is done: `viewer` log/escalate/hide, `brand` block/warn/log, severity 1-4.

    `applies_to`: whose words it is about (SPEAKERS). `reviewer` is empty until somebody has reviewed it; dates are
    ISO days, `effective_to` empty while open.
    """

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
    reviewer: str
    applies_to: tuple[str, ...]
    effective_from: str
    effective_to: str


@dataclass(frozen=True, slots=True)
class Term:
    """One row of terms.csv, spellings and spares normalised; the first spelling is the term's own.

    `products` empty: any class of goods. `hit` and `miss`: the authored lines it must hit and must spare.
    `source` and `line` say where it stands.
    """

    rule: str
    term: str
    spellings: tuple[str, ...]
    readings: frozenset[str]
    spare: tuple[str, ...]
    products: frozenset[str] = frozenset()
    hit: str = ""
    miss: str = ""
    source: str = "terms.csv"
    line: int = 0

    @property
    def code(self) -> str:
        return self.rule[:3]


@lru_cache(maxsize=4096)
def _compiled(shape: str) -> re.Pattern[str]:
    return re.compile(shape)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A shape, a regular expression. `on_typed`: looked for in the text as typed, else in the normalised text.

    It is looked for only where one of `anchors` occurs (always, when there are none); it holds only in a comment in
    whose normalised text `beside` is found and `apart` is not (each empty: no matter). Expressions are compiled when
    first looked for: compiling all takes longer than reading the rest of the book.
    """

    rules: tuple[str, ...]
    term: str
    on_typed: bool
    shape: str
    anchors: tuple[str, ...]
    needs_digit: bool = False
    needs_word: tuple[str, ...] = ()
    hit: str = ""
    miss: str = ""
    source: str = "patterns.toml"
    line: int = 0
    beside: str = ""
    apart: str = ""

    @property
    def regex(self) -> re.Pattern[str]:
        """The shape, compiled."""
        return _compiled(self.shape)

    def warm(self) -> None:
        """Compile what is else compiled when first looked for."""
        for shape in (self.shape, self.beside, self.apart):
            _compiled(shape)

    def matches(self, text: str, normal: str) -> list[tuple[int, int]]:
        """Ranges it matches, in `text` when `on_typed`, else in `normal`."""
        if self.beside and not _compiled(self.beside).search(normal):
            return []
        if self.apart and _compiled(self.apart).search(normal):
            return []
        found = []
        for match in self.regex.finditer(text if self.on_typed else normal):
            said = match.group()
            if self.needs_digit and not any(c.isdigit() for c in said):
                continue
            if self.needs_word and not any(word in said for word in self.needs_word):
                continue
            found.append(match.span())
        return found


@dataclass(frozen=True, slots=True)
class RuleBook:
    """A whole rule book. `version` is the hash of its files, packs included (12 hex digits)."""

    version: str
    codes: dict[str, Code]
    terms: tuple[Term, ...]
    patterns: tuple[Pattern, ...]
    allow: tuple[str, ...]
    health: tuple[str, ...]
    rights: tuple[str, ...]
