from __future__ import annotations

import asyncio
import dataclasses

import pytest

from bot.comment import Happening
from bot.decision import Priority
from bot.desk.timers import GAP_MS, JITTER, LEAST_S, Timers, kinds_of
from bot.errors import NotAllowed
from replies.library import Library
from tests.bot.desk.room import KEY, Room

EVERY = 600


def timers_of(room: Room, chance: float = 0.5) -> Timers:
    return Timers(room.place, room.voice, lambda: chance)


def plain(room: Room) -> str:
    """A phrase for everything, without facts."""
    return next(one.id for one in room.library if one.scope == "any" and not one.slots and one.lang == "zh")


async def turn(room: Room, timers: Timers) -> None:
    """Let the next turn come."""
    due = timers.next_due()
    assert due is not None
    room.now = due
    await timers.step(due)


async def test_a_phrase_comes_every_so_many_minutes_through_the_store_and_the_gate() -> None:
    room = Room()
    timers = timers_of(room)
    timer = await timers.add(plain(room), EVERY, "mei")
    assert timers.next_due() == room.now + EVERY * 1000
    await turn(room, timers)
    phrase = room.library.get(timer.phrase)
    assert phrase is not None
    (row,) = room.store.rows
    assert (row["phrase_id"], row["digest"], row["text"]) == (
        phrase.id,
        phrase.digest,
        phrase.render({}, room.now),
    )
    assert (row["mode"], row["priority"], row["by"]) == ("send", int(Priority.TIMED), None)
    assert room.said == [1]
    assert timers.next_due() == room.now + EVERY * 1000


@pytest.mark.parametrize(("chance", "part"), [(0.0, 1 - JITTER), (1.0, 1 + JITTER)])
async def test_its_turns_are_not_those_of_a_metronome(chance: float, part: float) -> None:
    room = Room()
    timers = timers_of(room, chance)
    await timers.add(plain(room), EVERY, "mei")
    assert timers.next_due() == room.now + int(EVERY * 1000 * part)


@pytest.mark.parametrize(
    ("kind", "data", "why"),
    [
        ("red_on", {"reason": "x"}, "red_light"), ("quiet_on", {}, "quiet"), ("replies_off", {}, "operator_off"),
    ],
)  # fmt: skip
async def test_nothing_is_queued_while_the_room_is_silent_and_a_turn_missed_is_missed(
    kind: str, data: dict[str, object], why: str
) -> None:
    room = Room()
    timers = timers_of(room)
    await timers.add(plain(room), EVERY, "mei")
    room.do(kind, **data)
    await turn(room, timers)
    assert room.store.rows == []
    assert timers.last[1] == why
    assert timers.next_due() == room.now + EVERY * 1000


async def test_nothing_is_queued_during_the_platforms_draw() -> None:
    import msgspec

    room = Room()
    timers = timers_of(room)
    await timers.add(plain(room), EVERY, "mei")
    room.state = msgspec.structs.replace(room.state, platform_draw="福袋")
    await turn(room, timers)
    assert room.store.rows == []
    assert timers.last[1] == "platform_draw"


async def test_nothing_is_queued_about_a_product_that_is_held_back() -> None:
    room = Room()
    timers = timers_of(room)
    await timers.add(plain(room), EVERY, "mei")
    room.do("on_show", product=room.state.shop.products[0].id)
    room.do("hold", product=room.state.shop.products[0].id)
    await turn(room, timers)
    assert room.store.rows == []
    assert timers.last[1] == "held"


async def test_out_of_a_show_nothing_comes() -> None:
    import msgspec

    room = Room()
    timers = timers_of(room)
    await timers.add(plain(room), EVERY, "mei")
    room.state = msgspec.structs.replace(room.state, closed=True)
    assert timers.next_due() is None


async def test_a_fact_that_ran_out_keeps_its_phrase_back() -> None:
    room = Room()
    room.do("on_show", product=room.state.shop.products[0].id)
    phrase = next(
        one for one in room.library if "price" in one.slots and one.scope == "any" and one.lang == "zh"
    )
    timers = timers_of(room)
    await timers.add(phrase.id, EVERY, "mei")
    product = room.state.shop.products[0].id
    room.do("fact", product=product, name="price", value="9元", valid_until_ms=room.now + 1, show_end=False)
    await turn(room, timers)
    assert room.store.rows == []
    assert timers.last[1] == "stale_fact"


async def test_a_phrase_withdrawn_meanwhile_is_not_queued() -> None:
    room = Room()
    timers = timers_of(room)
    id = plain(room)
    await timers.add(id, EVERY, "mei")
    room.library = Library(
        dataclasses.replace(one, state="withdrawn") if one.id == id else one for one in room.library
    )
    await turn(room, timers)
    assert room.store.rows == []
    assert timers.last[1] == "not_approved"


async def test_a_phrase_about_one_product_is_said_only_while_that_is_on_show() -> None:
    room = Room()
    phrase = next((one for one in room.library if one.scope == "product"), None)
    about = room.state.shop.products[0]
    if phrase is None:
        some = next(one for one in room.library if one.scope == "any" and not one.slots)
        phrase = dataclasses.replace(some, scope="product", product=about.id)
        room.library = Library([phrase])
    timers = timers_of(room)
    await timers.add(phrase.id, EVERY, "mei")
    room.do("on_show", product=next(one.id for one in room.state.shop.products if one.id != phrase.product))
    await turn(room, timers)
    assert room.store.rows == []
    assert timers.last[1] == "other_product"


async def test_where_we_may_not_speak_a_person_gets_it() -> None:
    room = Room(can_send=False)
    timers = timers_of(room)
    await timers.add(plain(room), EVERY, "mei")
    await turn(room, timers)
    assert room.store.rows[0]["mode"] == "suggest"


async def test_ten_follows_in_a_row_are_one_thank_you() -> None:
    room = Room()
    timers = timers_of(room)
    await timers.add(plain(room), LEAST_S, "mei", on="follow")
    assert timers.next_due() is None
    timers.heard(kinds_of([Happening(KEY, "follow", room.now, room.now)] * 5), room.now)
    timers.heard(["follow"], room.now + 10)
    timers.heard(["gift"], room.now + 10)
    await turn(room, timers)
    timers.heard(["follow"], room.now + 100)
    assert timers.next_due() is None
    assert len(room.store.rows) == 1
    room.now += GAP_MS + 1
    timers.heard(["follow"], room.now)
    await turn(room, timers)
    assert len(room.store.rows) == 2


async def test_one_with_an_end_ends() -> None:
    room = Room()
    timers = timers_of(room)
    await timers.add(plain(room), EVERY, "mei", until_ms=room.now + EVERY * 1000)
    await timers.run_only([], "mei")
    await turn(room, timers)
    assert room.store.rows == []
    assert timers.next_due() is None
    assert timers.rows == ()


async def test_another_show_begins_its_own_turns_even_on_an_earlier_clock() -> None:
    import msgspec

    room = Room()
    timers = timers_of(room)
    await timers.add(plain(room), EVERY, "mei")
    await timers.add(plain(room), EVERY, "mei", on="follow")
    timers.heard(["follow"], room.now)
    assert timers.next_due() is not None
    room.now -= 10 * EVERY * 1000
    room.state = msgspec.structs.replace(room.state, session="s2", now_ms=room.now)
    assert timers.next_due() == room.now + EVERY * 1000
    timers.heard(["follow"], room.now)
    assert timers.next_due() == room.now + 1_500


async def test_only_live_phrases_known_events_and_sane_intervals_are_taken() -> None:
    room = Room()
    timers = timers_of(room)
    for phrase, every, on in [("none", EVERY, None), (plain(room), 5, None), (plain(room), EVERY, "sunset")]:
        with pytest.raises(NotAllowed):
            await timers.add(phrase, every, "mei", on=on)
    assert timers.rows == ()


async def test_they_outlive_a_restart_and_can_be_stopped() -> None:
    room = Room()
    timers = timers_of(room)
    await timers.add(plain(room), EVERY, "mei")
    await timers.switch(1, False, "mei")
    again = timers_of(room)
    assert again.rows == timers.rows
    assert again.next_due() is None
    await again.switch(1, True, "mei")
    assert again.next_due() == room.now + EVERY * 1000
    await again.remove(1, "mei")
    assert again.next_due() is None


async def test_a_turn_waits_no_longer_than_its_own_end() -> None:
    room = Room()
    timers = timers_of(room)
    until = room.now + EVERY * 1000 + 5_000
    await timers.add(plain(room), EVERY, "mei", until_ms=until)
    await turn(room, timers)
    assert room.store.rows[0]["expires_ms"] == until


async def test_the_gap_of_an_event_holds_over_a_restart_but_not_into_another_show() -> None:
    import msgspec

    room = Room()
    timers = timers_of(room)
    await timers.add(plain(room), EVERY, "mei", on="follow")
    timers.heard(["follow"], room.now)
    await turn(room, timers)
    at = room.now
    room.now += 1000
    again = timers_of(room)
    again.heard(["follow"], room.now)
    assert again.next_due() is None
    again.heard(["follow"], at + EVERY * 1000)
    assert again.next_due() is not None
    room.state = msgspec.structs.replace(room.state, session="s2")
    other = timers_of(room)
    other.heard(["follow"], room.now)
    assert other.next_due() is not None


async def test_a_clock_set_back_over_a_restart_silences_no_event() -> None:
    room = Room()
    timers = timers_of(room)
    await timers.add(plain(room), LEAST_S, "mei", on="follow")
    timers.heard(["follow"], room.now)
    await turn(room, timers)
    room.now -= 3_600_000
    again = timers_of(room)
    again.heard(["follow"], room.now)
    assert again.next_due() is not None


async def test_a_number_given_again_brings_no_gap_of_the_one_before() -> None:
    room = Room()
    timers = timers_of(room)
    await timers.add(plain(room), EVERY, "mei", on="follow")
    timers.heard(["follow"], room.now)
    await turn(room, timers)
    await timers.remove(1, "mei")
    assert (await timers.add(plain(room), EVERY, "mei", on="follow")).id == 1
    timers.heard(["follow"], room.now)
    assert timers.next_due() is not None


async def test_changes_at_once_lose_none() -> None:
    room = Room()
    timers = timers_of(room)
    await asyncio.gather(*(timers.add(plain(room), EVERY, "mei") for _ in range(3)))
    assert [one.id for one in timers.rows] == [1, 2, 3]
    await asyncio.gather(
        timers.switch(1, False, "mei"),
        timers.remove(2, "lin"),
        timers.run_only([1], "mei"),
        timers.switch(3, True, "lin"),
    )
    assert {one.id: one.running for one in timers.rows} == {1: True, 3: True}
    assert timers_of(room).rows == timers.rows
