from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lottery import contests
from lottery.answers import Answer
from lottery.contests import (
    Conditions,
    Contest,
    Guess,
    Keyword,
    Purchase,
    Quiz,
    Rain,
    Wave,
    refusals_of,
    select,
)
from lottery.draw import select_equal
from lottery.errors import EntryError, RecordError
from lottery.refusal import FIRST_SHAPE, Refusal
from lottery.roster import Roster

HASH = "ab" * 32
GUESS = Guess("?", "", 0, 0, 50, HASH)
QUIZ = Quiz("?", ("a", "b"), "", HASH)
_seeds = st.binary(min_size=32, max_size=32)


def rain(waves: int) -> Rain:
    return Rain(tuple(Wave(f"w{i}", i * 10, i * 10 + 10) for i in range(waves)))


def names(count: int) -> list[bytes]:
    return sorted(hashlib.sha256(b"%d" % number).digest() for number in range(count))


def listed(values: list[int]) -> Roster:
    """A roster whose entry at each position has the value given for it."""
    return Roster.valued(zip(names(len(values)), values, strict=True))


def answer(number: int) -> Answer:
    return Answer("00" * 32, (str(number),))


class Plain:
    """The stream of numbers in the plainest words."""

    def __init__(self, seed: bytes) -> None:
        self.seed, self.used = seed, 0

    def one_of(self, members: list[int]) -> int:
        while True:
            message = b"lfd1/draw" + self.used.to_bytes(8, "big")
            value = int.from_bytes(hmac.new(self.seed, message, "sha256").digest(), "big")
            self.used += 1
            if value < 2**256 - 2**256 % len(members):
                return members.pop(value % len(members))


@settings(max_examples=150, deadline=None)
@given(_seeds, st.lists(st.integers(0, 12), max_size=20), st.integers(0, 14), st.integers(0, 25))
def test_a_guess_is_a_plain_sort_with_the_draw_among_ties(
    seed: bytes, values: list[int], number: int, picks: int
) -> None:
    stream, wanted = Plain(seed), list[int]()
    for distance in sorted({abs(value - number) for value in values}):
        tied = [place for place, value in enumerate(values) if abs(value - number) == distance]
        while tied and len(wanted) < picks:
            wanted.append(stream.one_of(tied))
    chosen = select(GUESS, seed, listed(values), picks, answer(number))
    assert list(chosen) == wanted
    distances = [abs(values[place] - number) for place in chosen]
    assert distances == sorted(abs(value - number) for value in values)[:picks]


@settings(max_examples=150, deadline=None)
@given(
    _seeds,
    st.lists(st.integers(1, 7), max_size=20),
    st.lists(st.integers(1, 6), min_size=3, max_size=3),
    st.integers(0, 5),
)
def test_a_rain_gives_each_wave_its_prizes_and_the_rest_moves_on(
    seed: bytes, values: list[int], quotas: list[int], reserves: int
) -> None:
    stream, wanted, left = Plain(seed), list[int](), 0
    picks = min(sum(quotas) + reserves, len(values))
    for wave, quota in enumerate(quotas):
        left += quota
        group = [place for place, bits in enumerate(values) if bits >> wave & 1 and place not in wanted]
        while group and left and len(wanted) < picks:
            wanted.append(stream.one_of(group))
            left -= 1
    rest = [place for place in range(len(values)) if place not in wanted]
    while len(wanted) < picks:
        wanted.append(stream.one_of(rest))
    assert list(select(rain(3), seed, listed(values), picks, None, quotas)) == wanted


@settings(max_examples=60, deadline=None)
@given(_seeds, st.lists(st.integers(1, 3), max_size=15), st.integers(0, 9), st.integers(0, 9))
def test_more_reserves_never_change_a_winner(seed: bytes, values: list[int], quota: int, more: int) -> None:
    for contest, opened, quotas in ((GUESS, answer(2), []), (rain(2), None, [quota, 1])):
        short = select(contest, seed, listed(values), quota + 1, opened, quotas)
        long = select(contest, seed, listed(values), quota + 1 + more, opened, quotas)
        assert long[: len(short)] == short
        assert len(set(long)) == len(long) == min(quota + 1 + more, len(values))


@settings(max_examples=40, deadline=None)
@given(_seeds, st.integers(0, 20), st.integers(0, 25))
def test_the_other_contests_are_an_ordinary_draw(seed: bytes, count: int, picks: int) -> None:
    roster = Roster.of((name, 1) for name in names(count))
    for contest in (None, Keyword("a"), QUIZ, Purchase("p")):
        assert select(contest, seed, roster, picks) == select_equal(seed, count, picks)


def test_ties_are_broken_evenly() -> None:
    orders = Counter(
        select(GUESS, hashlib.sha256(b"tie %d" % i).digest(), listed([4, 9, 6, 30]), 3, answer(5))
        for i in range(3000)
    )
    assert {order[2] for order in orders} == {1}
    assert set(orders) == {(*order, 1) for order in permutations((0, 2))}
    assert all(1350 < times < 1650 for times in orders.values())


def test_many_picks_from_a_group_are_quick_and_the_same() -> None:
    seed, count = b"s" * 32, 6000
    chosen = select(GUESS, seed, listed([7] * count), count, answer(7))
    assert chosen == select_equal(seed, count, count)
    assert sorted(chosen) == list(range(count))


def test_a_draw_needs_what_its_contest_is_decided_by() -> None:
    plain = Roster.of((name, 1) for name in names(3))
    with pytest.raises(EntryError, match="right answer"):
        select(GUESS, b"s" * 32, listed([1]), 1)
    with pytest.raises(EntryError, match="one number"):
        select(GUESS, b"s" * 32, listed([1]), 1, Answer("00" * 32, ("x",)))
    with pytest.raises(EntryError, match="no"):
        select(GUESS, b"s" * 32, plain, 1, answer(1))
    with pytest.raises(EntryError, match="one class"):
        select(rain(2), b"s" * 32, listed([1]), 1, None, [1])
    with pytest.raises(EntryError):
        select(rain(2), b"s" * 32, listed([1]), -1, None, [1, 1])


def test_the_refusals_of_a_contest_are_those_that_can_occur() -> None:
    always = [code for code in Refusal if code not in ("not_following", "fan_level", "account_level")]
    never = {"wrong_answer", "out_of_range"}
    assert refusals_of(Keyword("a"), Conditions()) == tuple(code for code in always if code not in never)
    assert "wrong_answer" in refusals_of(QUIZ, Conditions())
    assert "out_of_range" in refusals_of(GUESS, Conditions())
    assert {"wrong_answer", "out_of_range"}.isdisjoint(refusals_of(rain(2), Conditions()))
    full = refusals_of(Purchase("p"), Conditions(True, 1, 1))
    assert full == tuple(code for code in Refusal if code not in never)
    assert refusals_of(Keyword("a"), Conditions(fan_level=2))[-2:] == ("fan_level", "duplicate")
    assert set(FIRST_SHAPE) < set(Refusal)


GOOD = rain(2)


@pytest.mark.parametrize(
    ("contest", "window", "classes"),
    [
        (Quiz("?", (), "", HASH), (0, 20), 1),
        (Quiz("?", ("a",), "", HASH), (0, 20), 1),
        (Quiz("?", ("a", "b"), "答", HASH), (0, 20), 1),
        (Guess("?", "", 0, 5, 5, HASH), (0, 20), 1),
        (Rain(GOOD.waves[:1]), (0, 10), 1),
        (GOOD, (0, 20), 1),
        (GOOD, (0, 20), 3),
        (GOOD, (1, 20), 2),
        (GOOD, (0, 21), 2),
        (Rain((Wave("a", 0, 11), Wave("b", 10, 20))), (0, 20), 2),
        (Rain((Wave("a", 0, 10), Wave("b", 20, 20))), (0, 20), 2),
        (Rain((Wave("a", 10, 20), Wave("b", 0, 10))), (10, 10), 2),
        (rain(21), (0, 210), 21),
    ],
)
def test_a_contest_must_hang_together(contest: Contest, window: tuple[int, int], classes: int) -> None:
    with pytest.raises(RecordError):
        contests.check(contest, *window, classes)


def test_good_contests_pass() -> None:
    apart = Rain((Wave("a", 0, 8), Wave("a", 12, 20)))
    for contest, classes in ((GOOD, 2), (apart, 2), (QUIZ, 1), (Quiz("?", (), "答", HASH), 4), (GUESS, 1)):
        contests.check(contest, 0, 20, classes)


def test_the_answer_opened_must_be_the_committed_one() -> None:
    right, wrong = answer(7), answer(8)
    asked: list[Contest] = [Quiz("?", ("7", "8"), "", right.commit), Guess("?", "", 0, 0, 9, right.commit)]
    for contest in asked:
        contests.check_answer(contest, right)
        for other in (wrong, None, Answer("11" * 32, ("7",))):
            with pytest.raises(RecordError, match="committed"):
                contests.check_answer(contest, other)
    word = Answer("00" * 32, ("seven",))
    with pytest.raises(RecordError, match="number"):
        contests.check_answer(Guess("?", "", 0, 0, 9, word.commit), word)
    for silent in (Keyword("a"), GOOD, None):
        contests.check_answer(silent, None)
        with pytest.raises(RecordError, match="no question"):
            contests.check_answer(silent, right)


@pytest.mark.parametrize(
    ("contest", "values"),
    [
        (GUESS, [51]),
        (Guess("?", "", 0, 3, 9, HASH), [2]),
        (GOOD, [0]),
        (GOOD, [4]),
        (GUESS, None),
        (QUIZ, [1]),
        (None, [1]),
    ],
)
def test_values_outside_the_rules_are_refused(contest: Contest | None, values: list[int] | None) -> None:
    with pytest.raises(RecordError):
        contests.check_values(contest, values)


def test_values_within_the_rules_pass() -> None:
    contests.check_values(GUESS, [0, 50])
    contests.check_values(GOOD, [1, 3])
    contests.check_values(GOOD, [])
    contests.check_values(QUIZ, None)
    contests.check_values(None, None)
