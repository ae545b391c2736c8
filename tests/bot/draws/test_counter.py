"""The counter where viewers come, as the public pages use it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.draws.answers import Delivery, Query, TurnedAway
from bot.draws.counter import AT_ONCE, TEN_MINUTES_MS, Counter
from bot.draws.lookup import Finder
from bot.draws.prize_desk import PrizeDesk
from bot.public.ports import Viewers
from lottery.entry import entry_salt, receipt
from tests.bot.draws.prize_stage import COUPONS, SALT, PrizeStage, prize_stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[PrizeStage]:
    with prize_stage(tmp_path) as made:
        yield made


def counter_of(stage: PrizeStage) -> Counter:
    return Counter(stage.book, Finder(stage.journal))


async def test_it_serves_the_public_pages_from_code_to_receipt(stage: PrizeStage) -> None:
    counter: Viewers = counter_of(stage)
    found = await counter.find(
        stage.draw_id, Query("receipt", receipt(entry_salt(SALT, "practice", "u1"))), "c", stage.now
    )
    assert found.state == "in"
    token, view = await counter.begin_claim(stage.draw_id, "c", stage.now)
    stage.say(stage.uid(1), view.code)
    seen = await counter.claim_view(stage.draw_id, token, stage.now)
    assert seen is not None
    assert seen.state == "bound"
    assert (await counter.accept(stage.draw_id, token, stage.now)).state == "confirmed"
    home = Delivery("王小明", "13800001111", "某省某市某路 1 号")
    assert (await counter.deliver(stage.draw_id, token, home, stage.now)).delivered
    PrizeDesk(stage.book).ship(stage.draw_id, 1, "SF1", by="amy", now_ms=stage.now)
    assert (await counter.received(stage.draw_id, token, stage.now)).state == "received"


async def test_a_winner_may_decline(stage: PrizeStage) -> None:
    assert (await counter_of(stage).decline(stage.draw_id, stage.bound(1), stage.now)).reason == "declined"


async def test_a_coupon_is_revealed(tmp_path: Path) -> None:
    with prize_stage(tmp_path, COUPONS) as stage:
        stage.book.coupons.add("十元券", ["AAA"], by="amy")
        assert (
            await counter_of(stage).reveal_coupon(stage.draw_id, stage.bound(1), stage.now)
        ).coupon == "AAA"


async def test_pages_begun_are_limited_for_each_client(stage: PrizeStage) -> None:
    counter = counter_of(stage)
    for _ in range(20):
        await counter.begin_claim(stage.draw_id, "c", stage.now)
    with pytest.raises(TurnedAway) as wrong:
        await counter.begin_claim(stage.draw_id, "c", stage.now)
    assert wrong.value.code == "limit"
    await counter.begin_claim(stage.draw_id, "d", stage.now)
    await counter.begin_claim(stage.draw_id, "c", stage.now + TEN_MINUTES_MS)


async def test_a_crowd_of_askers_takes_few_threads(stage: PrizeStage) -> None:
    counter, busy, most = counter_of(stage), 0, 0
    find = counter._finder.find

    def slow(*said: object) -> object:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        try:
            return find(*said)  # type: ignore[arg-type]
        finally:
            busy -= 1

    counter._finder.find = slow  # type: ignore[method-assign, assignment]
    asked = [
        counter.find(stage.draw_id, Query("receipt", "x"), f"c{number}", stage.now) for number in range(40)
    ]
    assert {one.state for one in await asyncio.gather(*asked)} == {"none"}
    assert most <= AT_ONCE


async def test_whom_nobody_tells_apart_only_all_together_are_limited(stage: PrizeStage) -> None:
    counter = counter_of(stage)
    for _ in range(40):
        await counter.begin_claim(stage.draw_id, "", stage.now)
        await counter.find(stage.draw_id, Query("name", "nobody", "20:00"), "", stage.now)
    for _ in range(20):
        await counter.find(stage.draw_id, Query("name", "nobody", "20:00"), "", stage.now)
    with pytest.raises(TurnedAway, match="too often"):
        await counter.find(stage.draw_id, Query("name", "nobody", "20:00"), "", stage.now)
