"""`changkong run`: the configured rooms."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.app.live import Mute, run
from bot.app.seat import Seat
from bot.app.station import Station
from bot.decision import Said
from bot.errors import SettingsError
from bot.settings import Settings
from classifiers.errors import ModelError
from tests.builders import ROOM


async def test_without_a_room_there_is_nothing_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No room"):
        await run(Settings(data=tmp_path / "d"), announce=lambda words: None)
    assert not (tmp_path / "d").exists()


async def test_a_bridge_room_is_attached_and_stopped_in_order(tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path,
        console={"port": 0},
        rooms=[{"platform": "bridge", "id": "shop", "secret": "s"}],
        people=[{"login": "mei", "telegram_id": 77}],
    )  # type: ignore[arg-type]
    said: list[str] = []
    announced = asyncio.Event()

    def announce(words: str) -> None:
        said.append(words)
        announced.set()

    running = asyncio.create_task(run(settings, announce=announce))
    await asyncio.wait_for(announced.wait(), 30)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert "http://127.0.0.1:" in said[0]
    assert "mei: http://127.0.0.1:" in said[0]
    assert not list(tmp_path.glob("*-wal"))


async def test_what_the_settings_say_of_answers_and_of_the_shop_reaches_the_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(
        data=tmp_path,
        console={"port": 0},
        replies={"time_to_live_s": 9, "suggestion_s": 90, "lang": "en", "satisfaction": True},
        rooms=[{"platform": "bridge", "id": "shop", "secret": "s", "merchant": "north"}],
    )  # type: ignore[arg-type]
    seats: list[Seat] = []
    asking: list[bool] = []
    take = Station.take

    def noted(station: Station, *given: Any, **named: Any) -> Seat:
        asking.append(named["satisfaction"])
        seats.append(take(station, *given, **named))
        return seats[-1]

    monkeypatch.setattr(Station, "take", noted)
    announced = asyncio.Event()
    running = asyncio.create_task(run(settings, announce=lambda words: announced.set()))
    await asyncio.wait_for(announced.wait(), 30)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (seat,) = seats
    book = seat.attachment.handbook()
    assert seat.merchant == book.merchant == "north"
    assert (book.time_to_live_ms, book.suggestion_ms, book.lang) == (9_000, 90_000, "en")
    assert asking == [True]


async def test_a_second_reader_asked_for_and_not_installed_stops_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifiers.reader.RUNTIME", "a_runtime_nobody_has")
    settings = Settings(
        data=tmp_path / "d",
        judgement={"second_reader": True},
        rooms=[{"platform": "bridge", "id": "shop", "secret": "s"}],
    )  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=r"changkong\[reader\]"):
        await run(settings, announce=lambda words: None)
    assert not (tmp_path / "d").exists()


async def test_where_nobody_lets_us_speak_nothing_is_said() -> None:
    said: Said = await Mute().say(ROOM, "x", key="k", expires_ms=0)
    assert said.outcome == "refused"
