"""The shop's goods as a whole: products with their facts and the facts of the house; what an import would change.

`merge` lays a file over what there is, `diff` tells the difference fact by fact: values for a preview, and for
whoever stores them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal

from replies.facts import SLOTS, Fact, Product

HOUSE = "*"
KEPT = ("id", "name", "aliases", "slot", "klass", "merchant")
FACTS = tuple(name for name in SLOTS if name not in ("product", "link_no"))

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("编号", "商品编号", "商品id"), "name": ("名称", "商品名称", "商品"), "aliases": ("别名", "俗称", "alias"),
    "slot": ("链接号", "链接", "序号", "link_no", "link"), "klass": ("类别", "品类", "class"),
    "merchant": ("店铺", "商家", "shop"),
    "price": ("价格", "到手价", "售价", "现价"), "price_basis": ("价格依据", "计价依据"),
    "price_until": ("价格有效期", "活动时间"), "compare_at": ("划线价", "原价", "compare_at_price"),
    "compare_basis": ("划线价依据", "比价依据"), "stock": ("库存", "库存数量"), "coupon": ("优惠券", "优惠", "券"),
    "ship_time": ("发货", "发货时间"), "ship_fee": ("运费", "邮费"), "courier": ("快递", "物流"),
    "size_advice": ("尺码", "尺码建议", "规格"), "material": ("材质", "成分", "面料"), "colors": ("颜色", "款式"),
    "suitability": ("适用", "适合人群", "适用人群"), "usage": ("使用", "用法", "使用方法"),
    "authenticity": ("正品", "资质"), "shelf_life": ("保质期",), "returns": ("退换", "退换货", "退货"),
    "warranty": ("质保", "售后"), "service": ("客服",), "payment": ("付款", "支付"), "invoice": ("发票",),
    "gift": ("赠品", "礼品"), "highlight": ("卖点", "亮点"), "schedule": ("直播时间", "开播时间"), "draw": ("抽奖",),
    "membership": ("会员", "粉丝团"), "source": ("来源",), "valid_until": ("有效期至", "有效期"),
}  # fmt: skip
"""Every column with its other headers; the first of them is written in Chinese files. Compared without spaces, in
lower case."""

CLASSES: Mapping[str, str] = {
    "化妆品": "cosmetic", "普通化妆品": "cosmetic", "特殊化妆品": "special_cosmetic", "食品": "food",
    "普通食品": "food", "保健食品": "health_food", "医疗器械": "medical_device", "其他": "other", "其它": "other",
}  # fmt: skip
"""Chinese names of the classes the law knows; any other text is a class of the shop's own."""


@dataclass(frozen=True, slots=True)
class Problem:
    """`column` as the file's header writes it, '' for the line as a whole."""

    line: int
    column: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Goods:
    """Products with their facts, and facts of the whole house by merchant ('' where there is but one).

    `columns`: those the file has, so that an empty cell takes a fact away and a missing column does not; None: all.
    `lines` names each product's line; `problems` are those of lines that were left out.
    """

    products: tuple[Product, ...] = ()
    house: Mapping[str, Mapping[str, Fact]] = field(default_factory=dict)
    columns: frozenset[str] | None = None
    problems: tuple[Problem, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)

    def product(self, id: str) -> Product | None:
        return next((one for one in self.products if one.id == id), None)


Kind = Literal["added", "changed", "renewed", "removed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would be other than it is. `product` is its id, '' for the whole house, `@<merchant>` for the
    house of that shop. `name` is one of KEPT (then `fact` is None) or a fact's.

    `old`/`new` are the values, None where there is none; `renewed`: the same value with another source or end. `fact`
    is what it would be, None when it is removed.
    """

    kind: Kind
    product: str
    name: str
    old: str | None
    new: str | None
    before: Fact | None = None
    fact: Fact | None = None


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs: whole products, and changes within the others. Facts of `added` products stand in them."""

    added: tuple[Product, ...] = ()
    removed: tuple[Product, ...] = ()
    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changes)

    def of(self, kind: Kind) -> tuple[Change, ...]:
        return tuple(one for one in self.changes if one.kind == kind)


def merge(before: Goods, file: Goods, now_ms: int, *, whole: bool = False) -> Goods:
    """The goods there would be after `file` was taken in.

    What the file does not speak of stays: products without a line (unless `whole`), facts without a column, source
    and end of an unchanged value where the file has no such column. An empty cell takes the fact away; one that is
    out of date at `now_ms` anyway stays as it was.
    """
    products = {} if whole else {one.id: one for one in before.products}
    for one in file.products:
        known = before.product(one.id)
        products[one.id] = one if known is None else _laid_over(known, one, file.columns, now_ms)
    house = {merchant: dict(facts) for merchant, facts in before.house.items()}
    for merchant, facts in file.house.items():
        house[merchant] = _facts_over(house.get(merchant, {}), facts, file.columns, now_ms)
    return Goods(tuple(products.values()), house, None)


def _laid_over(known: Product, one: Product, columns: frozenset[str] | None, now_ms: int) -> Product:
    kept = {name: getattr(known, name) for name in KEPT if columns is not None and name not in columns}
    return replace(one, facts=_facts_over(known.facts, one.facts, columns, now_ms), **kept)


def _facts_over(
    before: Mapping[str, Fact], file: Mapping[str, Fact], columns: frozenset[str] | None, now_ms: int
) -> dict[str, Fact]:
    facts = {}
    for name, fact in before.items():
        untouched = columns is not None and name not in columns
        if untouched or (name not in file and not fact.current(now_ms)):
            facts[name] = fact
    for name, fact in file.items():
        known = before.get(name)
        if known is not None and known.value == fact.value and columns is not None:
            if not {"source", f"{name}@source"} & columns:
                fact = replace(fact, source=known.source)
            if not {"valid_until", f"{name}@valid_until"} & columns:
                fact = replace(fact, valid_until_ms=known.valid_until_ms, show_end=known.show_end)
        facts[name] = fact
    return facts


def clashes(goods: Goods) -> list[tuple[Product, Product]]:
    """Pairs of products under one link number that could stand in one room: of one merchant, or one of none."""
    by_slot: dict[int, list[Product]] = {}
    for one in goods.products:
        by_slot.setdefault(one.slot, []).append(one)
    return [
        (one, other)
        for group in by_slot.values()
        for one, other in combinations(group, 2)
        if one.merchant == other.merchant or not one.merchant or not other.merchant
    ]


def diff(before: Goods, after: Goods) -> Diff:
    """What differs between two wholes (the latter usually made by `merge`)."""
    old = {one.id: one for one in before.products}
    new = {one.id: one for one in after.products}
    changes: list[Change] = []
    for merchant in sorted({*before.house, *after.house}):
        key = f"@{merchant}" if merchant else ""
        changes += _of_facts(key, before.house.get(merchant, {}), after.house.get(merchant, {}))
    for id, one in new.items():
        if id in old:
            changes += _of_product(old[id], one)
            changes += _of_facts(id, old[id].facts, one.facts)
    added = tuple(one for id, one in new.items() if id not in old)
    removed = tuple(one for id, one in old.items() if id not in new)
    return Diff(added, removed, tuple(changes))


def _of_product(old: Product, new: Product) -> Iterator[Change]:
    for name in KEPT[1:]:
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            yield Change("changed", new.id, name, _written(was), _written(now))


def _written(value: object) -> str:
    return "/".join(value) if isinstance(value, tuple) else str(value)


def _of_facts(product: str, old: Mapping[str, Fact], new: Mapping[str, Fact]) -> Iterator[Change]:
    for name in FACTS:
        was, now = old.get(name), new.get(name)
        if was == now:
            continue
        if was is None and now is not None:
            yield Change("added", product, name, None, now.value, None, now)
        elif was is not None and now is None:
            yield Change("removed", product, name, was.value, None, was)
        elif was is not None and now is not None:
            kind: Kind = "renewed" if was.value == now.value else "changed"
            yield Change(kind, product, name, was.value, now.value, was, now)
