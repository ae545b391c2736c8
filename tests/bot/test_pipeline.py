"""Sessions, duplicates, order: what becomes of a run of inputs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.comment import Viewer
from bot.decision import Entry
from bot.pipeline import IDLE_MS, Batch, Input, fold
from bot.policy import Instruction, Members, OpenDraw, RoomState
from classifiers.verdict import Verdict
from tests.builders import NOON, ROOM, SHOP, comment, handbook, happening, verdict

EMPTY = RoomState(ROOM, shop=SHOP)


def judge(texts: Sequence[str]) -> list[Verdict]:
    return [verdict("price" if "多少钱" in text else None) for text in texts]


def names() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"s{next(numbers)}"


def folded(*inputs: Input, state: RoomState = EMPTY, idle_ms: int | None = IDLE_MS) -> Batch:
    return fold(
        state,
        inputs,
        judge=judge,
        handbook=handbook(),
        new_id=names(),
        clock_source="replay",
        idle_ms=idle_ms,
    )


def changes(batch: Batch) -> list[tuple[str, str, str]]:
    return [
        (one.session, "opened" if one.closed_ms is None else "closed", one.reason) for one in batch.sessions
    ]


def test_a_paid_order_enters_a_purchase_draw_and_a_live_batch_goes_on_knowing_it() -> None:
    draw = OpenDraw("b", "", NOON, NOON + 60_000, kind="purchase", product="P1")
    state = msgspec.structs.replace(EMPTY, draw=draw)
    order = msgspec.structs.replace(
        happening("order", at=1, id="o1", product="P1", state="paid"), viewer=Viewer("a")
    )
    batch = folded(order, order, comment("666", at=2), state=state)
    assert [one.entry for one in batch.happenings] == [Entry("b"), Entry("b", "duplicate")]
    assert [one.entry for one in folded(order).happenings] == [None]
    assert "a" in Members(batch.state.entered)


def test_a_burst_of_one_sentence_is_judged_once() -> None:
    asked: list[list[str]] = []

    def counting(texts: Sequence[str]) -> list[Verdict]:
        asked.append(list(texts))
        return judge(texts)

    said = [comment(text, at=n, uid=f"u{n}") for n, text in enumerate(("好运", "多少钱", "好运", "好运"))]
    batch = fold(EMPTY, said, judge=counting, handbook=handbook(), new_id=names(), clock_source="replay")
    assert asked == [["好运", "多少钱"]]
    assert [one.verdict.faq is not None for one in batch.judged] == [False, True, False, False]


# Sessions


def test_the_first_event_opens_a_session() -> None:
    batch = folded(comment("666"))
    assert changes(batch) == [("s1", "opened", "first_event")]
    assert batch.judged[0].session == "s1"
    assert (batch.state.session, batch.state.opened_ms, batch.state.seq) == ("s1", NOON, 1)


def test_live_start_opens_a_session() -> None:
    batch = folded(happening("live_start"), comment("666", at=5))
    assert changes(batch) == [("s1", "opened", "live_start")]


def test_live_start_in_a_running_session_continues_it() -> None:
    batch = folded(comment("666"), happening("live_start", at=10), comment("777", at=20))
    assert changes(batch) == [("s1", "opened", "first_event")]
    assert {one.session for one in batch.judged} == {"s1"}


def test_live_end_closes_and_what_comes_after_opens_another() -> None:
    batch = folded(comment("a"), happening("live_end", at=1_000), comment("b", at=2_000))
    assert changes(batch) == [
        ("s1", "opened", "first_event"),
        ("s1", "closed", "live_end"),
        ("s2", "opened", "first_event"),
    ]
    assert [one.session for one in batch.judged] == ["s1", "s2"]
    assert [one.seq for one in batch.judged] == [0, 0]
    assert batch.happenings[0].session == "s1"
    assert batch.sessions[1].closed_ms == NOON + 1_000


def test_a_return_within_fifteen_minutes_continues_the_session() -> None:
    batch = folded(comment("a"), comment("b", at=IDLE_MS))
    assert changes(batch) == [("s1", "opened", "first_event")]


def test_after_fifteen_minutes_of_silence_a_new_session_begins() -> None:
    batch = folded(comment("a"), comment("b", at=IDLE_MS + 1))
    assert changes(batch) == [
        ("s1", "opened", "first_event"),
        ("s1", "closed", "idle"),
        ("s2", "opened", "first_event"),
    ]
    assert batch.sessions[1].closed_ms == NOON


def test_any_frame_keeps_a_session_alive() -> None:
    batch = folded(comment("a"), happening("alive", at=IDLE_MS - 1), comment("b", at=IDLE_MS + 1))
    assert len(batch.sessions) == 1


def test_a_recording_is_one_session_however_long_its_pauses() -> None:
    assert len(folded(comment("a"), comment("b", at=10 * IDLE_MS), idle_ms=None).sessions) == 1


def test_the_operator_ends_a_session() -> None:
    batch = folded(comment("a"), Instruction("end_session", "me", {"reason": "end_of_recording"}))
    assert changes(batch)[-1] == ("s1", "closed", "end_of_recording")
    assert batch.state.closed


def test_ending_what_does_not_run_changes_nothing() -> None:
    assert folded(Instruction("end_session", "me")).sessions == ()
    ended = folded(comment("a"), Instruction("end_session", "me")).state
    assert folded(Instruction("end_session", "me"), state=ended).sessions == ()


def test_a_session_continues_from_batch_to_batch() -> None:
    first = folded(comment("a"))
    second = folded(comment("b", at=5), state=first.state)
    assert second.sessions == ()
    assert (second.judged[0].session, second.judged[0].seq) == ("s1", 1)


def test_time_never_runs_backwards_within_a_session() -> None:
    batch = folded(comment("a", at=5_000), comment("b", at=1_000), happening("like", at=2_000))
    assert [one.now_ms for one in batch.judged] == [NOON + 5_000] * 2
    assert batch.happenings[0].now_ms == NOON + 5_000
    assert batch.now_ms == NOON + 5_000


def test_an_open_draw_outlives_the_change_of_session() -> None:
    draw = OpenDraw("d", "好运", NOON, NOON + 10 * IDLE_MS)
    opened = Instruction("draw_open", "draw", {"draw": msgspec.to_builtins(draw, enc_hook=sorted)})
    batch = folded(opened, comment("好运", uid="a"), comment("好运", uid="b", at=2 * IDLE_MS))
    assert [one.decision.entry and one.decision.entry.refused for one in batch.judged] == [None, None]
    assert all(one.decision.entry is not None for one in batch.judged)
    assert len(batch.sessions) == 3


# Duplicates


def test_a_message_id_seen_before_is_dropped_and_counted() -> None:
    batch = folded(comment("a", msg_id="m1"), comment("a", msg_id="m1", at=5), happening("gift", msg_id="m1"))
    assert (len(batch.judged), len(batch.happenings), batch.duplicates) == (1, 0, 2)
    again = folded(comment("a", msg_id="m1", at=9), state=batch.state)
    assert (again.judged, again.duplicates) == ((), 1)


def test_without_a_message_id_nothing_is_a_duplicate() -> None:
    batch = folded(comment("a", line=1), comment("a", line=1))
    assert (len(batch.judged), batch.duplicates) == (2, 0)


def test_an_edited_comment_is_judged_again_but_each_version_once() -> None:
    edit = comment("b", msg_id="m1", at=5, edited=True)
    batch = folded(comment("a", msg_id="m1"), edit, edit)
    assert ([one.comment.text for one in batch.judged], batch.duplicates) == (["a", "b"], 1)


# Order


def test_instructions_take_effect_between_the_comments_they_stand_between() -> None:
    batch = folded(
        comment("多少钱", uid="a"),
        Instruction("replies_off", "me"),
        comment("多少钱", uid="b", at=30_000),
        Instruction("replies_on", "me"),
        comment("多少钱", uid="c", at=60_000),
    )
    assert [bool(one.decision.reply) for one in batch.judged] == [True, False, True]
    assert [one.now_ms for one in batch.instructions] == [NOON, NOON + 30_000]
    assert {one.session for one in batch.instructions} == {"s1"}


def test_happenings_take_effect_between_comments() -> None:
    batch = folded(
        happening("product", id="P1"),
        comment("多少钱", uid="a"),
        happening("product", id="P2", at=1),
        comment("多少钱", uid="b", at=2),
    )
    assert [one.decision.reply and one.decision.reply.text for one in batch.judged] == [
        "到手59元",
        "到手399元",
    ]


def test_nothing_to_judge_asks_no_judge() -> None:
    def never(texts: Sequence[str]) -> list[Verdict]:
        raise AssertionError("asked")

    batch = fold(
        EMPTY, [happening("like")], judge=never, handbook=handbook(), new_id=names(), clock_source="live"
    )
    assert len(batch.happenings) == 1


def test_comments_are_judged_in_one_go_and_keep_their_own_verdicts() -> None:
    calls: list[list[str]] = []

    def noting(texts: Sequence[str]) -> list[Verdict]:
        calls.append(list(texts))
        return judge(texts)

    inputs = [comment("666"), happening("like"), comment("多少钱", at=1)]
    batch = fold(EMPTY, inputs, judge=noting, handbook=handbook(), new_id=names(), clock_source="live")
    assert calls == [["666", "多少钱"]]
    assert [one.verdict.faq is not None for one in batch.judged] == [False, True]


# Purity

inputs = st.lists(
    st.one_of(
        st.builds(
            comment,
            st.sampled_from(["666", "多少钱", "好运"]),
            at=st.integers(-5_000, 3 * IDLE_MS),
            uid=st.sampled_from(["a", "b", None]),
            msg_id=st.sampled_from([None, "m1", "m2", "m3"]),
        ),
        st.builds(
            happening, st.sampled_from(["live_start", "live_end", "alive", "like"]), at=st.integers(0, 2 * IDLE_MS)
        ),
        st.builds(Instruction, st.sampled_from(["replies_off", "replies_on", "end_session"]), st.just("x")),
    ),
    max_size=20,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(inputs, st.integers(0, 20))
def test_folding_is_pure_and_does_not_depend_on_where_batches_end(run: list[Input], cut: int) -> None:
    whole = folded(*run)
    assert folded(*run) == whole
    new_id = names()
    parts: list[Batch] = []
    state = EMPTY
    for part in (run[:cut], run[cut:]):
        parts.append(
            fold(state, part, judge=judge, handbook=handbook(), new_id=new_id, clock_source="replay")
        )
        state = parts[-1].state
    assert state == whole.state
    assert tuple(one for part in parts for one in part.judged) == whole.judged
    assert tuple(one for part in parts for one in part.sessions) == whole.sessions
    assert sum(part.duplicates for part in parts) == whole.duplicates


@settings(max_examples=80, deadline=None)
@given(inputs)
def test_every_comment_is_judged_or_counted_as_a_duplicate(run: list[Input]) -> None:
    batch = folded(*run)
    spoken = sum(1 for one in run if not isinstance(one, Instruction) and hasattr(one, "text"))
    assert len(batch.judged) + batch.duplicates == spoken
    assert len({(one.session, one.seq) for one in batch.judged}) == len(batch.judged)


def test_a_failed_batch_folded_again_gives_the_same() -> None:
    first = folded(comment("a", msg_id="m1"))
    second = [comment("b", msg_id="m2", at=5), comment("多少钱", msg_id="m3", at=6)]
    lost = folded(*second, state=first.state)
    again = folded(*second, state=first.state)
    assert again == lost
    assert again.duplicates == 0


def test_a_judge_that_gives_too_few_verdicts_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="shorter"):
        fold(
            EMPTY,
            [comment("a")],
            judge=lambda texts: [],
            handbook=handbook(),
            new_id=names(),
            clock_source="live",
        )


# Heartbeats


def test_a_heartbeat_after_the_end_opens_nothing() -> None:
    ended = folded(comment("a"), happening("live_end", at=1_000)).state
    after = folded(happening("alive", at=5_000), state=ended)
    assert after.sessions == ()
    assert after.state.closed


def test_a_heartbeat_keeps_a_quiet_session_open() -> None:
    quiet = folded(comment("a"), happening("alive", at=IDLE_MS - 1)).state
    assert folded(comment("b", at=IDLE_MS + 1), state=quiet).sessions == ()


# Facts


def test_what_was_told_of_the_goods_is_collected_in_order() -> None:
    batch = folded(
        happening("facts", product="P1", price="49元"),
        happening("facts", at=5, product="P9", price="1元"),
        Instruction("fact", "amy", {"product": "P1", "name": "price", "value": "45元"}),
        Instruction("fact", "amy", {"product": "P1", "name": "price", "value": "<b>"}),
        comment("1号多少钱", at=9),
    )
    assert [(one.product, one.value, one.source, one.at_ms) for one in batch.facts] == [
        ("P1", "49元", "bridge", NOON),
        ("P1", "45元", "desk", NOON + 5),
    ]
    reply = batch.judged[0].decision.reply
    assert reply is not None
    assert reply.text == "到手45元"
    assert folded(comment("a")).facts == ()


@pytest.mark.parametrize("end", [happening("live_end", at=50), Instruction("end_session", "amy")])
def test_what_was_true_for_the_show_is_not_said_in_the_next(end: Input) -> None:
    fact = Instruction("fact", "amy", {"product": "P1", "name": "price", "value": "45元"})
    shown = folded(comment("a"), fact, end)
    assert shown.state.closed
    after = folded(comment("1号多少钱", at=100), state=shown.state)
    reply = after.judged[0].decision.reply
    assert reply is not None
    assert reply.text == "价格以购物车页面为准"
    dated = Instruction(
        "fact", "amy", {"product": "P1", "name": "price", "value": "45元", "valid_until_ms": NOON + 10**9}
    )
    kept = folded(comment("1号多少钱", at=100), state=folded(comment("a"), dated, end).state)
    assert kept.judged[0].decision.reply is not None
    assert kept.judged[0].decision.reply.text == "到手45元"
