"""The hand channel: gated at the press, recorded before the words are given out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from bot.comment import Comment, Viewer
from bot.outbox import CopyRefused, Gate, Hand, Rules
from bot.outbox.hand import KEPT, SEEN_MS, TAKEN_MS
from replies.facts import Fact, Shop
from replies.library import Library
from tests.bot.outbox.doubles import Store, row
from tests.builders import LIBRARY, NOON, PRICE, PRICE_GENERIC, ROOM, SHOP


class Desk:
    """A hand with everything around it; `now` is the room's time."""

    def __init__(self) -> None:
        self.store = Store()
        self.now = NOON
        self.library: Library = LIBRARY
        self.shop: Shop = SHOP
        self.silence: str | None = None
        self.barred: str | None = None
        self.told: list[tuple[int, str]] = []
        self.alarms: list[tuple[int, str]] = []

        async def alarm(row: Any, reason: str) -> None:
            self.alarms.append((row.id, reason))

        self.hand = Hand(
            self.store, Gate(lambda: self.library, lambda: self.shop, True, str(ROOM)), now=lambda: self.now,
            rules=Rules(silence=lambda: self.silence, bars=lambda phrase, row: self.barred), alarm=alarm,
            told=lambda row, state: self.told.append((row.id, state)),
        )  # fmt: skip

    def suggest(self, number: int = 1, phrase: Any = PRICE, **changes: Any) -> None:
        fields = {
            "mode": "suggest",
            "state": "suggested",
            "updated_ms": self.now,
            "expires_ms": NOON + 60_000,
        }
        self.hand.take([row(number, phrase, **(fields | changes))])

    async def refused(self, act: Any) -> str:
        with pytest.raises(CopyRefused) as caught:
            await act
        return caught.value.reason

    def says(self, text: str, role: str = "host") -> list[Comment]:
        return [Comment(ROOM, Viewer("h", role=role), text, self.now, self.now)]  # type: ignore[arg-type]


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.suggest()
    return made


async def test_a_copy_is_recorded_before_the_words_are_given_out(desk: Desk) -> None:
    assert await desk.hand.copy(1, "amy") == "到手59元"
    assert (desk.store.states[1], desk.store.people[1]) == (["copied"], "amy")
    assert desk.told == [(1, "copied")]
    (shown,) = desk.hand.open()
    assert (shown.state, shown.person, shown.refusal) == ("copied", "amy", None)


async def test_copying_again_gives_the_words_again_and_no_second_record(desk: Desk) -> None:
    await desk.hand.copy(1, "amy")
    assert await desk.hand.copy(1, "amy") == "到手59元"
    assert desk.store.states[1] == ["copied"]


async def test_the_second_press_says_who_said_it(desk: Desk) -> None:
    assert await desk.refused(desk.hand.sent(1, "amy")) == "not_copied"
    await desk.hand.copy(1, "amy")
    await desk.hand.sent(1, "amy")
    assert (desk.store.states[1], desk.store.people[1]) == (["copied", "by_hand"], "amy")
    assert desk.hand.open() == []
    assert await desk.refused(desk.hand.sent(1, "amy")) == "unknown_row"


CHANGES: list[tuple[str, Callable[[Desk], None]]] = [
    ("stale_fact", lambda desk: setattr(desk, "shop", SHOP.with_fact("P1", "price", Fact("49元")))),
    ("unknown", lambda desk: setattr(desk, "library", Library())),
    (
        "not_approved",
        lambda desk: setattr(desk, "library", Library([dataclasses.replace(PRICE, state="withdrawn")])),
    ),
    ("not_live", lambda desk: setattr(desk.store, "reason", "not_live")),
]


@pytest.mark.parametrize(("reason", "change"), CHANGES, ids=[name for name, _ in CHANGES])
async def test_a_changed_text_refuses_to_be_copied_and_is_done_with(
    desk: Desk, reason: str, change: Callable[[Desk], None]
) -> None:
    change(desk)
    assert await desk.refused(desk.hand.copy(1, "amy")) == reason
    assert (desk.store.states[1], desk.store.details[1]) == (["blocked"], reason)
    assert desk.alarms == [(1, reason)]
    assert await desk.refused(desk.hand.copy(1, "amy")) == "unknown_row"


async def test_an_expired_text_refuses_to_be_copied(desk: Desk) -> None:
    desk.now = NOON + 60_000
    assert await desk.refused(desk.hand.copy(1, "amy")) == "expired"
    assert desk.store.states[1] == ["expired"]


@pytest.mark.parametrize("reason", ["operator_off", "red_light", "quiet"])
async def test_silence_holds_for_people_too_and_passes(desk: Desk, reason: str) -> None:
    desk.silence = reason
    assert desk.hand.open()[0].refusal == reason
    assert await desk.refused(desk.hand.copy(1, "amy")) == reason
    assert 1 not in desk.store.states
    desk.silence = None
    assert await desk.hand.copy(1, "amy") == "到手59元"


async def test_what_is_held_back_waits_for_its_release(desk: Desk) -> None:
    desk.barred = "held"
    assert desk.hand.open()[0].refusal == "held"
    assert await desk.refused(desk.hand.copy(1, "amy")) == "held"
    assert 1 not in desk.store.states


async def test_two_people_do_not_paste_the_same_answer(desk: Desk) -> None:
    await desk.hand.copy(1, "amy")
    with pytest.raises(CopyRefused) as caught:
        await desk.hand.copy(1, "bob")
    assert (caught.value.reason, caught.value.detail) == ("taken", "amy")
    desk.now += TAKEN_MS
    await desk.hand.copy(1, "bob")
    assert desk.store.people[1] == "bob"


async def test_a_copied_row_that_may_not_be_copied_again_can_still_turn_up(desk: Desk) -> None:
    await desk.hand.copy(1, "amy")
    desk.now = NOON + 60_000
    assert await desk.refused(desk.hand.copy(1, "amy")) == "expired"
    await desk.hand.heard(desk.says("到手59元"))
    assert desk.store.states[1] == ["copied", "by_hand"]


# Seen in the stream


@pytest.mark.parametrize("role", ["host", "staff", "bot"])
async def test_the_text_seen_in_the_stream_was_said_by_who_copied_it(desk: Desk, role: str) -> None:
    await desk.hand.copy(1, "amy")
    desk.now += 3_000
    await desk.hand.heard(desk.says(" 到手５９元 ", role))
    assert (desk.store.states[1][-1], desk.store.people[1]) == ("by_hand", "amy")
    assert desk.store.evidence == [(1, "seen")]


async def test_a_viewer_who_says_the_same_says_it_for_himself(desk: Desk) -> None:
    await desk.hand.copy(1, "amy")
    await desk.hand.heard(desk.says("到手59元", "viewer"))
    assert desk.store.states[1] == ["copied"]


async def test_one_that_was_copied_is_meant_before_one_that_was_only_shown(desk: Desk) -> None:
    desk.suggest(2)
    await desk.hand.copy(2, "amy")
    await desk.hand.heard(desk.says("到手59元"))
    assert desk.store.states == {2: ["copied", "by_hand"]}
    await desk.hand.heard(desk.says("到手59元"))
    assert (desk.store.states[1], desk.store.people[1]) == (["by_hand"], None)


async def test_after_two_minutes_the_same_words_are_others(desk: Desk) -> None:
    await desk.hand.copy(1, "amy")
    desk.now += SEEN_MS + 1
    await desk.hand.heard(desk.says("到手59元"))
    assert desk.store.states[1] == ["copied"]


# What is shown, and what runs out


def test_the_most_wanted_first_then_the_oldest(desk: Desk) -> None:
    desk.suggest(2, PRICE_GENERIC, due_ms=NOON - 5)
    desk.suggest(3, PRICE_GENERIC, priority=30)
    assert [one.id for one in desk.hand.open()] == [3, 2, 1]


def test_a_text_that_may_not_be_copied_now_says_why(desk: Desk) -> None:
    desk.shop = SHOP.with_fact("P1", "price", Fact("49元"))
    assert desk.hand.open()[0].refusal == "stale_fact"


async def test_what_nobody_copied_runs_out(desk: Desk) -> None:
    assert desk.hand.next_due() == NOON + 60_000
    await desk.hand.step(NOON + 59_999)
    assert desk.store.states == {}
    await desk.hand.step(NOON + 60_000)
    assert desk.store.states[1] == ["expired"]
    assert desk.hand.next_due() is None


async def test_a_copied_row_is_given_up_after_two_minutes(desk: Desk) -> None:
    await desk.hand.copy(1, "amy")
    await desk.hand.step(NOON + SEEN_MS + 1)
    assert desk.store.states[1] == ["copied"]
    assert desk.hand.open() == []


async def test_at_the_end_of_the_show_nothing_is_left_to_copy(desk: Desk) -> None:
    await desk.hand.close(NOON)
    assert (desk.store.states[1], desk.store.details[1]) == (["expired"], "session_over")


async def test_a_row_another_process_has_had_is_gone(desk: Desk) -> None:
    desk.store.withdrawn.add(1)
    assert await desk.refused(desk.hand.copy(1, "amy")) == "unknown_row"
    assert desk.hand.open() == []


async def test_a_row_another_process_has_had_hinders_nobody(desk: Desk) -> None:
    desk.store.withdrawn.add(1)
    desk.suggest(2, PRICE_GENERIC)
    await desk.hand.step(NOON + 60_000)
    assert desk.store.states == {2: ["expired"]}


def test_only_so_many_are_kept(desk: Desk) -> None:
    for number in range(2, KEPT + 10):
        desk.suggest(number)
    assert len(desk.hand.open()) == KEPT
