"""A rule sheet from JSON: what the command line and the console hand in."""

from __future__ import annotations

import msgspec

from bot.errors import InputError
from lottery.rules import RuleSheet


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
