"""The stored goods as one whole, and a difference as rows."""

from __future__ import annotations

from bot.storage.stock import fact_row, goods_of, product_row, rows_of
from bot.storage.values import FactRow, ProductRow
from replies.facts import Fact, Product
from replies.goods import Goods, diff

COAT = Product(
    "P1",
    "大衣",
    ("外套",),
    1,
    "other",
    {"price": Fact("399元"), "stock": Fact("20件", "erp", None, True)},
    "A店",
)
HOUSE = {"": {"courier": Fact("中通")}, "A店": {"returns": Fact("七天")}}
GOODS = Goods((COAT,), HOUSE)


def test_goods_go_into_rows_and_come_back() -> None:
    products, facts, gone = rows_of(diff(Goods(), GOODS), GOODS, 0)
    assert gone == []
    assert {row.product for row in facts} == {"P1", "", "@A店"}
    assert goods_of(products, facts) == GOODS


def test_what_cannot_be_said_is_left_out() -> None:
    bad = [
        ProductRow("P9", {"name": "x"}),
        ProductRow("P8", {"name": "", "slot": 1}),
        ProductRow("P7", {"name": "x", "slot": "?"}),
    ]
    wrong = [FactRow("P1", "price", "<b>", "x", None), FactRow("P1", "weight", "3", "x", None)]
    assert goods_of([product_row(COAT), *bad], wrong).products == (
        Product("P1", "大衣", ("外套",), 1, "other", {}, "A店"),
    )


def test_only_what_changed_is_stored_and_a_fact_taken_away_runs_out() -> None:
    after = Goods((Product("P1", "大衣", ("外套",), 1, "other", {"price": Fact("299元")}, "A店"),), HOUSE)
    products, facts, gone = rows_of(diff(GOODS, after), after, 700)
    assert (products, gone) == ([], [])
    assert facts == [fact_row("P1", "price", Fact("299元")), FactRow("P1", "stock", "20件", "erp", 700, True)]
    assert rows_of(diff(GOODS, Goods((), HOUSE)), Goods((), HOUSE), 0)[2] == ["P1"]
