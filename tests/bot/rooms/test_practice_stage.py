"""The show being played, to watchers in memory on a fake clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.comment import Comment, Event, Happening, RoomKey, Viewer
from bot.rooms import show
from bot.rooms.bilibili import Codec
from bot.rooms.pace import Pace
from bot.rooms.practice_commands import scene
from bot.rooms.practice_stage import Stage

ROOM = RoomKey("practice", "1")
SAMPLE = Path(__file__).parents[2] / "recordings" / "show-sample.csv"
WALL = 1_755_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    @property
    def pace(self) -> Pace:
        return Pace(now_ms=lambda: WALL + int(self.now * 1000), steady=lambda: self.now, sleep=self.sleep)


class Watcher:
    def __init__(self, clock: Clock, *, broken: bool = False) -> None:
        self.clock = clock
        self.broken = broken
        self.events: list[Event] = []
        self.times: list[float] = []
        self.versions: set[int] = set()
        self.closed = False

    async def send(self, message: bytes) -> None:
        if self.broken:
            raise ConnectionResetError
        self.versions.add(int.from_bytes(message[6:8], "big"))
        events = Codec(ROOM, practice=True).feed(message, 0).events
        self.events.extend(events)
        self.times.extend(self.clock.now for _ in events)
        await asyncio.sleep(0)

    async def close(self) -> None:
        self.closed = True


def run(work: Callable[[], Awaitable[object]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(10):
            await work()

    asyncio.run(within())


def stage(clock: Clock, *, speed: float | None, loops: int = 1, log: Path | None = None) -> Stage:
    return Stage(
        scene(str(SAMPLE), ROOM), ROOM, 1, speed=speed, loops=loops, pace=clock.pace, replies_log=log
    )


def test_every_event_arrives_with_its_time_and_content():
    async def work() -> None:
        clock = Clock()
        watcher, playing = Watcher(clock), stage(clock, speed=1)
        playing.attach(watcher)
        await playing.play()
        start, *told, end = watcher.events
        assert isinstance(start, Happening)
        assert isinstance(end, Happening)
        assert (start.kind, end.kind) == ("live_start", "live_end")
        expected = list(show.events_of(show.load(SAMPLE), ROOM))
        assert [event.at_ms - WALL for event in told] == [event.at_ms for event in expected]
        for got, meant in zip(told, expected, strict=True):
            assert got.viewer == meant.viewer
            if isinstance(meant, Comment):
                assert isinstance(got, Comment)
                assert got.text == meant.text
            else:
                assert isinstance(got, Happening)
                assert got.kind == meant.kind
                assert meant.data.items() <= got.data.items()
        assert watcher.versions == {0, 2, 3}
        assert len({event.msg_id for event in watcher.events}) == len(watcher.events)
        assert playing.state == "ended"

    run(work)


def test_speed_is_kept():
    async def work() -> None:
        for speed, seconds in ((1.0, 12.3), (10.0, 1.23)):
            clock = Clock()
            watcher, playing = Watcher(clock), stage(clock, speed=speed)
            playing.attach(watcher)
            await playing.play()
            assert abs(clock.now - seconds) < 0.01

    run(work)


def test_at_max_it_waits_for_somebody_to_watch():
    async def work() -> None:
        clock = Clock()
        first, playing = Watcher(clock), stage(clock, speed=None)
        playing.attach(first)
        task = asyncio.create_task(playing.play())
        while len(first.events) < 5:
            await asyncio.sleep(0)
        await playing.cut()
        for _ in range(50):
            await asyncio.sleep(0)
        assert playing.state == "playing"
        second = Watcher(clock)
        playing.attach(second)
        await task
        assert len(first.events) + len(second.events) >= 31
        assert first.closed
        assert clock.now == 0

    run(work)


def test_at_other_speeds_it_goes_on_without_anybody():
    async def work() -> None:
        clock = Clock()
        watcher, playing = Watcher(clock), stage(clock, speed=1)
        playing.attach(watcher)
        task = asyncio.create_task(playing.play())
        while len(watcher.events) < 5:
            await asyncio.sleep(0)
        await playing.cut()
        await task
        assert playing.state == "ended"
        assert len(watcher.events) < 10

    run(work)


def test_it_does_not_begin_before_somebody_watches():
    async def work() -> None:
        clock = Clock()
        playing = stage(clock, speed=1)
        task = asyncio.create_task(playing.play())
        for _ in range(20):
            await asyncio.sleep(0)
        assert (playing.state, playing.sent) == ("waiting", 0)
        clock.now = 60.0
        watcher = Watcher(clock)
        playing.attach(watcher)
        await task
        assert watcher.events[0].at_ms == WALL + 60_000

    run(work)


def test_broken_watcher_is_dropped_and_the_others_see_all():
    async def work() -> None:
        clock = Clock()
        broken, whole, playing = Watcher(clock, broken=True), Watcher(clock), stage(clock, speed=1)
        playing.attach(broken)
        playing.attach(whole)
        await playing.play()
        assert broken.closed
        assert len(whole.events) == 31
        assert playing.watching == 1

    run(work)


def test_loops_go_on_in_time_with_new_ids():
    async def work() -> None:
        clock = Clock()
        watcher, playing = Watcher(clock), stage(clock, speed=None, loops=2)
        playing.attach(watcher)
        await playing.play()
        times = [event.at_ms for event in watcher.events]
        assert times == sorted(times)
        assert len({event.msg_id for event in watcher.events}) == len(watcher.events) == 60

    run(work)


def test_reply_is_shown_once_and_logged_each_time(tmp_path: Path):
    async def work() -> None:
        log = tmp_path / "replies.jsonl"
        playing = stage(Clock(), speed=1, log=log)
        assert playing.reply("k1", "24小时内发货") is False
        assert playing.reply("k1", "24小时内发货") is True
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        playing.close()
        assert [(line["key"], line["duplicate"]) for line in lines] == [("k1", False), ("k1", True)]
        assert [answer.text for answer in playing.replies] == ["24小时内发货"]
        assert (playing.shown, playing.duplicates) == (1, 1)

    run(work)


def test_recording_that_breaks_is_told(tmp_path: Path):
    async def work() -> None:
        file = tmp_path / "r.txt"
        good = '{"uid":1,"uname":"a","msg":"x","timestamp":1583886311684}\n'
        file.write_text(good + "{", encoding="utf-8")
        clock = Clock()
        watcher = Watcher(clock)
        playing = Stage(scene(str(file), ROOM), ROOM, 1, speed=None, pace=clock.pace)
        playing.attach(watcher)
        await playing.play()
        assert playing.state == "broken"
        assert "line 2" in playing.trouble

    run(work)


def test_out_of_order_recording_never_waits_backwards(tmp_path: Path):
    async def work() -> None:
        file = tmp_path / "r.txt"
        times = (0, 5000, 3000, 6000)
        lines = [
            json.dumps({"uid": 1, "uname": "a", "msg": "x", "timestamp": 1583886311684 + t}) for t in times
        ]
        file.write_text("\n".join(lines), encoding="utf-8")
        clock = Clock()
        watcher = Watcher(clock)
        playing = Stage(scene(str(file), ROOM), ROOM, 1, speed=1, loops=2, pace=clock.pace)
        playing.attach(watcher)
        await playing.play()
        comments = [event for event in watcher.events if isinstance(event, Comment)]
        assert [event.at_ms - WALL for event in comments[:4]] == [0, 5000, 3000, 6000]
        assert len(comments) == 8
        assert clock.now == 13.0

    run(work)


def test_what_draws_may_ask_for_survives_the_journey():
    async def work() -> None:
        clock = Clock()
        watcher = Watcher(clock)
        who = Viewer("u1", "小明", level=9, follows=True, fan_level=3)
        order = {"id": "o1", "product": "1", "state": "paid"}
        told: list[Event] = [
            Comment(ROOM, who, "在", 0, 0), Happening(ROOM, "order", 1, 1, who, data=dict(order)),
            Comment(ROOM, Viewer("u2", "小红", follows=False, fan_level=0), "在", 2, 2),
        ]  # fmt: skip
        playing = Stage(told, ROOM, 1, speed=None, pace=clock.pace)
        playing.attach(watcher)
        await playing.play()
        heard = [
            event.viewer for event in watcher.events if event.viewer and event.viewer.uid in ("u1", "u2")
        ]
        assert heard == [who, who, Viewer("u2", "小红", follows=False, fan_level=0)]

    run(work)


def test_viewers_without_id_stay_without(tmp_path: Path):
    file = tmp_path / "live.ass"
    file.write_text("[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,R2L,,0,0,0,,你好\n", encoding="utf-8")

    async def work() -> None:
        clock = Clock()
        watcher = Watcher(clock)
        playing = Stage(scene(str(file), ROOM), ROOM, 1, speed=None, pace=clock.pace)
        playing.attach(watcher)
        await playing.play()
        assert watcher.events[1].viewer == Viewer(None, "")

    run(work)


def test_who_comes_after_the_end_is_told_of_it_once_and_for_all():
    async def work() -> None:
        clock = Clock()
        early, late, playing = Watcher(clock), Watcher(clock), stage(clock, speed=None)
        playing.attach(early)
        await playing.tell_end(early)
        assert early.events == []  # it has not begun, let alone ended
        await playing.play()
        playing.attach(late)
        await playing.tell_end(late)
        (end,) = late.events
        assert isinstance(end, Happening)
        assert (end.kind, end.msg_id, end.at_ms) == (
            "live_end",
            early.events[-1].msg_id,
            early.events[-1].at_ms,
        )

    run(work)
