"""A rule sheet from JSON: what the command line and the console hand in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from bot.errors import InputError
from classifiers.verdict import Verdict
from lottery.rules import RuleSheet

Judge = Callable[[Sequence[str]], Sequence[Verdict]]

SPOKEN = frozenset({"A", "D", "I", "L", "M", "P", "S", "U", "X"})
"""First letters of codes the shop's own words must not carry: a rule sheet is brand-side speech (广告法 art. 2)."""


def require_sayable(sheet: RuleSheet, judge: Judge) -> None:
    """Raise InputError when what the room will read, or type by the hundred, breaks the rule book.

    A keyword such as 加微信 would have every entrant flagged.
    """
    spoken = {"keyword": sheet.keyword, "title": sheet.title}
    spoken |= {f"prize {number}": prize.name for number, prize in enumerate(sheet.prizes, 1)}
    for field, verdict in zip(spoken, judge(list(spoken.values())), strict=True):
        hit = next((hit for hit in verdict.banned if hit.category[0] in SPOKEN), None)
        if hit is not None:
            raise InputError(
                f"The {field} of the rule sheet holds {hit.text!r} (rule {hit.rule}); choose other words."
            )


def read_sheet(data: bytes) -> RuleSheet:
    """The sheet in a JSON object with the fields of `lottery.rules.RuleSheet`; unknown fields are refused.

    Raises InputError naming the field. Whether the sheet is complete is the preflight's business (RuleError).
    """
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InputError("The rule sheet is no JSON object. See docs/operators.md for an example.") from None
    return to_sheet(value)


def to_sheet(value: object) -> RuleSheet:
    """The sheet in a plain mapping. Raises InputError naming the field."""
    known = set(RuleSheet.__dataclass_fields__)
    unknown = sorted(set(value) - known) if isinstance(value, dict) else []
    if unknown:
        raise InputError(f"The rule sheet has a field nobody knows: {unknown[0]}. Remove it.")
    try:
        return msgspec.convert(value, RuleSheet)
    except msgspec.ValidationError as error:
        raise InputError(f"The rule sheet is not right: {error}.") from None
