"""One thing found in a phrase, and where; what it rests on is told by `replies.law`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from replies import law

Field = Literal["text", "disclosure"]
Level = Literal["refuse", "warn", "exempt"]


class Hit(Protocol):
    """A place where the rule book matched; `start`/`end` are code points of the judged text, end excluded."""

    @property
    def category(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def rule(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `start`/`end` are code points of the phrase's `field`, end excluded.

    `rule` is a rule-book id or one of this package's own names (keys of `law.own()`); `category` the rule book's
    code, '' for own names. `row` is the line of the file, None outside one. `level` refuse: the phrase may not be
    said; warn: it may, and somebody should look; exempt: it may, because of the exemption `exempted_by` (its id).
    """

    phrase_id: str
    field: Field
    start: int
    end: int
    rule: str
    reason: str
    level: Level = "refuse"
    row: int | None = None
    category: str = ""
    exempted_by: str = ""

    @property
    def why(self) -> law.Explanation:
        """What is wrong with it in both languages, the law, and which exemption could apply."""
        return law.explain(self.category or self.rule)
