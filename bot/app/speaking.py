"""How one room is spoken in, put together: gate, outbox and hand channel, on one house and one attachment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from bot.app.attachment import Attachment
from bot.comment import Comment
from bot.decision import Capabilities, Priority, Speaker
from bot.errors import NotAllowed
from bot.outbox import ORDINARY, Gate, Hand, HandRow, Outbox, QueuedRow, Rules
from bot.pipeline import Batch
from classifiers import segment
from replies.facts import Fact
from replies.lengths import limit_of
from replies.phrase import Phrase

if TYPE_CHECKING:
    from bot.app.house import House

GATE_CASE = "G01"
"""The gate kept back what had been queued."""
ACCOUNT_CASE = "G02"
"""The account was stopped: after refusals, or a warning."""
TAMPERED, UNUSUAL, USUAL = 4, 3, 1
"""Severities: words nobody approved stood in the queue; somebody must look; a price changed meanwhile."""
SIGNS = frozenset({"digest", "substance", "other_text", "unknown", "not_approved", "other_product"})
"""Reasons that no change of a fact explains."""


class Row(HandRow, Protocol):
    """A row as committed, for either channel."""

    @property
    def mode(self) -> str: ...


class Speaking:
    """Outbox and hand of one room. `told` hears what became of each answer; `alarmed` of every case opened here."""

    def __init__(
        self,
        house: House,
        attachment: Attachment,
        abilities: Callable[[], Capabilities],
        speaker: Speaker,
        *,
        practice: bool,
        merchant: str | None,
        account: str | None,
        told: Callable[[QueuedRow, str], None],
        alarmed: Callable[[int], None] = lambda case_id: None,
    ) -> None:
        self._house = house
        self._attachment = attachment
        self._alarmed = alarmed
        self._told_once: set[tuple[str, str, str]] = set()
        self.draw_facts: Callable[[], Mapping[str, Fact]] = dict
        """What the room's draw tells of itself; set by who runs the draws."""
        room = attachment.room
        name = account or str(room)
        limit = limit_of(room.platform)
        gate = Gate(
            lambda: house.library, lambda: attachment.state.shop, practice, str(room), merchant, house.speech,
            lambda: self.draw_facts(),
        )  # fmt: skip
        rules = Rules(
            silence=self._silence, bars=self._bars, limit=limit.count, size=limit.size, words=words_of,
            allowance=lambda: abilities().pace, echoes=lambda: abilities().echoes,
        )  # fmt: skip
        self.outbox = Outbox(
            room, speaker, house.journal, gate, now=attachment.clock.now, rules=rules, account=house.account(name),
            told=told, alarm=self._alarm, fused=self._fused,
        )  # fmt: skip

        def told_by_hand(row: QueuedRow, state: str) -> None:
            if state != "expired":  # nobody was kept waiting by the program
                told(row, state)

        self.hand = Hand(
            house.journal, gate, now=attachment.clock.now, rules=rules, account=name, told=told_by_hand,
            alarm=self._alarm,
        )  # fmt: skip
        # In a replay nobody sits at the desk.
        self._by_hand = attachment.clock.source != "replay"
        attachment.ends.append(self.outbox)
        if self._by_hand:
            attachment.ends.append(self.hand)

    def resume(self, session: str) -> None:
        """Take up what waited when the program stopped."""
        journal, room = self._house.journal, self._attachment.room
        self.outbox.queue(journal.outbox_due(room, 2**53, 10_000))
        if self._by_hand:
            self.hand.take(journal.outbox_in_hand(room, session))

    def queue(self, rows: Iterable[Row]) -> None:
        """Take rows that have been committed: to be sent, or to be said by a person."""
        rows = list(rows)
        self.outbox.queue(row for row in rows if row.mode == "send")
        if self._by_hand:
            self.hand.take(row for row in rows if row.mode == "suggest")

    async def say(self, row_id: int) -> None:
        """Take up a row somebody else put into the store for this room (a person's line, a timed phrase). Raises
        NotAllowed when it is none of this room, or waits no longer."""
        row = await asyncio.to_thread(self._house.journal.outbox_row, row_id)
        if (
            row is None
            or row.room != str(self._attachment.room)
            or row.state not in ("queued", "suggested", "copied")
        ):
            raise NotAllowed(f"There is no reply {row_id} waiting for this room.")
        self.queue([row])
        self._attachment.stir()

    async def close(self, now_ms: int) -> None:
        """A session is over."""
        await self.outbox.close(now_ms)
        await self.hand.close(now_ms)

    async def after_commit(self, batch: Batch) -> None:
        """What the room said: our own words among it, and warnings of the platform."""
        ours: Sequence[Comment] = [one.comment for one in batch.judged if one.comment.viewer.role != "viewer"]
        if ours:
            await self.hand.heard(ours)
            await self.outbox.heard(ours)
        if any(placed.happening.kind == "platform_warning" for placed in batch.happenings):
            await self.outbox.warned()

    def _silence(self) -> str | None:
        attachment = self._attachment
        if attachment.may_speak:
            return None
        return attachment.state.silence or "operator_off"

    def _bars(self, phrase: Phrase, row: QueuedRow) -> str | None:
        state = self._attachment.state
        timed = row.priority is not None and row.priority <= Priority.TIMED
        if timed and state.platform_draw is not None:  # what nobody asked for is not put between the entries
            return "platform_draw"
        return state.bars(phrase, row.text, row.product, timed=timed)

    async def _alarm(self, row: QueuedRow, reason: str) -> None:
        """A row was kept back: one case a phrase version and reason, not one a row."""
        known = (row.phrase_id, row.digest, reason)
        if known in self._told_once:
            return
        self._told_once.add(known)
        severity = TAMPERED if reason in SIGNS else USUAL if reason in ORDINARY else UNUSUAL
        await self._open(
            row.session, GATE_CASE, severity, f"{row.phrase_id[:80]}: {reason}", ":".join(("gate", *known))
        )

    async def _fused(self, reason: str) -> None:
        """The account says nothing more until a person has looked."""
        name, at_ms = self.outbox.account.name, self._attachment.clock.now()
        session = self._attachment.state.session
        await self._open(session, ACCOUNT_CASE, UNUSUAL, f"{name}: {reason}", f"account:{name}:{at_ms}")

    async def _open(self, session: str, code: str, severity: int, note: str, key: str) -> None:
        room = str(self._attachment.room)
        case_id = await asyncio.to_thread(
            self._house.journal.raise_alarm, room, session, code, severity, note,
            key=f"{room}:{key}", at_ms=self._attachment.clock.now(),
        )  # fmt: skip
        if case_id is not None:
            self._alarmed(case_id)


def words_of(text: str) -> list[str]:
    """The words of a text, in order; joined they are the text again."""
    return [text[start:end] for start, end in segment.words(text)]
