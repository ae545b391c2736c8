"""What an import would change, fact by fact."""

from __future__ import annotations

from dataclasses import replace

from replies.facts import Fact, Product
from replies.goods import Change, Goods, clashes, diff, merge

COAT = Product(
    "P1", "大衣", ("外套",), 1, "other", {"price": Fact("399元", "erp"), "stock": Fact("20件", "erp", 500)}
)
CREAM = Product("P2", "面霜", (), 2, "cosmetic", {"price": Fact("59元")})
BEFORE = Goods((COAT, CREAM), {"": {"courier": Fact("中通")}})
EVERY = frozenset(
    {"id", "name", "slot", "aliases", "klass", "merchant", "price", "stock", "source", "valid_until"}
)


def kinds(after: Goods) -> list[tuple[str, str, str, str | None, str | None]]:
    return [(one.kind, one.product, one.name, one.old, one.new) for one in diff(BEFORE, after).changes]


def test_nothing_differs() -> None:
    assert not diff(BEFORE, BEFORE)
    assert not diff(BEFORE, merge(BEFORE, Goods((COAT, CREAM), columns=EVERY), 0))


def test_each_kind_of_change() -> None:
    file = Goods(
        (
            replace(
                COAT,
                name="羊毛大衣",
                aliases=(),
                facts={"price": Fact("359元"), "stock": Fact("20件", "erp", 900)},
            ),
            replace(CREAM, facts={"stock": Fact("5件")}),
            Product("P3", "围巾", (), 3, "other", {"price": Fact("9元")}),
        ),
        columns=EVERY,
    )
    after = merge(BEFORE, file, 0)
    assert kinds(after) == [
        ("changed", "P1", "name", "大衣", "羊毛大衣"),
        ("changed", "P1", "aliases", "外套", ""),
        ("changed", "P1", "price", "399元", "359元"),
        ("renewed", "P1", "stock", "20件", "20件"),
        ("removed", "P2", "price", "59元", None),
        ("added", "P2", "stock", None, "5件"),
    ]
    change = diff(BEFORE, after)
    assert [one.id for one in change.added] == ["P3"]
    assert change.removed == ()
    assert change.of("renewed") == (
        Change("renewed", "P1", "stock", "20件", "20件", Fact("20件", "erp", 500), Fact("20件", "erp", 900)),
    )


def test_what_the_file_does_not_speak_of_stays() -> None:
    file = Goods(
        (Product("P1", "大衣", (), 1, "", {"price": Fact("399元", "sheet")}),),
        columns=frozenset({"id", "name", "slot", "price"}),
    )
    assert not diff(BEFORE, merge(BEFORE, file, 0))
    assert kinds(merge(BEFORE, replace(file, columns=EVERY), 0)) == [
        ("changed", "P1", "aliases", "外套", ""),
        ("changed", "P1", "klass", "other", ""),
        ("renewed", "P1", "price", "399元", "399元"),
        ("removed", "P1", "stock", "20件", None),
    ]


def test_a_fact_that_has_run_out_is_not_taken_away_again() -> None:
    file = Goods((replace(COAT, facts={"price": COAT.facts["price"]}), CREAM), columns=EVERY)
    assert [one.kind for one in diff(BEFORE, merge(BEFORE, file, 499)).changes] == ["removed"]
    assert not diff(BEFORE, merge(BEFORE, file, 500))


def test_only_a_whole_file_removes_products() -> None:
    file = Goods((COAT,), columns=EVERY)
    assert diff(BEFORE, merge(BEFORE, file, 0)).removed == ()
    assert diff(BEFORE, merge(BEFORE, file, 0, whole=True)).removed == (CREAM,)


def test_facts_of_the_house_and_of_one_shop() -> None:
    file = Goods(
        (),
        {"": {"courier": Fact("圆通")}, "A店": {"returns": Fact("七天")}},
        frozenset({"courier", "returns"}),
    )
    assert kinds(merge(BEFORE, file, 0)) == [
        ("changed", "", "courier", "中通", "圆通"),
        ("added", "@A店", "returns", None, "七天"),
    ]


def test_link_numbers_clash_only_where_goods_can_meet() -> None:
    one, two = replace(COAT, merchant="A"), replace(CREAM, slot=1, merchant="B")
    assert clashes(Goods((one, two))) == []
    assert clashes(Goods((one, replace(two, merchant="A")))) != []
    assert clashes(Goods((one, replace(two, merchant="")))) != []
