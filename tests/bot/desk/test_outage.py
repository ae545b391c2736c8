from __future__ import annotations

import asyncio
import dataclasses

import msgspec
import pytest

from bot.comment import Happening
from bot.desk.outage import KEPT_MS, Outages
from bot.desk.timers import MOST, Timers
from bot.errors import NotAllowed
from replies.library import Library
from tests.bot.desk.room import KEY, Room
from tests.bot.desk.test_timers import plain, turn


def outages_of(room: Room) -> tuple[Outages, Timers]:
    timers = Timers(room.place, room.voice, lambda: 0.5)
    return Outages(room.place, timers), timers


async def test_one_press_says_the_compensation_and_repeats_it_until_its_end() -> None:
    room = Room()
    outages, timers = outages_of(room)
    outages.heard([Happening(KEY, "gap", room.now - 1000, room.now, data={"seconds": 60})])
    begun = await outages.begin("mei", phrase=plain(room), minutes=5)
    assert begun.since_ms == room.now - 61_000
    assert begun.until_ms == room.now + 5 * 60_000
    assert room.store.rows[0]["by"] == "mei"
    await turn(room, timers)
    assert len(room.store.rows) == 2
    await turn(room, timers)
    assert len(room.store.rows) == 2
    assert timers.next_due() is None
    await outages.end("mei")
    await outages.end("mei")
    assert outages.current is None
    assert [one["act"] for one in room.recorded("outage")] == ["begun", "over"]


@pytest.mark.parametrize(("phrase", "minutes"), [("no such", 5), (None, 0), (None, 500)])
async def test_a_promise_without_a_live_phrase_or_an_end_is_refused_and_nothing_begins(
    phrase: str | None, minutes: int
) -> None:
    room = Room()
    outages, timers = outages_of(room)
    with pytest.raises(NotAllowed):
        await outages.begin("mei", phrase=phrase or plain(room), minutes=minutes)
    assert outages.current is None
    assert timers.rows == ()
    assert room.store.rows == []


async def test_under_a_red_light_no_compensation_is_said() -> None:
    room = Room()
    outages, timers = outages_of(room)
    room.do("red_on", reason="x")
    with pytest.raises(NotAllowed, match="red_light"):
        await outages.begin("mei", phrase=plain(room), minutes=5)
    assert timers.rows == ()


async def test_without_a_known_gap_it_begins_now_and_the_line_is_the_shops() -> None:
    room = Room()
    outages, _ = outages_of(room)
    await outages.write("不好意思刚刚掉线了", "mei")
    again, _ = outages_of(room)
    begun = await again.begin("mei")
    assert (begun.since_ms, begun.line) == (room.now, "不好意思刚刚掉线了")
    with pytest.raises(NotAllowed):
        await again.write("", "mei")


async def test_where_no_timer_has_room_nothing_is_promised_and_one_that_runs_makes_room() -> None:
    room = Room()
    outages, timers = outages_of(room)
    for _ in range(MOST):
        await timers.add(plain(room), 600, "mei")
    for _ in range(2):
        with pytest.raises(NotAllowed, match="already"):
            await outages.begin("mei", phrase=plain(room), minutes=5)
    assert room.store.rows == []
    await timers.remove(1, "mei")
    first = await outages.begin("mei", phrase=plain(room), minutes=5)
    second = await outages.begin("mei", phrase=plain(room), minutes=9)
    assert len(timers.rows) == MOST
    assert [one.id for one in timers.rows if one.until_ms is not None] == [second.timer]
    assert first.timer != second.timer
    room.do("red_on", reason="x")
    with pytest.raises(NotAllowed, match="red_light"):
        await outages.begin("mei", phrase=plain(room), minutes=5)
    assert [one.id for one in timers.rows if one.until_ms is not None] == [second.timer]


async def test_two_presses_at_once_keep_one_compensation() -> None:
    room = Room()
    outages, timers = outages_of(room)
    await asyncio.gather(*(outages.begin(by, phrase=plain(room), minutes=5) for by in ("mei", "lin")))
    assert [one.id for one in timers.rows] == [outages.current and outages.current.timer]


async def test_a_compensation_that_has_ended_takes_no_other_timer_with_it() -> None:
    room = Room()
    outages, timers = outages_of(room)
    begun = await outages.begin("mei", phrase=plain(room), minutes=5)
    assert begun.timer is not None
    await timers.remove(begun.timer, "timer")
    other = await timers.add(plain(room), 600, "mei")
    assert other.id == begun.timer
    await outages.begin("mei", phrase=plain(room), minutes=5)
    assert other in timers.rows


async def test_a_compensation_waits_no_longer_than_its_phrase_is_valid() -> None:
    room = Room()
    id = plain(room)
    room.library = Library(
        dataclasses.replace(one, valid_until_ms=room.now + 10_000) if one.id == id else one
        for one in room.library
    )
    outages, _ = outages_of(room)
    begun = await outages.begin("mei", phrase=id, minutes=1)
    assert room.store.rows[0]["expires_ms"] == begun.until_ms == room.now + 10_000


async def test_an_outage_is_known_after_a_restart_and_also_in_the_show_the_platform_begins_anew() -> None:
    room = Room()
    outages, _ = outages_of(room)
    begun = await outages.begin("mei", since_ms=room.now - 5000, phrase=plain(room), minutes=5)
    room.now += 1000
    room.state = msgspec.structs.replace(room.state, session="s2")
    again, _ = outages_of(room)
    assert again.current == begun
    await again.end("lin")
    assert outages_of(room)[0].current is None
    assert room.recorded("outage")[-1] == {"act": "over", "by": "lin"}


async def test_yesterdays_outage_is_not_taken_up_again() -> None:
    room = Room()
    await outages_of(room)[0].begin("mei")
    room.now += KEPT_MS
    assert outages_of(room)[0].current is None
