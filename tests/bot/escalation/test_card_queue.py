"""The queue of cards: grave first, one entry a case, never more than the group's share."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.escalation.card_queue import EDIT_GAP_MS, LAST_DELAY_MS, PER_WINDOW, WINDOW_MS, CardQueue, Waiting

T = 1_755_000_000_000


def taken(queue: CardQueue, now_ms: int) -> list[int]:
    ids = []
    while isinstance(one := queue.take(now_ms), Waiting):
        ids.append(one.case_id)
    return ids


def test_graver_first_then_new_before_edits_then_older():
    queue = CardQueue()
    queue.add(1, 2, T, is_new=False)
    queue.add(2, 2, T + 1, is_new=True)
    queue.add(3, 4, T + 2, is_new=True)
    queue.add(4, 2, T, is_new=True)
    assert taken(queue, T + 2) == [3, 4, 2, 1]


def test_a_case_waits_once_with_its_gravest_severity():
    queue = CardQueue()
    for severity in (1, 4, 2):
        queue.add(1, severity, T, is_new=severity == 1)
    (one,) = queue.waiting()
    assert (one.severity, one.is_new, one.since_ms) == (4, True, T)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 40), st.integers(1, 4)), max_size=150))
def test_never_more_than_twenty_in_any_minute(steps: list[tuple[int, int, int]]):
    queue, now, sent = CardQueue(), T, []
    for gap, case_id, severity in steps:
        now += gap
        queue.add(case_id, severity, now, is_new=True)
        while isinstance(queue.take(now), Waiting):
            sent.append(now)
    for at in sent:
        assert sum(at - WINDOW_MS < other <= at for other in sent) <= PER_WINDOW


def test_places_are_kept_for_the_grave():
    queue = CardQueue()
    for case_id in range(40):
        queue.add(case_id, 3, T, is_new=True)
    assert len(taken(queue, T)) == 17
    for case_id in range(100, 110):
        queue.add(case_id, 4, T, is_new=True)
    assert taken(queue, T) == [100, 101, 102]
    assert queue.take(T) == T + WINDOW_MS


def test_a_count_waits_for_the_gap_and_a_change_of_state_does_not():
    queue = CardQueue()
    queue.shown(1, T)
    queue.add(1, 2, T + 1, is_new=False)
    assert queue.take(T + 1) == T + EDIT_GAP_MS
    queue.add(1, 2, T + 2, is_new=False, urgent=True)
    assert taken(queue, T + 2) == [1]


def test_the_wait_doubles_to_a_minute_and_ends_when_something_is_shown():
    queue = CardQueue()
    waits = [queue.back_off(T) - T for _ in range(9)]
    assert waits == sorted(waits)
    assert waits[0] == 1_000
    assert waits[-1] == LAST_DELAY_MS
    queue.shown(1, T)
    assert queue.back_off(T + LAST_DELAY_MS) == T + LAST_DELAY_MS + 1_000


def test_reopening_ends_our_own_wait_but_not_the_platforms():
    queue = CardQueue()
    queue.add(1, 2, T, is_new=True)
    queue.hold(T + 5_000)
    queue.reopen()
    assert queue.take(T) == T + 5_000
    queue.back_off(T + 5_000)
    queue.reopen()
    assert taken(queue, T + 5_000) == [1]


def test_nothing_waits():
    assert CardQueue().take(T) is None
