"""The stored goods as one whole, and a difference of goods as rows to store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.storage.values import FactRow, ProductRow
from replies.errors import ShopError
from replies.facts import Fact, Product
from replies.goods import FACTS, KEPT, Diff, Goods

OF_SHOP = "@"
"""Before a merchant: the product of a fact that holds for that whole shop."""


def goods_of(products: Iterable[ProductRow], facts: Iterable[FactRow]) -> Goods:
    """What is stored, facts out of date too. Rows that are no product or fact that could be said are left out: they
    cannot be said either, and an import puts them right."""
    known: dict[str, dict[str, Fact]] = {}
    for row in facts:
        try:
            fact = Fact(row.value, row.source, row.valid_until_ms, bool(row.show_end))
        except ShopError:
            continue
        if row.name in FACTS:
            known.setdefault(row.product, {})[row.name] = fact
    found = []
    for one in products:
        try:
            found.append(Product(
                one.id, str(one.body["name"]), tuple(map(str, one.body.get("aliases") or ())), int(one.body["slot"]),
                str(one.body.get("klass") or ""), known.get(one.id, {}), str(one.body.get("merchant") or ""),
            ))  # fmt: skip
        except (ShopError, KeyError, TypeError, ValueError):
            continue
    house = {
        key.removeprefix(OF_SHOP): told for key, told in known.items() if not key or key.startswith(OF_SHOP)
    }
    return Goods(tuple(found), house)


def product_row(product: Product) -> ProductRow:
    """The product itself, without its facts."""
    body = {name: getattr(product, name) for name in KEPT[1:]}
    return ProductRow(product.id, {**body, "aliases": list(product.aliases)})


def fact_row(product: str, name: str, fact: Fact) -> FactRow:
    """`product` is an id, '' for the whole house, `@<merchant>` for that shop's."""
    return FactRow(product, name, fact.value, fact.source, fact.valid_until_ms, fact.show_end or None)


def rows_of(
    change: Diff, after: Goods, now_ms: int
) -> tuple[Sequence[ProductRow], Sequence[FactRow], Sequence[str]]:
    """Products and facts to save, and products to delete, so that the store holds `after`. A fact that was taken away
    runs out at `now_ms` (milliseconds since 1970 UTC): what was once said stays in the record."""
    touched = {one.product for one in change.changes if one.name in KEPT}
    products = [*change.added, *(one for one in after.products if one.id in touched)]
    facts = [fact_row(one.id, name, fact) for one in change.added for name, fact in one.facts.items()]
    for one in change.changes:
        if one.fact is not None:
            facts.append(fact_row(one.product, one.name, one.fact))
        elif one.kind == "removed" and one.before is not None:
            facts.append(fact_row(one.product, one.name, one.before.ended(now_ms)))
    return [product_row(one) for one in products], facts, [one.id for one in change.removed]
