"""A poll on a running seat: the room counts, the result is kept, one runs at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app.console_polls import ConsolePolls
from bot.errors import NotAllowed
from bot.storage.audit import verify
from tests.bot.app.test_desking import comment, on_air, put
from tests.bot.console.show import START

ROOM = "practice:1"


async def test_each_account_votes_once_and_the_result_stays(tmp_path: Path) -> None:
    async with on_air(tmp_path) as (station, seat, stage):
        polls = ConsolePolls(station.house.journal, lambda: station.seats)
        assert await polls.running(ROOM) is None
        id = await polls.start(ROOM, "想看哪个？", ["红", "蓝"], by="mei")
        said = (("1", "a"), ("2", "b"), ("２", "c"), ("1", "b"), ("蓝", "d"), ("3", "e"), ("1 2", "f"))
        await put(seat, [comment(text, START + 5_000 + n, uid=uid) for n, (text, uid) in enumerate(said)])
        await seat.attachment.settled()
        running = await polls.running(ROOM)
        assert running is not None
        assert (running.id, running.votes, running.total) == (id, (1, 3), 4)
        await polls.close(ROOM, id, by="mei")
        await put(seat, [comment("1", START + 9_000, uid="late")])
        await seat.attachment.settled()
        assert await polls.running(ROOM) is None
        (kept,) = await polls.past(ROOM, 5)
        assert (kept.votes, kept.question, kept.options) == ((1, 3), "想看哪个？", ("红", "蓝"))
        assert kept.closed_ms is not None
        assert await polls.past("other:1", 5) == []
        assert stage.heard == []  # a vote is no question
        assert verify(station.house.store).first_bad is None


async def test_one_poll_at_a_time_and_only_in_its_room(tmp_path: Path) -> None:
    async with on_air(tmp_path) as (station, _, _):
        polls = ConsolePolls(station.house.journal, lambda: station.seats)
        id = await polls.start(ROOM, "扣1", ["1"], by="mei")
        for attempt in (
            polls.start(ROOM, "又一个", ["1"], by="lin"),
            polls.start("other:1", "？", ["x"], by="lin"),
            polls.close("other:1", id, by="lin"),
            polls.close(ROOM, "nothing", by="lin"),
        ):
            with pytest.raises(NotAllowed):
                await attempt
        await polls.close(ROOM, id, by="mei")
        with pytest.raises(NotAllowed):
            await polls.close(ROOM, id, by="mei")
        for question, options in (("？", []), ("？", list("abcdefg")), ("？", ["好", " "]), ("", ["好"])):
            with pytest.raises(NotAllowed):
                await polls.start(ROOM, question, options, by="mei")
        assert await polls.running(ROOM) is None
        again = await polls.start(ROOM, "再来", ["1", "2"], by="mei")
        running = await polls.running(ROOM)
        assert running is not None
        assert running.id == again
