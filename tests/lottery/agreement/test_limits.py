"""Where one verifier draws a line, the others draw the same: every field of a proof at and beyond its limits.

The operator signs whatever stands there, so that each change reaches the check that is about it. Some of these files
are refused and some are not; what counts is that all three say the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from lottery.errors import LotteryError

from .bases import KEY, File, base, rehash, sign
from .conftest import Judge
from .judges import Case, by_python
from .test_forgeries import case_of

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

BASES = ("keyword", "quiz", "guess", "rain", "purchase", "practice", "weighted", "bare")
SAMPLE, MANY = 60, 2000
_LENGTHS = (20, 21, 40, 41, 64, 65, 100, 101, 200, 201, 400, 401, 4000, 4001)
_NUMBERS = (0, -1, 1, 2, 3, 50, 10_000_000, 10_000_001, 2**53 - 1, True, None, "1")
_TEXTS = (*("字" * length for length in _LENGTHS), "", " ", "𠮷" * 100, "a\u0000b", "\u2028", None, 7)

Way = tuple[str | int, ...]


def ways(value: Any, before: Way = ()) -> Iterator[Way]:
    """Ways to every value of a JSON object, lists shortened to their first and last item."""
    if before:
        yield before
    if isinstance(value, dict):
        for name in value:
            yield from ways(value[name], (*before, name))
    elif isinstance(value, list) and value:
        for index in {0, len(value) - 1}:
            yield from ways(value[index], (*before, index))


def others(value: Any) -> Iterator[Any]:
    """What might stand in a value's place."""
    if isinstance(value, bool):
        yield from (not value, 1, None)
    elif isinstance(value, int):
        yield from (value + 1, value - 1, *_NUMBERS)
    elif isinstance(value, str):
        yield from _TEXTS
        if value and set(value) <= set("0123456789abcdef"):
            yield from (value.upper() + "A", value[:-2], value + "00", "f" * len(value))
    elif isinstance(value, list):
        yield from ([], value[:-1], [*value, *value[-1:]], value * 5, {}, None)
    elif isinstance(value, dict):
        yield from ({}, [], None, {**value, "more": 1})
    else:
        yield from ({}, [], 0, "", False)


Plan = tuple[str, Way, int]


def plans(name: str) -> list[Plan]:
    """Every change of one honest draw: the way to a value, and the number of what stands in its place."""
    honest = base(name).proof
    return [(name, way, number) for way in ways(honest) for number, _ in enumerate(others(_at(honest, way)))]


def carried_out(plan: Plan) -> Case:
    """The honest draw with that one value replaced, hashed and signed."""
    name, way, number = plan
    file = base(name)
    file.entry_list = None
    other = list(others(_at(file.proof, way)))[number]
    _at(file.proof, way[:-1])[way[-1]] = other
    _seal(file, name)
    return case_of(f"{name}: {'/'.join(map(str, way))} = {str(other)[:20]!r} ({number})", file)


def _at(value: Any, way: Way) -> Any:
    for step in way:
        value = value[step]
    return value


def _seal(file: File, name: str) -> None:
    """Hash and sign as far as the file still has the shape for it; what has not is refused all the same."""
    try:
        rehash(file)
        if name != "bare":
            sign(file, KEY)
    except (LotteryError, AttributeError, KeyError, TypeError, IndexError, ValueError):
        pass


def _same_lines(judge: Judge, cases: list[Case]) -> None:
    expected, found = by_python(cases), judge(cases)
    wrong = [
        f"{case.name}: {one.ok} {one.failed} ({one.detail}), not {two.ok} {two.failed} ({two.detail})"
        for case, two, one in zip(cases, expected, found, strict=True)
        if not one.same_as(two)
    ]
    assert not wrong, f"{len(wrong)} of {len(cases)}:\n" + "\n".join(wrong[:80])


def chosen(count: int) -> list[Case]:
    """So many changes, spread over all draws."""
    every = [plan for name in BASES for plan in plans(name)]
    return [carried_out(plan) for plan in random.Random("limits").sample(every, count)]


def test_the_limits_are_the_same_in_a_sample(judge: Judge) -> None:
    _same_lines(judge, chosen(SAMPLE))


@pytest.mark.slow
def test_the_limits_are_the_same(judge: Judge) -> None:
    _same_lines(judge, chosen(MANY))


def test_some_of_these_files_hold_and_some_do_not() -> None:
    verdicts = by_python(chosen(SAMPLE))
    assert 5 < sum(verdict.ok for verdict in verdicts) < len(verdicts) / 2
