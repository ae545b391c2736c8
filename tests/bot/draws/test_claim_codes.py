"""Claim codes are read as people type them, and a slip gives none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.draws.claim_codes import LENGTH, LETTERS, claim_code, read_claim_code
from bot.typed import read

CHANCES = st.binary(min_size=32, max_size=32)


@given(CHANCES)
@settings(max_examples=50)
def test_what_is_shown_can_be_typed_in_the_room(chance: bytes) -> None:
    code = claim_code(chance)
    assert len(code) == LENGTH
    assert read_claim_code(f" {code[:4].lower()}-{code[4:]} ") == code
    assert read(f"兑奖 {code}") == ("claim", code)


@given(CHANCES, st.integers(0, LENGTH - 1), st.integers(1, 30))
@settings(max_examples=100)
def test_one_wrong_letter_is_no_code(chance: bytes, at: int, off: int) -> None:
    code = claim_code(chance)
    other = LETTERS[(LETTERS.index(code[at]) + off) % len(LETTERS)]
    assert read_claim_code(code[:at] + other + code[at + 1 :]) is None


@given(CHANCES, st.integers(0, LENGTH - 3))
@settings(max_examples=100)
def test_two_neighbours_swapped_are_no_code(chance: bytes, at: int) -> None:
    code = claim_code(chance)
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    assert swapped == code or read_claim_code(swapped) is None


@pytest.mark.parametrize("typed", ["", "ABC", "0OIL0OIL", "A" * 100, "好运好运好运好运", "\ud800BCDEFGH"])
def test_anything_else_is_none(typed: str) -> None:
    assert read_claim_code(typed) is None


def test_no_two_letters_are_mistaken_for_one_another() -> None:
    assert not set(LETTERS) & set("01ILO")
    assert len(set(LETTERS)) == 31
