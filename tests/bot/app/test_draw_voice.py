"""What the room hears of a draw: approved words, once, and nothing that names anybody."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from bot.app.draw_voice import AGAIN_MS, DrawVoice
from bot.decision import Priority
from bot.draws.notices import CALM_MS, CLOSING_MS
from bot.policy import RoomState
from bot.storage.values import DrawRow
from lottery.states import State
from replies.library import Library
from tests.bot.desk.room import Room
from tests.bot.draws.rows import CLOSES, OPENS, row_at
from tests.builders import comment


class Show:
    """A room with one draw, whose stage the test sets."""

    def __init__(self, state: State = State.OPEN, now: int = OPENS + 500) -> None:
        self.room = Room(now=now)
        self.rows: list[DrawRow] = [row_at(state)]
        self.voice = self.new_voice()

    def new_voice(self) -> DrawVoice:
        return DrawVoice(self.room.place, self.room.voice, lambda: self.rows)

    async def step(self) -> None:
        due = self.voice.next_due()
        if due is not None and due <= self.room.now:
            await self.voice.step(self.room.now)

    @property
    def said(self) -> list[str]:
        return [row["intent"] for row in self.room.store.rows]


async def test_the_start_is_told_once_in_approved_words_with_the_draws_own_facts() -> None:
    show = Show()
    await show.step()
    await show.step()
    (row,) = show.room.store.rows
    phrase = show.room.library.get(row["phrase_id"])
    assert phrase is not None
    assert row["digest"] == phrase.digest
    assert row["text"] == phrase.render(show.voice.facts(), show.room.now)
    assert "好运" in row["text"]
    assert "练习" in row["text"]
    assert (row["priority"], row["product"], row["expires_ms"]) == (
        int(Priority.NOTICE),
        None,
        OPENS + 20_000,
    )
    assert show.voice.told_of(show.rows[-1].id) == {"announced": "said"}


async def test_it_is_not_told_again_after_a_restart() -> None:
    show = Show()
    await show.step()
    show.voice = show.new_voice()
    await show.step()
    assert show.said == ["draw:announced"]


async def test_the_reminder_comes_by_the_clock_and_each_stage_by_its_row() -> None:
    show = Show()
    await show.step()
    assert show.voice.told_of("another-draw") == {}
    assert show.voice.next_due() == CLOSES - CLOSING_MS
    show.room.now = CLOSES - CLOSING_MS
    await show.step()
    show.rows, show.room.now = [row_at(State.CHALLENGE)], CLOSES + 1_000
    await show.step()
    show.rows, show.room.now = [row_at(State.CLAIM)], CLOSES + 16_000
    await show.step()
    assert show.said == ["draw:announced", "draw:closing", "draw:closed", "draw:drawn"]


async def test_another_draw_begins_anew() -> None:
    show = Show()
    await show.step()
    show.rows = [*show.rows, row_at(State.OPEN, sequence=4)]
    await show.step()
    assert show.said == ["draw:announced", "draw:announced"]


async def test_a_silent_room_is_told_later_if_it_is_still_news() -> None:
    show = Show()
    show.room.state = replace_state(show.room, replies_on=False)
    await show.step()
    assert show.said == []
    assert show.voice.next_due() == show.room.now + AGAIN_MS
    show.room.state = replace_state(show.room, replies_on=True)
    show.room.now += AGAIN_MS
    await show.step()
    assert show.said == ["draw:announced"]


async def test_without_an_approved_phrase_nothing_is_said_and_the_page_can_tell_why() -> None:
    show = Show()
    show.room.library = Library(one for one in show.room.library if not one.intent.startswith("draw:"))
    await show.step()
    assert show.said == []
    assert show.voice.told_of(show.rows[-1].id) == {"announced": "no_phrase"}
    assert show.voice.next_due() == CLOSES - CLOSING_MS


async def test_in_practice_a_phrase_that_does_not_say_so_is_not_used() -> None:
    show = Show()
    show.room.library = Library(
        replace(one, text=one.text.replace("{draw_number}", "")) for one in show.room.library
    )
    await show.step()
    assert show.voice.told_of(show.rows[-1].id) == {"announced": "no_phrase"}


async def test_crying_foul_is_answered_calmly_once_in_three_minutes() -> None:
    show = Show()
    await show.step()
    for _ in range(5):
        show.voice.heard([comment("黑幕！"), comment("内定的吧")])
        await show.step()
        show.room.now += 1_000
    assert show.said == ["draw:announced", "draw:calm_open"]
    show.rows = [row_at(State.CLAIM)]
    show.room.now += CALM_MS
    show.voice.heard([comment("黑幕！")])
    await show.step()  # the result itself goes first
    await show.step()
    assert show.said[-1] == "draw:calm"
    assert "黑幕" not in show.room.store.rows[-1]["text"]


async def test_the_hosts_own_words_and_rooms_without_a_draw_bring_no_calm_line() -> None:
    show = Show()
    await show.step()
    show.voice.heard([comment("有人说黑幕", role="host")])
    await show.step()
    show.rows = []
    show.voice.heard([comment("黑幕")])
    assert show.voice.next_due() is None
    assert show.said == ["draw:announced"]


def replace_state(room: Room, **changes: object) -> RoomState:
    return msgspec.structs.replace(room.state, **changes)
