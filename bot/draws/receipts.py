"""Receipts of entries: read as people type them, and found again among a million. Pure.

A receipt is the first 60 bits of H("receipt", entry_salt) in Crockford's base 32 (`lottery.entry.receipt`). New
entries of a draw are added to its table as they come.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from lottery.canonical import lp

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {letter: value for value, letter in enumerate(LETTERS)} | {"O": 0, "I": 1, "L": 1}
LENGTH = 12
_BITS = 60
_PREFIX = lp(b"lfd1/receipt")


def read_receipt(typed: str) -> int | None:
    """The number in a receipt; case, blanks and hyphens do not matter, O is 0, I and L are 1. None when it is none."""
    if len(typed) > 60:
        return None
    letters = [letter for letter in typed.upper() if letter not in "- \t\u3000"]
    if len(letters) != LENGTH or any(letter not in _VALUES for letter in letters):
        return None
    number = 0
    for letter in letters:
        number = number * 32 + _VALUES[letter]
    return number


def receipt_number(entry_salt: bytes) -> int:
    """The number of an entry's receipt."""
    told = hashlib.sha256(_PREFIX + len(entry_salt).to_bytes(4, "big") + entry_salt).digest()
    return int.from_bytes(told[:8], "big") >> (64 - _BITS)


class ReceiptTable:
    """The receipts of one draw, about 100 bytes an entry. `last` is the number of the last entry in it."""

    def __init__(self) -> None:
        self.last = 0
        self._entries: dict[int, int] = {}

    def add(self, entries: Iterable[tuple[int, bytes]]) -> None:
        """More entries: number and entry salt, in ascending order. A viewer's entries share a receipt; the first
        counts."""
        known = self._entries
        for entry, salt in entries:
            known.setdefault(receipt_number(salt), entry)
            self.last = entry

    def find(self, number: int) -> int | None:
        """The first entry with this receipt; None when there is none."""
        return self._entries.get(number)
