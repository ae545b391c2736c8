"""The mouth: at most once, in time, in order, and never against the gate."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.comment import Comment, Viewer
from bot.decision import Said
from bot.outbox import Account, QueuedRow
from bot.storage.clearance import Clearance
from replies.facts import Fact
from replies.library import Library
from replies.phrase import Phrase
from tests.bot.outbox.doubles import Room, row
from tests.builders import NOON, PRICE, PRICE_GENERIC, RETURNS, ROOM, SHOP

ACCEPTED = Said("sent", "ok")


def other(number: int, text: str | None = None, **changes: object) -> QueuedRow:
    """A row of another text than the first."""
    return row(number, PRICE_GENERIC if text is None else RETURNS, **changes)


async def test_an_approved_current_phrase_is_said() -> None:
    room = Room()
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.mouth.said == [("到手59元", "s1/1")]
    assert room.store.states[1] == ["sending", "sent"]
    assert room.store.details[1] == "ok"
    assert room.told == [(1, "sent")]
    assert room.outbox.counts == {"sent": 1}


async def test_what_the_gate_keeps_back_is_blocked_with_its_reason_and_raises_an_alarm() -> None:
    room = Room()
    room.outbox.queue([row(), row(2, text="到手59元，全网最低价格以购物车")])
    room.library = Library([])
    await room.outbox.step(NOON)
    assert room.mouth.said == []
    assert room.store.states == {1: ["blocked"], 2: ["blocked"]}
    assert room.store.details == {1: "unknown", 2: "unknown"}
    assert room.alarms == [(1, "unknown"), (2, "unknown")]


async def test_an_alarm_that_cannot_be_raised_does_not_silence_the_room() -> None:
    room = Room()

    async def broken(row: QueuedRow, reason: str) -> None:
        raise OSError

    room.outbox._alarm = broken
    room.outbox.queue([row(digest="0" * 64), other(2)])
    await room.outbox.step(NOON)
    assert [key for _, key in room.mouth.said] == ["s1/2"]


# At most once


async def test_a_row_is_said_once() -> None:
    room = Room()
    room.outbox.queue([row()])
    for _ in range(3):
        await room.outbox.step(NOON + 1)
    assert len(room.mouth.said) == 1


async def test_a_row_somebody_stopped_is_not_said() -> None:
    room = Room()
    room.store.withdrawn.add(1)
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.mouth.said == []
    assert room.told == [(1, "withdrawn")]


async def test_a_row_another_process_has_had_does_not_stop_the_others() -> None:
    room = Room()
    room.store.withdrawn.add(1)
    room.outbox.queue([row(expires_ms=NOON), other(2)])
    await room.outbox.step(NOON)
    assert room.told == [(1, "withdrawn"), (2, "sent")]


async def test_what_is_withdrawn_while_it_is_being_marked_as_sent_is_not_said() -> None:
    room = Room()
    room.store.on_begin = lambda: setattr(room.store, "reason", "not_live")
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.mouth.said == []
    assert room.store.states[1] == ["sending", "blocked"]
    assert room.alarms == [(1, "not_live")]


async def test_the_kill_switch_acts_while_a_row_is_being_marked_as_sent() -> None:
    room = Room()
    room.store.on_begin = lambda: setattr(room, "silence", "operator_off")
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.mouth.said == []
    assert room.store.details[1] == "operator_off"


@pytest.mark.parametrize("trouble", [TimeoutError(), RuntimeError("token abc"), OSError("broken pipe")])
async def test_a_call_that_failed_is_unknown_and_never_repeated(trouble: Exception) -> None:
    room = Room()
    room.mouth.answers = [trouble]
    room.outbox.queue([row(), other(2)])
    await room.outbox.step(NOON)
    await room.outbox.step(NOON + 1)
    assert [key for _, key in room.mouth.said] == ["s1/1", "s1/2"]
    assert room.store.states[1] == ["sending", "unknown"]
    assert room.store.details[1] == type(trouble).__name__


@pytest.mark.parametrize("outcome", ["refused", "unknown", "suggested"])
async def test_what_the_platform_says_is_recorded(outcome: str) -> None:
    room = Room()
    room.mouth.answers = [Said(outcome, "50007")]  # type: ignore[arg-type]
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.store.states[1] == ["sending", outcome]
    assert room.store.details[1] == "50007"


async def test_being_stopped_in_the_middle_leaves_the_row_sending() -> None:
    room = Room()
    calling = asyncio.Event()

    async def never(*args: object, **kwargs: object) -> Said:
        calling.set()
        await asyncio.Event().wait()
        raise AssertionError

    room.mouth.say = never  # type: ignore[method-assign]
    room.outbox.queue([row()])
    task = asyncio.create_task(room.outbox.step(NOON))
    await asyncio.wait_for(calling.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert room.store.states[1] == ["sending"]


# Time


async def test_nothing_is_said_before_it_is_due() -> None:
    room = Room()
    room.outbox.queue([row(due_ms=NOON + 10)])
    assert room.outbox.next_due() == NOON + 10
    await room.outbox.step(NOON + 9)
    assert room.mouth.said == []
    await room.outbox.step(NOON + 10)
    assert len(room.mouth.said) == 1
    assert room.outbox.next_due() is None


async def test_a_person_speaks_before_the_answers_and_those_before_what_nobody_asked_for() -> None:
    room = Room(spacing_ms=0)
    rows = [
        row(1, priority=10),
        row(2, priority=None),
        row(3, priority=30),
        row(4, priority=50),
        row(5, priority=40),
    ]
    room.outbox.queue(rows)
    await room.outbox.step(NOON)
    assert [key for _, key in room.mouth.said] == ["s1/4", "s1/5", "s1/3", "s1/2", "s1/1"]


async def test_an_answer_past_its_time_is_not_said() -> None:
    room = Room()
    room.outbox.queue([row(expires_ms=NOON + 5), other(2, expires_ms=NOON + 6)])
    await room.outbox.step(NOON + 5)
    assert room.store.states == {1: ["expired"], 2: ["sending", "sent"]}
    assert room.outbox.counts["expired"] == 1


async def test_a_clock_set_back_makes_nobody_early() -> None:
    room = Room(allowance=lambda: (1, 60_000))
    room.outbox.queue([other(1), row(2, expires_ms=NOON + 10**6)])
    await room.outbox.step(NOON)
    await room.outbox.step(NOON - 30_000)
    assert len(room.mouth.said) == 1


@pytest.mark.parametrize("reason", ["operator_off", "red_light", "quiet"])
async def test_silence_holds_for_what_is_already_queued(reason: str) -> None:
    room = Room()
    room.outbox.queue([row()])
    room.silence = reason
    await room.outbox.step(NOON)
    assert room.mouth.said == []
    assert room.store.states[1] == ["blocked"]
    assert room.store.details[1] == reason
    assert room.alarms == []


async def test_what_the_room_bars_now_is_not_said() -> None:
    room = Room()
    room.outbox.queue([row()])
    room.barred = "held"
    await room.outbox.step(NOON)
    assert (room.mouth.said, room.store.details[1]) == ([], "held")


async def test_at_the_end_what_is_due_is_said_and_the_rest_never() -> None:
    room = Room()
    room.outbox.queue([row(), row(2, due_ms=NOON + 1_000)])
    await room.outbox.close(NOON)
    assert room.store.states == {1: ["sending", "sent"], 2: ["expired"]}
    assert room.store.details[2] == "session_over"
    assert room.told == [(1, "sent"), (2, "expired")]
    assert room.outbox.next_due() is None


# Calls that take their time


def slow(room: Room, *calls_ms: int) -> None:
    """The platform takes so long over its calls, one after the other; the later ones are quick."""
    left = list(calls_ms)
    room.now = NOON

    def meanwhile() -> None:
        room.now += left.pop(0) if left else 0

    room.mouth.meanwhile = meanwhile


async def test_a_row_that_ran_out_while_another_was_being_said_is_not_said() -> None:
    room = Room()
    slow(room, 6_000)
    room.outbox.queue([row(), other(2, expires_ms=NOON + 6_000), other(3, "", expires_ms=NOON + 6_001)])
    await room.outbox.step(NOON)
    assert [key for _, key in room.mouth.said] == ["s1/1", "s1/3"]
    assert room.store.states[2] == ["expired"]


async def test_a_fact_that_ran_out_while_another_row_was_being_said_is_not_said() -> None:
    room = Room()
    slow(room, 6_000)
    room.shop = SHOP.with_fact("P1", "price", Fact("59元", valid_until_ms=NOON + 5_000))
    room.outbox.queue([other(1), row(2)])
    await room.outbox.step(NOON)
    assert [key for _, key in room.mouth.said] == ["s1/1"]
    assert (room.store.states[2], room.store.details[2]) == (["blocked"], "stale_fact")


async def test_the_time_is_read_again_once_the_row_is_marked_as_sent() -> None:
    room = Room()
    room.store.on_begin = lambda: setattr(room, "now", NOON + 20_000)
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert (room.mouth.said, room.store.states[1]) == ([], ["sending", "expired"])


async def test_a_fact_that_ran_out_while_the_row_was_being_marked_as_sent_is_not_said() -> None:
    room = Room()
    room.shop = SHOP.with_fact("P1", "price", Fact("59元", valid_until_ms=NOON + 5_000))
    room.store.on_begin = lambda: setattr(room, "now", NOON + 5_000)
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.mouth.said == []
    assert (room.store.states[1], room.store.details[1]) == (["sending", "blocked"], "stale_fact")


async def test_the_store_is_asked_for_the_time_it_is_by_then() -> None:
    room, asked = Room(), []
    clearance = room.store.clearance

    def noting(phrase_id: str, digest: str, **about: Any) -> Clearance:
        asked.append(about["now_ms"])
        return clearance(phrase_id, digest, **about)

    room.store.clearance = noting  # type: ignore[method-assign]
    slow(room, 6_000)
    room.store.on_begin = lambda: setattr(room, "now", room.now + 100)
    room.outbox.queue([row(), other(2)])
    await room.outbox.step(NOON)
    assert asked == [NOON, NOON + 100, NOON + 6_100, NOON + 6_200]


async def test_the_pace_counts_from_when_a_message_really_went_out() -> None:
    room = Room(allowance=lambda: (2, 10_000), spacing_ms=0)
    slow(room, 6_000)
    room.outbox.queue([row(number) for number in range(1, 4)])
    await room.outbox.step(NOON)
    assert len(room.mouth.said) == 2
    await room.outbox.step(NOON + 10_000)
    assert len(room.mouth.said) == 3
    room.outbox.queue([row(4)])
    await room.outbox.step(NOON + 15_999)
    assert len(room.mouth.said) == 3


# Pace and spacing


async def test_the_same_words_wait_until_the_platform_takes_them_again() -> None:
    room = Room()
    late = NOON + 60_000
    room.outbox.queue([row(), row(2, expires_ms=late), other(3)])
    await room.outbox.step(NOON)
    assert [key for _, key in room.mouth.said] == ["s1/1", "s1/3"]
    assert room.outbox.next_due() == NOON + 30_000
    await room.outbox.step(NOON + 29_999)
    assert len(room.mouth.said) == 2
    await room.outbox.step(NOON + 30_000)
    assert [key for _, key in room.mouth.said][2:] == ["s1/2"]


async def test_a_clock_set_back_a_little_does_not_make_the_same_words_new() -> None:
    room = Room()
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    await room.outbox.step(NOON + 31_000)
    room.outbox.queue([row(2, due_ms=NOON + 29_000, expires_ms=NOON + 60_000)])
    await room.outbox.step(NOON + 29_000)
    assert len(room.mouth.said) == 1


async def test_words_that_would_have_to_wait_too_long_run_out_in_time() -> None:
    room = Room()
    room.outbox.queue([row(), row(2)])
    await room.outbox.step(NOON)
    assert room.outbox.next_due() == NOON + 20_000
    await room.outbox.step(NOON + 20_000)
    assert room.told == [(1, "sent"), (2, "expired")]


async def test_no_more_than_the_platform_takes() -> None:
    room = Room(allowance=lambda: (2, 10_000), spacing_ms=0)
    room.outbox.queue([row(number) for number in range(1, 5)])
    await room.outbox.step(NOON)
    assert len(room.mouth.said) == 2
    assert room.outbox.next_due() == NOON + 10_000
    await room.outbox.step(NOON + 9_999)
    assert len(room.mouth.said) == 2
    await room.outbox.step(NOON + 10_000)
    assert len(room.mouth.said) == 4


async def test_two_rooms_of_one_account_share_its_pace() -> None:
    account = Account("acc")
    one, two = (Room(account=account, allowance=lambda: (1, 10_000)) for _ in range(2))
    for room in (one, two):
        room.outbox.queue([row()])
        await room.outbox.step(NOON)
    assert (len(one.mouth.said), len(two.mouth.said)) == (1, 0)


async def test_two_rooms_never_both_take_the_last_place() -> None:
    account = Account("acc")
    rooms = [Room(account=account, allowance=lambda: (1, 10_000)) for _ in range(5)]
    for room in rooms:
        room.outbox.queue([row()])
    await asyncio.gather(*(room.outbox.step(NOON) for room in rooms))
    assert sum(len(room.mouth.said) for room in rooms) == 1


async def test_a_platform_that_says_wait_is_asked_again_and_once_only() -> None:
    room = Room()
    room.mouth.answers = [Said("refused", "busy", 2.0), ACCEPTED]
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.store.states[1] == ["sending", "queued"]
    assert room.told == []
    due = room.outbox.next_due()
    assert due is not None
    assert NOON + 2_000 <= due <= NOON + 2_100
    await room.outbox.step(due)
    assert room.store.states[1] == ["sending", "queued", "sending", "sent"]


async def test_a_wait_longer_than_the_answer_lives_is_a_refusal() -> None:
    room = Room()
    room.mouth.answers = [Said("refused", "busy", 60.0)]
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.store.states[1] == ["sending", "refused"]


# The fuse


async def test_three_refusals_within_a_minute_silence_the_account_until_a_person_resumes() -> None:
    room = Room(spacing_ms=0)
    room.mouth.answers = [Said("refused", "50007")]
    room.outbox.queue([row(number) for number in range(1, 6)])
    await room.outbox.step(NOON)
    assert len(room.mouth.said) == 3
    assert [room.store.details[number] for number in (4, 5)] == ["breaker", "breaker"]
    assert (room.outbox.stopped, room.fused) == ("refusals", ["refusals"])
    assert room.store.acts == [("stop", str(ROOM), "refusals", str(ROOM))]
    await room.outbox.resume("amy")
    assert room.store.acts[1] == ("resume", str(ROOM), str(ROOM), "amy")
    room.mouth.answers = [ACCEPTED]
    room.outbox.queue([row(6)])
    await room.outbox.step(NOON + 1)
    assert room.store.states[6] == ["sending", "sent"]


async def test_a_warning_silences_the_account_and_is_told_once() -> None:
    room = Room()
    await room.outbox.warned()
    await room.outbox.warned()
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert (room.mouth.said, room.store.details[1], room.fused) == ([], "breaker", ["warning"])


async def test_an_account_another_process_stopped_is_stopped_here() -> None:
    room = Room()
    room.store.stopped = "warning"
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert (room.mouth.said, room.outbox.stopped) == ([], "warning")


# In parts


LONG = Phrase(
    "long", "size", "any", None, None, "zh",
    "身高一米六穿M码，一米七穿L码。拿不准就两件都拍，不合适的退回来，运费我们出",
    disclosure="限今天", state="live", signed="practice",
)  # fmt: skip


def long_room(**rules: object) -> tuple[Room, QueuedRow]:
    room = Room(**{"limit": 40, **rules})  # type: ignore[arg-type]
    room.library = room.store.library = Library([LONG])
    return room, row(1, LONG, text=LONG.text + "。" + LONG.disclosure)


async def test_a_long_answer_goes_out_in_numbered_parts_each_with_its_disclosure() -> None:
    room, one = long_room()
    room.outbox.queue([one])
    await room.outbox.step(NOON)
    assert [text for text, _ in room.mouth.said] == [
        "(1/2)身高一米六穿M码，一米七穿L码。限今天", "(2/2)拿不准就两件都拍，不合适的退回来，运费我们出。限今天",
    ]  # fmt: skip
    assert [key for _, key in room.mouth.said] == ["s1/1/1", "s1/1/2"]
    assert room.store.states[1] == ["sending", "sent"]


async def test_parts_wait_until_all_of_them_may_go() -> None:
    room, one = long_room(allowance=lambda: (2, 10_000))
    room.outbox.account.pace.took(NOON - 1_000)
    room.outbox.queue([one])
    await room.outbox.step(NOON)
    assert room.mouth.said == []
    assert room.outbox.next_due() == NOON + 9_000
    await room.outbox.step(NOON + 9_000)
    assert len(room.mouth.said) == 2


async def test_more_parts_than_any_window_holds_are_not_begun() -> None:
    room, one = long_room(allowance=lambda: (1, 1_000))
    room.outbox.queue([one])
    await room.outbox.step(NOON)
    assert room.outbox.next_due() == one.expires_ms
    await room.outbox.step(one.expires_ms)
    assert (room.mouth.said, room.told) == ([], [(1, "expired")])


async def test_half_an_answer_is_neither_said_nor_unsaid() -> None:
    room, one = long_room()
    room.mouth.answers = [ACCEPTED, Said("refused", "50007")]
    room.outbox.queue([one])
    await room.outbox.step(NOON)
    assert room.store.states[1] == ["sending", "unknown"]
    assert room.store.details[1] == "part 1/2 sent, then refused 50007"


@pytest.mark.parametrize("reason", ["operator_off", "red_light"])
async def test_the_kill_switch_stops_between_two_parts(reason: str) -> None:
    room, one = long_room(echoes=lambda: True)
    room.mouth.meanwhile = lambda: setattr(room, "silence", reason)
    room.outbox.queue([one])
    await room.outbox.step(NOON)
    assert [key for _, key in room.mouth.said] == ["s1/1/1"]
    assert room.store.states[1] == ["sending", "unknown"]
    assert room.store.details[1] == f"part 1/2 sent, then {reason}"
    assert room.outbox.next_due() is None, "nobody waits to see the rest"


async def test_a_stopped_account_stops_between_two_parts() -> None:
    room, one = long_room()
    room.mouth.meanwhile = lambda: setattr(room.outbox.account.breaker, "stopped", "warning")
    room.outbox.queue([one])
    await room.outbox.step(NOON)
    assert (len(room.mouth.said), room.store.details[1]) == (1, "part 1/2 sent, then breaker")


async def test_a_part_past_its_time_is_not_said() -> None:
    room, one = long_room()
    slow(room, 20_000)
    room.outbox.queue([one])
    await room.outbox.step(NOON)
    assert (len(room.mouth.said), room.store.details[1]) == (1, "part 1/2 sent, then expired")


async def test_what_cannot_be_parted_is_not_said() -> None:
    room, one = long_room(limit=12)
    room.outbox.queue([one])
    await room.outbox.step(NOON)
    assert (room.mouth.said, room.store.details[1]) == ([], "too_long")


# What is heard again


def seen(text: str, role: str = "bot", uid: str | None = "us") -> Comment:
    return Comment(ROOM, Viewer(uid, role=role), text, NOON, NOON)  # type: ignore[arg-type]


async def test_words_that_come_back_were_seen() -> None:
    room = Room(echoes=lambda: True)
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    await room.outbox.heard([seen("到手59元", "viewer"), seen("到手 59 元")])
    await room.outbox.step(NOON + 10_000)
    assert room.store.evidence == [(1, "seen")]


async def test_words_that_do_not_come_back_were_swallowed() -> None:
    room = Room(echoes=lambda: True)
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.outbox.next_due() == NOON + 10_000
    await room.outbox.step(NOON + 9_999)
    assert room.store.evidence == []
    await room.outbox.step(NOON + 10_000)
    assert room.store.evidence == [(1, "swallowed")]
    assert room.store.states[1] == ["sending", "sent"]


async def test_where_nothing_comes_back_nothing_is_claimed() -> None:
    room = Room()
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    await room.outbox.heard([seen("到手59元")])
    assert room.outbox.next_due() is None
    assert room.store.evidence == []


async def test_what_was_refused_is_not_waited_for() -> None:
    room = Room(echoes=lambda: True)
    room.mouth.answers = [Said("refused", "x")]
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.outbox.next_due() is None


def test_a_row_of_a_batch_fits() -> None:
    fits: QueuedRow = row(1, PRICE)
    assert fits.priority is None
