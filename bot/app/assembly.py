"""One room put together: its attachment, and how it is spoken in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from bot.app.attachment import Attachment, lead
from bot.app.speaking import Speaking
from bot.clock import Clock, ShowClock
from bot.comment import RoomKey
from bot.decision import Capabilities, Said, Speaker
from bot.outbox import QueuedRow
from bot.pipeline import IDLE_MS, Batch
from bot.policy import SUGGESTION_MS, TIME_TO_LIVE_MS, Handbook, RoomState
from bot.storage.values import Committed
from replies.facts import Shop

if TYPE_CHECKING:
    from bot.app.house import House


class Assembly:
    """One room put together: its attachment and its outbox, joined.

    `abilities` is asked at every batch: whether a bridge can speak depends on who is connected. `told` hears what
    became of each answer. `merchant`: whose phrases may be said here; None where there is but one shop.
    """

    def __init__(
        self,
        house: House,
        room: RoomKey,
        abilities: Callable[[], Capabilities],
        speaker: Speaker,
        clock: Clock,
        *,
        practice: bool,
        shop: Shop,
        lossless: bool,
        lang: str = "zh",
        time_to_live_ms: int = TIME_TO_LIVE_MS,
        suggestion_ms: int = SUGGESTION_MS,
        merchant: str | None = None,
        idle_ms: int | None = IDLE_MS,
        resume: bool = True,
        told: Callable[[QueuedRow, str], None] = lambda row, state: None,
        account: str | None = None,
        alarmed: Callable[[int], None] = lambda case_id: None,
    ) -> None:
        self.house = house
        state = (house.journal.load_state(room) if resume else None) or RoomState(room)
        self.resumed = bool(state.session) and not state.closed
        self.attachment = Attachment(
            room,
            journal=house.journal,
            judge=house.judge,
            handbook=lambda: Handbook(
                house.library,
                abilities(),
                practice,
                lang,
                time_to_live_ms,
                merchant,
                suggestion_ms,
                house.reaches,
            ),
            clock=clock,
            state=msgspec.structs.replace(state, shop=shop),
            idle_ms=idle_ms,
            lossless=lossless,
        )
        self.speaking = Speaking(
            house, self.attachment, abilities, speaker, practice=practice, merchant=merchant, account=account,
            told=told, alarmed=alarmed,
        )  # fmt: skip
        self.outbox, self.hand = self.speaking.outbox, self.speaking.hand
        if self.resumed:
            self.speaking.resume(state.session)
        self.attachment.after_commit.insert(0, self._queue_answers)

    async def say(self, row_id: int) -> None:
        """Say a row that was put into the store for this room. Raises NotAllowed."""
        await self.speaking.say(row_id)

    async def resume(self, by: str) -> None:
        """`by` lets a stopped account speak again."""
        await self.outbox.resume(by)

    async def _queue_answers(self, batch: Batch, committed: Committed, waits_ms: Sequence[float]) -> None:
        """Queue what may be said; when a session has closed, end its answers before the next one's begin."""
        rows = _rows(batch, committed)
        clock = self.attachment.clock
        for change in batch.sessions:
            if change.closed_ms is None:
                continue
            self.speaking.queue(row for row in rows if row.session == change.session)
            rows = [row for row in rows if row.session != change.session]
            if isinstance(clock, ShowClock):
                await lead(clock, self.attachment.ends, change.closed_ms)
            await self.speaking.close(change.closed_ms)
        self.speaking.queue(rows)
        await self.speaking.after_commit(batch)


class Queued(msgspec.Struct, frozen=True):
    """A row of the outbox as it was just committed. `mode`: send or suggest."""

    id: int
    session: str
    phrase_id: str
    digest: str
    product: str | None
    text: str
    due_ms: int
    expires_ms: int
    priority: int | None = None
    mode: str = "send"
    intent: str = ""
    comment_id: str | None = None
    state: str = "queued"
    person: str | None = None
    updated_ms: int = 0


def _rows(batch: Batch, committed: Committed) -> list[Queued]:
    """The rows this commit has put into the outbox."""
    replies = [
        (one, comment_id, one.decision.reply)
        for one, comment_id in zip(batch.judged, committed.comment_ids, strict=True)
        if one.decision.reply is not None
    ]
    return [
        Queued(
            id,
            one.session,
            reply.phrase_id,
            reply.digest,
            reply.product,
            reply.text,
            reply.due_ms,
            reply.expires_ms,
            reply.priority,
            reply.mode,
            reply.intent,
            comment_id,
            "queued" if reply.mode == "send" else "suggested",
            None,
            one.now_ms,
        )
        for id, (one, comment_id, reply) in zip(committed.outbox_ids, replies, strict=True)
    ]


class RecordingSink:
    """A speaker for replays of platforms that take answers: nothing leaves the machine."""

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        return Said("sent", "replay")
