"""One room at work: batches, losses, retries, and the ends led in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import cast

import pytest

from bot.app import attachment as module
from bot.app.attachment import Attachment, End, instructed, lead, new_id, restart_gap
from bot.clock import Clock, ShowClock
from bot.decision import ClockSource
from bot.errors import NotAllowed, StoreError, StoreFull
from bot.pipeline import BATCH_LIMIT, Batch, Input
from bot.policy import Instruction, RoomState
from bot.storage.journal import Journal
from bot.storage.values import Committed
from classifiers.verdict import Verdict
from tests.builders import NOON, ROOM, SHOP, comment, handbook, happening, verdict
from tests.doubles.hand_clock import HandClock


class Wall:
    """A wall clock moved by hand (a ShowClock would be led by the attachment)."""

    source: ClockSource = "live"

    def __init__(self) -> None:
        self.hand = HandClock(NOON)
        self.now = self.hand.now
        self.sleep_until = self.hand.sleep_until
        self.advance = self.hand.advance
        self.sleeper = self.hand.sleeper


class Paper:
    """A journal that keeps batches in a list; `troubles` are raised in turn before it works again."""

    def __init__(self, *troubles: Exception) -> None:
        self.batches: list[Batch] = []
        self.troubles = list(troubles)
        self.tries = 0
        self.gate: Callable[[], None] = lambda: None

    def commit(self, batch: Batch) -> Committed:
        self.tries += 1
        self.gate()
        if self.troubles:
            raise self.troubles.pop(0)
        self.batches.append(batch)
        return Committed((), (), (), ())

    @property
    def texts(self) -> list[str]:
        return [one.comment.text for batch in self.batches for one in batch.judged]

    @property
    def kinds(self) -> list[str]:
        return [one.happening.kind for batch in self.batches for one in batch.happenings]


class Noted:
    """An end with deadlines of its own; notes the time of each step."""

    def __init__(
        self, clock: Clock, *due: int, log: list[tuple[str, int]] | None = None, name: str = ""
    ) -> None:
        self.due = sorted(due)
        self.log = [] if log is None else log
        self._clock, self._name = clock, name

    def next_due(self) -> int | None:
        return self.due[0] if self.due else None

    async def step(self, now_ms: int) -> None:
        while self.due and self.due[0] <= now_ms:
            self.due.pop(0)
            assert self._clock.now() == now_ms
            self.log.append((self._name, now_ms))


def judge(texts: Sequence[str]) -> list[Verdict]:
    return [verdict() for _ in texts]


def attached(paper: Paper, clock: Clock | None = None, **changes: object) -> Attachment:
    given: dict[str, object] = {"lossless": True, **changes}
    return Attachment(
        ROOM, journal=cast(Journal, paper), judge=judge, handbook=handbook,
        clock=clock or ShowClock("replay"), state=RoomState(ROOM, shop=SHOP), **given,
    )  # type: ignore[arg-type]  # fmt: skip


async def worked(room: Attachment, *inputs: Input) -> None:
    """Hand in `inputs`, end the room, and work until it is done."""
    running = asyncio.create_task(room.run())
    for one in inputs:
        await room.put(one)
    await room.end()
    await asyncio.wait_for(running, 10)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch does not wait for company: what is there is taken."""
    monkeypatch.setattr(module, "GATHER_S", 0.0)


# Batches


async def test_everything_handed_in_is_committed_in_order() -> None:
    paper = Paper()
    room = attached(paper)
    await worked(room, *(comment(str(number), at=number) for number in range(1000)))
    assert paper.texts == [str(number) for number in range(1000)]
    assert max(len(batch.judged) for batch in paper.batches) <= BATCH_LIMIT
    assert len(paper.batches) < 100
    assert room.comments == 1000
    assert room.waiting == 0
    assert room.state == paper.batches[-1].state


async def test_a_batch_waits_a_moment_for_company(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GATHER_S", 5.0)
    paper = Paper()
    room = attached(paper)
    running = asyncio.create_task(room.run())
    await room.put(comment("a"))
    for _ in range(5):
        await asyncio.sleep(0)
    await room.put(comment("b", at=1))
    await room.end()
    await asyncio.wait_for(running, 10)
    assert [len(batch.judged) for batch in paper.batches] == [2]


async def test_listeners_hear_of_each_batch_with_its_waits() -> None:
    heard: list[tuple[int, int]] = []

    async def listen(batch: Batch, committed: Committed, waits: Sequence[float]) -> None:
        assert all(wait >= 0 for wait in waits)
        heard.append((len(batch.judged), len(waits)))

    room = attached(Paper(), after_commit=[listen])
    await worked(room, comment("a"), happening("like"), instructed("replies_off", "me"), comment("b"))
    assert sum(count for count, _ in heard) == 2
    assert all(count == waits for count, waits in heard)


async def test_a_room_may_be_run_again() -> None:
    paper = Paper()
    room = attached(paper)
    await worked(room, comment("a"))
    await worked(room, comment("b", at=1))
    assert paper.texts == ["a", "b"]
    assert paper.batches[-1].judged[0].seq == 1


# Losses


async def test_live_a_full_queue_drops_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE_LIMIT", 3)
    paper = Paper()
    room = attached(paper, Wall(), lossless=False)
    for number in range(5):
        await room.put(comment(str(number), at=number * 1000))
    await room.put(happening("like", at=9_000))
    assert (room.comments, room.dropped, room.waiting) == (5, 2, 3)
    running = asyncio.create_task(room.run())
    await room.end()
    await asyncio.wait_for(running, 10)
    assert paper.texts == ["0", "1", "2"]
    (gap,) = [one.happening for batch in paper.batches for one in batch.happenings]
    assert gap.kind == "gap"
    assert (gap.data["reason"], gap.data["count"]) == ("queue_full", 2)
    assert len(paper.texts) + room.dropped == room.comments


async def test_one_loss_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE_LIMIT", 1)
    paper = Paper()
    room = attached(paper, Wall(), lossless=False)
    await room.put(comment("a"))
    await room.put(comment("lost", at=1))
    running = asyncio.create_task(room.run())
    await asyncio.wait_for(room.settled(), 10)
    await room.put(comment("b", at=2))
    await asyncio.wait_for(room.settled(), 10)
    await room.end()
    await asyncio.wait_for(running, 10)
    assert paper.kinds == ["gap"]


async def test_an_instruction_is_never_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE_LIMIT", 1)
    paper = Paper()
    room = attached(paper, Wall(), lossless=False)
    await room.put(comment("a"))
    waiting = asyncio.create_task(room.put(instructed("replies_off", "me")))
    running = asyncio.create_task(room.run())
    await asyncio.wait_for(waiting, 10)
    await room.end()
    await asyncio.wait_for(running, 10)
    assert room.state.replies_on is False


@pytest.mark.parametrize(("silencing", "lifting"), [("replies_off", "replies_on"), ("red_on", "red_off")])
async def test_who_silences_the_bot_is_heeded_before_what_waits(silencing: str, lifting: str) -> None:
    room = attached(Paper())
    await room.put(comment("a"))
    assert room.may_speak
    await room.put(instructed(silencing, "amy"))
    assert not room.may_speak, "though it is not committed"
    await worked(room)
    assert not room.may_speak
    await room.put(instructed(lifting, "amy"))
    assert not room.may_speak, "speaking again waits for its turn"
    await worked(room)
    assert room.may_speak


async def test_silencing_that_was_given_up_silences_nothing() -> None:
    room = attached(Paper())
    for number in range(BATCH_LIMIT * 2):
        await room.put(comment(str(number)))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(room.put(instructed("replies_off", "amy")), 0.01)
    assert room.may_speak


def test_an_instruction_the_room_cannot_follow_is_refused() -> None:
    room = attached(Paper())
    good = instructed("hold", "amy", product="P1")
    assert room.check(good) is good
    with pytest.raises(NotAllowed):
        room.check(instructed("hold", "amy", product="P9"))


async def test_at_full_speed_the_feeder_waits_instead() -> None:
    paper = Paper()
    room = attached(paper)
    for number in range(BATCH_LIMIT * 2):
        await room.put(comment(str(number)))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(room.put(comment("one too many")), 0.01)
    assert room.dropped == 0


# Trouble with the store


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited between tries; nobody really waits."""
    waited: list[float] = []
    real = asyncio.sleep

    async def nap(seconds: float) -> None:
        waited.append(seconds)
        await real(0)

    monkeypatch.setattr(module.asyncio, "sleep", nap)
    return waited


async def test_a_passing_store_error_is_overcome_and_nothing_is_judged_twice(naps: list[float]) -> None:
    paper = Paper(StoreError("busy"), StoreError("busy"))
    room = attached(paper)
    await worked(room, comment("a", msg_id="m1"))
    assert paper.texts == ["a"]
    assert paper.tries == 3
    assert paper.batches[0].duplicates == 0
    assert naps == sorted(naps)
    assert len(naps) == 2


async def test_a_store_that_stays_unusable_ends_the_room(naps: list[float]) -> None:
    paper = Paper(*[StoreError("gone")] * module.TRIES)
    room = attached(paper)
    with pytest.raises(StoreError, match="gone"):
        await worked(room, comment("a"))
    assert paper.tries == module.TRIES
    assert room.failed == "gone"
    assert room.state.session == ""


async def test_a_full_disk_is_not_tried_again(naps: list[float]) -> None:
    paper = Paper(StoreFull("full"))
    room = attached(paper)
    with pytest.raises(StoreFull):
        await worked(room, comment("a"))
    assert (paper.tries, naps) == (1, [])


async def test_whoever_waits_for_a_failed_room_is_let_go() -> None:
    room = attached(Paper(StoreFull("full")))
    await room.put(comment("a"))
    running = asyncio.create_task(room.run())
    await asyncio.wait_for(room.settled(), 10)
    with pytest.raises(StoreFull):
        await running


async def test_settled_means_committed() -> None:
    paper = Paper()
    room = attached(paper)
    running = asyncio.create_task(room.run())
    for number in range(300):
        await room.put(comment(str(number)))
    await asyncio.wait_for(room.settled(), 10)
    assert len(paper.texts) == 300
    await asyncio.wait_for(room.settled(), 10)
    await room.end()
    await running


# Ends on the show clock


async def test_on_a_show_clock_ends_act_at_their_own_times_and_in_order() -> None:
    clock = ShowClock("replay")
    log: list[tuple[str, int]] = []
    ends: list[End] = [
        Noted(clock, NOON + 10, NOON + 30, log=log, name="a"),
        Noted(clock, NOON + 20, NOON + 30, NOON + 99, log=log, name="b"),
    ]
    room = attached(Paper(), clock, ends=ends)
    await worked(room, comment("x"), comment("y", at=50))
    assert log == [("a", NOON + 10), ("b", NOON + 20), ("a", NOON + 30), ("b", NOON + 30)]
    assert clock.now() == NOON + 50


async def test_lead_stops_at_every_deadline_also_at_those_made_on_the_way() -> None:
    clock = ShowClock("replay", 0)

    class Chain(Noted):
        async def step(self, now_ms: int) -> None:
            await super().step(now_ms)
            if now_ms < 50:
                self.due.append(now_ms + 10)

    end = Chain(clock, 10)
    await lead(clock, [end], 45)
    assert [at for _, at in end.log] == [10, 20, 30, 40]
    assert clock.now() == 45
    assert end.next_due() == 50


async def test_an_end_that_will_not_act_does_not_hold_up_the_show() -> None:
    class Stuck:
        steps = 0

        def next_due(self) -> int:
            return 10

        async def step(self, now_ms: int) -> None:
            self.steps += 1

    clock, stuck = ShowClock("replay", 0), Stuck()
    await asyncio.wait_for(lead(clock, [stuck], 100), 5)
    assert (clock.now(), stuck.steps) == (100, 1)


async def test_a_new_session_with_an_earlier_clock_begins_its_own_time() -> None:
    clock = ShowClock("practice")
    room = attached(Paper(), clock)
    await worked(
        room,
        comment("a", at=900_000),
        happening("live_end", at=900_000),
        happening("live_start"),
        comment("b", at=5),
    )
    assert clock.now() == NOON + 5
    assert room.state.now_ms == NOON + 5


# Ends beside a live room


@asynccontextmanager
async def live(clock: Wall, *ends: End) -> AsyncIterator[Attachment]:
    room = attached(Paper(), clock, lossless=False, ends=list(ends))
    running = asyncio.create_task(room.run())
    yield room
    await room.end()
    await asyncio.wait_for(running, 10)


async def test_live_ends_act_when_the_wall_clock_comes_to_it() -> None:
    clock = Wall()
    end = Noted(clock, NOON + 10, NOON + 30)
    async with live(clock, end):
        assert await clock.sleeper() == NOON + 10
        assert end.log == []
        clock.advance(NOON + 10)
        assert await clock.sleeper() == NOON + 30
        assert end.log == [("", NOON + 10)]


async def test_live_a_commit_stirs_the_ends() -> None:
    clock = Wall()
    end = Noted(clock)
    stepped = asyncio.Event()

    class Queueing(Noted):
        async def step(self, now_ms: int) -> None:
            await super().step(now_ms)
            if self.log:
                stepped.set()

    end = Queueing(clock)
    async with live(clock, end) as room:

        async def queue(*told: object) -> None:
            end.due.append(NOON)

        room.after_commit.append(queue)
        await room.put(comment("a"))
        await asyncio.wait_for(stepped.wait(), 10)


async def test_live_an_end_that_fails_rests_and_comes_back_and_the_others_go_on() -> None:
    clock = Wall()
    other = Noted(clock, NOON + 5)

    class Failing(Noted):
        failures = 1

        async def step(self, now_ms: int) -> None:
            if self.due and self.due[0] <= now_ms and self.failures:
                self.failures -= 1
                raise StoreError("busy")
            await super().step(now_ms)

    failing = Failing(clock, NOON + 5)
    async with live(clock, failing, other):
        await clock.sleeper()
        clock.advance(NOON + 5)
        assert await clock.sleeper(NOON + 5) == NOON + 5 + module.HINDERED_MS
        assert other.log == [("", NOON + 5)]
        clock.advance(NOON + 5 + module.HINDERED_MS)
        while not failing.log:
            await asyncio.sleep(0)
    assert failing.log == [("", NOON + 5 + module.HINDERED_MS)]


# Small things


def test_sessions_have_names_of_their_own() -> None:
    names = {new_id() for _ in range(100)}
    assert len(names) == 100
    assert all(name.replace("-", "").replace("T", "").isalnum() for name in names)


def test_what_was_missed_over_a_restart_is_a_gap() -> None:
    state = RoomState(ROOM, "s1", NOON, now_ms=NOON)
    gap = restart_gap(state, comment("a", at=90_000), live=False)
    assert (gap.kind, gap.data) == ("gap", {"reason": "restart", "seconds": 90.0})
    assert restart_gap(state, comment("a", at=-5), live=False).data["seconds"] == 0


def test_an_instruction_is_made_from_plain_words() -> None:
    made = instructed("mode", "amy", intent="price", mode="off")
    assert made == Instruction("mode", "amy", {"intent": "price", "mode": "off"})
    with pytest.raises(ValueError, match="Invalid enum value"):
        instructed("explode", "amy")
