from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.public import limits
from bot.public.limits import ACT, BEGIN, CROWD, FIND, Allowance, Limits, crowd

FEW = Allowance(3, 1000)


def test_so_many_tries_at_once_and_then_one_by_one() -> None:
    kept = Limits()
    assert [kept.wait_s(FEW, "a", 0) for _ in range(5)] == [0, 0, 0, 1, 1]
    assert kept.wait_s(FEW, "b", 0) == 0
    assert kept.wait_s(FEW, "a", 999) == 1
    assert kept.wait_s(FEW, "a", 1000) == 0
    assert kept.wait_s(FEW, "a", 1000) == 1
    assert [kept.wait_s(FEW, "a", 60_000) for _ in range(4)] == [0, 0, 0, 1]


def test_a_clock_that_goes_back_gives_nobody_more() -> None:
    kept = Limits()
    assert [kept.wait_s(FEW, "a", 10_000) for _ in range(3)] == [0, 0, 0]
    assert kept.wait_s(FEW, "a", 0) > 0


def test_a_flood_of_addresses_costs_no_more_than_so_much_memory() -> None:
    kept = Limits()
    for number in range(limits.MOST_CLIENTS + 10):
        kept.wait_s(FEW, str(number), 0)
    assert len(kept._spent) == limits.MOST_CLIENTS


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3_000), max_size=60), st.sampled_from([FEW, FIND, BEGIN, ACT]))
def test_never_more_than_the_allowance(steps: list[int], allowance: Allowance) -> None:
    kept, now, passed = Limits(), 0, 0
    for step in steps:
        now += step
        passed += kept.wait_s(allowance, "a", now) == 0
    assert passed <= allowance.tries + now / allowance.every_ms


@given(st.integers(0, 999))
def test_who_waits_as_long_as_told_is_let_in(late: int) -> None:
    kept = Limits()
    for _ in range(3):
        kept.wait_s(FEW, "a", 0)
    wait = kept.wait_s(FEW, "a", late)
    assert kept.wait_s(FEW, "a", late + wait * 1000) == 0


def test_ten_winners_under_one_roof_may_wait_for_an_hour() -> None:
    kept = Limits()
    waits = [kept.wait_s(ACT, "203.0.113.5", at) for at in range(0, 3_600_000, 4_000) for _ in range(10)]
    assert set(waits) == {0}


def test_a_crowd_gets_more_and_is_limited_all_the_same() -> None:
    kept, together = Limits(), crowd(FIND)
    assert [kept.wait_s(together, "", 0) for _ in range(FIND.tries * CROWD)] == [0] * FIND.tries * CROWD
    assert kept.wait_s(together, "", 0) > 0
    assert crowd(Allowance(1, 1)).every_ms == 1
