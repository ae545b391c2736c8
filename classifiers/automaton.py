"""Finding many strings in one text at once: the one place that knows which engine does it.

daachorse (charwise) where its wheel exists, ahocorasick_rs on the other Linux machines. Both report every
overlapping occurrence with code-point offsets.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

Occurrence = tuple[int, int, int]
"""(start, end, number of the pattern), offsets in code points."""


class Automaton:
    """All occurrences, overlapping ones too, of a fixed list of distinct, non-empty patterns."""

    __slots__ = ("_daachorse", "_engine")

    def __init__(self, patterns: Sequence[str]) -> None:
        """`patterns` must be distinct and not empty; an empty list finds nothing."""
        self._engine: Any = None
        self._daachorse = True
        if not patterns:
            return
        try:
            self._engine = importlib.import_module("daachorse").CharwiseDoubleArrayAhoCorasick(list(patterns))
        except ImportError:
            self._engine = importlib.import_module("ahocorasick_rs").AhoCorasick(list(patterns))
            self._daachorse = False

    def find(self, text: str) -> list[Occurrence]:
        """Every occurrence, sorted. `text` holds no lone surrogate."""
        return sorted(self.scan(text))

    def scan(self, text: str) -> list[Occurrence]:
        """Every occurrence in the order of their ends, as the engine gives them. `text` holds no lone surrogate."""
        if self._engine is None:
            return []
        if self._daachorse:
            occurrences: list[Occurrence] = self._engine.find_overlapping(text)
            return occurrences
        found = self._engine.find_matches_as_indexes(text, overlapping=True)
        return sorted(((start, end, number) for number, start, end in found), key=lambda o: (o[1], o[0]))
