"""Limits on how often somebody asks."""

from __future__ import annotations

from bot.draws import askers
from bot.draws.askers import Askers


def test_so_many_within_the_time_and_no_more() -> None:
    limit = Askers(2, 1_000)
    assert [limit.may("a", 0), limit.may("a", 10), limit.may("a", 20)] == [True, True, False]
    assert limit.may("b", 20)
    assert not limit.may("a", 999)
    assert limit.may("a", 1_000)


def test_a_clock_set_back_locks_nobody_out() -> None:
    limit = Askers(1, 1_000)
    assert limit.may("a", 10_000)
    assert limit.may("a", 5_000)


def test_the_memory_is_bounded() -> None:
    limit = Askers(1, 1_000)
    for number in range(askers.MOST_ASKERS + 1):
        limit.may(str(number), 0)
    assert len(limit._times) == askers.MOST_ASKERS
    assert limit.may("0", 0)
    assert not limit.may(str(askers.MOST_ASKERS), 0)
