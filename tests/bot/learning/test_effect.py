"""Shares, intervals and what they allow to be said."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.learning.effect import LEAST, comparisons, difference, lift, share, shares, verdict
from bot.storage.effects import PhraseEffect


def effect(phrase: str, group: str, answers: int, repeated: int, intent: str = "price") -> PhraseEffect:
    return PhraseEffect(phrase, "d" * 64, intent, group, "zh", "", "live", {}, answers, repeated, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17:857, table I, method 3 (Wilson).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_as_published(hits: int, of: int, low: float, high: float) -> None:
    found = share(hits, of)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17:873, table II, method 10.
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_newcombes_interval_as_published(
    a: tuple[int, int], b: tuple[int, int], low: float, high: float
) -> None:
    found = difference(share(*a), share(*b))
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(st.integers(0, 5_000), st.integers(0, 5_000))
def test_a_share_lies_in_its_interval(hits: int, rest: int) -> None:
    found = share(hits, hits + rest)
    assert 0 <= found.low <= found.rate <= found.high <= 1
    other = share(rest, hits + rest)
    between = difference(found, other)
    assert -1 <= between.low <= between.value + 1e-12
    assert between.value <= between.high + 1e-12 <= 1 + 2e-12


@pytest.mark.parametrize(("hits", "of"), [(1, 0), (-1, 5), (6, 5)])
def test_no_share(hits: int, of: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        share(hits, of)


@pytest.mark.parametrize(
    ("a", "b", "word"),
    [
        ((0, LEAST - 1), (20, 500), "too_few"),
        ((20, 500), (0, LEAST - 1), "too_few"),
        ((6, LEAST), (9, LEAST), "no_difference"),
        ((2, LEAST), (25, LEAST), "A"),
        ((25, LEAST), (2, LEAST), "B"),
        ((0, LEAST), (0, LEAST), "no_difference"),
    ],
)
def test_the_plain_verdict(a: tuple[int, int], b: tuple[int, int], word: str) -> None:
    assert verdict(share(*a), share(*b)) == word


def test_orders_before_and_after() -> None:
    assert (lift(0, 0).ratio, lift(0, 0).low, lift(0, 0).high, lift(0, 0).clear) == (None, 0.0, inf, False)
    more = lift(10, 40)
    assert more.ratio == 4.0
    assert 1 < more.low < 4 < more.high < inf
    assert more.clear
    assert not lift(10, 12).clear
    assert lift(40, 10).clear
    assert lift(0, 9).ratio is None


def test_a_and_b_of_one_question_beside_each_other() -> None:
    found = comparisons([
        effect("p-1", "A", 20, 1), effect("p-1", "A", 20, 1), effect("p-2", "B", 40, 30), effect("p-3", "", 90, 9),
        effect("p-4", "A", 50, 5, "stock"),
    ])  # fmt: skip
    assert [one.intent for one in found] == ["price"]
    (price,) = found
    assert (price.a.phrases, price.b.phrases) == (("p-1",), ("p-2",))
    assert (price.a.shares["repeated"].hits, price.a.shares["repeated"].of) == (2, 40)
    assert price.verdicts == {"repeated": "A", "complained": "no_difference"}
    assert price.differences["repeated"].high < 0
    assert shares(effect("p-1", "A", 20, 1))["repeated"] == share(1, 20)
