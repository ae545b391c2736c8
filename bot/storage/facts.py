"""What a batch made known of the goods: prices, stock and the like told by the bridge or set on the desk.

Only live shows tell of the shop's own goods; a replay's or practice room's are somebody else's and stay in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from sqlalchemy import text

from bot.pipeline import IDLE_MS, Batch
from bot.policy import FactChange, RoomState
from bot.storage.canonical import clean
from bot.storage.ledger import Deed
from bot.storage.shelf import put_fact
from bot.storage.values import FactRow
from replies.facts import Fact, Shop

_ENDING = text(
    "SELECT product, name, value, source, valid_until_ms FROM fact WHERE show_end ORDER BY product, name"
)

_OPEN = text("SELECT room FROM session WHERE closed_ms IS NULL AND clock_source = 'live' AND room <> :room")
_TOLD_AFTER = text("SELECT body FROM audit_record WHERE record_type = 'fact' AND at_ms > :at_ms")

Running = Mapping[str, Callable[[], RoomState]]
"""The live rooms attached just now, by name: how each stands."""


def store_facts(deed: Deed, batch: Batch, running: Running) -> None:
    """Keep the facts of a live batch, each with a record `fact` in the house's chain.

    When a show has closed, what was true until its end runs out in the store too, as far as it is of this room's goods:
    after a restart nobody says yesterday's price. What another running show sells as well runs out with the last of
    them, and what was told when the show was over already (a session closes as idle at the next sign, perhaps the next
    day) is of the coming one.
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
        mine = _goods_of(shop) - _shared(deed, batch, running)
        fresh |= _told_after(deed, max(ends) + IDLE_MS)
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


def _goods_of(shop: Shop) -> set[str]:
    """Under which products the facts of this shop stand."""
    return {"", house_of(shop), *(clean(one.id) for one in shop.products)}


def _shared(deed: Deed, batch: Batch, running: Running) -> set[str]:
    """What other shows sell that are open, attached, and have given a sign of life lately. That a show is open is read
    from the store: of two that end at once, the later finds the other closed."""
    still_open = set(deed.conn.execute(_OPEN, {"room": clean(str(batch.room))}).scalars())
    states = [state() for name, state in running.items() if clean(name) in still_open]
    lately = [state.shop for state in states if deed.written_ms - state.now_ms <= IDLE_MS]
    return set().union(*map(_goods_of, lately))


def _told_after(deed: Deed, at_ms: int) -> set[tuple[str, str]]:
    """Product and name of the facts stored after `at_ms`."""
    bodies = deed.conn.execute(_TOLD_AFTER, {"at_ms": at_ms}).scalars()
    told = [msgspec.json.decode(body)["data"] for body in bodies]
    return {(one["product"], one["name"]) for one in told}


def _as_known(shop: Shop, change: FactChange) -> Fact:
    """The fact as the room knows it after the batch: the show may have ended since it was told."""
    product = shop.product(change.product)
    facts = shop.facts if product is None else product.facts
    return facts.get(change.name) or change.fact()


def _told(row: dict[str, object]) -> tuple[object, object, object, bool]:
    return row["value"], row["source"], row["valid_until_ms"], bool(row["show_end"])
