"""The pace: never more than allowed in any window, slower after refusals, slowly faster again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.outbox.pacing import MINUTE_MS, NEVER, Pace, too_fast
from tests.builders import NOON


@given(
    st.tuples(st.integers(1, 5), st.integers(1, 5_000)),
    st.lists(st.integers(0, 1_500), min_size=1, max_size=40),
)
@settings(max_examples=150, deadline=None)
def test_no_window_ever_holds_more_than_the_allowance(allowance: tuple[int, int], waits: list[int]) -> None:
    pace, now, said = Pace(allowance), NOON, []
    for wait in waits:
        now += wait
        pace.settle(now)
        if pace.free_from() <= now:
            pace.took(now)
            said.append(now)
    count, per_ms = allowance
    assert all(sum(at <= one < at + per_ms for one in said) <= count for at in said)


def test_without_an_allowance_nothing_waits() -> None:
    pace = Pace()
    for _ in range(100):
        pace.took(NOON)
    assert pace.free_from() <= NOON


def test_a_refusal_halves_the_pace_and_minutes_without_one_give_it_back() -> None:
    pace = Pace((20, 30_000))
    pace.refused(NOON, 3.0)
    assert pace.allowance == (10, 30_000)
    assert pace.free_from() == NOON + 3_001
    now = NOON
    for _ in range(4):
        now += 30_000
        pace.settle(now)
        pace.accepted(now)
        pace.accepted(now + 1)
    assert pace.allowance == (18, 30_000)
    now += 30_000
    pace.accepted(now)
    assert pace.allowance == (20, 30_000)


def test_the_pace_never_falls_to_nothing() -> None:
    pace = Pace((4, 1_000))
    for _ in range(20):
        pace.refused(NOON, None)
    assert pace.allowance == (1, 1_000)


def test_a_limit_nobody_published_is_learnt_and_given_up_again() -> None:
    pace = Pace()
    for number in range(8):
        pace.took(NOON + number)
    pace.refused(NOON + 7, None)
    assert pace.allowance == (3, MINUTE_MS)
    assert pace.free_from() > NOON + 7
    now = NOON + 7
    for _ in range(5):
        now += MINUTE_MS
        pace.accepted(now)
    assert pace.allowance is None


def test_a_message_refused_does_not_count() -> None:
    pace = Pace((1, 10_000))
    pace.took(NOON)
    pace.refused(NOON, 1.0)
    assert pace.free_from() == NOON + 1_001


def test_parts_wait_for_room_for_all_of_them() -> None:
    pace = Pace((3, 10_000))
    pace.took(NOON)
    pace.took(NOON + 1_000)
    assert pace.free_from(2) == NOON + 10_000
    assert pace.free_from(4) == NEVER, "no window holds so many"


def test_marks_of_a_clock_that_was_set_back_are_forgotten() -> None:
    pace = Pace((1, 10_000))
    pace.took(NOON)
    pace.refused(NOON + 1, 600.0)
    pace.settle(NOON - 60_000)
    assert pace.free_from() <= NOON - 60_000


def test_a_clock_set_back_a_little_forgets_nothing() -> None:
    pace = Pace((1, 10_000))
    pace.took(NOON)
    pace.settle(NOON - 2_000)
    assert pace.free_from() == NOON + 10_000


@pytest.mark.parametrize(
    "detail", ["pace", "HTTP 429", "FLOOD_WAIT", "msg_ratelimit", "发言过快", "操作频繁"]
)
def test_words_for_too_fast(detail: str) -> None:
    assert too_fast(detail, None)
    assert not too_fast("50007", None)
    assert too_fast("", 1.0)
