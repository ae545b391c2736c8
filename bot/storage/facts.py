"""What a batch made known of the goods: prices, stock and the like told by the bridge or set on the desk.

Only live shows tell of the shop's own goods; a replay's or practice room's are somebody else's and stay in memory.
"""

from __future__ import annotations

from sqlalchemy import text

from bot.pipeline import Batch
from bot.policy import FactChange
from bot.storage.canonical import clean
from bot.storage.ledger import Deed
from bot.storage.shelf import put_fact
from bot.storage.values import FactRow
from replies.facts import Fact, Shop

_ENDING = text(
    "SELECT product, name, value, source, valid_until_ms FROM fact WHERE show_end ORDER BY product, name"
)


def store_facts(deed: Deed, batch: Batch) -> None:
    """Keep the facts of a live batch, each with a record `fact` in the house's chain.

    When a show has closed, what was true until its end runs out in the store too, as far as it is of this room's goods:
    after a restart nobody says yesterday's price.
    """
    if batch.clock_source != "live":
        return
    session = clean(batch.state.session) or None
    shop = batch.state.shop
    house = house_of(shop)
    changed = {(change.product, change.name): change for change in batch.facts}
    fresh = {(house if product is None else clean(product), name) for product, name in changed}
    ends = [change.closed_ms for change in batch.sessions if change.closed_ms is not None]
    if ends:
        mine = {"", house, *(clean(one.id) for one in shop.products)}
        for product, name, value, source, until in deed.conn.execute(_ENDING).all():
            over = until is not None and until <= max(ends)
            if product in mine and (product, name) not in fresh and not over:
                put_fact(
                    deed, FactRow(product, name, value, source, max(ends), True), "show", session=session
                )
    for change in changed.values():
        fact = _as_known(shop, change)
        key = house if change.product is None else clean(change.product)
        row = FactRow(
            key, change.name, clean(fact.value), clean(fact.source), fact.valid_until_ms, fact.show_end
        )
        before = deed.fetch("fact", product=key, name=change.name)
        if before is None or _told(before) != (row.value, row.source, row.valid_until_ms, bool(row.show_end)):
            put_fact(deed, row, change.source, session=session)


def house_of(shop: Shop) -> str:
    """Under which product the facts of this whole shop stand: `@<merchant>` where its goods are one merchant's."""
    merchants = {one.merchant for one in shop.products if one.merchant}
    return clean(f"@{merchants.pop()}") if len(merchants) == 1 else ""


def _as_known(shop: Shop, change: FactChange) -> Fact:
    """The fact as the room knows it after the batch: the show may have ended since it was told."""
    product = shop.product(change.product)
    facts = shop.facts if product is None else product.facts
    return facts.get(change.name) or change.fact()


def _told(row: dict[str, object]) -> tuple[object, object, object, bool]:
    return row["value"], row["source"], row["valid_until_ms"], bool(row["show_end"])
