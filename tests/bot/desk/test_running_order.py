from __future__ import annotations

import asyncio

import pytest

from bot.desk.running_order import LATE_MS, REMIND_MS, RunningOrder
from bot.errors import NotAllowed
from tests.bot.desk.room import Room


async def test_reminders_come_two_minutes_before_and_go_when_done_or_long_past() -> None:
    room = Room()
    order = RunningOrder(room.place)
    at = room.now + 10 * 60_000
    draw = await order.add("draw", "八点半抽奖", at, None, "mei")
    await order.add("note", "谢谢新粉", None, None, "mei")
    room.now = at - REMIND_MS - 1
    assert order.reminders() == []
    room.now = at - REMIND_MS
    assert order.reminders() == [draw]
    room.now = at + LATE_MS + 1
    assert order.reminders() == []
    room.now = at
    await order.tick(draw.id, "mei")
    assert order.reminders() == []


async def test_next_is_the_first_not_done_and_a_second_press_does_nothing() -> None:
    room = Room()
    product = room.state.shop.products[0]
    order = RunningOrder(room.place)
    first = await order.add("product", "", None, product.id, "mei")
    second = await order.add("restock", "补货", None, None, "mei")
    assert first.title == product.name
    assert order.next == first
    assert await order.tick(first.id, "mei") == first
    assert await order.tick(first.id, "mei") is None
    assert order.next == second
    assert len(room.recorded("running_order")) == 1
    await order.again("mei")
    assert order.next == first


async def test_for_the_next_show_times_keep_their_time_of_day() -> None:
    room = Room()
    order = RunningOrder(room.place)
    at = room.now + 60_000
    await order.add("draw", "八点半抽奖", at, None, "mei")
    await order.tick(1, "mei")
    room.now += 3 * 86_400_000
    await order.again("mei")
    (item,) = order.items
    assert (item.at_ms, item.done) == (at + 3 * 86_400_000, False)
    room.now = at + 4 * 86_400_000 - 1000
    await order.again("mei")
    assert order.items[0].at_ms == at + 4 * 86_400_000


async def test_it_is_kept_over_a_restart_in_the_order_people_gave_it() -> None:
    room = Room()
    order = RunningOrder(room.place)
    for title in ("一", "二", "三"):
        await order.add("note", title, None, None, "mei")
    await order.move(3, True, "mei")
    await order.move(1, True, "mei")
    await order.remove(2, "mei")
    assert [one.title for one in RunningOrder(room.place).items] == ["一", "三"]


@pytest.mark.parametrize(
    ("kind", "title", "product"),
    [
        ("party", "x", None), ("note", "", None), ("note", "x" * 41, None), ("product", "x", "no such"),
        ("product", "x", None),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused(kind: str, title: str, product: str | None) -> None:
    room = Room()
    order = RunningOrder(room.place)
    with pytest.raises(NotAllowed):
        await order.add(kind, title, None, product, "mei")
    assert order.items == ()


async def test_changes_at_once_lose_none() -> None:
    room = Room()
    order = RunningOrder(room.place)
    await asyncio.gather(*(order.add("note", title, None, None, "mei") for title in "一二三"))
    assert [one.title for one in order.items] == ["一", "二", "三"]
    await asyncio.gather(
        order.again("mei"),
        order.tick(1, "mei"),
        order.tick(1, "lin"),
        order.remove(2, "mei"),
        order.move(3, True, "lin"),
    )
    assert [(one.id, one.done) for one in order.items] == [(3, False), (1, True)]
    assert len(room.recorded("running_order")) == 1
    assert RunningOrder(room.place).items == order.items
