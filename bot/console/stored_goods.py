"""Goods over the real store: facts edited one at a time, renewed before a show, taken in from a file."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bot.console.shelf_views import GoodsView, Import
from bot.console.stored import in_thread
from bot.console.stored_questions import StoredQuestions
from bot.console.stored_shelf import Sources
from bot.errors import InputError, NotAllowed
from bot.sheets import lines_of
from bot.storage.stock import fact_row, goods_of, rows_of
from replies.errors import LibraryError, ShopError
from replies.facts import Fact, Product, Shop
from replies.goods import FACTS, Change, Diff, Goods, diff, merge
from replies.goods_sheet import read_goods

KEPT = 8
"""Files read and not yet taken in, of all people together: the newest."""
KEPT_MS = 30 * 60_000


@dataclass(frozen=True, slots=True)
class _Read:
    """A file somebody has read and not taken in yet."""

    by: str
    at_ms: int
    file: Goods
    shown: Diff


class StoredShelf(StoredQuestions):
    """`shelf_port.Shelf` whole."""

    def __init__(self, sources: Sources) -> None:
        super().__init__(sources)
        self._read: OrderedDict[str, _Read] = OrderedDict()

    def _goods(self) -> Goods:
        return goods_of(self._journal.products(), self._journal.facts())

    async def goods(self) -> GoodsView:
        return await in_thread(self._view)

    def _view(self) -> GoodsView:
        goods = self._goods()
        if not goods.products and not any(goods.house.values()):
            for room, shop in self._at.practice().items():
                return GoodsView(_in_order(shop), {"": shop.facts}, room)
        return GoodsView(tuple(sorted(goods.products, key=_place)), goods.house)

    async def set_fact(self, product: str, name: str, value: str, *, show_end: bool, by: str) -> None:
        if name not in FACTS:
            raise NotAllowed(f"{name[:40]!r} is no fact that is kept. Choose one of the columns.")
        view = await self.goods()
        known = {one.id for one in view.products} | {f"@{one}" if one else "" for one in view.house} | {""}
        if product not in known:
            raise NotAllowed(f"There is no product {product[:40]!r}. Load the page again.")
        try:
            fact = Fact(value, "desk", None, show_end)
        except ShopError as wrong:
            raise InputError(str(wrong)) from wrong
        if view.room:
            assert self._at.set_in_room is not None
            await self._at.set_in_room(view.room, product or None, name, value, show_end, by)
            return
        await in_thread(partial(self._journal.save_fact, fact_row(product, name, fact), by=by))
        self._at.shop_changed()

    async def renewal(self) -> Diff:
        return await in_thread(self._renewal)

    def _renewal(self) -> Diff:
        """Facts that end with a show or have run out, true once more until the end of the coming one."""
        goods, now = self._goods(), self._journal.now()
        changes = [
            Change("renewed", product, name, fact.value, fact.value, fact, Fact(fact.value, fact.source, None, True))
            for product, facts in (
                *((f"@{merchant}" if merchant else "", facts) for merchant, facts in goods.house.items()),
                *((one.id, one.facts) for one in sorted(goods.products, key=_place)),
            )
            for name, fact in facts.items()
            if not fact.current(now) or (fact.show_end and fact.valid_until_ms is not None)
        ]  # fmt: skip
        return Diff((), (), tuple(changes))

    async def renew(self, keys: Sequence[tuple[str, str]], *, by: str) -> int:
        def work() -> int:
            wanted = set(keys)
            rows = [
                fact_row(one.product, one.name, one.fact)
                for one in self._renewal().changes
                if one.fact is not None and (one.product, one.name) in wanted
            ]
            if rows:
                self._journal.save_facts(rows, by=by)
            return len(rows)

        done = await in_thread(work)
        self._at.shop_changed()
        return done

    async def read_goods(self, data: bytes, name: str, *, by: str) -> Import:
        def work() -> tuple[Goods, Diff]:
            try:
                file = read_goods(lines_of(data, name=name), name=name)
            except (ShopError, LibraryError) as wrong:
                raise InputError(str(wrong)) from wrong
            before = self._goods()
            return file, diff(before, merge(before, file, self._journal.now()))

        file, found = await in_thread(work)
        token = ""
        if found:
            token = secrets.token_urlsafe(12)
            self._read[token] = _Read(by, self._journal.now(), file, found)
            while len(self._read) > KEPT:
                self._read.popitem(last=False)
        return Import(name, found, file.problems, token)

    async def take_goods(self, token: str, *, by: str) -> int:
        read = self._read.get(token)
        if read is None or read.by != by or self._journal.now() - read.at_ms > KEPT_MS:
            raise NotAllowed("That file is not here any more. Choose it once more.")

        def work() -> int:
            before, now = self._goods(), self._journal.now()
            after = merge(before, read.file, now)
            found = diff(before, after)
            if found != read.shown:
                raise NotAllowed("The goods have changed since the preview. Choose the file once more.")
            products, facts, gone = rows_of(found, after, now)
            for id in gone:
                self._journal.delete_product(id, by=by)
            self._journal.save_products(products, by=by)
            self._journal.save_facts(facts, by=by)
            return len(found.added) + len(found.removed) + len(found.changes)

        done = await in_thread(work)
        self._read.pop(token, None)
        self._at.shop_changed()
        return done


def _place(one: Product) -> tuple[str, int, str]:
    return (one.merchant, one.slot, one.id)


def _in_order(shop: Shop) -> tuple[Product, ...]:
    return tuple(sorted(shop.products, key=_place))
