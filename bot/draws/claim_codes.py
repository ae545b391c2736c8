"""Claim codes: eight letters that a winner can read off a page and type in the room without mistaking them. Pure.

Seven say which page it is, the eighth is a check over them: one letter wrong, or two neighbours swapped, gives no code.
"""

from __future__ import annotations

import unicodedata

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 O 1 I L, which people mistake for one another. 31 of them, a prime, so that the check sees every swap."""

LENGTH = 8


def claim_code(chance: bytes) -> str:
    """The code made of `chance` (32 bytes): about 2.7e10 different ones."""
    number = int.from_bytes(chance, "big")
    digits = []
    for _ in range(LENGTH - 1):
        number, digit = divmod(number, len(LETTERS))
        digits.append(digit)
    return "".join(LETTERS[digit] for digit in [*digits, _check(digits)])


def read_claim_code(typed: str) -> str | None:
    """The code in what somebody typed: case, width, blanks and hyphens do not matter. None when it is no code."""
    if len(typed) > 40:
        return None
    code = "".join(c for c in unicodedata.normalize("NFKC", typed).upper() if c not in " -\t\u3000")
    if len(code) != LENGTH or any(letter not in LETTERS for letter in code):
        return None
    digits = [LETTERS.index(letter) for letter in code]
    return code if digits[-1] == _check(digits[:-1]) else None


def _check(digits: list[int]) -> int:
    return sum(weight * digit for weight, digit in enumerate(digits, 1)) % len(LETTERS)
