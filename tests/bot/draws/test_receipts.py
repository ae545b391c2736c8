"""Receipts read back, and found among many."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.draws.receipts import ReceiptTable, read_receipt, receipt_number
from lottery.entry import receipt


def salt(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


@given(st.binary(min_size=32, max_size=32))
@settings(max_examples=100)
def test_a_receipt_as_handed_out_is_read_back(chance: bytes) -> None:
    shown = receipt(chance)
    assert read_receipt(shown) == receipt_number(chance)
    assert read_receipt(
        shown.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    ) == receipt_number(chance)


@pytest.mark.parametrize(
    "typed", ["", "ABCD", "UUUU-UUUU-UUUU", "0" * 61, "好运-0000-0000", "0000-0000-00000"]
)
def test_anything_else_is_none(typed: str) -> None:
    assert read_receipt(typed) is None


def test_every_entry_is_found_and_no_other() -> None:
    table = ReceiptTable()
    for start in range(1, 301, 60):
        table.add((number, salt(number)) for number in range(start, start + 60))
    assert table.last == 300
    assert [table.find(receipt_number(salt(number))) for number in range(1, 301)] == list(range(1, 301))
    assert table.find(receipt_number(salt(999))) is None


def test_of_several_entries_of_one_viewer_the_first_is_found() -> None:
    table = ReceiptTable()
    table.add([(1, salt(1)), (2, salt(2))])
    table.add([(3, salt(1)), (4, salt(2)), (5, salt(3))])
    assert table.find(receipt_number(salt(1))) == 1
