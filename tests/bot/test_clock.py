"""The clocks."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.clock import ShowClock, WallClock


async def sleeper(clock: ShowClock, at_ms: int, log: list[tuple[int, int]]) -> None:
    await clock.sleep_until(at_ms)
    log.append((at_ms, clock.now()))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_the_show_clock_moves_forward_only() -> None:
    clock = ShowClock("replay")
    assert (clock.now(), clock.source) == (0, "replay")
    clock.advance(10)
    clock.advance(5)
    assert clock.now() == 10
    clock.restart(3)
    assert clock.now() == 3


async def test_a_time_past_is_no_wait() -> None:
    clock = ShowClock("replay", 10)
    await asyncio.wait_for(clock.sleep_until(10), 5)
    assert clock.next_deadline() is None


async def test_sleepers_wake_when_their_time_has_come_and_not_before() -> None:
    clock = ShowClock("replay", 0)
    log: list[tuple[int, int]] = []
    tasks = [asyncio.create_task(sleeper(clock, at, log)) for at in (30, 10, 20)]
    await settle()
    assert clock.next_deadline() == 10
    clock.advance(9)
    await settle()
    assert log == []
    for due in (10, 20):
        clock.advance(due)
        await settle()
    assert log == [(10, 10), (20, 20)]
    assert clock.next_deadline() == 30
    clock.advance(100)
    await asyncio.gather(*tasks)
    assert log[-1] == (30, 100)
    assert clock.next_deadline() is None


async def test_one_who_gave_up_waiting_is_forgotten() -> None:
    clock = ShowClock("replay", 0)
    task = asyncio.create_task(clock.sleep_until(10))
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert clock.next_deadline() is None
    clock.advance(20)


async def test_the_wall_clock_is_the_machines() -> None:
    clock = WallClock()
    assert clock.source == "live"
    assert abs(clock.now() - time.time() * 1000) < 5_000
    await asyncio.wait_for(clock.sleep_until(clock.now() - 1), 5)


async def test_the_wall_clock_sleeps_until_its_own_time_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = WallClock()
    times = iter([0, 30_000, 90_000, 100_000])
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    monkeypatch.setattr(clock, "now", lambda: next(times))
    monkeypatch.setattr(asyncio, "sleep", nap)
    await clock.sleep_until(100_000)
    assert naps == [60.0, 60.0, 10.0]
