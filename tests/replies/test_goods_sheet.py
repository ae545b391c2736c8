"""Goods as lines of a spreadsheet and back."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replies import practice
from replies.cells import csv_cells, csv_file
from replies.errors import ShopError
from replies.facts import SLOTS, Fact, Product
from replies.goods import CLASSES, COLUMNS, FACTS, Goods
from replies.goods_sheet import dump_goods, read_goods


def read(*lines: Sequence[str]) -> Goods:
    return read_goods(list(enumerate(lines, 1)), name="goods.csv")


def problems(*lines: Sequence[str]) -> list[tuple[int, str]]:
    return [(one.line, one.column) for one in read(*lines).problems]


ZH = ("编号", "名称", "链接号", "别名", "类别", "店铺", "价格", "库存", "来源", "有效期至")
GOOD = (
    "P1",
    "洁面乳",
    "1",
    "洗面奶/洁面、洗脸的",
    "化妆品",
    "A店",
    "59元",
    "320支",
    "erp",
    "2026-12-01T00:00:00+08:00",
)


def test_a_line_in_chinese_and_in_english() -> None:
    fact = Fact("59元", "erp", 1_796_054_400_000)
    done = read(ZH, GOOD)
    assert done.problems == ()
    (one,) = done.products
    assert one == Product(
        "P1", "洁面乳", ("洗面奶", "洁面", "洗脸的"), 1, "cosmetic",
        {"price": fact, "stock": Fact("320支", "erp", fact.valid_until_ms)}, "A店",
    )  # fmt: skip
    english = (
        "ID",
        "Name",
        "Slot",
        "Aliases",
        "Class",
        "Merchant",
        "price",
        "stock",
        "source",
        "valid_until",
    )
    assert read(english, (*GOOD[:4], "cosmetic", *GOOD[5:])).products == done.products
    assert done.lines == {"P1": 2}


def test_every_fact_has_a_column() -> None:
    assert {"compare_at", "compare_basis", *SLOTS} - {"product", "link_no"} == set(FACTS)
    assert set(FACTS) < set(COLUMNS)
    headers = [word for words in COLUMNS.values() for word in words]
    assert len(set(headers)) == len(headers)
    assert set(CLASSES.values()) == {
        "cosmetic",
        "special_cosmetic",
        "food",
        "health_food",
        "medical_device",
        "other",
    }


def test_own_ends_and_the_end_of_the_show() -> None:
    header = (
        "编号",
        "名称",
        "链接号",
        "价格",
        "库存",
        "优惠券",
        "有效期至",
        "库存@有效期至",
        "优惠券@有效期至",
        "库存@来源",
    )
    line = ("P1", "大衣", "1", "9元", "3件", "无", "2026-12-01T00:00:00Z", "本场", "-", "仓库")
    facts = read(header, line).products[0].facts
    assert facts["price"] == Fact("9元", "sheet", 1_796_083_200_000)
    assert facts["stock"] == Fact("3件", "仓库", None, True)
    assert facts["coupon"] == Fact("无", "sheet", None)


def test_a_line_of_the_house() -> None:
    done = read(
        ("编号", "名称", "链接号", "店铺", "快递"), ("*", "", "", "", "中通"), ("*", "", "", "A店", "圆通")
    )
    assert done.house == {"": {"courier": Fact("中通", "sheet")}, "A店": {"courier": Fact("圆通", "sheet")}}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (0, ""), (0, "P 1"), (0, "<b>"), (0, "@x"), (0, "p" * 41), (1, ""), (1, "名" * 61), (1, "<b>"), (2, ""),
        (2, "0"), (2, "1000"), (2, "一"), (2, "1.5"), (2, "-1"), (2, "１"), (3, "洗"), (3, "洗" * 21), (6, "9" * 13),
        (6, "<b>9"), (7, "3\u200b"), (8, "a\nb"), (9, "2026-12-01"), (9, "明天"), (9, "2026-12-01T00:00:00"),
    ],
)  # fmt: skip
def test_problems_name_line_and_column(column: int, value: str) -> None:
    line = [*GOOD]
    line[column] = value
    found = read(ZH, GOOD[:1] and ("P0", "围巾", "9"), line)
    assert {one.line for one in found.problems} == {3}
    expected = {ZH[column]} if column != 8 else {"价格", "库存"}
    assert {one.column for one in found.problems} == expected
    assert [one.id for one in found.products] == ["P0"]
    assert all(one.zh and one.en.isascii() for one in found.problems)


def test_an_id_or_link_number_twice() -> None:
    assert problems(ZH[:3], ("P1", "一二", "1"), ("P1", "三四", "2")) == [(3, "编号")]
    assert problems(ZH[:3], ("P1", "一二", "1"), ("P2", "三四", "1.0")) == [(3, "slot")]


@pytest.mark.parametrize(
    "header",
    [(), ("编号", "名称"), ("编号", "名称", "链接号", "体重"), ("编号", "id", "名称", "链接号"),
     ("编号", "名称", "链接号", "名称@来源"), ("编号", "名称", "链接号", "价格@颜色")],
)  # fmt: skip
def test_a_header_that_cannot_be_used(header: tuple[str, ...]) -> None:
    with pytest.raises(ShopError, match=r"goods\.csv:1: "):
        read(*([header] if header else []))


def test_the_practice_shop_goes_out_and_comes_back() -> None:
    shop = practice.shop()
    whole = Goods(shop.products, {"": shop.facts})
    for chinese in (True, False):
        back = read_goods(csv_cells(csv_file(dump_goods(whole, chinese=chinese))))
        assert back.problems == ()
        assert back.products == shop.products
        assert back.house == {"": shop.facts}


values = st.text(
    st.characters(
        codec="gb18030",
        exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"],
        exclude_characters="<>",
    ),
    min_size=1,
    max_size=8,
)
facts = st.builds(Fact, values, values, st.none() | st.integers(0, 10**13), st.booleans())


@given(st.dictionaries(st.sampled_from(FACTS), facts, max_size=6), values)
@settings(max_examples=80)
def test_any_facts_come_back(told: dict[str, Fact], name: str) -> None:
    whole = Goods((Product("P1", name, (), 1, "", told),))
    back = read_goods(csv_cells(csv_file(dump_goods(whole))))
    assert back.problems == ()
    assert back.products == whole.products
