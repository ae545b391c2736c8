from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lottery.answers import Answer, answer_value
from lottery.contests import Guess, Keyword, Purchase, Quiz, Rain, Wave
from lottery.errors import EntryError
from lottery.sorting import Accepted, sorted_entries

NAMES = [hashlib.sha256(b"%d" % i).digest() for i in range(8)]
RIGHT = Answer.of(b"s" * 32, ["九点"])
QUIZ = Quiz("?", ("八点", "九点"), "", RIGHT.commit)
GUESS = Guess("?", "", 0, 0, 99, "ab" * 32)
RAIN = Rain((Wave("a", 0, 5), Wave("b", 5, 9), Wave("c", 9, 12)))


@pytest.mark.parametrize("contest", [None, Keyword("a"), Purchase("p")])
def test_ordinary_entries_weigh_one_and_have_no_value(contest: Keyword | Purchase | None) -> None:
    rows: list[Accepted] = [(name, None, 0) for name in reversed(NAMES)]
    roster, out = sorted_entries(contest, rows, {"late": 2}, [(NAMES[0], "late")])
    assert [leaf[:32] for leaf in roster.leaves] == sorted(NAMES)
    assert roster.weight == 8
    assert roster.values is None
    assert out.counts == (("late", 2),)
    assert out.pairs() == ((NAMES[0], "late"),)


def test_wrong_answers_become_refusals_and_right_ones_stay() -> None:
    rows: list[Accepted] = [
        (name, answer_value(" 九点" if number % 2 else "八点"), 0) for number, name in enumerate(NAMES)
    ]
    roster, out = sorted_entries(QUIZ, rows, {"duplicate": 1}, [(NAMES[1], "duplicate")], RIGHT)
    assert [leaf[:32] for leaf in roster.leaves] == sorted(NAMES[1::2])
    assert roster.values is None
    assert dict(out.counts) == {"duplicate": 1, "wrong_answer": 4}
    assert {name for name, reason in out.pairs() if reason == "wrong_answer"} == {*NAMES[::2]}


def test_when_all_are_right_nobody_is_refused() -> None:
    rows: list[Accepted] = [(name, answer_value("九点"), 0) for name in NAMES]
    assert sorted_entries(QUIZ, rows, {}, [], RIGHT)[1].counts == ()


def test_the_number_guessed_stands_in_the_leaf() -> None:
    rows: list[Accepted] = [(name, number * 10, 0) for number, name in enumerate(NAMES)]
    roster, _ = sorted_entries(GUESS, rows, {}, [])
    found = {leaf[:32]: value for leaf, value in zip(roster.leaves, roster.values or (), strict=True)}
    assert found == {name: number * 10 for number, name in enumerate(NAMES)}
    assert roster.weight == 8


@settings(max_examples=60, deadline=None)
@given(st.sets(st.tuples(st.sampled_from(NAMES), st.integers(0, 2))))
def test_the_waves_of_a_rain_become_bits(entries: set[tuple[bytes, int]]) -> None:
    roster, _ = sorted_entries(RAIN, [(name, None, wave) for name, wave in entries], {}, [])
    assert len(roster) == len({name for name, _ in entries})
    bits = Counter[bytes]()
    for name, wave in entries:
        bits[name] += 1 << wave
    assert {leaf[:32]: value for leaf, value in zip(roster.leaves, roster.values or (), strict=True)} == bits


def test_rows_that_do_not_go_with_the_contest_are_refused() -> None:
    name = NAMES[0]
    with pytest.raises(EntryError, match="right answers"):
        sorted_entries(QUIZ, [(name, 1, 0)], {}, [])
    with pytest.raises(EntryError, match="without its number"):
        sorted_entries(GUESS, [(name, None, 0)], {}, [])
    with pytest.raises(EntryError, match="value"):
        sorted_entries(GUESS, [(name, -1, 0)], {}, [])
    for rows in ([(name, None, 3)], [(name, None, -1)], [(name, None, 1), (name, None, 1)]):
        with pytest.raises(EntryError, match="wave"):
            sorted_entries(RAIN, rows, {}, [])
    for contest in (None, GUESS):
        with pytest.raises(EntryError, match="twice"):
            sorted_entries(contest, [(name, 1, 0), (name, 2, 0)], {}, [])
    with pytest.raises(EntryError):
        sorted_entries(None, [(b"short", None, 0)], {}, [])


def test_a_draw_without_entries_keeps_its_kind() -> None:
    for contest, values in ((None, None), (GUESS, ()), (RAIN, ())):
        roster, _ = sorted_entries(contest, [], {}, [])
        assert len(roster) == 0
        assert roster.values == values
