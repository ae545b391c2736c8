"""Claims by the records alone: time runs out, reserves move up with as much of it, and then all is done."""

from __future__ import annotations

import pytest

from bot.draws.book import claims_of
from bot.draws.claiming import open_until
from bot.errors import NotAllowed
from lottery.errors import LifeError
from tests.bot.draws.stage import DUE, Stage

WEEK = 7 * 86_400_000
"""`claim_within_s` of the sheet: it counts from when the beacon is due."""


async def claimable(stage: Stage) -> str:
    """A finished draw of two winners and one reserve."""
    draw_id = stage.announce()
    stage.enter("a", "b", "c", "d")
    await stage.until(DUE)
    return draw_id


async def test_unclaimed_places_are_forfeited_and_the_reserve_has_as_long(stage: Stage) -> None:
    draw_id = await claimable(stage)
    stage.draws.settle(draw_id, 2, "confirmed", "", DUE + 1000, by="amy")
    assert stage.draws.next_due() == DUE + WEEK
    await stage.draws.step(DUE + WEEK)
    (_, dropped) = (one.record for one in claims_of(stage.row(draw_id)))
    assert (dropped.place, dropped.outcome, dropped.reason) == (1, "forfeited", "not_claimed")
    assert stage.row(draw_id).state == "claim", "the reserve's turn"
    assert open_until(stage.row(draw_id)) == {3: DUE + 2 * WEEK}
    await stage.draws.step(DUE + 2 * WEEK)
    row = stage.row(draw_id)
    assert [(one.record.place, one.record.outcome) for one in claims_of(row)] == [
        (2, "confirmed"), (1, "forfeited"), (3, "forfeited"),
    ]  # fmt: skip
    assert row.state == "archived"
    assert stage.draws.next_due() is None


async def test_a_draw_is_not_archived_before_its_claim_time_is_over(stage: Stage) -> None:
    draw_id = await claimable(stage)
    for place in (1, 2):
        stage.draws.settle(draw_id, place, "confirmed", "", DUE + place, by="amy")
    assert stage.draws.next_due() == DUE + WEEK
    await stage.draws.step(DUE + WEEK - 1)
    assert stage.row(draw_id).state == "claim"


async def test_when_the_beacon_came_late_half_the_time_is_left_at_least(stage: Stage) -> None:
    draw_id = stage.announce()
    stage.enter("a", "b", "c")
    late = DUE + WEEK - 10
    await stage.until(DUE - 1)
    await stage.draws.step(late)
    assert open_until(stage.row(draw_id)) == {1: late + WEEK // 2, 2: late + WEEK // 2}


async def test_claims_follow_each_other_and_not_the_rooms_chain(stage: Stage) -> None:
    draw_id = await claimable(stage)
    before = stage.row(draw_id).body["last_hash"]
    first = stage.draws.settle(draw_id, 1, "confirmed", "", DUE + 1, by="amy")
    second = stage.draws.settle(draw_id, 2, "disqualified", "staff", DUE + 2, by="amy")
    assert (first.record.prev, second.record.prev) == (before, first.hash)
    assert stage.row(draw_id).body["last_hash"] == before
    with pytest.raises(LifeError, match="settled already"):
        stage.draws.settle(draw_id, 1, "forfeited", "declined", DUE + 3, by="amy")


async def test_nothing_is_claimed_before_the_draw(stage: Stage) -> None:
    draw_id = stage.announce()
    assert open_until(stage.row(draw_id)) == {}
    with pytest.raises(NotAllowed, match="once the winners are drawn"):
        stage.draws.settle(draw_id, 1, "confirmed", "", DUE, by="amy")
