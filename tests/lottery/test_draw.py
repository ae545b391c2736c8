from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lottery import draw
from lottery.errors import EntryError

from .makers import VECTORS, vector_proof

_seeds = st.binary(min_size=32, max_size=32)
_weights = st.lists(st.integers(1, 9), min_size=1, max_size=30)


def by_brute_force(seed: bytes, weights: list[int], count: int) -> list[int]:
    """Steps 7 and 8 in the plainest words: a line of tickets, one struck out entrant after the other."""
    line = [position for position, weight in enumerate(weights) for _ in range(weight)]
    chosen: list[int] = []
    block = 0
    while line and len(chosen) < count:
        value = int.from_bytes(
            hmac.new(seed, b"lfd1/draw" + block.to_bytes(8, "big"), "sha256").digest(), "big"
        )
        block += 1
        if value >= 2**256 - 2**256 % len(line):
            continue
        chosen.append(line[value % len(line)])
        line = [position for position in line if position != chosen[-1]]
    return chosen


@pytest.mark.parametrize("vector", VECTORS["draws"], ids=lambda v: str(v["name"]))
def test_published_draws(vector: dict[str, object]) -> None:
    made = vector_proof(str(vector["name"]))
    assert made.drawn.record.seed == vector["seed"]
    assert list(made.drawn.record.winners) == vector["positions"]


@settings(max_examples=100, deadline=None)
@given(_seeds, _weights, st.integers(0, 35))
def test_selection_equals_brute_force(seed: bytes, weights: list[int], count: int) -> None:
    assert list(draw.select(seed, weights, count)) == by_brute_force(seed, weights, count)


@settings(max_examples=50, deadline=None)
@given(_seeds, st.integers(1, 40), st.integers(0, 45))
def test_equal_weights_need_no_list(seed: bytes, entries: int, count: int) -> None:
    assert draw.select_equal(seed, entries, count) == draw.select(seed, [1] * entries, count)
    assert list(draw.select_equal(seed, entries, count)) == by_brute_force(seed, [1] * entries, count)


@settings(max_examples=50, deadline=None)
@given(_seeds, _weights, st.integers(0, 30), st.integers(0, 10))
def test_more_reserves_never_change_a_winner(seed: bytes, weights: list[int], k: int, more: int) -> None:
    short, long = draw.select(seed, weights, k), draw.select(seed, weights, k + more)
    assert long[: len(short)] == short


@settings(max_examples=40, deadline=None)
@given(_seeds, _weights, st.integers(1, 30))
def test_tree_and_walk_give_the_same(seed: bytes, weights: list[int], count: int) -> None:
    walked = draw.select(seed, weights, count)
    equal = draw.select_equal(seed, len(weights), count)
    limit = draw._WALK_LIMIT
    try:
        draw._WALK_LIMIT = 0
        assert draw.select(seed, weights, count) == walked
        assert draw.select_equal(seed, len(weights), count) == equal
    finally:
        draw._WALK_LIMIT = limit


def test_k_equal_to_n_and_above_gives_everybody_once() -> None:
    everybody = draw.select(b"s" * 32, [3, 1, 2], 3)
    assert sorted(everybody) == [0, 1, 2]
    assert draw.select(b"s" * 32, [3, 1, 2], 99) == everybody


def test_nobody_and_nothing() -> None:
    assert draw.select(b"s" * 32, [], 3) == ()
    assert draw.select(b"s" * 32, [1], 0) == ()


@pytest.mark.parametrize(("weights", "count"), [([1, 0], 1), ([1, -1, 5], 1), ([1, 2], -1), ([1, 1], -1)])
def test_bad_input_is_refused(weights: list[int], count: int) -> None:
    with pytest.raises(EntryError):
        draw.select(b"s" * 32, weights, count)


def test_blocks_in_the_uneven_rest_are_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = iter([2**256 - 1, 2**256 - 2**256 % 3, 4])
    monkeypatch.setattr(draw.Stream, "block", lambda self: next(blocks))
    assert draw.Stream(b"").below(3) == 1
    with pytest.raises(EntryError):
        draw.Stream(b"").below(0)


def test_every_input_of_the_seed_counts() -> None:
    base: tuple[Any, ...] = (b"c" * 32, b"r" * 32, 5, 6, 7, b"x" * 32)
    seeds = {draw.seed(*base)}
    for place, other in enumerate([b"d" * 32, b"s" * 32, 6, 7, 8, b"y" * 32]):
        changed = (*base[:place], other, *base[place + 1 :])
        seeds.add(draw.seed(*changed))
    assert len(seeds) == 7


def chi_square(weights: list[int], picks: int, runs: int) -> tuple[float, int]:
    """Ordered outcomes of `runs` seeds against the exact law of successive sampling; value and degrees of
    freedom.
    """
    seen: Counter[tuple[int, ...]] = Counter()
    for run in range(runs):
        seen[draw.select(hashlib.sha256(b"uniformity %d" % run).digest(), weights, picks)] += 1
    value, outcomes = 0.0, 0
    for outcome in permutations(range(len(weights)), picks):
        chance, left = Fraction(1), sum(weights)
        for position in outcome:
            chance *= Fraction(weights[position], left)
            left -= weights[position]
        expected = float(chance * runs)
        value += (seen[outcome] - expected) ** 2 / expected
        outcomes += 1
    return value, outcomes - 1


# 99.9 % points: 43.8 for 19 and 31.3 for 11 degrees of freedom. The seeds are fixed, so this never flickers.
@pytest.mark.parametrize(("weights", "limit"), [([1] * 5, 43.8), ([1, 2, 3, 10], 31.3)])
def test_uniform_in_short(weights: list[int], limit: float) -> None:
    assert chi_square(weights, 2, 3000)[0] < limit


@pytest.mark.slow
@pytest.mark.parametrize(("weights", "limit"), [([1] * 5, 43.8), ([1, 2, 3, 10], 31.3)])
def test_uniform_at_length(weights: list[int], limit: float) -> None:
    value, freedom = chi_square(weights, 2, 60_000)
    assert freedom in (19, 11)
    assert value < limit


@pytest.mark.slow
def test_a_million_entries() -> None:
    chosen = draw.select(b"m" * 32, [1 + i % 7 for i in range(1_000_000)], 100)
    assert len(set(chosen)) == 100
