"""Negated, asked, quoted: within the clause of the hit and no further."""

from __future__ import annotations

import pytest

from classifiers.excuse import excused


def judged(text: str, term: str, *excuses: str) -> bool:
    at = text.index(term)
    return excused(set(excuses), text, at, at + len(term))


@pytest.mark.parametrize(
    ("text", "excuse"),
    [
        ("不是最低价", "negated"), ("算不上什么最低价", "negated"), ("最低价个屁", "negated"), ("最低价吗", "asked"),
        ("是不是最低价啊", "asked"), ("最低价？", "asked"), ("最低价 是吗", "asked"), ("写着最低价", "quoted"),
        ("“最低价”呵呵", "quoted"), ('"最低价"', "quoted"),
        ("什么最低价不最低价的", "negated"),
        ("最低价的不一定好用", "negated"), ("是最低价的一天吗今天", "asked"),
        ("最低价的是哪款", "asked"), ("最低价贵不贵啊 多少", "asked"),
    ],
)  # fmt: skip
def test_excused_by_one_context_only_when_the_code_allows_it(text: str, excuse: str) -> None:
    assert judged(text, "最低价", excuse)
    assert not judged(text, "最低价")


@pytest.mark.parametrize(
    ("before", "negated"), [("bu shi ", True), ("bushi", True), ("bu suan ", True), ("dou shi ", False)]
)
def test_a_negation_typed_in_letters_counts_before_letters(before: str, negated: bool) -> None:
    assert judged(before + "zui di jia ba", "zui di jia", "negated") is negated
    assert not judged(before + "最低价", "最低价", "negated")


@pytest.mark.parametrize(
    "text", ["不错 最低价", "最低价 多少人在看", "最低价好吗", "最低价", "他说完了 最低价"]
)
def test_not_excused(text: str) -> None:
    assert not judged(text, "最低价", "negated", "asked", "quoted")


@pytest.mark.parametrize(
    "text", ["别信加微信的", "那个加微信的是骗子", "加微信是什么意思", "有人让我加微信", "加微信的别信"]
)
def test_a_warning_or_a_question_about_it_is_no_approach(text: str) -> None:
    assert judged(text, "加微信", "warned")
    assert not judged(text, "加微信")


@pytest.mark.parametrize("text", ["加微信", "别信主播 加微信", "别加微信abc886骗子", "加微信abc886别信他家"])
def test_whoever_gives_an_address_does_not_warn(text: str) -> None:
    assert not judged(text, "加微信", "warned")


@pytest.mark.parametrize(
    ("text", "word", "named"),
    [
        ("普信男这个梗早该扔了", "普信男", True),
        ("“瓜娃子”在四川话里挺亲切", "瓜娃子", True),
        ("脑残粉这词我们拿来自黑", "脑残粉", True),
        ("你就是普信男", "普信男", False),
        ("普信男滚出去", "普信男", False),
        ("他是“瓜娃子”吧", "瓜娃子", False),
    ],
)
def test_a_word_that_is_talked_about_is_no_insult(text: str, word: str, named: bool) -> None:
    at = text.index(word)
    assert excused({"named"}, text, at, at + len(word)) is named
