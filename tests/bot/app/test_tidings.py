"""What the house tells its rooms by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.app import tidings
from bot.app.house import House
from bot.app.seat import Seat
from bot.app.tidings import TRIES, GoodsTeller, tell_goods, tell_settled
from bot.errors import StoreError
from bot.policy import Instruction, RoomState, obey
from replies.facts import Fact, Shop
from tests.builders import NOON, ROOM, SHOP


class Room:
    """An attachment that obeys at once; `meanwhile` is what reaches it just before an instruction does."""

    def __init__(self, state: RoomState, *meanwhile: Instruction) -> None:
        self.room = ROOM
        self.state = state
        self.told: list[Instruction] = []
        self.meanwhile = list(meanwhile)

    async def put(self, instruction: Instruction) -> None:
        if self.meanwhile:
            self.state = obey(self.meanwhile.pop(0), self.state)
        self.told.append(instruction)
        self.state = obey(instruction, self.state)

    async def settled(self) -> None:
        await asyncio.sleep(0)


def seat(room: Room, merchant: str | None = None) -> Seat:
    return cast(Seat, SimpleNamespace(attachment=room, merchant=merchant))


def house(**given: Any) -> House:
    return cast(House, SimpleNamespace(**given))


def with_case(state: str, *, room: str = str(ROOM)) -> House:
    return house(journal=SimpleNamespace(case=lambda case_id: SimpleNamespace(room=room, state=state)))


UNHAPPY = RoomState(ROOM, "s1", NOON, now_ms=NOON, aggrieved={"a": 1, "b": 2})


@pytest.mark.parametrize("state", ["resolved", "archived"])
async def test_a_case_that_is_done_settles_with_its_authors(
    state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidings, "settled_authors", lambda journal, case_id: ("a", "stranger"))
    room = Room(UNHAPPY)
    await tell_settled(with_case(state), {str(ROOM): seat(room)}, 7)
    assert room.state.aggrieved == {"b": 2}
    assert room.told == [Instruction("settled", "house", {"viewers": ["a"], "case": 7})]


async def test_a_case_still_open_or_of_a_room_not_here_settles_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tidings, "settled_authors", lambda journal, case_id: ("a",))
    room = Room(UNHAPPY)
    await tell_settled(with_case("claimed"), {str(ROOM): seat(room)}, 7)
    await tell_settled(with_case("resolved", room="bridge:x"), {str(ROOM): seat(room)}, 7)
    monkeypatch.setattr(tidings, "settled_authors", lambda journal, case_id: ("stranger",))
    await tell_settled(with_case("resolved"), {str(ROOM): seat(room)}, 7)
    assert room.told == []


async def test_a_store_that_does_not_answer_upsets_nobody() -> None:
    def fail(*_: object) -> Any:
        raise StoreError("away")

    room = Room(UNHAPPY)
    await tell_settled(house(journal=SimpleNamespace(case=fail)), {str(ROOM): seat(room)}, 7)
    await tell_goods(house(shop=fail), seat(room))
    assert room.told == []


async def test_changed_goods_reach_the_room() -> None:
    asked: list[str | None] = []

    def shop(merchant: str | None) -> Shop:
        asked.append(merchant)
        return SHOP

    room = Room(UNHAPPY)
    await tell_goods(house(shop=shop), seat(room, "north"))
    assert room.state.shop == SHOP
    assert (len(room.told), set(asked)) == (1, {"north"})


async def test_a_price_that_comes_in_meanwhile_is_not_undone() -> None:
    """The room stores it (here at once), so that the next look finds it."""
    newer = Instruction("fact", "amy", {"product": "P1", "name": "price", "value": "9元", "show_end": False})
    stored = [SHOP, SHOP.with_fact("P1", "price", Fact("9元", "desk"))]
    room = Room(RoomState(ROOM, shop=SHOP.with_fact("P1", "stock", Fact("3"))), newer)
    await tell_goods(house(shop=lambda merchant: stored.pop(0) if len(stored) > 1 else stored[0]), seat(room))
    assert room.state.shop.facts_for("P1")["price"].value == "9元"
    assert len(room.told) == 2


async def test_goods_that_never_agree_are_told_a_few_times_only() -> None:
    prices = iter(range(1, 99))
    room = Room(UNHAPPY)
    await tell_goods(
        house(shop=lambda merchant: SHOP.with_fact("P1", "price", Fact(f"{next(prices)}元"))), seat(room)
    )
    assert len(room.told) == TRIES


async def test_a_room_is_told_once_at_a_time_and_once_more_for_all_who_asked_meanwhile() -> None:
    tasks: list[asyncio.Task[None]] = []
    reads: list[Shop] = []
    room = Room(UNHAPPY)

    def shop(merchant: str | None) -> Shop:
        reads.append(SHOP)
        return SHOP

    def spawn(work: Coroutine[object, object, None]) -> None:
        tasks.append(asyncio.create_task(work))

    teller = GoodsTeller(house(shop=shop), spawn)
    teller.tell(seat(room))
    while not reads:
        await asyncio.sleep(0)
    for _ in range(50):
        teller.tell(seat(room))
    assert len(tasks) == 1
    await tasks[0]
    assert room.state.shop == SHOP
    assert len(reads) == 3  # told, looked whether it holds; and looked once more for those fifty
    teller.tell(seat(room))
    await tasks[1]
    assert len(reads) == 4
