"""What is true of the shop's goods just now: facts with a source and an end, products, and the shop.

Every value is frozen; a live update gives a new Shop. A viewer's question must get a true and definite answer
(消费者权益保护法 art. 20 para. 2), so a fact that has run out is as good as missing.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from replies.errors import ShopError
from replies.subject import Subject, named_in

SLOTS: Mapping[str, int] = {
    "product": 16, "link_no": 3, "price": 12, "price_basis": 16, "price_until": 14, "stock": 8, "coupon": 16,
    "ship_time": 14, "ship_fee": 16, "courier": 12, "size_advice": 20, "material": 20, "colors": 20,
    "usage": 20, "suitability": 20, "authenticity": 16, "shelf_life": 14, "returns": 16, "warranty": 18,
    "service": 12, "payment": 14, "invoice": 14, "gift": 16, "highlight": 20, "schedule": 16, "draw": 16,
    "membership": 16, "compare_at": 12, "compare_basis": 20,
}  # fmt: skip
"""Slot names a phrase may use, with the longest value in characters that was reckoned with in review."""

DRAW_SLOTS: Mapping[str, int] = {
    "draw_number": 10, "draw_how": 20, "draw_prize": 16, "draw_minutes": 4, "draw_count": 8,
}  # fmt: skip
"""Slots of a draw's notices alone. Their values come from the draw's signed commitment, not from the shop's facts."""

HEALTH_CLASSES: frozenset[str] = frozenset({"health_food", "保健食品"})
HEALTH_DISCLOSURE = "本品不能代替药物"
"""Advertisements for health food must say so: 广告法 art. 18, 食品安全法 art. 78."""

DEVICE_CLASSES: frozenset[str] = frozenset({"medical_device", "医疗器械"})
DEVICE_DISCLOSURE = "请仔细阅读产品说明书或者在医务人员的指导下购买和使用"
"""Advertisements for medical devices for personal use must say so: 广告法 art. 16 (from general knowledge)."""


def prescribed(klass: str) -> str:
    """The sentence the law wants said with whatever is said of goods of this class; '' where it wants none."""
    if klass in HEALTH_CLASSES:
        return HEALTH_DISCLOSURE
    return DEVICE_DISCLOSURE if klass in DEVICE_CLASSES else ""


MAX_VALUE = 60


@dataclass(frozen=True, slots=True)
class Fact:
    """One true thing, 1-60 characters. `source` names where it was learnt (shop, host, bridge, …).

    `valid_until_ms` is excluded: at that very moment the fact is out of date; None means until replaced.
    `show_end`: true until the show in which it was set ends (`Shop.show_over`), if not out of date before.
    Raises ShopError for an empty or long value, and for control characters or markup in it.
    """

    value: str
    source: str = "shop"
    valid_until_ms: int | None = None
    show_end: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.value, str) or not self.value.strip() or len(self.value) > MAX_VALUE:
            raise ShopError(f"A fact needs a value of 1 to {MAX_VALUE} characters of text.")
        if _unsayable(self.value):
            raise ShopError("A fact's value holds markup or control characters. Give plain text.")

    def current(self, now_ms: int) -> bool:
        return self.valid_until_ms is None or now_ms < self.valid_until_ms

    def ended(self, now_ms: int) -> Fact:
        """This fact, out of date from `now_ms` on at the latest."""
        until = now_ms if self.valid_until_ms is None else min(self.valid_until_ms, now_ms)
        return replace(self, valid_until_ms=until)


_UNSAYABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _unsayable(text: str) -> bool:
    """Whether `text` holds markup or characters that cannot be seen."""
    return any(unicodedata.category(char) in _UNSAYABLE or char in "<>" for char in text)


@dataclass(frozen=True, slots=True)
class Product:
    """One thing on sale. `slot` is its link number in the room, from 1. `klass` is its class, e.g. food.
    `merchant` is the shop it belongs to, '' where there is but one.

    `aliases` are what viewers call it; one of a single character is refused, as it would match everywhere. The name is
    said in answers: as in a fact, markup and control characters in it are refused, with ShopError.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    slot: int
    klass: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    merchant: str = ""

    def __post_init__(self) -> None:
        if not self.id or not self.name:
            raise ShopError("A product needs an id and a name.")
        if not self.name[:MAX_VALUE].strip() or _unsayable(self.name):
            raise ShopError(
                f"Product {self.id!r} has a name with markup or control characters. Give plain text."
            )
        if not 1 <= self.slot <= 999:
            raise ShopError(f"Product {self.id!r} has link number {self.slot}; use 1 to 999.")
        if any(len(alias.strip()) < 2 for alias in self.aliases):
            raise ShopError(f"Product {self.id!r} has an alias shorter than two characters.")


@dataclass(frozen=True, slots=True)
class Shop:
    """The goods of one room. `on_show` is the id of the product being shown, None when none is.

    `facts` hold for the whole house (courier, times on air); a product's own fact of the same name wins.
    Raises ShopError when two products share an id or a link number, or `on_show` is not among them.
    """

    products: tuple[Product, ...] = ()
    on_show: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    _by_id: Mapping[str, Product] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_id = {product.id: product for product in self.products}
        if len(by_id) != len(self.products):
            raise ShopError("Two products share an id. Give each its own.")
        if len({product.slot for product in self.products}) != len(self.products):
            raise ShopError("Two products share a link number. Give each its own.")
        if self.on_show is not None and self.on_show not in by_id:
            raise ShopError(f"The product on show, {self.on_show!r}, is not among the shop's products.")
        object.__setattr__(self, "_by_id", by_id)

    def product(self, product_id: str | None) -> Product | None:
        return None if product_id is None else self._by_id.get(product_id)

    def by_slot(self, slot: int) -> Product | None:
        return next((product for product in self.products if product.slot == slot), None)

    def facts_for(self, product_id: str | None) -> dict[str, Fact]:
        """The house's facts, then the product's; `product` and `link_no` come from the product itself."""
        product = self.product(product_id)
        if product is None:
            return dict(self.facts)
        own = {"product": Fact(product.name[:MAX_VALUE]), "link_no": Fact(str(product.slot))}
        return {**self.facts, **own, **product.facts}

    def resolve(self, normal_text: str, on_show: str | None, *, intent: str | None = None) -> Subject:
        """Which product the comment is about; rules in `replies.subject`.

        `on_show` is what the room shows now, None when nothing; the shop's own `on_show` plays no part.
        """
        return named_in(normal_text, self.products, on_show, intent)

    def with_fact(self, product_id: str | None, name: str, fact: Fact) -> Shop:
        """A shop in which the product (or the house, for None) has this fact. Raises ShopError if unknown."""
        if product_id is None:
            return replace(self, facts={**self.facts, name: fact})
        if product_id not in self._by_id:
            raise ShopError(f"There is no product {product_id!r}; the fact {name!r} was not taken.")
        changed = tuple(
            replace(product, facts={**product.facts, name: fact}) if product.id == product_id else product
            for product in self.products
        )
        return replace(self, products=changed)

    def show_over(self, now_ms: int) -> Shop:
        """This shop after the show: every fact that was true until its end is out of date from `now_ms` on."""
        return self._with_facts(lambda name, fact: fact.ended(now_ms) if fact.show_end else fact)

    def renewed(self, names: Collection[str] | None, now_ms: int) -> Shop:
        """This shop with the facts of these names true once more, until the end of the coming show; None: all names.

        Only facts that end with a show or were out of date at `now_ms` change: they have been looked at and hold.
        """

        def look(name: str, fact: Fact) -> Fact:
            if (names is not None and name not in names) or (fact.current(now_ms) and not fact.show_end):
                return fact
            return replace(fact, valid_until_ms=None, show_end=True)

        return self._with_facts(look)

    def _with_facts(self, change: Callable[[str, Fact], Fact]) -> Shop:
        def changed(facts: Mapping[str, Fact]) -> dict[str, Fact]:
            return {name: change(name, fact) for name, fact in facts.items()}

        products = tuple(replace(one, facts=changed(one.facts)) for one in self.products)
        return replace(self, products=products, facts=changed(self.facts))

    def with_on_show(self, product_id: str | None) -> Shop:
        """A shop that shows this product, or none. Raises ShopError if it is unknown."""
        return replace(self, on_show=product_id)


def load_shop(text: str) -> Shop:
    """Read a shop from JSON: `{"on_show", "facts": {name: fact}, "products": [{id, name, aliases, slot,
    klass, facts, merchant}]}`.

    A fact is a plain string or `{"value", "source", "valid_until_ms", "show_end"}`. Raises ShopError for anything
    else.
    """
    try:
        data = json.loads(text)
        return Shop(
            products=tuple(
                Product(
                    id=str(one["id"]),
                    name=str(one["name"]),
                    aliases=tuple(str(alias) for alias in one.get("aliases", ())),
                    slot=int(one["slot"]),
                    klass=str(one.get("klass", "")),
                    facts=_facts(one.get("facts", {})),
                    merchant=str(one.get("merchant") or ""),
                )
                for one in data["products"]
            ),
            on_show=data.get("on_show"),
            facts=_facts(data.get("facts", {})),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ShopError(
            f"The shop file cannot be read ({type(error).__name__}: {error}). Check its fields."
        ) from error


def _facts(data: Mapping[str, object]) -> dict[str, Fact]:
    return {str(name): _fact(value) for name, value in data.items()}


def _fact(value: object) -> Fact:
    if isinstance(value, str):
        return Fact(value)
    if not isinstance(value, dict):
        raise ShopError("A fact is a text, or an object with value, source and valid_until_ms.")
    until = value.get("valid_until_ms")
    return Fact(
        value["value"], str(value.get("source", "shop")), None if until is None else int(until),
        bool(value.get("show_end", False)),
    )  # fmt: skip
