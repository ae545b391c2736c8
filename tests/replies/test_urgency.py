"""Lines that hurry people rest on the real stock or are not said."""

from __future__ import annotations

import pytest

from replies.lint import lint
from replies.phrase import Phrase
from replies.urgency import hurries, is_count


@pytest.mark.parametrize(
    "text",
    [
        "只剩30件", "仅剩最后几套", "最后5单", "最后三盒了", "马上抢完", "快卖完了", "马上就要售罄", "即将断货",
        "库存告急", "所剩无几", "手慢无", "还剩2件", "只剩{link_no}件", "库存只剩下一点", "only 3 left",
        "last 5 pieces", "almost gone", "selling out fast", "last few items",
    ],
)  # fmt: skip
def test_hurrying_without_the_stock_is_refused(text: str) -> None:
    assert hurries(text)
    found = lint(Phrase("p", "stock", "any", None, None, "zh", text), judge=lambda _: [])
    assert "urgency" in [one.rule for one in found if one.level == "refuse"]


@pytest.mark.parametrize(
    "text", ["只剩{stock}", "仅剩{stock}，{link_no}号", "库存{stock}，快卖完了", "only {stock} left"]
)
def test_with_the_real_stock_it_may_be_said(text: str) -> None:
    assert hurries(text) == []


@pytest.mark.parametrize("text", ["只剩3件，库存{stock}", "最后5件{stock}", "库存{stock}，还剩 二十件"])
def test_a_typed_figure_beside_the_stock_is_not_the_stock(text: str) -> None:
    assert hurries(text)


@pytest.mark.parametrize(
    "text",
    [
        "库存{stock}", "最后一步点提交", "现货还有", "最后讲尺码", "剩余库存看商品页", "最后再看一遍",
        "only in the cart", "last week's show", "还剩多少看商品页",
    ],
)  # fmt: skip
def test_harmless_lines_pass(text: str) -> None:
    assert hurries(text) == []


@pytest.mark.parametrize("value", ["320", "320支", "1,200件", "3万多件", "约500双", "20 pcs"])
def test_plain_counts(value: str) -> None:
    assert is_count(value)


@pytest.mark.parametrize("value", ["", "3件快抢", "全网断货", "最后一批", "3件 4件", "有"])
def test_what_is_no_count(value: str) -> None:
    assert not is_count(value)
