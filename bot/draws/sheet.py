"""A rule sheet from JSON: what the command line and the console hand in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from bot.errors import InputError
from classifiers.verdict import Verdict
from lottery.rules import Problem, RuleSheet

Judge = Callable[[Sequence[str]], Sequence[Verdict]]

SPOKEN = frozenset({"A", "D", "I", "L", "M", "P", "S", "U", "X"})
"""First letters of codes the shop's own words must not carry: a rule sheet is brand-side speech (广告法 art. 2)."""


def spoken_in(sheet: RuleSheet) -> dict[str, str]:
    """What of a sheet the room will read, or type by the hundred: field to text, empty ones left out."""
    spoken = {
        "keyword": sheet.keyword,
        "title": sheet.title,
        "question": sheet.question,
        "prefix": sheet.prefix,
    }
    spoken |= {f"prizes[{number}]": prize.name for number, prize in enumerate(sheet.prizes)}
    spoken |= {f"options[{number}]": option for number, option in enumerate(sheet.options)}
    spoken |= {f"waves[{number}]": wave.keyword for number, wave in enumerate(sheet.waves)}
    if sheet.kind == "quiz":
        spoken |= {f"answers[{number}]": answer for number, answer in enumerate(sheet.answers)}
    return {field: text for field, text in spoken.items() if text.strip()}


def unsayable(sheet: RuleSheet, judge: Judge) -> tuple[Problem, ...]:
    """What of a sheet breaks the rule book. A keyword such as 加微信 would have every entrant flagged."""
    spoken = spoken_in(sheet)
    found = []
    for field, verdict in zip(spoken, judge(list(spoken.values())), strict=True):
        hit = next((hit for hit in verdict.banned if hit.category[0] in SPOKEN), None)
        if hit is not None:
            zh = f"含有“{hit.text}”（规则 {hit.rule}），请换个说法"
            en = f"holds {hit.text!r} (rule {hit.rule}); choose other words"
            found.append(Problem(field, "words", zh, en))
    return tuple(found)


def require_sayable(sheet: RuleSheet, judge: Judge) -> None:
    """Raise InputError for the first of the words that break the rule book."""
    for problem in unsayable(sheet, judge):
        raise InputError(f"The {problem.field} of the rule sheet {problem.en}.")


def read_sheet(data: bytes) -> RuleSheet:
    """The sheet in a JSON object with the fields of `lottery.rules.RuleSheet`; unknown fields are refused.

    Raises InputError naming the field. Whether the sheet is complete is the preflight's business (RuleError).
    """
    return to_sheet(_decoded(data))


def read_object(data: bytes) -> dict[str, object]:
    """A JSON object of some of a sheet's fields, to be laid over a preset. Raises InputError."""
    value = _decoded(data)
    if not isinstance(value, dict):
        raise InputError("The rule sheet is no JSON object. See docs/operators.md for an example.")
    return value


def _decoded(data: bytes) -> object:
    try:
        value: object = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InputError("The rule sheet is no JSON object. See docs/operators.md for an example.") from None
    return value


def to_sheet(value: object) -> RuleSheet:
    """The sheet in a plain mapping. Raises InputError naming the field."""
    known = set(RuleSheet.__dataclass_fields__)
    unknown = sorted(map(str, set(value) - known)) if isinstance(value, dict) else []
    if unknown:
        raise InputError(f"The rule sheet has a field nobody knows: {unknown[0]}. Remove it.")
    try:
        return msgspec.convert(value, RuleSheet)
    except msgspec.ValidationError as error:
        raise InputError(f"The rule sheet is not right: {error}.") from None
