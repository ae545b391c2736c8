"""Long texts in parts: within no word, and no claim without its disclosure."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.speaking import words_of
from bot.outbox.splitting import MOST, TooLong, boundaries, split

NOTICE = "本品不能代替药物"
FAMILY = "👨‍👩‍👧"
PIECES = st.sampled_from([
    "到手59.9元", "两件包邮，", "48小时内发货。", "XXL", "cotton", "165cm", "￥1,299", FAMILY, "🇨🇳", "👍🏽", "1️⃣", "é",
    "，", "！",
    "好的", "身高体重", "（拍一发二）", " ", "50kg",
])  # fmt: skip


def whole(parts: tuple[str, ...]) -> str:
    return "".join(re.sub(r"^\(\d/\d\)", "", part) for part in parts)


def test_what_fits_stays_whole_and_has_no_number() -> None:
    assert split("到手59元", 5) == ("到手59元",)
    assert split("到手59元" + NOTICE, 20, disclosure=NOTICE) == ("到手59元" + NOTICE,)


def test_parts_end_at_sentences_where_that_is_not_too_short() -> None:
    text = "到手59.9元，两件包邮，48小时内发货，支持七天无理由退货。尺码S到XXL都有，身高165cm穿M码"
    assert split(text, 40) == (
        "(1/2)到手59.9元，两件包邮，48小时内发货，支持七天无理由退货。", "(2/2)尺码S到XXL都有，身高165cm穿M码",
    )  # fmt: skip


@given(st.lists(PIECES, min_size=1, max_size=30).map("".join), st.integers(8, 60))
@settings(max_examples=300, deadline=None)
def test_nothing_is_lost_nothing_is_too_long_and_no_word_is_cut(text: str, limit: int) -> None:
    try:
        parts = split(text, limit)
    except TooLong:
        return
    assert all(len(part) <= limit for part in parts)
    assert len(parts) <= MOST
    assert whole(parts).replace(" ", "") == text.replace(" ", "") or len(parts) == 1
    if len(parts) > 1:
        assert [part[:5] for part in parts] == [f"({n}/{len(parts)})" for n in range(1, len(parts) + 1)]
        ends = [re.sub(r"^\(\d/\d\)", "", part) for part in parts]
        for before, after in pairwise(ends):
            assert (
                not re.search(r"[A-Za-z0-9]$", before) or not re.match(r"[A-Za-z0-9]", after) or " " in text
            ), parts
            assert not after.startswith(("\u200d", "\ufe0f", "\u20e3", "\u0301", "🏽", "，", "！", "。"))
            assert not before.endswith("\u200d")


@pytest.mark.parametrize(
    "unit", ["165cm", "59.9元", "￥1,299", "50kg", "30件", "100%", "2包", FAMILY, "🇨🇳", "👍🏽", "cotton"]
)
def test_a_number_keeps_its_unit_and_a_sign_its_parts(unit: str) -> None:
    text = "好" * 6 + unit + "好" * 6
    inner = range(7, 6 + len(unit))
    assert not set(inner) & set(boundaries(text))


def test_words_handed_in_are_not_cut() -> None:
    text = "羊毛大衣不起球可以退货"
    assert words_of(text) == ["羊毛", "大衣", "不", "起球", "可以", "退货"]
    assert boundaries(text, words_of) == [2, 4, 5, 7, 9]
    assert boundaries(text, lambda words: ["something else"]) == list(range(1, len(text)))


def test_each_part_carries_what_the_law_wants_said_with_it() -> None:
    text = "每天一粒，饭后吃，坚持三个月效果更稳，孕妇不要吃。" + NOTICE
    parts = split(text, 30, disclosure=NOTICE)
    assert parts == ("(1/2)每天一粒，饭后吃。" + NOTICE, "(2/2)坚持三个月效果更稳，孕妇不要吃。" + NOTICE)


def test_rather_nothing_than_a_claim_without_its_disclosure() -> None:
    with pytest.raises(TooLong):
        split("每天一粒，饭后吃，坚持三个月效果更稳。" + NOTICE, 16, disclosure=NOTICE)
    with pytest.raises(TooLong):
        split("每天一粒，饭后吃，坚持三个月效果更稳", 12, disclosure=NOTICE)


def test_bytes_where_the_platform_counts_them() -> None:
    parts = split("价格以购物车页面为准，领券再减十元，两件包邮", 50, size=lambda text: len(text.encode()))
    assert len(parts) == 2
    assert all(len(part.encode()) <= 50 for part in parts)


def test_a_leaflet_is_no_answer() -> None:
    with pytest.raises(TooLong, match="3 messages"):
        split("价格以购物车页面为准。" * 20, 30)


def test_a_word_longer_than_the_limit_cannot_be_said() -> None:
    with pytest.raises(TooLong):
        split("x" * 50, 20)


def test_english_parts_end_with_a_full_stop_before_the_disclosure() -> None:
    text = "Take one a day, after a meal, with a glass of water. Ask a doctor first. Terms apply"
    parts = split(text, 60, disclosure="Terms apply")
    assert parts == (
        "(1/2)Take one a day, after a meal, with a glass. Terms apply",
        "(2/2)of water. Ask a doctor first. Terms apply",
    )
