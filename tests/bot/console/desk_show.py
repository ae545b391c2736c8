"""The desk of the show: a control room and a hand channel over the same store, with the real gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.console.desk_port import RoomDesk
from bot.desk import ControlRoom, Place
from bot.desk.timers import Voice
from bot.outbox import Gate, Hand, Rules
from bot.policy import vetted
from replies import practice

if TYPE_CHECKING:
    from tests.bot.console.show import Show


@dataclass(frozen=True)
class Found:
    category: str
    rule: str
    text: str
    start: int = 0
    end: int = 2


def speech(text: str) -> list[Found]:
    """What the rule book would find: one word is enough here."""
    return [Found("A01", "A01-1", "最好")] if "最好" in text else []


def desk_of(show: Show, room: str) -> RoomDesk:
    def now() -> int:
        return show.time[0]

    place = Place(
        room, show.journal, now, lambda: show.state,
        lambda instruction: show.ports.instruct(room, vetted(instruction, show.state)),
        lambda: show.feed.broadcast.publish("desk", None, room),
    )  # fmt: skip

    async def say(row: int) -> None:
        hand.take([found for found in [show.journal.outbox_row(row)] if found is not None])

    voice = Voice(practice.library, say, lambda: False, True)
    gate = Gate(practice.library, lambda: show.state.shop, True, room)
    rules = Rules(
        silence=lambda: show.state.silence,
        bars=lambda phrase, row: show.state.bars(phrase, row.text, row.product),
    )
    hand = Hand(show.journal, gate, now=now, rules=rules)
    return RoomDesk(ControlRoom(place, voice, speech), hand)


def offer(show: Show, desk: RoomDesk) -> None:
    """What was suggested so far is in hand, as after a commit."""
    assert isinstance(desk.hand, Hand)
    rows = show.journal.outbox_in_hand("practice:1", show.state.session)
    desk.hand.take(row for row in rows if row.id not in {one.id for one in desk.hand.open()})
