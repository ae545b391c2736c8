"""Facts, products and the shop as values."""

from __future__ import annotations

import json

import pytest

from replies.errors import ShopError
from replies.facts import Fact, Product, Shop, load_shop

SOAP = Product("P1", "洁面乳", ("洗面奶",), 1, "beauty", {"price": Fact("59元"), "courier": Fact("顺丰")})
COAT = Product("P2", "大衣", (), 2, "clothing")
SHOP = Shop((SOAP, COAT), "P1", {"courier": Fact("中通"), "schedule": Fact("每晚19点")})


@pytest.mark.parametrize("value", ["", "  ", "长" * 61, "a\nb", "a\u202eb", "\u200b1", "<b>", "\ud800"])
def test_a_fact_must_be_sayable(value: str) -> None:
    with pytest.raises(ShopError):
        Fact(value)


@pytest.mark.parametrize(
    "name", ["", "  ", "裙<子", "裙>子", "裙\u200b子", "裙\n子", "长" * 61 + "<", " " * 60 + "裙"]
)
def test_a_products_name_must_be_sayable_as_it_is_said_in_answers(name: str) -> None:
    with pytest.raises(ShopError):
        Product("P3", name, (), 3, "other")


def test_a_fact_without_an_end_stays_current() -> None:
    assert Fact("1").current(10**15)
    assert not Fact("1", "host", 5).current(5)


def test_the_products_own_fact_wins_over_the_houses() -> None:
    facts = SHOP.facts_for("P1")
    assert facts["courier"].value == "顺丰"
    assert facts["schedule"].value == "每晚19点"
    assert (facts["product"].value, facts["link_no"].value) == ("洁面乳", "1")


def test_without_a_product_only_the_houses_facts() -> None:
    assert set(SHOP.facts_for(None)) == {"courier", "schedule"}
    assert set(SHOP.facts_for("gone")) == {"courier", "schedule"}


def test_live_updates_give_new_values() -> None:
    later = SHOP.with_fact("P1", "price", Fact("49元", "bridge", 9)).with_on_show("P2")
    assert later.facts_for("P1")["price"].value == "49元"
    assert later.on_show == "P2"
    assert SHOP.facts_for("P1")["price"].value == "59元"
    assert SHOP.on_show == "P1"
    assert SHOP.with_fact(None, "courier", Fact("圆通")).facts["courier"].value == "圆通"
    assert SHOP.with_on_show(None).on_show is None


def test_unknown_products_are_refused() -> None:
    with pytest.raises(ShopError, match="P9"):
        SHOP.with_fact("P9", "price", Fact("1"))
    with pytest.raises(ShopError, match="P9"):
        SHOP.with_on_show("P9")


def test_lookups() -> None:
    assert SHOP.product("P2") is COAT
    assert SHOP.by_slot(2) is COAT
    assert SHOP.by_slot(9) is None
    assert SHOP.product(None) is None


@pytest.mark.parametrize(
    "products",
    [(SOAP, Product("P1", "别的", (), 3, "x")), (SOAP, Product("P3", "别的", (), 1, "x"))],
    ids=["same id", "same link"],
)
def test_two_products_may_not_share(products: tuple[Product, ...]) -> None:
    with pytest.raises(ShopError):
        Shop(products)


@pytest.mark.parametrize(
    ("name", "aliases", "slot"), [("", (), 1), ("x", ("一",), 1), ("x", (), 0), ("x", (), 1000)]
)
def test_a_product_must_be_whole(name: str, aliases: tuple[str, ...], slot: int) -> None:
    with pytest.raises(ShopError):
        Product("P", name, aliases, slot, "x")


def test_load_shop() -> None:
    one = {"id": "P1", "name": "洁面乳", "aliases": ["洗面奶"], "slot": 1, "klass": "beauty"}
    fact = {"value": "59元", "source": "host", "valid_until_ms": 7}
    shop = load_shop(json.dumps({"on_show": "P1", "products": [{**one, "facts": {"price": fact}}]}))
    assert shop.facts_for("P1")["price"] == Fact("59元", "host", 7)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"products": [1]}', '{"products": [{"id": "a"}]}', '{"products": [], "on_show": "x"}',
     '{"products": [], "facts": {"a": 1}}', '{"products": [], "facts": {"a": {}}}',
     '{"products": [], "facts": []}'],
)  # fmt: skip
def test_a_broken_shop_file_is_a_shop_error(text: str) -> None:
    with pytest.raises(ShopError):
        load_shop(text)


def test_when_the_show_is_over_what_held_until_then_has_run_out() -> None:
    facts = {
        "price": Fact("59", "desk", None, True),
        "stock": Fact("7", "desk", 50, True),
        "colors": Fact("红"),
    }
    shop = Shop(
        (Product("p", "裙子", (), 1, "other", facts),), "p", {"coupon": Fact("满减", "desk", 900, True)}
    )
    over = shop.show_over(100)
    ends = {name: fact.valid_until_ms for name, fact in over.facts_for("p").items()}
    assert ends == {
        "price": 100,
        "stock": 50,
        "colors": None,
        "coupon": 100,
        "product": None,
        "link_no": None,
    }
    assert (over.on_show, shop.facts_for("p")["price"].valid_until_ms) == ("p", None)
    assert not over.facts_for("p")["price"].current(100)


def test_renewing_makes_looked_at_facts_true_for_another_show() -> None:
    facts = {
        "price": Fact("59", "desk", 10, True), "stock": Fact("7", "bridge", 10), "colors": Fact("红"),
        "gift": Fact("袜子", "desk", 10_000),
    }  # fmt: skip
    shop = Shop((Product("p", "裙子", (), 1, "other", facts),), None, {"courier": Fact("顺丰", "desk", 5)})
    renewed = shop.renewed(None, 100)
    assert {name for name, fact in renewed.products[0].facts.items() if fact.show_end} == {"price", "stock"}
    assert all(fact.current(100) for fact in renewed.facts_for("p").values())
    assert renewed.products[0].facts["gift"].valid_until_ms == 10_000
    assert renewed.facts["courier"] == Fact("顺丰", "desk", None, True)
    some = shop.renewed({"price"}, 100)
    assert [some.products[0].facts[name].current(100) for name in ("price", "stock")] == [True, False]
    assert not renewed.show_over(200).products[0].facts["stock"].current(200)


def test_a_shop_file_may_say_whose_goods_and_what_ends_with_the_show() -> None:
    fact = '{"value": "59", "source": "desk", "show_end": true}'
    product = f'{{"id": "p", "name": "裙子", "slot": 1, "merchant": "小店", "facts": {{"price": {fact}}}}}'
    shop = load_shop(f'{{"products": [{product}]}}')
    assert shop.products[0].merchant == "小店"
    assert shop.products[0].facts["price"] == Fact("59", "desk", None, True)
