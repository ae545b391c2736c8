"""The order of speaking."""

from __future__ import annotations

from bot.decision import Priority
from bot.outbox.queue import USUAL, Waiting
from tests.bot.outbox.doubles import row
from tests.builders import NOON


def test_an_unmarked_row_is_an_ordinary_answer() -> None:
    assert USUAL == Priority.ANSWER


def test_rows_stand_by_priority_then_by_time_then_by_number() -> None:
    waiting = Waiting()
    for one in (
        row(4, priority=Priority.TIMED), row(3, due_ms=NOON + 1), row(2), row(1), row(5, priority=Priority.PERSON),
    ):  # fmt: skip
        waiting.put(one)
    waiting.turn(NOON + 1)
    order = []
    while (one := waiting.take(lambda one: True)) is not None:
        order.append(one.id)
    assert order == [5, 1, 2, 3, 4]


def test_who_has_to_wait_lets_the_next_one_through() -> None:
    waiting = Waiting()
    waiting.put(row(1, priority=50))
    waiting.put(row(2))
    waiting.turn(NOON)
    taken = waiting.take(lambda one: one.id == 2)
    assert taken is not None
    assert taken.id == 2
    assert [one.id for one in waiting.ready()] == [1]
    assert len(waiting) == 1


def test_what_is_not_due_is_not_taken() -> None:
    waiting = Waiting()
    waiting.put(row(1), NOON + 500)
    waiting.turn(NOON + 499)
    assert waiting.take(lambda one: True) is None
    assert waiting.next_due() == NOON + 500
    waiting.turn(NOON + 500)
    assert waiting.take(lambda one: True) is not None


def test_the_same_row_twice_is_one_row() -> None:
    waiting = Waiting()
    waiting.put(row(1))
    waiting.put(row(1))
    waiting.turn(NOON)
    assert len(waiting) == 1


def test_at_the_end_all_come_out() -> None:
    waiting = Waiting()
    for number, at in ((1, NOON), (2, NOON + 9), (3, NOON)):
        waiting.put(row(number, priority=10 * number), at)
    waiting.turn(NOON)
    assert [one.id for one in waiting.drain()] == [3, 1, 2]
    assert len(waiting) == 0
    assert waiting.next_due() is None
