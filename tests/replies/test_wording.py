"""The rule book's hits as the room would hear them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classifiers import rulebook
from classifiers.lexicon import Lexicon
from classifiers.normalize import normalize
from classifiers.verdict import Hit
from replies.facts import DEVICE_DISCLOSURE, HEALTH_DISCLOSURE
from replies.lint import lint
from replies.phrase import Phrase
from replies.wording import heard
from tests.replies.test_lint import finds

LEXICON = Lexicon(rulebook.load(rulebook.SHIPPED))
PHRASE = Phrase("p", "stock", "any", None, None, "zh", "库存仅剩{stock}")


def judge(text: str) -> tuple[Hit, ...]:
    return LEXICON.find(text, normalize(text).text).hits


def categories(phrase: Phrase, **values: str) -> list[str]:
    return [one.category for one in heard(phrase, values, judge)]


def test_the_real_stock_is_no_false_shortage() -> None:
    assert judge("库存仅剩20件")[0].category == "P04"
    assert categories(PHRASE, stock="20件") == []
    assert categories(replace(PHRASE, text="库存仅剩{stock}件"), stock="20") == []
    assert categories(replace(PHRASE, text="库存仅剩20件，{stock}"), stock="20") == ["P04"]


def test_a_stock_that_hurries_by_itself_is_one() -> None:
    assert categories(replace(PHRASE, text="现货：{stock}"), stock="库存仅剩20件") == ["P04"]
    for text in ("库存仅剩{stock}，全网断货", "五秒抢空三千单，仅剩{stock}"):
        assert categories(replace(PHRASE, text=text), stock="20件")[:1] == ["P04"]
    assert categories(PHRASE, stock="全网断货")[:1] == ["P04"]


def test_a_compared_price_whose_basis_is_told_is_no_false_one() -> None:
    phrase = replace(PHRASE, text="专柜价{compare_at}，到手{price}")
    assert categories(phrase, compare_at="299元", price="99元") == ["P01"]
    assert categories(replace(phrase, disclosure="{compare_basis}"), compare_at="299元", price="99元") == []
    for claim in ("一分不赚", "清仓赔本", "厂家直销价"):
        sale = replace(phrase, text=f"{claim}，专柜价{{compare_at}}", disclosure="{compare_basis}")
        assert "P01" in categories(sale, compare_at="299元")


@pytest.mark.parametrize("value", ["加微信abc12345", "全网最低价"])
def test_a_facts_value_is_judged_where_it_stands(value: str) -> None:
    (one,) = heard(replace(PHRASE, text="赠品{gift}"), {"gift": value}, judge)[:1]
    assert (one.field, one.start) == ("text", 2)


@pytest.mark.parametrize("sentence", [HEALTH_DISCLOSURE, DEVICE_DISCLOSURE])
def test_what_the_law_prescribes_is_not_held_against_the_phrase(sentence: str) -> None:
    phrase = replace(PHRASE, text="看购物车", disclosure=sentence)
    assert heard(phrase, {}, finds("药物", "M02")) == heard(phrase, {}, finds("医务", "M05")) == []


@pytest.mark.parametrize("klass", ["medical_device", "医疗器械"])
def test_a_medical_device_needs_its_sentence(klass: str) -> None:
    phrase = replace(PHRASE, text="看购物车", scope="class", product=klass)
    assert [one.rule for one in lint(phrase, judge=lambda _: [])] == ["device-notice"]
    assert lint(replace(phrase, disclosure=DEVICE_DISCLOSURE), judge=judge) == []


def test_a_promise_is_a_warning() -> None:
    found = lint(replace(PHRASE, text="马上转人工"), judge=lambda _: [])
    assert [(one.rule, one.level) for one in found] == [("promise", "warn")]
