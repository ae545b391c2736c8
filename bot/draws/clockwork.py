"""The clock's part in the draws of one room: every step taken when it is due, stored, and nothing chosen.

Entries come from the rows, the rest follows from `lottery.life`. A step that fails is tried again; one that somebody
else has taken meanwhile is looked at anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from bot.draws import steps
from bot.draws.book import RUNNING, commitment_of, moved, terms_of
from bot.draws.claiming import Claims
from bot.draws.kept import Kept
from bot.draws.relay import BeaconSource
from bot.draws.steps import Step
from bot.errors import ChangkongError, DrawMoved, NotAllowed
from bot.policy import GRACE_MS, Instruction
from bot.storage.values import DrawRow
from lottery import life
from lottery.beacon import Beacon, parse_relay, practice_beacon
from lottery.errors import LotteryError
from lottery.states import State, alarm

log = structlog.get_logger()

RETRY_MS = 3_000
"""How long to wait before asking for a late beacon again: one period of the chain."""

BUSY_MS = 250
"""How soon to look again, live, at a draw whose step is under way."""


HEARD_OUT_S = 5.0
"""How long, live, the list waits for what reached the room in time and is still to be judged and stored. With GRACE_MS
and the making of a long list it is less than every real preset's `root_within_s`, and far from the deadline."""


async def at_once() -> None:
    """For a room that has nothing waiting."""


class Clockwork:
    """Takes the draws in `kept` through their steps. `clock`: live, the wall's: then the steps run beside the other
    ends of the room, and what could not be stored in time is not published; None on a show's clock. `heard_out` waits
    until the room has stored all that has reached it so far."""

    def __init__(
        self,
        kept: Kept,
        claims: Claims,
        tell_room: Callable[[Instruction], None],
        beacons: BeaconSource,
        clock: Callable[[], int] | None,
        heard_out: Callable[[], Awaitable[None]] = at_once,
    ) -> None:
        self.claims = claims
        self._heard_out = heard_out
        self._kept = kept
        self._tell_room = tell_room
        self._beacons = beacons
        self._clock = clock
        self._dues: dict[str, tuple[DrawRow, int | None]] = {}
        self._retry_at: dict[str, int] = {}
        self._unmended = {row.id for row in kept.rows()}
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._now = 0

    def next_due(self) -> int | None:
        """When a draw needs attention next, in ms; None when none waits for a clock."""
        dues = [
            self._now + BUSY_MS if row.id in self._busy else self._alarm(row) for row in self._kept.rows()
        ]
        return min((at for at in dues if at is not None), default=None)

    def _alarm(self, row: DrawRow) -> int | None:
        """When `row` needs attention next; worked out once for each row, as this is asked after every commit."""
        known = self._dues.get(row.id)
        if known is None or known[0] is not row:
            known = self._dues[row.id] = row, self._due(row)
        at = known[1]
        return None if at is None else max(at, self._retry_at.get(row.id, at))

    def _due(self, row: DrawRow) -> int | None:
        state = State(row.state)
        if state not in RUNNING:
            return None
        at = alarm(state, commitment_of(row).record)
        if state is State.OPEN and at is not None:
            return at + GRACE_MS
        if state is State.CLOSED:
            return terms_of(row).close_at  # the list has to come out at once
        if state is State.CLAIM and self._kept.get(row.id) is row:  # places are there once the draw is stored
            return (
                self._claims_due(row.id) or at
            )  # with none open it is done, but not before the promised time
        return at

    def _claims_due(self, draw_id: str) -> int | None:
        try:
            return self.claims.next_due(draw_id)
        except (ChangkongError, LotteryError) as error:  # asked by whoever waits for us: it must not fail
            log.error("the claims of a draw cannot be read", draw=draw_id, error=str(error))
            return None

    async def step(self, now_ms: int) -> None:
        """Take every step that is due at `now_ms`. Live, this only starts them: a long list must not hold up the
        answers; `settled` waits for them."""
        self._now = now_ms
        for row in self._kept.rows():
            at = self._alarm(row)
            if row.id not in self._busy and (row.id in self._unmended or (at is not None and at <= now_ms)):
                self._busy[row.id] = asyncio.create_task(self._worked(row.id, now_ms), name=f"draw {row.id}")
        if self._clock is None:
            await self.settled()

    async def settled(self) -> None:
        """Wait until no step is under way."""
        while self._busy:
            await asyncio.gather(*self._busy.values())

    async def _worked(self, draw_id: str, now_ms: int) -> None:
        try:
            if draw_id in self._unmended:
                self._unmended.discard(draw_id)
                await asyncio.to_thread(self._mend, draw_id)
            await self._advance(draw_id, now_ms)
        except DrawMoved:
            await asyncio.to_thread(self._overtaken, draw_id)
        except (ChangkongError, LotteryError, OSError) as error:
            self._later_again(draw_id, now_ms, str(error))
        except Exception as error:  # a mistake of ours: live it must not be tried a thousand times a second
            if self._clock is None:
                raise
            self._later_again(draw_id, now_ms, f"{type(error).__name__}: {error}")
        finally:
            del self._busy[draw_id]

    def _later_again(self, draw_id: str, now_ms: int, error: str) -> None:
        log.error("draw step failed", draw=draw_id, state=self._kept.row(draw_id).state, error=error)
        self._retry_at[draw_id] = now_ms + RETRY_MS

    def _overtaken(self, draw_id: str) -> None:
        """Somebody else has taken the step: look at the draw anew. Our files for that step may have replaced his, and
        hold another moment or later refusals than the record that counts: they are made again from that one."""
        self._kept.refresh(draw_id)
        self._mend(draw_id, again=True)

    def _mend(self, draw_id: str, again: bool = False) -> None:
        """Whatever a stop has left undone. Trouble with an old draw's files must not hold up what is due."""
        try:
            self._kept.mend(draw_id, again)
            if State(self._kept.row(draw_id).state) is State.CLAIM:
                self.claims.opened(draw_id)
                self._dues.pop(draw_id, None)
        except (ChangkongError, LotteryError, OSError) as error:
            log.error("what a stop left undone cannot be made good", draw=draw_id, error=str(error))

    async def _advance(self, draw_id: str, now_ms: int) -> None:
        while True:
            row = self._kept.row(draw_id)
            at = self._alarm(row)
            if at is None or at > now_ms:
                return
            beacon: Beacon | None = None
            if State(row.state) is State.BEACON:
                beacon = await self._beacon(row)
                if beacon is None:
                    self._retry_at[draw_id] = now_ms + RETRY_MS
                    return
            if State(row.state) is State.OPEN and self._clock is not None:
                with contextlib.suppress(
                    TimeoutError
                ):  # who entered in time is in, however long the room's queue
                    await asyncio.wait_for(self._heard_out(), HEARD_OUT_S)
            await asyncio.to_thread(self._take, row, now_ms, beacon)

    async def _beacon(self, row: DrawRow) -> Beacon | None:
        commitment = commitment_of(row).record
        pasted = row.body.get("pasted_beacon")
        if pasted is not None:
            return parse_relay(pasted)
        if commitment.practice:
            return practice_beacon(commitment.beacon.round)
        return await self._beacons(commitment.beacon.round)

    def _take(self, row: DrawRow, now_ms: int, beacon: Beacon | None) -> None:
        """Take the step that is due, unless somebody has moved the draw since; then it is looked at again."""
        with self._kept.turn:
            if self._kept.row(row.id) is not row:
                return
            match State(row.state):
                case State.ANNOUNCED:
                    self._save(row, Step(moved(row, State.OPEN)))
                case State.OPEN:
                    self._tell_room(Instruction("draw_close", "draw", {"draw_id": row.id}))
                    self._save(row, steps.shut(row))
                case State.CLOSED:
                    self._close(row, now_ms)
                case State.CHALLENGE:
                    self._save(row, Step(moved(row, State.BEACON)))
                case State.BEACON if beacon is not None:
                    self._finish(row, beacon, now_ms)
                case _:
                    self._settle_due(row, now_ms)

    def _close(self, row: DrawRow, now_ms: int) -> None:
        lists = self._kept.shelf.of(row)
        step = steps.closed(row, lists, self._later(now_ms))
        if step.row.body["closed"]:
            self._kept.write_list(step.row, lists)
            try:
                life.check_published(commitment_of(row), self._later(now_ms))
            except LotteryError:
                log.warning("the list was made too late to count", draw=row.id, entries=len(lists.roster))
                step = steps.closed(row, lists, commitment_of(row).record.deadline_ms)
        self._save(row, step)
        if step.row.body["closed"]:
            self._kept.shelf.keep(step.row, lists)

    def _later(self, now_ms: int) -> int:
        """Live, the time it really is: making a list of a million takes seconds."""
        return now_ms if self._clock is None else max(now_ms, self._clock())

    def _finish(self, row: DrawRow, beacon: Beacon, now_ms: int) -> None:
        step = steps.drawn(row, self._kept.shelf.of(row), beacon, now_ms)
        if step.proof is not None:
            self._kept.require_there(row)
            self._kept.files.write(self._kept.files.proof(row.id), step.proof.to_bytes())
        self._save(row, step)
        if step.proof is not None:
            self.claims.opened(row.id)
            self._dues.pop(row.id, None)

    def _settle_due(self, row: DrawRow, now_ms: int) -> None:
        if self.claims.next_due(row.id) is not None:
            self.claims.due(row.id, now_ms)
            self._kept.refresh(row.id)
            still = self.claims.next_due(row.id)
            if still is not None and still <= now_ms:
                raise NotAllowed(f"The claims of draw {row.id} that have run out were not settled.")
            return
        self._kept.refresh(row.id)  # claims are saved by their keeper: none of them may be written over
        now = self._kept.row(row.id)
        self._save(now, Step(moved(now, State.ARCHIVED)))

    def _save(self, row: DrawRow, step: Step) -> None:
        self._kept.save(row, step, self._due(step.row))
