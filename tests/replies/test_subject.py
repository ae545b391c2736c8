"""Which product a comment is about."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replies.facts import Product, Shop
from replies.subject import number

SHOP = Shop(
    (
        Product("soap", "氨基酸洁面乳", ("洗面奶",), 1, "beauty"),
        Product("coat", "羊毛大衣", ("大衣",), 2, "clothing"),
        Product("ears", "蓝牙耳机", ("耳机", "AirBuds"), 3, "electronics"),
        Product("case", "耳机保护套", ("保护套",), 12, "electronics"),
    ),
    "soap",
)


@pytest.mark.parametrize(
    ("text", "intent", "product", "how"),
    [
        ("3号多少钱", "price", "ears", "link"),
        ("三号链接多少米", "price", "ears", "link"),
        ("3号链接", "link", "ears", "link"),
        ("3️⃣多少钱", "price", "ears", "link"),
        ("３号有货吗", "stock", "ears", "link"),
        ("③号有货吗", "stock", "ears", "link"),
        ("链接3 有黑色吗", "variant", "ears", "link"),
        ("3链接几米", "price", "ears", "link"),
        ("#3 price", "price", "ears", "link"),
        ("3號多少錢", "price", "ears", "link"),
        ("十二号多少钱", "price", "case", "link"),
        ("12号多少钱", "price", "case", "link"),
        ("大衣偏大吗", "size", "coat", "name"),
        ("airbuds有货吗", "stock", "ears", "name"),
        ("耳机保护套多少钱", "price", "case", "name"),
        ("3号的耳机多少钱", "price", "ears", "link"),
        ("这个多少钱", "price", "soap", "deictic"),
        ("身上这件什么时候发货", "shipping_time", "soap", "deictic"),
        ("这款几天到", "shipping_time", "soap", "deictic"),
        ("多少钱", "price", "soap", "on_show"),
        ("几号链接", "link", "soap", "on_show"),
        ("什么时候发货", "shipping_time", None, "none"),
        ("666", None, None, "none"),
        # A number that is no link.
        ("3号能发货吗", "shipping_time", None, "none"),
        ("11月3号活动什么价", "price", "soap", "on_show"),
        ("要拍大一号吗", "size", "soap", "on_show"),
        ("3号色有货吗", "stock", "soap", "on_show"),
        ("穿38号要拍哪个", "size", "soap", "on_show"),
        # A link that is not on the shelf is never answered with the product on show.
        ("9号多少钱", "price", None, "unknown_link"),
        ("9号链接穿什么码", "size", None, "unknown_link"),
        # Half an answer would pass for a whole one.
        ("1号和3号区别", "compare", None, "several"),
        ("大衣和耳机多少钱", "price", None, "several"),
        ("2号那个耳机多少钱", "price", None, "several"),
    ],
)
def test_resolve(text: str, intent: str | None, product: str | None, how: str) -> None:
    subject = SHOP.resolve(text, SHOP.on_show, intent=intent)
    assert (subject.product_id, subject.how) == (product, how)


def test_nothing_on_show() -> None:
    assert SHOP.resolve("这个多少钱", None, intent="price").product_id is None
    assert SHOP.resolve("多少钱", None, intent="price").how == "none"
    assert SHOP.resolve("大衣多少钱", None, intent="price").product_id == "coat"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("3", 3),
        ("三", 3),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("二十一", 21),
        ("三三", 0),
        ("十十", 0),
        ("一二十", 0),
    ],
)
def test_number(written: str, meant: int) -> None:
    assert number(written) == meant


@given(st.text(alphabet="一二三四五六七八九十0123456789号链接这个#月大 ️⃣耳机", max_size=30))
@settings(max_examples=150)
def test_any_text_gives_a_product_of_the_shop_or_none(text: str) -> None:
    subject = SHOP.resolve(text, "soap", intent="price")
    assert subject.product_id is None or SHOP.product(subject.product_id) is not None
    assert (subject.how in {"several", "unknown_link", "none"}) == (subject.product_id is None)


def test_a_huge_text_is_cut() -> None:
    assert SHOP.resolve("啊" * 1_000_000 + "3号", "soap", intent="price").how == "on_show"
