"""A running assistant: rooms, console and store, started and stopped together."""

from __future__ import annotations

import asyncio
import re
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from bot.app import station as module
from bot.app.console_host import PortTaken
from bot.app.house import RecordingSink
from bot.app.seat import Seat
from bot.app.station import Station
from bot.app.tally import Tally
from bot.clock import ShowClock, WallClock
from bot.comment import Event, RoomKey
from bot.decision import Capabilities
from bot.errors import RoomError, StoreFull
from bot.policy import Instruction
from bot.storage.values import FactRow, PhraseRow
from replies.phrase import Phrase
from tests.builders import NOON, ROOM, comment, happening


class Adapter:
    """A room that says what it was given, time after time it is attached; an exception among it is raised."""

    capabilities = Capabilities(reply=True)

    def __init__(self, *shows: list[Event | Exception], key: RoomKey = ROOM) -> None:
        self.key = key
        self.shows = list(shows)
        self.closed = 0

    async def events(self) -> AsyncIterator[Event]:
        for one in self.shows.pop(0) if self.shows else []:
            if isinstance(one, Exception):
                raise one
            yield one

    async def aclose(self) -> None:
        self.closed += 1


class Endless(Adapter):
    """A room that goes on until somebody leaves."""

    async def events(self) -> AsyncIterator[Event]:
        async for one in super().events():
            yield one
        await asyncio.Event().wait()


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Station]:
    station = await Station.open(data=folder, url=None, clock=ShowClock("practice"))
    try:
        yield station
    finally:
        await station.close()


def seated(station: Station, adapter: Adapter, tally: Tally | None = None) -> Seat:
    shop = station.house.seed_practice()
    return station.take(
        adapter, RecordingSink(), ShowClock("practice"), practice=True, shop=shop, lossless=True, tally=tally
    )


SHOW: list[Event | Exception] = [
    happening("live_start"),
    comment("1号链接多少钱", at=1_000),
    comment("支持退货吗", uid="b", at=1_200),
    comment("666", uid="c", at=30_000),
]


async def test_a_show_is_taken_from_its_begin_to_its_end(tmp_path: Path) -> None:
    tally = Tally()
    async with opened(tmp_path) as station:
        adapter = Adapter(SHOW)
        seat = seated(station, adapter, tally)
        assert station.seats == {"practice:1": seat}
        await station.run(seat)
        assert adapter.closed == 1
        assert tally.judged == 3
        assert tally.replies["sent"] == 2
        assert seat.draws in seat.attachment.ends
    with closing(sqlite3.connect(tmp_path / "changkong.db")) as db:
        assert db.execute("SELECT COUNT(*) FROM comment").fetchone() == (3,)
    assert not list(tmp_path.glob("*-wal"))


async def test_being_stopped_commits_what_was_received_and_closes_the_session(tmp_path: Path) -> None:
    async with opened(tmp_path) as station:
        adapter = Endless(SHOW)
        seat = seated(station, adapter)
        running = asyncio.create_task(station.run(seat, end_session=True))
        while seat.attachment.comments < 3:
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert adapter.closed == 1
        assert seat.attachment.state.closed
        assert seat.attachment.state.seq == 3


async def test_a_room_that_fails_is_tried_again_and_disturbs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    real = asyncio.sleep

    async def nap(seconds: float) -> None:
        if seconds in (7.5, module.ALIVE_S):
            await asyncio.Event().wait()
        if seconds >= 1:
            waits.append(seconds)
            assert failing.failed == "no signal"
        await real(0)

    going_on: list[object] = []

    async def go_on(seat: object) -> None:
        going_on.append(seat)

    monkeypatch.setattr(module, "HOUSEKEEPING_S", 7.5)
    monkeypatch.setattr(module, "_draws_go_on", go_on)
    monkeypatch.setattr(module.asyncio, "sleep", nap)
    async with opened(tmp_path) as station:
        trouble = RoomError("no signal")
        failing = seated(station, Adapter([comment("a"), trouble], [trouble], [comment("b", at=5)]))
        other = seated(station, Adapter(SHOW, key=RoomKey("practice", "2")))
        await asyncio.wait_for(station.run_all(), 30)
        assert waits == [1.0, 2.0]
        assert going_on == [failing, failing]
        assert failing.failed is None
        assert failing.attachment.state.seq == 2
        assert other.attachment.state.seq == 3


class Timed:
    """Draws that want to act twice, and the clock by which they do."""

    def __init__(self, source: str) -> None:
        self.source, self.at, self.dues, self.stepped = source, 0, [5, 9], []

    def now(self) -> int:
        return self.at

    async def sleep_until(self, due: int) -> None:
        self.at = due

    def next_due(self) -> int | None:
        return self.dues[0] if self.dues else None

    async def step(self, now_ms: int) -> None:
        self.stepped.append(now_ms)
        self.dues.pop(0)


@pytest.mark.parametrize(("source", "stepped"), [("live", [5, 9]), ("practice", [])])
async def test_the_draws_of_a_room_that_is_gone_go_on_by_the_wall_clock(
    source: str, stepped: list[int]
) -> None:
    timed = Timed(source)
    await module._draws_go_on(SimpleNamespace(clock=timed, draws=timed))  # type: ignore[arg-type]
    assert timed.stepped == stepped


async def test_a_store_that_fails_ends_everything_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as station:
        seated(station, Adapter(SHOW))
        seated(station, Endless(key=RoomKey("practice", "2")))

        def full(batch: object) -> None:
            raise StoreFull("The disk is full.")

        monkeypatch.setattr(station.house.journal, "commit", full)
        with pytest.raises(StoreFull):
            await asyncio.wait_for(station.run_all(), 30)


async def test_an_answer_of_unknown_fate_is_never_said_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as station:
        seat = seated(station, Adapter([comment("1号链接多少钱"), comment("支持退货吗", uid="b", at=1)]))
        await station.run(seat)
        session = seat.attachment.state.session
        (waiting,) = station.house.readings.sendings(session, states=["queued"])
        assert station.house.journal.outbox_begin(waiting.id)
    async with opened(tmp_path) as station:
        seat = seated(station, Adapter([comment("666", at=5_000)]))
        await station.run(seat)
        states = {one.id: one.state for one in station.house.readings.sendings(session)}
    assert states[waiting.id] == "unknown"


async def test_the_console_is_served_beside_and_its_link_works_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as station:
        seated(station, Adapter(SHOW))
        words = await station.open_console("127.0.0.1", 0)
        link = re.search(r"(http://127\.0\.0\.1:\d+)(/login/once\?t=\S+)", words)
        assert link is not None
        async with httpx.AsyncClient(base_url=link[1], trust_env=False) as client:
            assert (await client.get("/cases")).status_code in (302, 303, 401)
            first = await client.get(link[2])
            assert first.status_code < 400
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(link[1])


async def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        async with opened(tmp_path) as station:
            with pytest.raises(PortTaken, match="--port"):
                await station.open_console("127.0.0.1", taken.getsockname()[1])


async def test_housekeeping_survives_a_passing_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = asyncio.sleep
    monkeypatch.setattr(module, "HOUSEKEEPING_S", 0)
    async with opened(tmp_path) as station:
        calls: list[int] = []

        def failing(now_ms: int) -> list[int]:
            calls.append(now_ms)
            raise StoreFull("full")

        monkeypatch.setattr(station.house.journal, "expire_leases", failing)
        async with asyncio.timeout(20):
            while len(calls) < 3:
                await real(0)


async def test_housekeeping_lets_phrases_go_live_and_takes_them_into_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = asyncio.sleep
    monkeypatch.setattr(module, "HOUSEKEEPING_S", 0)
    async with opened(tmp_path) as station:
        journal = station.house.journal
        asked: list[int] = []

        def drafted_and_changed(now_ms: int) -> list[PhraseRow]:
            asked.append(now_ms)
            one = Phrase("p", "price", "any", None, None, "zh", "看购物车")
            return [journal.draft_phrase(one, by="ann")] if len(asked) == 1 else []

        monkeypatch.setattr(journal, "advance_phrases", drafted_and_changed)
        async with asyncio.timeout(20):
            while len(station.house.library) == 0:
                await real(0)
    assert asked[0] == station.clock_ms()


async def test_a_show_clock_goes_on_where_the_session_stood(tmp_path: Path) -> None:
    async with opened(tmp_path) as station:
        await station.run(seated(station, Adapter(SHOW)))
    async with opened(tmp_path) as station:
        seat = seated(station, Adapter())
        assert seat.assembly.resumed
        assert seat.clock.now() == NOON + 30_000


# Live rooms of one shop

PRICE = FactRow("p1", "price", "59元", "hand", None, True)
LIVE = WallClock()


@asynccontextmanager
async def selling(folder: Path, *adapters: Adapter) -> AsyncIterator[tuple[Station, list[Seat]]]:
    """Live rooms that sell one product at one price."""
    station = await Station.open(data=folder, url=None, clock=LIVE)
    try:
        station.house.journal.save_product("p1", {"name": "连衣裙", "slot": 1}, by="ann")
        station.house.journal.save_fact(PRICE, by="ann")
        yield (
            station,
            [
                station.take(one, RecordingSink(), LIVE, practice=False, shop=station.house.shop())
                for one in adapters
            ],
        )
    finally:
        await station.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0)


def price(seat: Seat) -> tuple[str, bool]:
    fact = seat.attachment.state.shop.facts_for("p1")["price"]
    return fact.value, fact.current(LIVE.now())


def stored_price(station: Station) -> tuple[str, bool]:
    (fact,) = station.house.journal.facts()
    return fact.value, fact.valid_until_ms is None


async def left(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_show_of_yesterday_is_over_before_anybody_looks_and_takes_nothing_of_today_along(
    tmp_path: Path,
) -> None:
    room = Endless([comment("666")], key=ROOM)
    async with selling(tmp_path, Adapter([comment("666")])) as (station, [seat]):
        await station.run(seat)
        assert not seat.attachment.state.closed
    async with selling(tmp_path, room) as (station, [seat]):
        room.shows = [[]]
        running = asyncio.create_task(station.run(seat))
        await until(lambda: seat.attachment.state.closed)
        await until(lambda: price(seat) == ("59元", True))
        assert stored_price(station) == ("59元", True)
        await left(running)
    with closing(sqlite3.connect(tmp_path / "changkong.db")) as db:
        assert db.execute("SELECT reason FROM session").fetchall() == [("idle",)]


async def test_a_show_that_was_running_a_moment_ago_goes_on(tmp_path: Path) -> None:
    room = Adapter([comment("666", received_ms=LIVE.now())], [])
    async with selling(tmp_path, room) as (station, [seat]):
        await station.run(seat)
        await station.run(seat)
        assert not seat.attachment.state.closed
        assert station.house.journal.running == {}


async def test_rooms_of_one_shop_know_the_same_until_the_last_show_has_ended(tmp_path: Path) -> None:
    keys = [RoomKey("bridge", "a"), RoomKey("bridge", "b")]
    rooms = [Endless([comment("666", room=key, received_ms=LIVE.now())], key=key) for key in keys]
    async with selling(tmp_path, *rooms) as (station, [one, other]):
        running = [asyncio.create_task(station.run(seat)) for seat in (one, other)]
        await until(lambda: all(seat.attachment.state.session for seat in (one, other)))
        data: dict[str, object] = {"product": "p1", "name": "price", "value": "49元"}
        await one.attachment.put(Instruction("fact", "amy", data))
        await until(lambda: price(other) == ("49元", True))
        over = Instruction("end_session", "amy")
        await one.attachment.put(over)
        await until(lambda: one.attachment.state.closed)
        await until(lambda: price(one) == ("49元", True))
        assert stored_price(station) == ("49元", True)
        await other.attachment.put(over)
        await until(lambda: other.attachment.state.closed and price(one) == price(other) == ("49元", False))
        assert stored_price(station) == ("49元", False)
        await left(*running)


async def test_a_quiet_room_that_tells_no_frames_is_closed_when_it_is_idle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ALIVE_S", 0)
    async with selling(tmp_path, Endless([comment("666")])) as (station, [seat]):
        running = asyncio.create_task(station.run_all())
        await until(lambda: seat.attachment.state.closed)
        await left(running)
