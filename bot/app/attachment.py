"""One room, attached: takes what the room says, commits it in batches, and lets the ends act afterwards.

The loop is the same live, in practice and in replay. Only the clock differs: live, the ends run beside the loop on
the wall's time; on a show clock they are led through their deadlines after every commit, in order, each with `now`
standing at its own deadline. That is why ten minutes of show in two seconds give the answers of ten minutes.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec
import structlog

from bot.clock import Clock, ShowClock
from bot.comment import Comment, Event, Happening, RoomKey
from bot.errors import StoreError, StoreFull
from bot.pipeline import BATCH_LIMIT, IDLE_MS, Batch, Input, Judge, fold
from bot.policy import SILENCING, Handbook, Instruction, RoomState, vetted
from bot.storage.journal import Journal
from bot.storage.values import Committed

log = structlog.get_logger()

GATHER_S = 0.02
"""How long a batch waits for company, live."""

QUEUE_LIMIT = 20_000
"""Frames waiting at most; beyond it live frames are dropped, counted and recorded as a gap."""

HINDERED_MS = 1_000
"""How long, live, an end that failed rests before its next step."""

TRIES = 5
"""How often a batch is tried again after a passing store error before the attachment gives up."""


def new_id() -> str:
    """A session's name: the UTC second it was made, for people, and 40 random bits, for uniqueness."""
    return f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{secrets.token_hex(5)}"


class End(Protocol):
    """Something that acts after a commit, at its own times: outbox, draws."""

    def next_due(self) -> int | None:
        """When it wants to act next, in ms; None when it waits for nothing."""
        ...

    async def step(self, now_ms: int) -> object:
        """Do all that is due at `now_ms`."""
        ...


Committing = Callable[[Batch, Committed, Sequence[float]], Awaitable[None]]
"""Told after every commit: the batch, what the journal made of it, and the latency of each comment in ms."""


class Attachment:
    """The running of one room. `lossless` waits for room in the queue instead of dropping (replay, full speed).
    `handbook` is asked at every batch: phrases and abilities change during a show."""

    def __init__(
        self,
        room: RoomKey,
        *,
        journal: Journal,
        judge: Judge,
        handbook: Callable[[], Handbook],
        clock: Clock,
        state: RoomState | None = None,
        idle_ms: int | None = IDLE_MS,
        lossless: bool = False,
        after_commit: Sequence[Committing] = (),
        ends: Sequence[End] = (),
    ) -> None:
        self.room = room
        self.clock = clock
        self.state = state or RoomState(room)
        self.ends: list[End] = list(ends)
        self.after_commit: list[Committing] = list(after_commit)
        self.dropped = 0
        self.comments = 0
        self.gaps = 0
        self.lag_ms = 0
        self.failed: str | None = None
        self._journal = journal
        self._judge = judge
        self.handbook = handbook
        self._idle_ms = idle_ms
        self._lossless = lossless
        self._queue: asyncio.Queue[tuple[Input, float] | None] = asyncio.Queue(
            BATCH_LIMIT * 2 if lossless else QUEUE_LIMIT
        )
        self._lost_since: int | None = None
        self._lost = 0
        self._stirred = asyncio.Event()
        self._ended = False
        self._hushing = 0
        self._taken_in = self._worked_off = 0
        self._progress = asyncio.Condition()

    @property
    def waiting(self) -> int:
        """Frames received and not yet committed."""
        return self._queue.qsize()

    @property
    def may_speak(self) -> bool:
        """Whether the bot may say anything in the room now. Who silences it is heeded before the queue is."""
        return self._hushing == 0 and self.state.silence is None

    def check(self, instruction: Instruction) -> Instruction:
        """`instruction`, if the room as it stands could follow it. Raises NotAllowed, saying what was wrong."""
        return vetted(instruction, self.state)

    async def put(self, event: Input) -> None:
        """Hand in what the room said. Live, a full queue drops the event and remembers the loss."""
        if isinstance(event, Comment):
            self.comments += 1
        stamp = time.perf_counter()
        if isinstance(event, Instruction):
            await self._put_instruction(event, stamp)
            return
        if self._lossless:
            self._taken_in += 1
            await self._queue.put((event, stamp))
            return
        try:
            self._queue.put_nowait((event, stamp))
            self._taken_in += 1
        except asyncio.QueueFull:
            self._lose(event)

    def stir(self) -> None:
        """An end has something new to do: let it look, without waiting for the next commit."""
        self._stirred.set()

    async def _put_instruction(self, instruction: Instruction, stamp: float) -> None:
        """Instructions are never dropped. One that silences the bot does so from here on."""
        hushing = instruction.kind in SILENCING
        self._taken_in += 1
        self._hushing += hushing
        try:
            await self._queue.put((instruction, stamp))
        except asyncio.CancelledError:
            self._taken_in -= 1
            self._hushing -= hushing
            raise

    async def settled(self) -> None:
        """Wait until everything handed in so far has been committed. Returns at once when the room has failed."""
        mark = self._taken_in
        async with self._progress:
            await self._progress.wait_for(lambda: self._worked_off >= mark or self.failed is not None)

    def _lose(self, event: Event) -> None:
        self._lost_since = self._lost_since or event.at_ms
        if isinstance(event, Comment):
            self.dropped += 1
            self._lost += 1

    async def end(self) -> None:
        """No more will come: `run` returns after the last commit."""
        await self._queue.put(None)

    async def run(self) -> None:
        """Work until `end`; may be called again afterwards. Raises StoreError when the store stays unusable."""
        self._ended, self.failed = False, None
        beside = None
        if not isinstance(self.clock, ShowClock):
            beside = asyncio.create_task(self._ends_beside(), name=f"ends of {self.room}")
        try:
            while (gathered := await self._gather()) is not None:
                await self._work(gathered)
        except Exception as error:
            self.failed = str(error)
            async with self._progress:
                self._progress.notify_all()
            raise
        finally:
            if beside is not None:
                beside.cancel()
                await asyncio.gather(beside, return_exceptions=True)

    async def _gather(self) -> list[tuple[Input, float]] | None:
        """Up to BATCH_LIMIT inputs, waiting GATHER_S for company; None when the room has ended."""
        if self._ended:
            return None
        first = await self._queue.get()
        if first is None:
            return None
        gathered = [first]
        until = time.perf_counter() + GATHER_S
        while len(gathered) < BATCH_LIMIT:
            try:
                one = self._queue.get_nowait()
            except asyncio.QueueEmpty:
                left = until - time.perf_counter()
                if left <= 0:
                    break
                try:
                    one = await asyncio.wait_for(self._queue.get(), left)
                except TimeoutError:
                    break
            if one is None:
                self._ended = True
                break
            gathered.append(one)
        return gathered

    async def _work(self, gathered: list[tuple[Input, float]]) -> None:
        inputs = [one for one, _ in gathered]
        if self._lost_since is not None:
            inputs.append(self._gap(inputs))
        batch, committed = await self._committed(inputs)
        done = time.perf_counter()
        self.state = batch.state
        self._hushing -= sum(isinstance(one, Instruction) and one.kind in SILENCING for one in inputs)
        self.gaps += sum(placed.happening.kind == "gap" for placed in batch.happenings)
        waits = [(done - at) * 1000 for one, at in gathered if isinstance(one, Comment)]
        self.lag_ms = round(max(waits, default=0))
        for tell in self.after_commit:
            await tell(batch, committed, waits)
        if isinstance(self.clock, ShowClock):
            await self._lead_ends(self.clock, batch)
        self._stirred.set()
        async with self._progress:
            self._worked_off += len(gathered)
            self._progress.notify_all()

    def _gap(self, inputs: Sequence[Input]) -> Happening:
        at = max((one.at_ms for one in inputs if not isinstance(one, Instruction)), default=self.state.now_ms)
        lost, since = self._lost, self._lost_since or at
        self._lost, self._lost_since = 0, None
        data: dict[str, object] = {"reason": "queue_full", "count": lost, "seconds": (at - since) / 1000}
        return Happening(self.room, "gap", at, at, data=data)

    async def _committed(self, inputs: list[Input]) -> tuple[Batch, Committed]:
        for attempt in range(TRIES):
            try:
                return await asyncio.to_thread(self._fold_and_commit, inputs)
            except StoreFull:
                raise
            except StoreError as error:
                log.warning("commit failed", room=str(self.room), attempt=attempt, error=str(error))
                if attempt == TRIES - 1:
                    raise
                await asyncio.sleep(0.05 * 2**attempt)
        raise AssertionError("unreachable")

    def _fold_and_commit(self, inputs: list[Input]) -> tuple[Batch, Committed]:
        batch = fold(
            self.state,
            inputs,
            judge=self._judge,
            handbook=self.handbook(),
            new_id=new_id,
            clock_source=self.clock.source,
            idle_ms=self._idle_ms,
        )
        return batch, self._journal.commit(batch)

    async def _lead_ends(self, clock: ShowClock, batch: Batch) -> None:
        """Lead the ends through every deadline up to the last frame handed over."""
        opened = [change.opened_ms for change in batch.sessions if change.closed_ms is None]
        if opened and opened[-1] < clock.now():
            clock.restart(opened[-1])
        await lead(clock, self.ends, batch.now_ms)

    async def _ends_beside(self) -> None:
        while True:
            self._stirred.clear()
            now = self.clock.now()
            hindered = [end for end in self.ends if not await self._stepped(end, now)]
            due = min((at for end in self.ends if (at := end.next_due()) is not None), default=None)
            if hindered and due is not None:
                due = max(due, now + HINDERED_MS)
            waits: list[asyncio.Task[object]] = [asyncio.create_task(self._stirred.wait())]
            if due is not None:
                waits.append(asyncio.create_task(self.clock.sleep_until(due)))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()

    async def _stepped(self, end: End, now_ms: int) -> bool:
        """Whether the step went through. One that fails must not silence the others for the rest of the show."""
        try:
            await end.step(now_ms)
        except Exception as error:
            log.error(
                "an end failed",
                room=str(self.room),
                end=type(end).__name__,
                error=type(error).__name__,
                why=str(error),
            )
            return False
        return True


async def lead(clock: ShowClock, ends: Sequence[End], to_ms: int) -> None:
    """Move `clock` to `to_ms`, stopping at every deadline of `ends` on the way, earliest first."""
    while True:
        due, end = min(
            ((at, index) for index, one in enumerate(ends) if (at := one.next_due()) is not None),
            default=(None, 0),
        )
        if due is None or due > to_ms:
            break
        clock.advance(due)
        await ends[end].step(clock.now())
        if ends[end].next_due() == due:
            log.error("an end did not act at its deadline", end=type(ends[end]).__name__)
            break
    clock.advance(to_ms)


def restart_gap(state: RoomState, first: Event, *, live: bool) -> Happening:
    """What was missed between the last committed frame and `first`, after the assistant was down."""
    seconds = max(0, (first.received_ms if live else first.at_ms) - state.now_ms) / 1000
    return Happening(
        state.room, "gap", first.at_ms, first.received_ms, data={"reason": "restart", "seconds": seconds}
    )


def instructed(kind: str, by: str, **data: object) -> Instruction:
    """An instruction from plain words, as the console and the command line send them."""
    return msgspec.convert({"kind": kind, "by": by, "data": data}, Instruction)
