"""The fuse of an account."""

from __future__ import annotations

import pytest

from bot.outbox.breaker import OWN_WORDS, Breaker
from tests.builders import NOON


def test_three_refusals_within_a_minute_are_one_too_many() -> None:
    fuse = Breaker()
    assert [fuse.refused(NOON + at, "x") for at in (0, 30_000, 59_999)] == [False, False, True]
    assert fuse.stopped == "refusals"
    assert not fuse.refused(NOON + 60_000, "x"), "told once"


def test_three_refusals_over_a_longer_time_are_not() -> None:
    fuse = Breaker()
    assert not any(fuse.refused(NOON + at, "x") for at in (0, 30_000, 60_000, 90_000, 120_000))
    assert fuse.stopped == ""


@pytest.mark.parametrize("detail", sorted(OWN_WORDS))
def test_our_own_refusals_are_no_sign_of_the_platforms_displeasure(detail: str) -> None:
    fuse = Breaker()
    assert not any(fuse.refused(NOON, detail) for _ in range(9))


def test_a_clock_set_back_adds_nothing_up() -> None:
    fuse = Breaker()
    fuse.refused(NOON, "x")
    fuse.refused(NOON + 1, "x")
    assert not fuse.refused(NOON - 100_000, "x")


def test_a_warning_stops_at_once_and_keeps_the_first_reason() -> None:
    fuse = Breaker()
    assert fuse.warned()
    assert not fuse.warned()
    for _ in range(3):
        fuse.refused(NOON, "x")
    assert fuse.stopped == "warning"


def test_after_a_person_has_looked_counting_begins_anew() -> None:
    fuse = Breaker("refusals")
    fuse.resume()
    assert fuse.stopped == ""
    assert [fuse.refused(NOON, "x") for _ in range(3)] == [False, False, True]
