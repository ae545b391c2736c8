"""Three verifiers that know nothing of each other say the same about generated draws: verdict, winners, reserves."""

from __future__ import annotations

from functools import cache

import pytest

from .conftest import Judge
from .draws import SHAPES, Made, make
from .judges import Case, by_python

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

QUICK, ALL = 40, 1000


@cache
def draws(count: int) -> tuple[Made, ...]:
    """The first `count` draws that end with winners."""
    found: list[Made] = []
    number = 0
    while len(found) < count:
        made = make(number)
        number += 1
        if made is not None:
            found.append(made)
    return tuple(found)


def _agree(judge: Judge, count: int) -> None:
    cases = [made.case for made in draws(count)]
    for case, expected, found in zip(cases, by_python(cases), judge(cases), strict=True):
        assert found.ok, f"{case.name}: {found.failed} {found.detail}"
        assert found.same_as(expected), f"{case.name}: {found} is not {expected}"


def test_they_agree_on_forty_draws(judge: Judge) -> None:
    _agree(judge, QUICK)


@pytest.mark.slow
def test_they_agree_on_a_thousand_draws(judge: Judge) -> None:
    _agree(judge, ALL)


@pytest.mark.slow
def test_they_agree_on_a_draw_in_which_thousands_win(judge: Judge) -> None:
    cases = [
        made.case
        for made in (make(8_000_000 + i, entries=5000) for i in range(len(SHAPES)))
        if made is not None
    ]
    assert len(cases) == len(SHAPES)
    for case, expected, found in zip(cases, by_python(cases), judge(cases), strict=True):
        assert found.ok, f"{case.name}: {found.failed} {found.detail}"
        assert found.same_as(expected), case.name


def test_the_draws_are_the_hard_ones() -> None:
    """What the comparison is about is in the draws compared."""
    made = draws(QUICK)
    assert {one.shape for one in made} == set(SHAPES)
    assert any(one.entries == 1 for one in made)
    assert any(one.picks >= one.entries > 1 for one in made)
    assert any(one.picks < one.entries for one in made)
    names = " ".join(one.case.name for one in made)
    for part in ("rev=2", "rev=3", "short", "full", "quick", "large", "practice"):
        assert part in names, part
    assert {one.case.entry_list is None for one in made} == {True, False}
    assert {one.case.expect is None for one in made} == {True, False}


def test_a_draw_is_the_same_for_the_same_number() -> None:
    one, two = make(5), make(5)
    assert one is not None
    assert one == two


def test_everyone_wins_where_there_are_fewer_entries_than_prizes(judge: Judge) -> None:
    few = [made for made in draws(QUICK) if made.picks >= made.entries]
    assert few
    for made, found in zip(few, judge([made.case for made in few]), strict=True):
        assert sorted((*found.winners, *found.reserves)) == list(range(made.entries)), made.case.name


def test_a_wrong_hash_from_the_room_is_told_of(judge: Judge) -> None:
    case = draws(8)[2].case
    for expect in ("0" * 16, "ab" * 32):
        (found,) = judge([Case("wrong hash", case.proof, case.entry_list, expect)])
        assert (found.ok, found.failed, found.winners) == (False, "expect", ())
