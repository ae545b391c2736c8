"""What a happening changes in what the room knows: the product on show, the facts, a draw of the platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeGuard

import msgspec

from bot.comment import Happening
from bot.room_state import RoomState
from replies.errors import ShopError
from replies.facts import SLOTS, Fact, Shop

FACT_NAMES = frozenset({*SLOTS, "compare_at", "compare_basis"})
"""Facts a shop may have: what phrases have slots for, and what a comparison of prices rests on."""

FOREVER_MS = 2**53
"""Times beyond this are no times."""


class FactChange(msgspec.Struct, frozen=True):
    """A fact that changed during the show. `product` None: of the whole house. `source`: bridge or desk. Times in ms;
    `valid_until_ms` None is until replaced, or until the show ends where `show_end` says so."""

    product: str | None
    name: str
    value: str
    source: str
    valid_until_ms: int | None
    show_end: bool
    at_ms: int

    def fact(self) -> Fact:
        """Raises ShopError when the value cannot be said."""
        return Fact(self.value, self.source, self.valid_until_ms, self.show_end)


def note(happening: Happening, state: RoomState) -> RoomState:
    """What a happening changes in what the room knows."""
    data = happening.data
    replace = msgspec.structs.replace
    match happening.kind:
        case "product":
            return replace(state, on_show=_product_named(data, state.shop))
        case "facts":
            return replace(state, shop=with_changes(state.shop, facts_in(happening, state)))
        case "platform_draw_start":
            return replace(state, platform_draw=words(data.get("text", "")))
        case "platform_draw_end":
            return replace(state, platform_draw=None)
    return state


def facts_in(happening: Happening, state: RoomState) -> tuple[FactChange, ...]:
    """The facts told by a `facts` event {product: id or slot, price, stock} or {product, facts: {name: value}}; what
    cannot be true is left out. They hold until the show ends, or until `valid_until` (ms) where the event names it.
    """
    data = happening.data
    if happening.kind != "facts":
        return ()
    shop = state.shop
    told = data.get("facts", {name: data[name] for name in ("price", "stock") if name in data})
    named = data.get("product", "")
    product = _product_named({"id": named, "slot": named}, shop)
    until = data.get("valid_until")
    if not isinstance(told, dict) or product is None or not is_time(until):
        return ()
    changes = (
        FactChange(product, str(name), words(value), "bridge", until, until is None, state.now_ms)
        for name, value in told.items()
    )
    return tuple(change for change in changes if possible(change, shop))


def words(value: object) -> str:
    """A value as it would be said; "" for what is neither text nor a number."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < FOREVER_MS:
        return ""
    return str(value)


def is_time(value: object) -> TypeGuard[int | None]:
    """Whether `value` is a time in ms or None."""
    return value is None or (type(value) is int and 0 <= value < FOREVER_MS)


def possible(change: FactChange, shop: Shop) -> bool:
    """Whether the shop can know this: a known name, a product of its own, words that can be said."""
    if change.name not in FACT_NAMES or (change.product is not None and shop.product(change.product) is None):
        return False
    try:
        change.fact()
    except ShopError:
        return False
    return True


def with_changes(shop: Shop, changes: tuple[FactChange, ...]) -> Shop:
    """The shop in which the changes, all of them possible, are true."""
    for change in changes:
        shop = shop.with_fact(change.product, change.name, change.fact())
    return shop


def ordered(data: Mapping[str, object], shop: Shop) -> str:
    """What an `order` event {product: id or slot} names: the id of the shop's product, else the words as they came."""
    named = data.get("product", "")
    return _product_named({"id": named, "slot": named}, shop) or words(named)


def _product_named(data: Mapping[str, object], shop: Shop) -> str | None:
    """The id of the product now on show: by id or by slot; None when it is none of the shop's."""
    product = shop.product(words(data.get("id", "")))
    slot = words(data.get("slot", ""))
    if product is None and slot.isdecimal() and len(slot) <= 3:
        product = shop.by_slot(int(slot))
    return None if product is None else product.id
