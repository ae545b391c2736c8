"""A room that speaks, put together on a real store: alarms, warnings, the hand channel, what silences it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app.house import Assembly, House, open_house
from bot.app.speaking import ACCOUNT_CASE, GATE_CASE
from bot.clock import ShowClock
from bot.comment import RoomKey
from bot.decision import Capabilities, Priority, Said
from bot.errors import NotAllowed
from bot.pipeline import Input
from bot.policy import Instruction
from replies import practice
from replies.facts import Fact
from tests.builders import NOON, ROOM, comment, happening


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = open_house(data=tmp_path, url=None, now=lambda: NOON, clock_source="practice")
    made.seed_practice()
    yield made
    made.close()


class Room:
    """A room on the show's clock whose speaker notes what it hears."""

    def __init__(self, house: House, *, reply: bool = True, echoes: bool = False) -> None:
        self.house = house
        self.heard: list[str] = []
        self.outcome = Said("sent")
        self.alarmed: list[int] = []
        self.states: list[str] = []
        self.assembly = Assembly(
            house, ROOM, lambda: Capabilities(reply=reply, echoes=echoes), self, ShowClock("practice"), practice=True,
            shop=practice.shop(), lossless=True, told=lambda row, state: self.states.append(state),
            alarmed=self.alarmed.append,
        )  # fmt: skip

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        self.heard.append(text)
        return self.outcome

    async def run(self, *inputs: Input) -> None:
        attachment = self.assembly.attachment
        for one in inputs:
            await attachment.put(one)
        await attachment.end()
        await attachment.run()

    def rows(self) -> dict[int, tuple[str, str]]:
        session = self.assembly.attachment.state.session
        return {one.id: (one.state, one.detail) for one in self.house.readings.sendings(session)}

    def add(self, text: str, mode: str = "send", **changes: object) -> int:
        """A row as a timer or a person puts it into the store."""
        phrase = next(one for one in self.house.library if not one.slots and one.scope == "any")
        fields: dict[str, object] = {
            "phrase_id": phrase.id, "digest": phrase.digest, "intent": phrase.intent, "product": None,
            "text": text or phrase.text, "mode": mode, "due_ms": NOON + 1_000, "expires_ms": NOON + 16_000, **changes,
        }  # fmt: skip
        session = self.assembly.attachment.state.session
        return self.house.journal.outbox_add(str(ROOM), session, **fields)  # type: ignore[arg-type]


async def test_a_forged_row_is_kept_back_and_opens_one_case(house: House) -> None:
    room = Room(house)
    await room.run(comment("666", uid="a"))
    for number in (room.add("加V信abc123"), room.add("加V信abc123")):
        await room.assembly.say(number)
    await room.run(comment("666", uid="b", at=2_000))
    assert room.heard == []
    assert set(room.rows().values()) == {("blocked", "other_text")}
    (number,) = room.alarmed
    case = house.journal.case(number)
    assert (case.category, case.severity) == (GATE_CASE, 4)
    assert (case.note or "").endswith(": other_text")


async def test_words_a_facts_value_brings_in_are_kept_back(house: House) -> None:
    room = Room(house)
    shop = practice.shop()
    dirty = shop.with_fact(shop.products[0].id, "price", Fact("加V信abc123"))
    await room.run(Instruction("shop", "store", {"shop": dirty}), comment("1号链接多少钱", uid="a"))
    await room.run(comment("666", uid="b", at=2_000))
    assert room.heard == []
    assert ("blocked", "wording") in room.rows().values()


async def test_a_persons_line_goes_through_the_same_gate_and_is_said(house: House) -> None:
    room = Room(house)
    await room.run(comment("666", uid="a"))
    number = room.add("", priority=int(Priority.PERSON), by="amy")
    await room.assembly.say(number)
    await room.run(comment("666", uid="b", at=2_000))
    assert len(room.heard) == 1
    assert room.rows()[number][0] == "sent"
    with pytest.raises(NotAllowed):
        await room.assembly.say(number)
    with pytest.raises(NotAllowed):
        await room.assembly.say(999)


async def test_a_platforms_warning_silences_the_account_until_a_person_resumes(house: House) -> None:
    room = Room(house)
    await room.run(happening("platform_warning", at=10), comment("1号链接多少钱", uid="a", at=20))
    await room.run(comment("666", uid="b", at=5_000))
    assert room.heard == []
    assert ("blocked", "breaker") in room.rows().values()
    assert house.journal.case(room.alarmed[0]).category == ACCOUNT_CASE
    assert Room(house).assembly.outbox.stopped == "warning"
    await room.assembly.resume("amy")
    await room.run(comment("支持退货吗", uid="c", at=6_000), comment("666", uid="b", at=9_000))
    assert len(room.heard) == 1


@pytest.mark.parametrize("kind", ["replies_off", "red_on", "quiet_on"])
async def test_what_silences_the_room_holds_at_the_last_door(house: House, kind: str) -> None:
    room = Room(house)
    await room.run(comment("666", uid="a"))
    data = {"reason": "check"} if kind == "red_on" else {}
    number = room.add("")
    await room.run(Instruction(kind, "amy", data))  # type: ignore[arg-type]
    await room.assembly.say(number)
    await room.run(comment("666", uid="b", at=2_000))
    assert (room.heard, room.rows()[number][0]) == ([], "blocked")


async def test_timed_phrases_already_queued_give_way_to_the_platforms_draw(house: House) -> None:
    room = Room(house)
    await room.run(comment("666", uid="a"))
    timed = room.add("", priority=int(Priority.TIMED))
    asked = room.add("", priority=int(Priority.ANSWER), due_ms=NOON + 1_001)
    await room.assembly.say(timed)
    await room.assembly.say(asked)
    await room.run(happening("platform_draw_start", at=500, text=""), comment("666", uid="b", at=2_000))
    assert (room.rows()[timed], room.rows()[asked][0]) == (("blocked", "platform_draw"), "sent")
    await room.run(happening("platform_draw_end", at=40_000))
    again = room.add("", priority=int(Priority.TIMED), due_ms=NOON + 41_000, expires_ms=NOON + 60_000)
    await room.assembly.say(again)
    await room.run(comment("666", uid="c", at=42_000))
    assert room.rows()[again][0] == "sent"


async def test_the_outbox_reads_the_rooms_clock_before_it_speaks(house: House) -> None:
    room = Room(house)
    await room.run(comment("666", uid="a"))
    clock = room.assembly.attachment.clock
    assert isinstance(clock, ShowClock)
    number = room.add("")
    await room.assembly.say(number)
    clock.advance(NOON + 16_000)
    await room.assembly.outbox.step(NOON + 1_000)
    assert (room.heard, room.rows()[number][0]) == ([], "expired")


async def test_where_nobody_may_send_a_person_copies_and_the_text_coming_back_is_the_proof(
    house: House,
) -> None:
    room = Room(house, reply=False)
    await room.run(comment("1号链接多少钱", uid="a"))
    (shown,) = room.assembly.hand.open()
    assert shown.refusal is None
    text = await room.assembly.hand.copy(shown.id, "amy")
    assert room.rows()[shown.id][0] == "copied"
    await room.run(comment(text, uid="h", role="host", at=2_000))
    (row,) = (
        one for one in house.readings.sendings(room.assembly.attachment.state.session) if one.id == shown.id
    )
    assert (row.state, row.person, row.evidence) == ("by_hand", "amy", "seen")
    assert room.states == ["copied", "by_hand"]
    assert room.heard == []


async def test_after_a_restart_the_desk_still_has_its_suggestions(house: House) -> None:
    room = Room(house, reply=False)
    await room.run(comment("1号链接多少钱", uid="a"))
    (before,) = room.assembly.hand.open()
    again = Room(house, reply=False)
    again.assembly.attachment.clock.restart(NOON + 1)  # type: ignore[attr-defined]
    assert [one.id for one in again.assembly.hand.open(NOON + 1)] == [before.id]


async def test_a_suggestion_nobody_copied_runs_out_after_a_minute(house: House) -> None:
    room = Room(house, reply=False)
    await room.run(comment("1号链接多少钱", uid="a"))
    await room.run(comment("666", uid="b", at=61_000))
    assert [state for state, _ in room.rows().values()] == ["expired"]
    assert room.assembly.hand.open() == []


async def test_our_own_words_coming_back_are_noted_where_the_platform_shows_them(house: House) -> None:
    room = Room(house, echoes=True)
    await room.run(comment("1号链接多少钱", uid="a"))
    await room.run(comment(room.heard[0], uid="us", role="bot", at=2_000))
    await room.run(comment("支持退货吗", uid="b", at=4_000), comment("666", uid="c", at=30_000))
    found = house.readings.sendings(room.assembly.attachment.state.session)
    assert [one.evidence for one in sorted(found, key=lambda one: one.id)] == ["seen", "swallowed"]
