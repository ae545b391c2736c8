"""The mouth: says in a room what was decided, at most once, and only what the gate lets through.

A row is committed as `sending` before the platform is called. If the process dies between the two, nobody knows
whether viewers saw it; such a row becomes `unknown` at the next start and is never sent again. The store is asked
once more after that commit: what was withdrawn while the row was on its way there is not said. A call may take
seconds, so the clock is read anew for every row and every part.

`sent` means that the platform accepted the message, no more. That viewers saw it is known only where our own words
come back in the stream (echo.py).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

import structlog

from bot.comment import Comment, RoomKey
from bot.decision import Said, Speaker
from bot.errors import NotAllowed
from bot.outbox.account import Account
from bot.outbox.echo import Echoes, ours
from bot.outbox.gate import Gate, Passed
from bot.outbox.pacing import too_fast
from bot.outbox.queue import Waiting
from bot.outbox.row import Clearance, OutboxStore, QueuedRow
from bot.outbox.rules import Rules
from replies.errors import PhraseRefused

log = structlog.get_logger()


async def _unheard(row: QueuedRow, reason: str) -> None:
    return None


async def _unseen(reason: str) -> None:
    return None


class Outbox:
    """The queue of one room. `now` is the room's time. `told` hears of every row what became of it, `alarm` of every
    row the gate kept back, `fused` of the reason for which the account was stopped. `counts` are the outcomes since
    start.
    """

    def __init__(
        self,
        room: RoomKey,
        speaker: Speaker,
        store: OutboxStore,
        gate: Gate,
        *,
        now: Callable[[], int],
        rules: Rules | None = None,
        account: Account | None = None,
        told: Callable[[QueuedRow, str], None] = lambda row, state: None,
        alarm: Callable[[QueuedRow, str], Awaitable[None]] = _unheard,
        fused: Callable[[str], Awaitable[None]] = _unseen,
    ) -> None:
        self.room = room
        self.gate = gate
        self.rules = rules or Rules()
        self.account = account or Account(str(room))
        self.counts: Counter[str] = Counter()
        self._speaker = speaker
        self._store = store
        self._now = now
        self._told = told
        self._alarm = alarm
        self._fused = fused
        self._rows = Waiting()
        self._said: dict[str, int] = {}
        self._echoes = Echoes()

    # the queue

    def queue(self, rows: Iterable[QueuedRow]) -> None:
        """Take rows that have been committed as `queued`."""
        for row in rows:
            self._rows.put(row)

    def next_due(self) -> int | None:
        """When the next row may be said, or something else is due, in ms; None when nothing waits."""
        free = self.account.pace.free_from()
        held = (min(row.expires_ms, max(free, self._free_of(row))) for row in self._rows.ready())
        times = (self._rows.next_due(), self._echoes.next_due(), min(held, default=None))
        return min((at for at in times if at is not None), default=None)

    async def step(self, now_ms: int) -> None:
        """Say everything that is due at `now_ms`, as far as it may be said when its turn comes; a person's words
        first."""
        self.account.pace.allow(self.rules.allowance())
        self.account.pace.settle(now_ms)
        self._said = {
            text: at for text, at in self._said.items() if abs(now_ms - at) < 2 * self.rules.spacing_ms
        }
        for id in self._echoes.missed(now_ms):
            await asyncio.to_thread(self._store.outbox_note, id, "swallowed")
        self._rows.turn(now_ms)
        while True:
            async with self.account.turn:
                at = self._at(now_ms)
                row = self._rows.take(partial(self._wanted, now_ms=at))
                if row is None:
                    return
                state = await self._deliver(row, at)
            if state is not None:
                self._tell(row, state)

    async def close(self, now_ms: int) -> None:
        """The session is over: what is due is said, what is not is not said any more."""
        await self.step(now_ms)
        for row in self._rows.drain():
            self._tell(row, await self._finish(row, "expired", "session_over"))

    def _at(self, now_ms: int) -> int:
        """What time it is by now, never before `now_ms`."""
        return max(now_ms, self._now())

    def _wanted(self, row: QueuedRow, now_ms: int) -> bool:
        """Whether something is to be done about a row that is due: say it, or let it go."""
        if row.expires_ms <= now_ms or self._hush() is not None:
            return True
        return self._free_of(row) <= now_ms and self.account.pace.free_from() <= now_ms

    def _free_of(self, row: QueuedRow) -> int:
        """When it may be said as far as it is up to this row: due (the clock may have been set back), and the same
        text not said lately."""
        at = self._said.get(row.text)
        return row.due_ms if at is None else max(row.due_ms, at + self.rules.spacing_ms)

    def _hush(self) -> str | None:
        return self.rules.silence() or ("breaker" if self.account.breaker.stopped else None)

    def _tell(self, row: QueuedRow, state: str) -> None:
        self.counts[state] += 1
        self._told(row, state)

    # one row

    async def _deliver(self, row: QueuedRow, now_ms: int) -> str | None:
        """What became of the row; None when it waits again."""
        if row.expires_ms <= now_ms:
            return await self._finish(row, "expired")
        if (reason := self._hush()) is not None:
            return await self._finish(row, "blocked", reason)
        try:
            passed, clearance = await asyncio.to_thread(self._pass, row, now_ms)
            parts = self.rules.parts(passed)
        except PhraseRefused as refused:
            return await self._refuse(row, refused.reason)
        if (barred := self.rules.bars(passed.phrase, row)) is not None:
            return await self._finish(row, "blocked", barred)
        if clearance.stopped:  # by another process that speaks with this account
            self.account.breaker.stopped = clearance.stopped
            return await self._finish(row, "blocked", "breaker")
        if len(parts) > 1 and self.account.pace.free_from(len(parts)) > now_ms:
            self._rows.put(row, min(row.expires_ms, self.account.pace.free_from(len(parts))))
            return None
        return await self._begin(row, parts, clearance, now_ms)

    def _pass(self, row: QueuedRow, now_ms: int) -> tuple[Passed, Clearance]:
        """The gate, with what the store says at this moment."""
        clearance = self._cleared(row, now_ms)
        return self.gate.check(row, clearance, now_ms), clearance

    def _cleared(self, row: QueuedRow, now_ms: int) -> Clearance:
        return self._store.clearance(
            row.phrase_id, row.digest, product=row.product, merchant=self.gate.merchant,
            account=self.account.name, practice=self.gate.practice, now_ms=now_ms,
        )  # fmt: skip

    def _taken(self, row: QueuedRow, before: Clearance, now_ms: int) -> Clearance | None:
        """Commit the row as `sending`, then ask store and gate once more, for what has changed since `now_ms`. None
        when somebody else has the row. Raises PhraseRefused."""
        if not self._store.outbox_begin(row.id):
            return None
        at = self._at(now_ms)
        after = self._cleared(row, at)
        if after != before or at != now_ms:
            self.gate.check(row, after, at)
        return after

    async def _begin(
        self, row: QueuedRow, parts: Sequence[str], before: Clearance, now_ms: int
    ) -> str | None:
        try:
            after = await asyncio.to_thread(self._taken, row, before, now_ms)
        except PhraseRefused as refused:
            return await self._refuse(row, refused.reason)
        if after is None:
            return "withdrawn"
        if (reason := self._hush()) is not None:
            return await self._finish(row, "blocked", reason)
        if after.stopped:
            return await self._finish(row, "blocked", "breaker")
        at = self._at(now_ms)
        if row.expires_ms <= at:
            return await self._finish(row, "expired")
        return await self._say(row, parts, at)

    async def _refuse(self, row: QueuedRow, reason: str) -> str:
        """The gate keeps a row back: that is a case for a person."""
        state = await self._finish(row, "blocked", reason)
        try:
            await self._alarm(row, reason)
        except Exception as error:  # an alarm that cannot be raised must not stop the others' answers
            log.error("alarm not raised", room=str(self.room), outbox=row.id, error=type(error).__name__)
        return state

    async def _say(self, row: QueuedRow, parts: Sequence[str], now_ms: int) -> str | None:
        """All parts, one after the other; the first that is not accepted is the last, and none goes out that may not
        go by then."""
        if self.rules.echoes():
            self._echoes.expect(row.id, parts, now_ms)
        self._said[row.text] = at = now_ms
        for place, part in enumerate(parts):
            at = self._at(at)
            if place > 0 and (reason := self._stopped_at(row, at)) is not None:
                self._echoes.forget(row.id)
                return await self._broken_off(row, place, len(parts), reason)
            key = f"{row.session}/{row.id}" + (f"/{place + 1}" if len(parts) > 1 else "")
            self.account.pace.took(at)
            said = await self._call(row, part, key)
            if said.outcome != "sent":
                self._echoes.forget(row.id)
                return await self._unsent(row, said, place, len(parts), at)
            self.account.pace.accepted(at)
        return await self._finish(row, "sent", said.detail)

    def _stopped_at(self, row: QueuedRow, now_ms: int) -> str | None:
        """Why no further part of a row may go out; None when it may."""
        return self._hush() or ("expired" if row.expires_ms <= now_ms else None)

    async def _broken_off(self, row: QueuedRow, place: int, count: int, reason: str) -> str:
        """Viewers have `place` parts of it: neither said nor unsaid."""
        return await self._finish(row, "unknown", f"part {place}/{count} sent, then {reason}")

    async def _call(self, row: QueuedRow, text: str, key: str) -> Said:
        try:
            return await self._speaker.say(self.room, text, key=key, expires_ms=row.expires_ms)
        except Exception as error:
            # Whatever it was, the call may have got through: never say it again, and do not stop speaking.
            log.error("speaking failed", room=str(self.room), outbox=row.id, error=type(error).__name__)
            return Said("unknown", type(error).__name__)

    async def _unsent(self, row: QueuedRow, said: Said, place: int, count: int, now_ms: int) -> str | None:
        """A message that was not accepted, at `place` of `count`: what is learnt from it, and what the row becomes."""
        if said.outcome == "refused":
            await self._learn(row, said, now_ms)
        if place > 0:
            return await self._broken_off(row, place, count, f"{said.outcome} {said.detail}")
        if said.outcome == "refused":
            self._said.pop(row.text, None)
            again = None if said.retry_after is None else now_ms + max(1, int(said.retry_after * 1000) + 1)
            if again is not None and again < row.expires_ms and not self.account.breaker.stopped:
                await self._finish(row, "queued", said.detail)
                self._rows.put(row, again)
                return None
        return await self._finish(row, said.outcome, said.detail)

    async def _learn(self, row: QueuedRow, said: Said, now_ms: int) -> None:
        """From a refusal: to speak more slowly, or not at all."""
        if too_fast(said.detail, said.retry_after):
            self.account.pace.refused(now_ms, said.retry_after)
        if self.account.breaker.refused(now_ms, said.detail):
            await self._stop("refusals")

    async def _finish(self, row: QueuedRow, state: str, detail: str = "") -> str:
        """Put down what became of the row; `withdrawn` when somebody else has had it already."""
        try:
            await asyncio.to_thread(self._store.outbox_finish, row.id, state, detail)
        except NotAllowed as error:
            log.warning(
                "the row is another's", room=str(self.room), outbox=row.id, wanted=state, why=str(error)
            )
            return "withdrawn"
        return state

    # what is heard afterwards

    async def heard(self, comments: Iterable[Comment]) -> None:
        """Comments of the room, after their commit: our own words among them were seen."""
        if not self.rules.echoes():
            return
        own = self.rules.own_uid()
        for comment in comments:
            if ours(comment, own) and (id := self._echoes.heard(comment)) is not None:
                await asyncio.to_thread(self._store.outbox_note, id, "seen")

    # the fuse

    @property
    def stopped(self) -> str:
        """Why the account is silent until a person resumes; "" while it may speak."""
        return self.account.breaker.stopped

    async def warned(self) -> None:
        """The platform warned the account: nothing more is said until a person has looked."""
        if self.account.breaker.warned():
            await self._stop("warning")

    async def _stop(self, reason: str) -> None:
        """The fuse has blown: kept over a restart, and told."""
        name = self.account.name
        log.error("account stopped; a person must resume it", account=name, reason=reason)
        await asyncio.to_thread(self._store.stop_account, name, reason, room=str(self.room))
        try:
            await self._fused(reason)
        except Exception as error:  # the account is silent all the same
            log.error("alarm not raised", room=str(self.room), error=type(error).__name__)

    async def resume(self, by: str) -> None:
        """A person lets the account speak again."""
        await asyncio.to_thread(self._store.resume_account, self.account.name, room=str(self.room), by=by)
        self.account.breaker.resume()
