"""A price held against another shows its basis."""

from __future__ import annotations

from dataclasses import replace

import pytest

from replies.comparison import compares, grounded, references
from replies.facts import Fact, Product, Shop
from replies.lint import lint
from replies.phrase import Phrase

PHRASE = Phrase("p", "price", "any", None, None, "zh", "划线价{compare_at}，到手{price}")


def rules(phrase: Phrase, shop: Shop | None = None, now_ms: int | None = None) -> list[str]:
    found = lint(phrase, judge=lambda _: [], shop=shop, now_ms=now_ms)
    return [one.rule for one in found if one.level == "refuse"]


@pytest.mark.parametrize(
    "text",
    [
        "划线价{compare_at}，到手{price}", "原价199现在{price}", "专柜299元", "比官网价便宜", "吊牌599", "平时卖99",
        "was $30, now {price}", "RRP {compare_at}", "list price 30",
    ],
)  # fmt: skip
def test_a_comparison_without_basis_is_refused(text: str) -> None:
    assert compares(replace(PHRASE, text=text))
    assert "price-compare" in rules(replace(PHRASE, text=text))


@pytest.mark.parametrize(
    "text", ["到手{price}", "今天发货", "价格看购物车", "吊牌在领口里面", "正品，专柜可验"]
)
def test_no_comparison(text: str) -> None:
    assert "price-compare" not in rules(replace(PHRASE, text=text))


def test_the_place_is_named() -> None:
    assert references("到手59，划线价99") == [(5, 8)]


@pytest.mark.parametrize("disclosure", ["{compare_basis}", "划线价为商品吊牌价", "原价指近七日最低成交价"])
def test_a_basis_in_the_disclosure_will_do(disclosure: str) -> None:
    assert grounded(replace(PHRASE, disclosure=disclosure))
    assert "price-compare" not in rules(replace(PHRASE, disclosure=disclosure))
    assert "price-compare" in rules(replace(PHRASE, disclosure="以页面为准"))


def test_the_products_own_basis_will_do_while_it_is_current() -> None:
    phrase = replace(PHRASE, scope="product", product="P1")
    shop = Shop(
        (Product("P1", "大衣", (), 1, "other", {"compare_basis": Fact("吊牌价", valid_until_ms=100)}),)
    )
    assert "price-compare" not in rules(phrase, shop, 99)
    assert "price-compare" in rules(phrase, shop, 100)
    assert "price-compare" in rules(PHRASE, shop, 99)
    assert "price-compare" in rules(replace(phrase, product="P2"), shop, 99)
