"""From what the store keeps to the values of replies and classifiers: phrases, own questions, the shop."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from bot.room_state import Reach
from bot.storage.values import FactRow, OwnQuestionRow, PhraseRow, ProductRow
from classifiers.own import OwnQuestion
from replies.errors import ShopError
from replies.facts import Fact, Product, Shop
from replies.phrase import Phrase, State

EVERYWHERE = ""
"""The product of a fact that holds for the whole house."""
OF_SHOP = "@"
"""Before a merchant: the product of a fact that holds for that shop."""


def phrase_of(row: PhraseRow) -> Phrase:
    """The phrase a stored version holds, in the state and with the signature the store says."""
    body: dict[str, Any] = {name: value for name, value in row.body.items() if name != "digest"}
    phrase = dataclasses.replace(Phrase(**body), state=msgspec.convert(row.state, State), signed=row.signed)
    if row.author is None:
        return phrase
    return dataclasses.replace(phrase, author=row.author, reviewer=row.approved_by or "")


def question_of(row: OwnQuestionRow) -> OwnQuestion:
    """The own question a stored row holds."""
    asks, must, must_not = (tuple(row.body.get(name) or ()) for name in ("asks", "must", "must_not"))
    return OwnQuestion(row.slug, asks, must, must_not)


def reach_of(row: OwnQuestionRow) -> Reach:
    """Where the own question a stored row holds is asked. Raises msgspec.ValidationError for a scope there is not."""
    scope = row.body.get("scope") or "any"
    return msgspec.convert(
        {
            "merchant": row.body.get("merchant") or None,
            "scope": scope,
            "about": row.body.get("product") or None,
        },
        Reach,
    )


def stored_shop(
    products: Sequence[ProductRow], facts: Sequence[FactRow], merchant: str | None
) -> tuple[Shop, list[str]]:
    """The shop of `merchant` (its products and those of no merchant; None: all), nothing on show.

    Second value: what was left out and why, one sentence each. A fact that cannot be said is left out, which makes
    the phrases that need it unsendable; of two products with one link number the first by id stays. Facts of the
    product '' hold for the whole house, of `@<merchant>` for that shop: also where all goods are this one merchant's.
    """
    kept: list[Product] = []
    troubles: list[str] = []
    by_product: dict[str, dict[str, Fact]] = {}
    for row in facts:
        try:
            fact = Fact(row.value, row.source, row.valid_until_ms, bool(row.show_end))
        except ShopError as error:
            troubles.append(f"The fact {row.name} of {row.product or 'the house'}: {error}")
        else:
            by_product.setdefault(row.product, {})[row.name] = fact
    slots: set[int] = set()
    for one in products:
        if merchant is not None and one.body.get("merchant") not in (None, "", merchant):
            continue
        try:
            product = product_of(one, by_product.get(one.id, {}))
        except (ShopError, KeyError, TypeError, ValueError) as error:
            troubles.append(f"The product {one.id}: {type(error).__name__}: {error}")
            continue
        if product.slot in slots:
            troubles.append(f"The product {one.id}: link number {product.slot} is another's already.")
            continue
        slots.add(product.slot)
        kept.append(product)
    merchants = {merchant} if merchant else {str(one.body.get("merchant") or "") for one in products} - {""}
    shop_wide = f"{OF_SHOP}{merchants.pop()}" if len(merchants) == 1 else EVERYWHERE
    house = by_product.get(EVERYWHERE, {}) | by_product.get(shop_wide, {})
    return Shop(tuple(kept), None, house), troubles


def product_of(row: ProductRow, facts: Mapping[str, Fact]) -> Product:
    """A product as stored (body: name, slot, aliases, klass, merchant) with its facts. Raises ShopError, KeyError,
    TypeError, ValueError for a body of another shape."""
    aliases: Iterable[Any] = row.body.get("aliases") or ()
    return Product(
        id=row.id,
        name=str(row.body["name"]),
        aliases=tuple(str(one) for one in aliases),
        slot=int(row.body["slot"]),
        klass=str(row.body.get("klass") or ""),
        facts=dict(facts),
        merchant=str(row.body.get("merchant") or ""),
    )
