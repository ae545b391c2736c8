from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lottery import spoken
from lottery.errors import RuleError
from lottery.spoken import OUT_OF_RANGE, normalise_answer, read_number


@pytest.mark.parametrize(
    "keyword", ["", "   ", "a" * 41, "a\u200bb", "a\nb", "a" + " " * 200 + "b", "\ud800"]
)
def test_keywords_that_nobody_could_type_are_refused(keyword: str) -> None:
    with pytest.raises(RuleError):
        spoken.check_keyword(keyword)


def test_a_keyword_keeps_its_case_and_an_answer_does_not() -> None:
    assert spoken.check_keyword(" Ｇｏ ") == "Go"
    assert normalise_answer(" Ｇｏ ") == normalise_answer("gO") == "go"
    assert normalise_answer("Straße") == normalise_answer("STRASSE")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=12))
def test_normalising_an_answer_twice_changes_nothing(text: str) -> None:
    once = normalise_answer(text)
    assert normalise_answer(once) == once


@pytest.mark.parametrize(
    ("text", "decimals", "number"),
    [
        ("猜99", 0, 99),
        ("猜 ¥99元", 0, 99),
        ("猜 99 元", 0, 99),
        ("猜￥９９块钱", 0, 99),
        ("  猜\u300099.5块 ", 2, 9950),
        ("猜99.50", 2, 9950),
        ("猜007", 0, 7),
        ("猜999999999.99", 2, 99_999_999_999),
        ("猜99.5", 0, OUT_OF_RANGE),
        ("猜99.0", 0, OUT_OF_RANGE),
        ("猜99.123", 2, OUT_OF_RANGE),
        ("99", 0, None),
        ("猜", 0, None),
        ("猜-1", 0, None),
        ("猜+1", 0, None),
        ("猜1e3", 0, None),
        ("猜1,000", 0, None),
        ("猜99.", 2, None),
        ("猜.5", 2, None),
        ("猜1234567890", 0, None),
        ("猜99元吧", 0, None),
        ("我猜99", 0, None),
        ("猜٣", 0, None),
        ("猜" + "9" * 500, 0, None),
        ("\ud800", 0, None),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, decimals: int, number: int | None) -> None:
    assert read_number(text, "猜", decimals) == number


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 999_999_999), st.integers(0, 99))
def test_a_price_comes_back_in_the_smallest_unit(yuan: int, fen: int) -> None:
    assert read_number(f"{yuan}.{fen:02d}", "", 2) == yuan * 100 + fen
