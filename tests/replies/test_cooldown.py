"""How often the room hears the assistant."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replies import cooldown
from replies.cooldown import Admission, Cooldowns, Limits
from replies.errors import RepliesError

FREE = Limits(gap_ms=0)


def test_the_same_viewer_waits_a_minute() -> None:
    _, state = Cooldowns().admit("v", "price", "P1", 0)
    assert state.admit("v", "price", "P2", 59_999)[0] == Admission("cooldown")
    assert state.admit("v", "price", "P2", 60_000)[0].allowed
    assert state.admit("v", "stock", "P1", 5_000)[0].allowed


def test_viewers_without_an_id_have_no_rule_of_their_own() -> None:
    _, state = Cooldowns().admit(None, "price", "P1", 0)
    assert state.admit(None, "price", "P1", 20_000)[0].allowed
    assert state.viewers == {}


def test_one_answer_stands_for_all_who_ask_the_same() -> None:
    _, state = Cooldowns().admit("a", "price", "P1", 0)
    assert state.admit("b", "price", "P1", 19_999)[0] == Admission("merged")
    assert state.admit("b", "price", "P1", 20_000)[0].allowed
    assert state.admit("b", "price", "P2", 5_000)[0].allowed
    assert state.admit("b", "price", None, 5_000)[0].allowed


def test_the_window_counts_from_when_the_answer_is_due() -> None:
    state = Cooldowns()
    for number in range(5):
        _, state = state.admit(None, "price", f"P{number}", 0)
    assert state.answers["price", "P4"] == 12_000
    assert state.admit(None, "price", "P4", 31_999)[0].hindrance == "merged"
    assert state.admit(None, "price", "P4", 32_000)[0].allowed


def test_pace_and_overload() -> None:
    state, due = Cooldowns(), []
    for number in range(9):
        admission, state = state.admit(None, "price", str(number), 0)
        due.append(admission.at_ms)
    assert due == [0, 3_000, 6_000, 9_000, 12_000, 15_000, 18_000, None, None]
    assert admission.hindrance == "overload"


def test_a_hindered_question_takes_nothing() -> None:
    state = Cooldowns(Limits(ttl_ms=0))
    _, state = state.admit("a", "price", "P1", 0)
    hindered, after = state.admit("b", "stock", "P1", 1)
    assert hindered.hindrance == "overload"
    assert after is state
    assert state.admit("a", "price", "P1", 1)[1] is state


def test_each_limit_alone() -> None:
    allowed, state = Cooldowns().for_viewer("v", "price", 0)
    assert allowed
    assert state.for_viewer("v", "price", 59_999) == (False, state)
    allowed, state = state.for_question("price", None, 0)
    assert allowed
    assert state.for_question("price", None, 19_999) == (False, state)
    at, state = state.for_room(0)
    assert at == 0
    at, state = state.for_room(0)
    assert at == 3_000
    assert Cooldowns(next_free_ms=20_001).for_room(0)[0] is None
    assert Cooldowns(next_free_ms=20_000).for_room(0)[0] == 20_000


def test_a_clock_set_back_does_not_silence_the_room() -> None:
    _, state = Cooldowns().admit("v", "price", "P1", 10**12)
    admission, _ = state.admit("v", "price", "P1", 0)
    assert admission == Admission(None, 0)


def test_it_does_not_grow() -> None:
    state = Cooldowns(FREE)
    for number in range(300):
        _, state = state.admit(f"v{number}", "price", f"P{number}", number * 1_000)
    assert len(state.viewers) <= 61
    assert len(state.answers) <= 21


def test_it_is_bounded_even_when_nothing_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cooldown, "MAX_MARKS", 10)
    state = Cooldowns(FREE)
    for number in range(50):
        _, state = state.admit(f"v{number}", "price", f"P{number}", number)
    assert len(state.viewers) == len(state.answers) == 10
    assert ("v49", "price") in state.viewers


@pytest.mark.parametrize(
    "data",
    [{}, {"viewers": [], "answers": []}, {"viewers": [1], "answers": [], "next_free_ms": 0},
     {"viewers": [], "answers": [["a", None, "x"]], "next_free_ms": 0},
     {"viewers": None, "answers": [], "next_free_ms": 0}],
)  # fmt: skip
def test_a_broken_state_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(RepliesError):
        Cooldowns.from_json(data)


questions = st.lists(
    st.tuples(
        st.sampled_from([None, "a", "b", "c\x1f"]),
        st.sampled_from(["price", "stock", "own:x"]),
        st.sampled_from([None, "P1", "P2"]),
        st.integers(0, 9_000),
    ),
    max_size=60,
)


@given(questions)
@settings(max_examples=120)
def test_the_three_promises_hold_for_any_show(asked: list[tuple[str | None, str, str | None, int]]) -> None:
    state, now = Cooldowns(), 0
    answers: list[tuple[int, str | None, str, str | None]] = []
    for viewer, intent, product, later in asked:
        now += later
        admission, state = state.admit(viewer, intent, product, now)
        assert Cooldowns.from_json(json.loads(json.dumps(state.to_json()))) == state
        if admission.at_ms is None:
            continue
        assert now <= admission.at_ms <= now + 20_000
        for at, who, what, which in answers:
            assert admission.at_ms - at >= 3_000
            if (what, which) == (intent, product):
                assert now - at >= 20_000
            if viewer is not None and (who, what) == (viewer, intent):
                assert now - at >= 60_000
        answers.append((admission.at_ms, viewer, intent, product))
