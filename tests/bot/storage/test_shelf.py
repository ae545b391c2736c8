"""Products and facts, by hand and from a live show."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bot.comment import RoomKey
from bot.decision import ClockSource
from bot.errors import NotAllowed
from bot.pipeline import IDLE_MS, Batch
from bot.policy import FactChange, RoomState
from bot.storage.audit import verify
from bot.storage.journal import Journal
from bot.storage.values import FactRow, ProductRow
from replies.facts import Fact, Product, Shop

from .conftest import Wall
from .show import T0, batch, judged


def goods(merchant: str = "") -> Shop:
    return Shop((Product("p1", "连衣裙", (), 1, "other", {}, merchant),))


def change(product: str | None = "p1", name: str = "price", value: str = "59", **more: Any) -> FactChange:
    told = {"source": "desk", "valid_until_ms": None, "show_end": True, "at_ms": T0} | more
    return FactChange(product, name, value, **told)


def told(
    *facts: FactChange,
    shop: Shop | None = None,
    seq: int = 0,
    clock: ClockSource = "live",
    closed: bool = False,
) -> Batch:
    """A batch in which these facts became known, and are what the room's shop has after it."""
    shop = goods() if shop is None else shop
    one = batch([judged(seq)], opened=seq == 0, closed=closed)
    for fact in facts:
        shop = shop.with_fact(fact.product, fact.name, fact.fact())
    if closed:
        shop = shop.show_over(one.state.now_ms)
    state = msgspec.structs.replace(one.state, shop=shop)
    return msgspec.structs.replace(one, clock_source=clock, state=state, facts=facts)


def test_products_and_facts_are_saved_together_or_not_at_all(journal: Journal) -> None:
    journal.save_products([ProductRow("p1", {"name": "裙"}), ProductRow("p2", {"name": "鞋"})], by="ann")
    facts = [FactRow("p1", "price", "59", "hand", None, True), FactRow("", "courier", "顺丰", "hand", T0)]
    journal.save_facts(facts, by="ann")
    assert journal.facts() == [FactRow("", "courier", "顺丰", "hand", T0), facts[0]]
    with pytest.raises(AttributeError):
        journal.save_facts([FactRow("p1", "price", "1", "hand", None), None], by="ann")  # type: ignore[list-item]
    assert journal.facts()[1].value == "59"
    assert [one.id for one in journal.products()] == ["p1", "p2"]
    assert verify(journal.store).first_bad is None


def test_a_product_goes_with_its_facts(journal: Journal) -> None:
    journal.save_products([ProductRow("p1", {"name": "裙"}), ProductRow("p2", {"name": "鞋"})], by="ann")
    journal.save_facts([FactRow(one, "price", "59", "hand", None) for one in ("p1", "p2")], by="ann")
    journal.delete_product("p1", by="ann")
    assert [one.id for one in journal.products()] == ["p2"]
    assert [one.product for one in journal.facts()] == ["p2"]
    with pytest.raises(NotAllowed, match="no product"):
        journal.delete_product("p1", by="ann")
    assert verify(journal.store).first_bad is None
    journal.save_product("p1", {"name": "又来"}, by="ann")
    assert verify(journal.store).first_bad is None


def test_a_live_show_tells_facts(journal: Journal) -> None:
    journal.commit(told(change(), change(value="49"), change(None, "courier", "顺丰", show_end=False)))
    assert journal.facts() == [
        FactRow("", "courier", "顺丰", "desk", None, None), FactRow("p1", "price", "49", "desk", None, True)
    ]  # fmt: skip
    assert verify(journal.store).first_bad is None
    journal.commit(told(change(value="49"), seq=1))
    with journal.store.read() as conn:
        query = "SELECT COUNT(*) FROM audit_record WHERE record_type = 'fact' AND chain = 'house'"
        assert conn.exec_driver_sql(query).scalar_one() == 2  # the same once more is no news
    journal.commit(told(change(value="39"), seq=2))
    assert journal.facts()[1].value == "39"
    assert verify(journal.store).first_bad is None


@pytest.mark.parametrize("clock", ["replay", "practice"])
def test_a_rehearsals_goods_are_not_the_shops(journal: Journal, clock: ClockSource) -> None:
    journal.save_fact(FactRow("p1", "price", "59", "hand", None, True), by="ann")
    journal.commit(told(change(value="1"), clock=clock))
    journal.commit(told(seq=1, clock=clock, closed=True))
    assert journal.facts() == [FactRow("p1", "price", "59", "hand", None, True)]


def test_when_the_show_ends_what_held_for_it_has_run_out(journal: Journal) -> None:
    hand = [
        FactRow("p1", "stock", "7", "hand", None, True), FactRow("p1", "colors", "红", "hand", None),
        FactRow("p1", "coupon", "10", "hand", T0 - 5, True), FactRow("p9", "price", "8", "hand", None, True),
        FactRow("", "courier", "顺丰", "hand", None, True),
    ]  # fmt: skip
    journal.save_facts(hand, by="ann")
    journal.commit(told(change()))
    journal.commit(told(change(name="gift", value="袜子"), seq=1, closed=True))
    over = T0 + 1_000
    ends = {(one.product, one.name): one.valid_until_ms for one in journal.facts()}
    assert ends == {
        ("", "courier"): over, ("p1", "price"): over, ("p1", "gift"): over, ("p1", "stock"): over,
        ("p1", "coupon"): T0 - 5, ("p1", "colors"): None, ("p9", "price"): None,
    }  # fmt: skip
    assert not Fact("59", "desk", over, True).current(over)
    assert verify(journal.store).first_bad is None


def test_the_facts_of_one_merchants_shop_do_not_reach_anothers(journal: Journal) -> None:
    journal.commit(told(change(None, "courier", "顺丰"), shop=goods("小店")))
    assert [one.product for one in journal.facts()] == ["@小店"]
    journal.save_facts([FactRow(at, "payment", "月付", "hand", None, True) for at in ("", "@别家")], by="ann")
    journal.commit(told(shop=goods("小店"), seq=1, closed=True))
    ends = {(one.product, one.name): one.valid_until_ms for one in journal.facts()}
    assert ends == {("", "payment"): T0 + 1_000, ("@小店", "courier"): T0 + 1_000, ("@别家", "payment"): None}


B = RoomKey("bridge", "b")


def until(journal: Journal) -> dict[str, int | None]:
    return {one.product: one.valid_until_ms for one in journal.facts()}


def beside(journal: Journal, shop: Shop) -> RoomState:
    """Another room, attached, with an open show of these goods."""
    other = batch([judged(0, session="s2", room=B)], opened=True, session="s2", room=B)
    journal.commit(msgspec.structs.replace(other, clock_source="live"))
    state = msgspec.structs.replace(other.state, shop=shop)
    journal.running[str(B)] = lambda: state
    return state


def ended(state: RoomState) -> Batch:
    one = batch([judged(1, session="s2", room=B)], closed=True, session="s2", room=B)
    after = msgspec.structs.replace(one.state, shop=state.shop.show_over(one.state.now_ms))
    return msgspec.structs.replace(one, clock_source="live", state=after)


def test_what_a_running_show_shares_runs_out_with_the_last_of_them(journal: Journal) -> None:
    products = [Product(id, id, (), slot, "other", {}, "小店") for slot, id in enumerate(("p1", "p2"), 1)]
    rows = [FactRow(at, "price", "8", "hand", None, True) for at in ("", "@小店", "p1", "p2", "@别家")]
    journal.save_facts(rows, by="ann")
    state = beside(journal, Shop((products[0],)))
    journal.commit(told(shop=Shop(tuple(products))))
    journal.commit(told(shop=Shop(tuple(products)), seq=1, closed=True))
    assert until(journal) == {"": None, "@小店": None, "p1": None, "p2": T0 + 1_000, "@别家": None}
    journal.commit(ended(state))
    over = T0 + 1_000
    assert until(journal) == {"": over, "@小店": over, "p1": over, "p2": over, "@别家": None}
    assert verify(journal.store).first_bad is None


def test_of_two_shows_that_end_at_once_the_later_ends_what_they_share(journal: Journal) -> None:
    """What is known of the other room in memory is older than what is stored."""
    journal.save_fact(FactRow("p1", "price", "8", "hand", None, True), by="ann")
    state = beside(journal, goods())
    journal.commit(told(shop=goods()))
    journal.commit(ended(state))
    assert until(journal) == {"p1": T0 + 1_000}
    journal.save_fact(FactRow("p1", "price", "8", "hand", None, True), by="ann")
    journal.commit(told(shop=goods(), seq=1, closed=True))
    assert until(journal) == {"p1": T0 + 1_000}


@pytest.mark.parametrize("trouble", ["quiet", "left"])
def test_a_show_that_gives_no_sign_any_more_keeps_nothing_true(
    journal: Journal, wall: Wall, trouble: str
) -> None:
    journal.save_fact(FactRow("p1", "price", "8", "hand", None, True), by="ann")
    beside(journal, goods())
    journal.commit(told(shop=goods()))
    if trouble == "left":
        del journal.running[str(B)]
    else:
        wall.ms += IDLE_MS + 1
    journal.commit(told(shop=goods(), seq=1, closed=True))
    assert until(journal) == {"p1": T0 + 1_000}


def test_what_is_told_when_the_show_was_over_long_ago_is_of_the_next(journal: Journal, wall: Wall) -> None:
    journal.save_facts([FactRow(at, "price", "8", "hand", None, True) for at in ("", "p1")], by="ann")
    journal.commit(told(shop=goods()))
    wall.ms += 1_000 + IDLE_MS
    journal.save_fact(FactRow("", "price", "9", "hand", None, True), by="ann")
    wall.ms += 1
    journal.save_fact(FactRow("p1", "price", "9", "hand", None, True), by="ann")
    journal.commit(told(shop=goods(), seq=1, closed=True))
    assert until(journal) == {"": T0 + 1_000, "p1": None}


def test_a_whole_import_is_all_or_none(journal: Journal) -> None:
    products = [ProductRow("p1", {"name": "连衣裙"}), ProductRow("p2", {"name": "围巾"})]
    price = FactRow("p1", "price", "59", "sheet", None)
    journal.save_shelf(products, [price], [], by="ann")
    with pytest.raises(NotAllowed, match="'p9'"):
        journal.save_shelf(products, [FactRow("p1", "price", "1", "sheet", None)], ["p2", "p9"], by="ann")
    assert [one.id for one in journal.products()] == ["p1", "p2"]
    assert journal.facts() == [price]
    journal.save_shelf([ProductRow("p3", {"name": "帽子"})], [], ["p1"], by="ann")
    assert [one.id for one in journal.products()] == ["p2", "p3"]
    assert journal.facts() == []
    assert verify(journal.store).first_bad is None
