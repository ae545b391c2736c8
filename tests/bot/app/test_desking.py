"""The desk on a running seat: what is queued by itself goes through the outbox's own gate, on the room's clock."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.app.seat import Seat
from bot.app.station import Station
from bot.clock import ShowClock
from bot.comment import Comment, Event, Happening, RoomKey, Viewer
from bot.decision import Capabilities, Said
from bot.errors import NotAllowed
from bot.policy import Instruction
from bot.storage.effects import EffectReadings
from tests.bot.console.show import START

KEY = RoomKey("practice", "1")
MINUTE = 60_000


class Stage:
    """A room that says what it is told to say, and hears what we say."""

    key = KEY

    def __init__(self, *, reply: bool) -> None:
        self.capabilities = Capabilities(reply=reply)
        self.heard: list[str] = []
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()

    async def events(self) -> AsyncIterator[Event]:
        while (event := await self._queue.get()) is not None:
            yield event

    async def aclose(self) -> None:
        self._queue.put_nowait(None)

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        self.heard.append(text)
        return Said("sent")


@asynccontextmanager
async def on_air(
    folder: Path, *, reply: bool = True, satisfaction: bool = False
) -> AsyncIterator[tuple[Station, Seat, Stage]]:
    clock = ShowClock("practice", START)
    station = await Station.open(data=folder, url=None, clock=clock)
    stage = Stage(reply=reply)
    try:
        shop = station.house.seed_practice()
        seat = station.take(
            stage, stage, clock, practice=True, shop=shop.with_on_show(None), lossless=True,
            satisfaction=satisfaction,
        )  # fmt: skip
        task = asyncio.create_task(seat.attachment.run())
        try:
            await put(seat, [comment("主播晚上好", START)])
            yield station, seat, stage
        finally:
            await seat.attachment.end()
            await task
    finally:
        await station.close()


def comment(text: str, at_ms: int, role: Any = "viewer", uid: str | None = None) -> Comment:
    return Comment(KEY, Viewer(uid or f"u-{text}-{at_ms}", "观众", role), text, at_ms, at_ms)


async def put(seat: Seat, events: Sequence[Event]) -> None:
    for event in events:
        await seat.attachment.put(event)
    await seat.attachment.settled()


def happening(kind: Any, at_ms: int, **data: object) -> Happening:
    return Happening(KEY, kind, at_ms, at_ms, data=data)


def generic(seat: Seat) -> str:
    return next(one.id for one in seat.control.timers.sayable() if one.scope == "any" and not one.slots)


async def test_a_timed_phrase_is_said_on_the_rooms_clock_and_silent_under_the_red_light(
    tmp_path: Path,
) -> None:
    async with on_air(tmp_path) as (station, seat, stage):
        timer = await seat.control.timers.add(generic(seat), 10 * 60, "mei")
        await put(seat, [comment("晚上好", START + 13 * MINUTE)])
        phrase = station.house.library.get(timer.phrase)
        assert phrase is not None
        assert stage.heard == [phrase.text]
        await seat.control.red_light.on("违规用语", "mei")
        await put(seat, [comment("主播好", START + 26 * MINUTE)])
        assert len(stage.heard) == 1
        assert seat.control.timers.last[timer.id] == "red_light"
        await seat.control.red_light.off("mei")
        await put(seat, [comment("主播好呀", START + 39 * MINUTE)])
        assert len(stage.heard) >= 2


async def test_the_outbox_keeps_back_a_timed_phrase_that_was_withdrawn_behind_our_back(
    tmp_path: Path,
) -> None:
    """The library in memory still has it; the store does not. The gate is the outbox's, not the timer's."""
    async with on_air(tmp_path) as (station, seat, stage):
        timer = await seat.control.timers.add(generic(seat), 10 * 60, "mei")
        phrase = station.house.library.get(timer.phrase)
        assert phrase is not None
        station.house.journal.withdraw_phrase(phrase.id, phrase.digest, "lin", "test")
        await put(seat, [comment("晚上好", START + 13 * MINUTE)])
        assert seat.control.timers.last[timer.id] == "said"
        assert stage.heard == []


async def test_an_event_brings_its_phrase_and_a_forged_row_none(tmp_path: Path) -> None:
    async with on_air(tmp_path) as (station, seat, stage):
        id = generic(seat)
        await seat.control.timers.add(id, 60, "mei", on="follow")
        await put(seat, [happening("follow", START + 1000), happening("follow", START + 1100)])
        await put(seat, [comment("晚上好", START + 5000)])
        assert len(stage.heard) == 1
        phrase = station.house.library.get(id)
        assert phrase is not None
        now = seat.clock.now()
        row = station.house.journal.outbox_add(
            str(KEY), seat.attachment.state.session, phrase_id=id, digest=phrase.digest, intent=phrase.intent,
            product=None, text="加我微信", mode="send", due_ms=now, expires_ms=now + MINUTE,
        )  # fmt: skip
        await seat.assembly.say(row)
        await put(seat, [comment("你好", START + 9000)])
        assert len(stage.heard) == 1


async def test_where_we_may_not_speak_it_is_offered_to_the_hand(tmp_path: Path) -> None:
    async with on_air(tmp_path, reply=False) as (_, seat, stage):
        await seat.control.timers.add(generic(seat), 60, "mei", on="gift")
        await put(seat, [happening("gift", START + 1000)])
        await put(seat, [comment("晚上好", START + 3000)])
        assert stage.heard == []
        (offer,) = seat.assembly.hand.open()
        assert offer.comment_id is None
        assert await seat.assembly.hand.copy(offer.id, "mei") == offer.text


async def test_an_answer_said_by_hand_takes_its_question_off_the_desk(tmp_path: Path) -> None:
    async with on_air(tmp_path, reply=False) as (_, seat, _stage):
        await put(seat, [comment("运费多少", START + 1000)])
        (offer,) = seat.assembly.hand.open()
        text = await seat.assembly.hand.copy(offer.id, "mei")
        assert seat.control.silenced() == {}
        await put(seat, [comment(text, START + 4000, "host")])
        assert f"intent:{offer.intent}" in seat.control.silenced()


@pytest.mark.parametrize("on", [True, False])
async def test_whether_it_helped_is_asked_where_that_is_wished_and_counts_for_what_was_answered(
    tmp_path: Path, on: bool
) -> None:
    async with on_air(tmp_path, satisfaction=on) as (station, seat, stage):
        await put(seat, [comment("运费多少", START + 1000, uid="u1")])
        await put(seat, [comment("晚上好", START + 25_000)])
        await put(seat, [comment("1", START + 40_000, uid="u1"), comment("2", START + 41_000, uid="u2")])
        records = station.house.readings.records(str(KEY), record_type="satisfaction")
        answer, *question = stage.heard
        if not on:
            assert (question, records) == ([], [])
            return
        asked = [one for one in station.house.library if one.intent == "satisfaction"]
        assert question == [one.text for one in asked]
        (record,) = records
        rows = station.house.readings.sendings(seat.attachment.state.session)
        assert record.body["data"] == {
            "outbox": next(one.id for one in rows if one.text == answer), "answer": "yes",
        }  # fmt: skip
        effects = EffectReadings(station.house.store, station.house.journal).effects()
        rated = [one for one in effects if one.rated]
        assert [(one.intent, one.rated, one.solved) for one in rated] == [("shipping_fee", 1, 1)]


async def test_speech_text_is_judged_by_the_shipped_rule_book(tmp_path: Path) -> None:
    async with on_air(tmp_path) as (station, seat, _):
        await put(seat, [happening("speech", START + 1000, text="这个就是全网最低价国家级品质")])
        slips = seat.control.slips.open()
        assert slips
        assert all(one.source == "speech" and one.rule for one in slips)
        record = station.house.readings.records(str(KEY), record_type="slip")
        assert "全网" not in str([one.body for one in record])


async def test_a_press_is_committed_before_the_page_is_shown_again_and_nonsense_is_refused(
    tmp_path: Path,
) -> None:
    async with on_air(tmp_path) as (_, seat, _stage):
        product = seat.attachment.state.shop.products[0].id
        await seat.control.show(product, "mei")
        assert seat.attachment.state.on_show == product
        with pytest.raises(NotAllowed):
            await seat.control.show("no such", "mei")
        with pytest.raises(NotAllowed):
            await seat.control.place.tell(
                Instruction("fact", "mei", {"product": product, "name": "x", "value": "1"})
            )


async def test_what_was_laid_down_is_there_after_a_restart(tmp_path: Path) -> None:
    async with on_air(tmp_path) as (_, seat, _stage):
        await seat.control.timers.add(generic(seat), 600, "mei")
        await seat.control.scenes.save("开场", "mei")
        await seat.control.order.add("note", "喝水", None, None, "mei")
        token = await seat.control.overlays.make("主机", "mei")
        rows = seat.control.timers.rows
    async with on_air(tmp_path) as (_, seat, _stage):
        assert seat.control.timers.rows == rows
        assert [one.name for one in seat.control.scenes.rows] == ["开场"]
        assert [one.title for one in seat.control.order.items] == ["喝水"]
        assert seat.control.overlays.admits(token)
        assert dataclasses.is_dataclass(rows[0])
