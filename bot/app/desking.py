"""The desk of one room, put together on its seat: what it may touch, and what it hears after each commit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from bot.app.attachment import Attachment
from bot.app.draw_voice import DrawVoice
from bot.app.house import Assembly, House
from bot.app.speaking import Speaking
from bot.decision import Capabilities
from bot.desk import ControlRoom, Place
from bot.desk.satisfaction import Satisfaction
from bot.desk.timers import Voice
from bot.outbox import QueuedRow
from bot.pipeline import Batch
from bot.policy import Instruction
from bot.storage.values import Committed, DrawRow

SETTLE_S = 1.0
"""How long a person's press waits to be committed before the page is shown again; it is committed in any case."""


class Desking:
    """A control room and its wiring. `changed` is told the room whenever something on the desk has changed.
    `satisfaction`: whether viewers are asked now and then if an answer helped; None on `self` where they are not."""

    def __init__(
        self,
        house: House,
        assembly: Assembly,
        abilities: Callable[[], Capabilities],
        changed: Callable[[], None],
        *,
        practice: bool,
        merchant: str | None,
        satisfaction: bool = False,
    ) -> None:
        attachment = assembly.attachment
        place = Place(
            str(attachment.room), house.journal, attachment.clock.now, lambda: attachment.state,
            lambda instruction: tell(attachment, instruction), changed,
        )  # fmt: skip
        voice = Voice(
            lambda: house.library, assembly.say, lambda: abilities().reply, practice, merchant,
        )  # fmt: skip
        self._attachment, self._place, self._voice = attachment, place, voice
        self.control = ControlRoom(place, voice, house.speech)
        self.satisfaction: Satisfaction | None = None
        if attachment.clock.source != "replay":  # nobody sits at the desk of a replay
            attachment.ends.append(self.control.timers)
            attachment.after_commit.append(self._after_commit)
            if satisfaction:
                asking = self.satisfaction = Satisfaction(place, voice, attachment.handbook().lang)
                attachment.ends.append(asking)

                async def ask(batch: Batch, committed: Committed, waits_ms: Sequence[float]) -> None:
                    await asking.heard(batch.judged, committed.outbox_ids)

                # Before the answers are queued: it must know whom they are for when they are sent.
                attachment.after_commit.insert(0, ask)

    def tell_of(self, draws: Callable[[], Sequence[DrawRow]], speaking: Speaking) -> DrawVoice:
        """Let the room hear of its draws."""
        attachment = self._attachment
        told = DrawVoice(self._place, self._voice, draws, attachment.handbook().lang)
        speaking.draw_facts = told.facts
        if attachment.clock.source != "replay":
            attachment.ends.append(told)

            async def doubted(batch: Batch, committed: Committed, waits_ms: Sequence[float]) -> None:
                told.heard([one.comment for one in batch.judged])

            attachment.after_commit.append(doubted)
        return told

    async def _after_commit(self, batch: Batch, committed: Committed, waits_ms: Sequence[float]) -> None:
        happenings = [one.happening for one in batch.happenings]
        instructions = [one.instruction for one in batch.instructions]
        if happenings or instructions:
            await self.control.heard(happenings, instructions, batch.now_ms)


async def tell(attachment: Attachment, instruction: Instruction) -> None:
    """Hand the room an instruction and wait a moment for its commit. Raises NotAllowed when it cannot be followed."""
    await attachment.put(attachment.check(instruction))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(attachment.settled(), SETTLE_S)


def said_by_hand(control: ControlRoom, row: QueuedRow) -> None:
    """A person has said this answer: its question is off the desk."""
    intent = str(getattr(row, "intent", ""))
    if intent:
        keys = [f"intent:{intent}"]
        if row.product:
            keys.append(f"intent:{intent}@{row.product}")
        control.said(keys)
