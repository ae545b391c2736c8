"""Accounts that play with the bot are left alone for a while, and what is kept of them stays small."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import bait
from bot.bait import ANSWERS, SILENCE_MS, WITHIN_MS, Provoking, insults_the_bot
from tests.builders import verdict


def fed(*times: int, uid: str = "a") -> Provoking:
    state = Provoking()
    for at in times:
        state = state.with_answer(uid, at)
    return state


def test_three_answers_within_two_minutes_are_all_an_account_gets() -> None:
    assert not fed(0, 1).asks_on("a", 2)
    assert fed(0, 1, 2).asks_on("a", WITHIN_MS - 1)
    assert not fed(0, 1, 2).asks_on("a", WITHIN_MS)
    assert not fed(0, 1, 2).asks_on("b", 3)


def test_a_silence_has_its_end_and_forgets_the_answers() -> None:
    state = fed(0, 1, 2).with_silence("a", 3)
    assert state.silenced("a", 3 + SILENCE_MS - 1)
    assert not state.silenced("a", 3 + SILENCE_MS)
    assert not state.silenced("b", 4)
    assert not state.asks_on("a", 4)


def test_a_clock_set_back_silences_nobody() -> None:
    assert not Provoking().with_silence("a", 10**12).silenced("a", 0)
    assert not fed(10**12, 10**12, 10**12).asks_on("a", 0)


def test_what_no_longer_counts_is_forgotten() -> None:
    state = fed(0, uid="old").with_silence("older", 0)
    assert set(state.with_answer("new", WITHIN_MS).answered) == {"new"}
    assert set(state.with_silence("new", SILENCE_MS).silent) == {"new"}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), max_size=60))
def test_it_is_bounded(acts: list[tuple[str, bool]]) -> None:
    state = Provoking()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bait, "MAX_ACCOUNTS", 3)
        for now, (uid, answered) in enumerate(acts):
            state = state.with_answer(uid, now) if answered else state.with_silence(uid, now)
            assert len(state.answered) <= 3
            assert len(state.silent) <= 3
            assert all(len(times) <= ANSWERS for times in state.answered.values())
            if not answered:
                assert state.silenced(uid, now)


@pytest.mark.parametrize(
    ("normal", "kind", "insult"),
    [
        ("傻逼机器人", "abuse", True),
        ("这ai是废物", "abuse", True),
        ("滚 bot", "abuse", True),
        ("主播傻逼", "abuse", False),
        ("wait for maid", "abuse", False),
        ("机器人多少钱", None, False),
        ("机器人质量差", "quality", False),
    ],
)
def test_an_insult_to_the_bot_is_abuse_that_names_it(normal: str, kind: str | None, insult: bool) -> None:
    assert insults_the_bot(verdict(kind=kind, normal=normal)) is insult
