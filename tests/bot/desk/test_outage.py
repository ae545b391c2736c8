from __future__ import annotations

import pytest

from bot.comment import Happening
from bot.desk.outage import Outages
from bot.desk.timers import Timers
from bot.errors import NotAllowed
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
