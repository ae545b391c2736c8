"""Whether chance is even: simulated draws against the exact law of what they should give.

A draw's seed is made as in a real draw, from a fresh random value in place of the beacon's. The master seed of
each run is printed, with success as well (pytest -s), so that a run can be made again: set
CHANGKONG_FAIRNESS_SEED to it. A case fails only at p < 1e-4 for all its statistics together (each is held
against 1e-4 divided by their number), so a fair draw fails about once in 2,500 runs.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from itertools import permutations

import pytest
from scipy.stats import chisquare

from lottery import contests, draw
from lottery.contests import Answer, Guess, Rain, Wave
from lottery.roster import Roster

LEAST_P = 1e-4
SHORT, LONG = 4_000, 200_000
FIXED = bytes(range(32))
COMMIT, ROOT = sha256(b"commitment").digest(), sha256(b"root").digest()

Law = Mapping[tuple[int, ...], Fraction]
Select = Callable[[bytes], tuple[int, ...]]


def master_seed() -> bytes:
    """A fresh seed, or the one of an earlier run out of the environment."""
    given = os.environ.get("CHANGKONG_FAIRNESS_SEED")
    return secrets.token_bytes(32) if given is None else bytes.fromhex(given)


def seeds(master: bytes, count: int, entries: int, weight: int) -> Iterator[bytes]:
    """The seeds of `count` draws over one list, as each beacon value gives another."""
    for number in range(count):
        randomness = sha256(master + number.to_bytes(8, "big")).digest()
        yield draw.seed(COMMIT, ROOT, entries, weight, 1000, randomness)


def successive(weights: Sequence[int], picks: int) -> Law:
    """The exact law: each pick takes a remaining entry with probability weight / remaining weight."""
    law = {}
    for chosen in permutations(range(len(weights)), picks):
        left, chance = sum(weights), Fraction(1)
        for position in chosen:
            chance *= Fraction(weights[position], left)
            left -= weights[position]
        law[chosen] = chance
    assert sum(law.values()) == 1
    return law


def p_values(counts: Counter[tuple[int, ...]], law: Law) -> dict[str, float]:
    """p of the chi-square statistic for each place, each ordered pair of places, and whole results."""
    drawn, places = counts.total(), len(next(iter(law)))
    views: dict[str, Callable[[tuple[int, ...]], Hashable]] = {"the whole result": lambda chosen: chosen}
    for one in range(places):
        views[f"place {one + 1}"] = lambda chosen, one=one: chosen[one]  # type: ignore[misc]
        for two in range(one + 1, places):
            views[f"places {one + 1} and {two + 1}"] = lambda chosen, one=one, two=two: (
                chosen[one],
                chosen[two],
            )  # type: ignore[misc]
    found = {}
    for name, view in views.items():
        seen: Counter[Hashable] = Counter()
        expected: Counter[Hashable] = Counter()
        for chosen, times in counts.items():
            assert chosen in law, f"{chosen} can never be drawn"
            seen[view(chosen)] += times
        for chosen, chance in law.items():
            expected[view(chosen)] += chance  # type: ignore[assignment]
        order = list(expected)
        if len(order) > 1:
            even = [float(expected[key] * drawn) for key in order]
            found[name] = float(chisquare([seen[key] for key in order], even).pvalue)
    return found


def assert_fair(select: Select, law: Law, entries: int, weight: int, draws: int, master: bytes) -> None:
    print(f"CHANGKONG_FAIRNESS_SEED={master.hex()} ({draws} draws)")
    counts = Counter(select(seed) for seed in seeds(master, draws, entries, weight))
    found = p_values(counts, law)
    print(", ".join(f"{name}: p = {p:.4f}" for name, p in found.items()))
    unfair = {name: p for name, p in found.items() if p < LEAST_P / len(found)}
    assert not unfair, f"seed {master.hex()}: {unfair}"


# ---- what is drawn: the name, who selects, and the law ----

EQUAL, WEIGHTS = (1,) * 6, (1, 2, 3, 10, 4)
GUESSED = Roster.valued((sha256(bytes([i])).digest(), value) for i, value in enumerate((60, 58, 60, 200, 62)))
GUESS = Guess("?", "", 0, 0, 1000, "00" * 32)
WAVED = Roster.valued((sha256(bytes([i])).digest(), waves) for i, waves in enumerate((1, 2, 3, 1, 2)))
RAIN = Rain((Wave("a", 0, 1), Wave("b", 1, 2)))


def nearest_law() -> Law:
    """Of the guesses around 60: the exact ones in even order, then those two away, then the far one."""
    assert GUESSED.values is not None
    groups: dict[int, list[int]] = {}
    for position, value in enumerate(GUESSED.values):
        groups.setdefault(abs(value - 60), []).append(position)
    law: dict[tuple[int, ...], Fraction] = {(): Fraction(1)}
    for far in sorted(groups):
        orders = list(permutations(groups[far]))
        law = {before + order: chance / len(orders) for before, chance in law.items() for order in orders}
    return {chosen: chance for chosen, chance in _first(law, 4).items()}


def rain_law() -> Law:
    """One of those in wave 0, one of those in wave 1 who are left, then one of all who are left."""
    assert WAVED.values is not None
    law: dict[tuple[int, ...], Fraction] = {(): Fraction(1)}
    for belongs in (1, 2, 3):
        after: dict[tuple[int, ...], Fraction] = {}
        for before, chance in law.items():
            group = [at for at, waves in enumerate(WAVED.values) if waves & belongs and at not in before]
            for position in group:
                after[(*before, position)] = chance / len(group)
        law = after
    return law


def _first(law: Law, picks: int) -> Law:
    shorter: dict[tuple[int, ...], Fraction] = {}
    for chosen, chance in law.items():
        shorter[chosen[:picks]] = shorter.get(chosen[:picks], Fraction(0)) + chance
    return shorter


CASES: dict[str, tuple[Select, Law, int, int]] = {
    "equal": (lambda seed: draw.select_equal(seed, 6, 3), successive(EQUAL, 3), 6, 6),
    "weights": (lambda seed: draw.select(seed, WEIGHTS, 3), successive(WEIGHTS, 3), 5, sum(WEIGHTS)),
    "guess": (
        lambda seed: contests.select(GUESS, seed, GUESSED, 4, Answer("00" * 32, ("60",))),
        nearest_law(), 5, 5,
    ),
    "rain": (lambda seed: contests.select(RAIN, seed, WAVED, 3, None, (1, 1)), rain_law(), 5, 5),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_short_run_from_a_fixed_seed_is_even(case: str) -> None:
    assert_fair(*CASES[case], draws=SHORT, master=FIXED)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_two_hundred_thousand_draws_are_even(case: str) -> None:
    assert_fair(*CASES[case], draws=LONG, master=master_seed())


@pytest.mark.parametrize(
    ("select", "law"),
    [
        (lambda seed: draw.select(seed, (1, 2, 3, 15, 4), 3), successive(WEIGHTS, 3)),
        (lambda seed: tuple(sorted(draw.select_equal(seed, 6, 3))), successive(EQUAL, 3)),
        (lambda seed: _by_modulo(seed, 6), successive(EQUAL, 1)),
    ],
    ids=["a weight too high", "winners in the order of the list", "a plain modulo of a byte's few bits"],
)
def test_an_uneven_draw_would_be_noticed(select: Select, law: Law) -> None:
    entries = len(WEIGHTS) if len(law) == 60 else len(EQUAL)
    with pytest.raises(AssertionError, match=FIXED.hex()):
        assert_fair(select, law, entries, entries, SHORT, FIXED)


def _by_modulo(seed: bytes, bound: int) -> tuple[int, ...]:
    return (seed[0] % 16 % bound,)


def test_the_exact_law_is_that_of_successive_sampling() -> None:
    law = successive((1, 2, 3), 2)
    assert law[(2, 1)] == Fraction(3, 6) * Fraction(2, 3)
    assert len(law) == 6
    assert rain_law().keys() <= set(permutations(range(5), 3))
    assert sum(rain_law().values()) == sum(nearest_law().values()) == 1
