"""How often the room hears the assistant."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replies import cooldown
from replies.cooldown import Admission, Cooldowns, Limits, Pace, allowance
from replies.errors import RepliesError

FREE = Limits(gap_ms=0, fresh_gap_ms=0)


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


def test_merging_holds_while_the_answer_still_waits_for_its_turn() -> None:
    state = Cooldowns(Limits(merge_ms=1_000))
    for number in range(5):
        _, state = state.admit(None, "price", f"P{number}", 0)
    assert state.admit(None, "price", "P4", 11_999)[0].hindrance == "merged"


def due(
    state: Cooldowns, *questions: tuple[str, str], now: int = 0, pace: Pace | None = None
) -> list[int | None]:
    """When each is answered, asked one after the other at `now` by different viewers."""
    moments = []
    for intent, product in questions:
        admission, state = state.admit(None, intent, product, now, pace=pace)
        moments.append(admission.at_ms)
    return moments


def test_one_question_about_many_products_keeps_its_distance_until_the_wait_is_too_long() -> None:
    asked = [("price", f"P{number}") for number in range(7)]
    assert due(Cooldowns(), *asked) == [0, 3_000, 6_000, 9_000, 12_000, None, None]
    assert due(Cooldowns(Limits(ttl_ms=15_001)), *asked)[5] == 15_000


def test_different_questions_follow_each_other_closely() -> None:
    assert due(Cooldowns(), *((f"q{number}", "P1") for number in range(5))) == [0, 250, 500, 750, 1_000]


def test_all_questions_there_are_asked_at_once_are_answered_within_two_seconds() -> None:
    _, state = Cooldowns().admit(None, "price", "P1", 0)
    _, state = state.admit(None, "price", "P2", 0)
    moments = due(state, *((f"q{number}", "P1") for number in range(23)))
    assert max(at for at in moments if at is not None) < 2_000
    assert None not in moments


def test_a_fresh_question_slips_in_between_those_that_wait() -> None:
    asked = [
        ("price", "P1"),
        ("price", "P2"),
        ("price", "P3"),
        ("stock", "P1"),
        ("price", "P4"),
        ("size", "P1"),
    ]
    assert due(Cooldowns(), *asked) == [0, 3_000, 6_000, 250, 9_000, 500]


def test_a_question_is_fresh_again_after_the_merge_window() -> None:
    _, state = Cooldowns().admit(None, "price", "P1", 0)
    assert not state.fresh("price", 19_999)
    assert state.fresh("price", 20_000)
    assert state.fresh("stock", 0)
    assert [state.admit(None, what, "P2", 5_000)[0].fresh for what in ("price", "stock")] == [False, True]


def test_an_answer_that_still_waits_keeps_nobody_else_waiting() -> None:
    state = Cooldowns()
    for product in ("P1", "P2", "P3", "P4"):
        _, state = state.admit(None, "price", product, 0)
    assert [at for _, at in state.answers.items()] == [0, 3_000, 6_000, 9_000]
    state = Cooldowns(answers={("price", "P4"): 29_000}, slots=(29_000,))
    assert state.fresh("price", 20_000)
    assert not state.fresh("price", 28_000)
    assert state.admit(None, "price", "P5", 20_000)[0].at_ms == 20_000
    assert state.admit(None, "price", "P4", 20_000)[0].hindrance == "merged"


def test_a_third_of_the_platforms_allowance_is_kept_for_fresh_questions() -> None:
    asked = [("price", f"P{number}") for number in range(9)]
    limits = Limits(gap_ms=0, fresh_gap_ms=0, ttl_ms=5_000)
    assert due(Cooldowns(limits), *asked, ("stock", ""), ("size", ""), ("link", ""), pace=(6, 10_000)) == [
        *[0] * 4, *[None] * 5, 0, 0, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "fresh", "repeated"), [(20, 20, 13), (6, 6, 4), (3, 3, 2), (2, 2, 1), (1, 1, 1), (0, 1, 1)]
)
def test_what_an_allowance_allows(count: int, fresh: int, repeated: int) -> None:
    assert (allowance(count, fresh=True), allowance(count, fresh=False)) == (fresh, repeated)


def test_an_answer_waits_until_the_platform_takes_it() -> None:
    asked = [(f"q{number}", "P1") for number in range(4)]
    limits = Limits(fresh_gap_ms=100)
    assert due(Cooldowns(limits), *asked, pace=(2, 5_000)) == [0, 100, 5_000, 5_100]
    assert due(Cooldowns(limits), *asked, pace=(2, 20_000)) == [0, 100, None, None]


def test_what_is_only_shown_to_the_desk_takes_no_turn() -> None:
    full = Cooldowns(slots=tuple(range(0, 15_075, 75)))
    assert full.admit("a", "price", "P1", 0)[0] == Admission("overload", None, True)
    admission, after = full.admit("a", "price", "P1", 0, spoken=False)
    assert admission == Admission(None, 0, True)
    assert after.slots == full.slots
    assert after.admit("b", "price", "P1", 0, spoken=False)[0] == Admission("merged")


def test_another_time_to_live() -> None:
    state = Cooldowns()
    assert state.with_ttl(15_000) is state
    assert due(state.with_ttl(3_000), ("price", "P1"), ("price", "P2")) == [0, None]


def test_a_hindered_question_takes_nothing() -> None:
    state = Cooldowns(Limits(ttl_ms=0))
    _, state = state.admit("a", "price", "P1", 0)
    hindered, after = state.admit("b", "stock", "P1", 1)
    assert hindered.hindrance == "overload"
    assert after is state
    assert state.admit("a", "price", "P1", 1)[1] is state


def test_a_clock_set_back_does_not_silence_the_room() -> None:
    _, state = Cooldowns().admit("v", "price", "P1", 10**12)
    admission, after = state.admit("v", "price", "P1", 0)
    assert admission == Admission(None, 0, True)
    assert after.slots == (0,)


def test_it_does_not_grow() -> None:
    state = Cooldowns(FREE)
    for number in range(300):
        _, state = state.admit(f"v{number}", "price", f"P{number}", number * 1_000)
    assert len(state.viewers) <= 61
    assert len(state.answers) <= 21
    assert len(state.slots) <= 2
    for number in range(300):
        _, state = state.admit(None, f"q{number}", None, 400_000 + number, pace=(500, 60_000))
    _, state = state.admit(None, "price", None, 500_000, pace=(500, 60_000))
    assert state.slots == (500_000,)


def test_it_is_bounded_even_when_nothing_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cooldown, "MAX_MARKS", 10)
    state = Cooldowns(FREE)
    for number in range(50):
        _, state = state.admit(f"v{number}", "price", f"P{number}", number, pace=(99, 60_000))
    assert len(state.viewers) == len(state.answers) == len(state.slots) == 10
    assert ("v49", "price") in state.viewers


@pytest.mark.parametrize(
    "data",
    [{}, {"viewers": [], "answers": []}, {"viewers": [1], "answers": [], "next_free_ms": 0},
     {"viewers": [], "answers": [["a", None, "x"]], "next_free_ms": 0},
     {"viewers": None, "answers": [], "next_free_ms": 0}, {"viewers": [], "answers": [], "slots": ["x"]},
     {"viewers": [], "answers": [], "slots": None}],
)  # fmt: skip
def test_a_broken_state_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(RepliesError):
        Cooldowns.from_json(data)


def test_a_state_from_before_there_were_slots_keeps_its_gap() -> None:
    old = Cooldowns.from_json({"viewers": [["a", "price", 5]], "answers": [], "next_free_ms": 3_005})
    assert old == Cooldowns(viewers={("a", "price"): 5}, slots=(5,))
    assert Cooldowns.from_json({"viewers": [], "answers": [], "next_free_ms": 0}) == Cooldowns()


questions = st.lists(
    st.tuples(
        st.sampled_from([None, "a", "b", "c\x1f"]),
        st.sampled_from(["price", "stock", "own:x", "size", "link"]),
        st.sampled_from([None, "P1", "P2"]),
        st.integers(0, 900) | st.integers(0, 9_000),
    ),
    max_size=60,
)
paces = st.none() | st.tuples(st.integers(1, 6), st.sampled_from([1_000, 7_000, 30_000]))


def fullest(moments: list[int], per_ms: int) -> int:
    """The most answers in any stretch of `per_ms`, begun at one of them."""
    return max((sum(one <= at < one + per_ms for at in moments) for one in moments), default=0)


@given(questions, paces)
@settings(max_examples=200)
def test_the_promises_hold_for_any_show(
    asked: list[tuple[str | None, str, str | None, int]], pace: Pace | None
) -> None:
    state, now, limits = Cooldowns(), 0, Limits()
    answers: list[tuple[int, str | None, str, str | None]] = []
    for viewer, intent, product, later in asked:
        now += later
        admission, state = state.admit(viewer, intent, product, now, pace=pace)
        assert Cooldowns.from_json(json.loads(json.dumps(state.to_json()))) == state
        if admission.at_ms is None:
            continue
        assert now <= admission.at_ms < now + limits.ttl_ms
        lately = [
            at
            for at, _, what, _ in answers
            if what == intent and now - at < limits.merge_ms and at <= now + limits.prompt_ms
        ]
        assert admission.fresh == (not lately)
        for at, who, what, which in answers:
            assert abs(admission.at_ms - at) >= limits.crowded_gap_ms
            if not admission.fresh:
                assert admission.at_ms - at >= limits.gap_ms
            if (what, which) == (intent, product):
                assert now - at >= limits.merge_ms
            if viewer is not None and (who, what) == (viewer, intent):
                assert now - at >= limits.viewer_ms
        if pace is not None and not admission.fresh:
            around = [at for at, *_ in answers] + [admission.at_ms]
            near = [at for at in around if abs(at - admission.at_ms) < pace[1]]
            stretches = [
                [at for at in near if one <= at < one + pace[1]] for one in near if one <= admission.at_ms
            ]
            assert max(map(len, stretches)) <= max(1, pace[0] - -(-pace[0] // 3))
        answers.append((admission.at_ms, viewer, intent, product))
    if pace is not None:
        assert fullest([at for at, *_ in answers], pace[1]) <= pace[0]


@given(st.lists(st.integers(0, 40), max_size=40), st.integers(1, 4))
@settings(max_examples=100)
def test_a_moment_is_never_passed_over(asked: list[int], count: int) -> None:
    """The moment found is the first that the limits leave: looked for here one by one."""
    limits = Limits(ttl_ms=60, fresh_gap_ms=3, gap_ms=0, viewer_ms=0, merge_ms=0)
    state, now = Cooldowns(limits), 0
    for number, later in enumerate(asked):
        now += later
        slots = list(state.slots)
        admission, state = state.admit(None, str(number), None, now, pace=(count, 25))
        free = [
            at
            for at in range(now, now + 60)
            if all(abs(at - one) >= 3 for one in slots) and fullest([*slots, at], 25) <= count
        ]
        assert admission.at_ms == (free[0] if free else None)
