"""The running order (流程): what comes next in the show, with a reminder two minutes before what has a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from bot.desk.place import Place, plain_line
from bot.errors import NotAllowed

Kind = Literal["product", "draw", "restock", "note"]
KINDS: tuple[Kind, ...] = get_args(Kind)

REMIND_MS = 2 * 60_000
LATE_MS = 10 * 60_000
"""A reminder is given up this long after its time."""

DAY_MS = 86_400_000

MOST = 60
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to come. `at_ms` None: when its turn comes. `product`: id, for kind product."""

    id: int
    kind: Kind
    title: str
    at_ms: int | None = None
    product: str | None = None
    done: bool = False

    def due(self, now_ms: int) -> bool:
        """Whether it is time to remind."""
        return not self.done and self.at_ms is not None and -REMIND_MS <= now_ms - self.at_ms <= LATE_MS


def reminders(items: Sequence[Item], now_ms: int) -> list[Item]:
    """What should be begun within two minutes, or should have been, the earliest first."""
    return sorted((one for one in items if one.due(now_ms)), key=lambda one: (one.at_ms or 0, one.id))


def upcoming(items: Sequence[Item]) -> Item | None:
    """The first thing not done; None when all is."""
    return next((one for one in items if not one.done), None)


class RunningOrder:
    """The running order of one room, kept over restarts."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.items: tuple[Item, ...] = _items(place.kept("order", []))

    @property
    def next(self) -> Item | None:
        return upcoming(self.items)

    def reminders(self) -> list[Item]:
        return reminders(self.items, self._place.now())

    async def add(self, kind: str, title: str, at_ms: int | None, product: str | None, by: str) -> Item:
        """One more at the end. A product is named by its id; its title is then the product's. Raises NotAllowed."""
        async with self._place.lock:
            if kind not in KINDS or len(self.items) >= MOST:
                raise NotAllowed(
                    f"An item is a product, a draw, a restock or a note; at most {MOST} of them."
                )
            about = self._place.state().shop.product(product)
            if kind == "product" and about is None:
                raise NotAllowed("Name one of the shop's products.")
            shown = plain_line(title.strip() or (about.name if about else ""), LONGEST, "An item")
            number = max((one.id for one in self.items), default=0) + 1
            item = Item(number, kind, shown, at_ms, about.id if about else None)
            await self._keep((*self.items, item), by)
            return item

    async def remove(self, id: int, by: str) -> None:
        async with self._place.lock:
            await self._keep(tuple(one for one in self.items if one.id != id), by)

    async def move(self, id: int, up: bool, by: str) -> None:
        """One place up or down."""
        async with self._place.lock:
            items = list(self.items)
            at = next((place for place, one in enumerate(items) if one.id == id), None)
            if at is None:
                return
            other = at + (-1 if up else 1)
            if 0 <= other < len(items):
                items[at], items[other] = items[other], items[at]
                await self._keep(tuple(items), by)

    async def tick(self, id: int, by: str) -> Item | None:
        """`id` is done; gives it, None when it was done before or is none. The second press does nothing."""
        async with self._place.lock:
            item = next((one for one in self.items if one.id == id and not one.done), None)
            if item is None:
                return None
            await self._keep(
                tuple(replace(one, done=True) if one.id == id else one for one in self.items), by
            )
        await self._place.record("running_order", {"item": item.kind, "title": item.title, "by": by})
        return item

    async def again(self, by: str) -> None:
        """Nothing is done any more: for the next show. Times keep their time of day, on the day that comes."""
        now = self._place.now()
        async with self._place.lock:
            await self._keep(
                tuple(replace(one, done=False, at_ms=_coming(one.at_ms, now)) for one in self.items), by
            )

    async def _keep(self, items: tuple[Item, ...], by: str) -> None:
        rows = [
            {"id": one.id, "kind": one.kind, "title": one.title, "at_ms": one.at_ms, "product": one.product,
             "done": one.done}
            for one in items
        ]  # fmt: skip
        await self._place.keep("order", rows, by)
        self.items = items
        self._place.changed()


def _coming(at_ms: int | None, now_ms: int) -> int | None:
    """The same time of day, whole days later, so that it is at most LATE_MS gone."""
    if at_ms is None or at_ms >= now_ms - LATE_MS:
        return at_ms
    return at_ms + -(-(now_ms - LATE_MS - at_ms) // DAY_MS) * DAY_MS


def _items(kept: Any) -> tuple[Item, ...]:
    rows = kept if isinstance(kept, list) else []
    return tuple(
        Item(
            int(one["id"]),
            one["kind"],
            str(one["title"]),
            one.get("at_ms"),
            one.get("product"),
            bool(one["done"]),
        )
        for one in rows
        if isinstance(one, dict) and one.get("kind") in KINDS
    )
