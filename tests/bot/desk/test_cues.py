from __future__ import annotations

import pytest

from bot.desk.cues import FORGOTTEN_MS, LONGEST, PRESETS, SHOWN_MS, Cues
from bot.errors import NotAllowed
from tests.bot.desk.room import Room


async def test_a_cue_fills_the_screen_for_eight_seconds_then_waits_in_a_strip_until_tapped() -> None:
    room = Room()
    cues = Cues(room.place)
    cue = await cues.give("慢一点", "mei")
    assert cue.stage(room.now) == "full"
    assert cue.stage(room.now + SHOWN_MS - 1) == "full"
    assert cue.stage(room.now + SHOWN_MS) == "strip"
    assert cues.current() == cue
    await cues.tap(cue.id, "host")
    assert cues.current() is None
    await cues.tap(cue.id, "host")
    assert [one["act"] for one in room.recorded("cue")] == ["given", "tapped"]
    assert room.changes == 2


async def test_a_tap_meant_for_the_cue_before_leaves_the_new_one() -> None:
    cues = Cues(Room().place)
    first = await cues.give("慢一点", "mei")
    second = await cues.give("换品", "mei")
    await cues.tap(first.id, "host")
    assert cues.current() == second


async def test_nobody_keeps_a_cue_for_ever() -> None:
    room = Room()
    cues = Cues(room.place)
    await cues.give("换品", "mei")
    room.now += FORGOTTEN_MS
    assert cues.current() is None


@pytest.mark.parametrize("text", ["", "  ", "长" * (LONGEST + 1), "a\x00b", "a\u202eb", "\ud800"])
async def test_only_one_plain_short_line_is_a_cue(text: str) -> None:
    room = Room()
    with pytest.raises(NotAllowed):
        await Cues(room.place).give(text, "mei")
    assert room.store.records == []


async def test_the_stock_in_a_cue_is_the_stock_there_is() -> None:
    room = Room()
    product = room.state.shop.products[0].id
    room.do("on_show", product=product)
    room.do("fact", product=product, name="stock", value="20件")
    cues = Cues(room.place)
    assert (await cues.give("只剩{stock}件", "mei")).text == "只剩20件"
    with pytest.raises(NotAllowed, match="20"):
        await cues.give("只剩3件", "mei")
    assert (await cues.give("只剩20件", "mei")).text == "只剩20件"


async def test_a_cue_whose_fact_is_missing_or_stale_is_offered_to_nobody() -> None:
    room = Room()
    cues = Cues(room.place)
    assert dict(cues.offered())["只剩{stock}件"] is None
    with pytest.raises(NotAllowed, match="stock"):
        await cues.give("只剩{stock}件", "mei")


async def test_presets_are_the_shops_own_and_outlive_a_restart() -> None:
    room = Room()
    cues = Cues(room.place)
    assert cues.presets == PRESETS
    await cues.edit(["讲活动", "", " 喝口水 "], "mei")
    assert Cues(room.place).presets == ("讲活动", "喝口水")
    with pytest.raises(NotAllowed):
        await cues.edit(["x"] * 9, "mei")
    with pytest.raises(NotAllowed):
        await cues.edit([], "mei")
