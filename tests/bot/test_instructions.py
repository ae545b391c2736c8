"""What people tell a room: each thing told has its effect, nonsense has none, and the record names nobody."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import instructions
from bot.errors import NotAllowed
from bot.instructions import (
    MAX_REASON,
    SILENCING,
    Instruction,
    InstructionKind,
    fact_in,
    obey,
    recorded,
    vetted,
)
from bot.news import FactChange
from bot.room_state import EVERYTHING, OpenDraw, OpenPoll, RoomState
from replies.facts import Fact, Product, Shop
from tests.bot.standing import STATE
from tests.builders import NOON, SHOP

KINDS = get_args(InstructionKind)


def told(kind: InstructionKind, state: RoomState = STATE, **data: object) -> RoomState:
    """The state after an instruction that must be one the room can follow."""
    return obey(vetted(Instruction(kind, "amy", data), state), state)


def test_the_kill_switch() -> None:
    off = told("replies_off")
    assert off.silence == "operator_off"
    assert told("replies_on", off) == STATE


def test_the_red_light_has_a_reason_in_plain_words() -> None:
    red = told("red_on", reason="价格说错了")
    assert (red.red, red.silence) == ("价格说错了", "red_light")
    assert told("red_off", red) == STATE
    assert told("red_on").red == ""
    assert told("red_on", reason="a\x00\u202eb\n" + "长" * 999).red == "ab" + "长" * (MAX_REASON - 2)
    assert told("red_on", reason=["x"]).silence == "red_light", "never refused: the room has to fall silent"


def test_a_quiet_phase() -> None:
    assert told("quiet_on").silence == "quiet"
    assert told("quiet_off", told("quiet_on")) == STATE


def test_going_on_and_off_duty() -> None:
    assert told("duty", on=True).on_duty
    assert not told("duty", told("duty", on=True), on=False).on_duty


def test_how_a_question_is_answered_and_from_what_score() -> None:
    assert told("mode", intent="price", mode="off").modes == {"price": "off"}
    floored = told("floor", intent="price", score=0.8)
    assert floored.floors == {"price": 0.8}
    assert told("floor", floored, intent="price", score=1).floors == {"price": 1.0}
    assert told("floor", floored, intent="price", score=None).floors == {}


def test_questions_with_a_setting_of_their_own_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instructions, "MAX_NAMED", 2)
    state = STATE
    for name in "abc":
        state = obey(Instruction("mode", "amy", {"intent": name, "mode": "off"}), state)
        state = obey(Instruction("floor", "amy", {"intent": name, "score": 0.5}), state)
    assert (set(state.modes), set(state.floors)) == ({"a", "b"}, {"a", "b"})
    assert told("mode", state, intent="a", mode="auto").modes["a"] == "auto"


def test_the_product_on_show_is_one_of_the_shops() -> None:
    assert told("on_show", product="P2").on_show == "P2"
    assert told("on_show", product=None).on_show is None


def test_holding_back_and_letting_go_of_exactly_what_is_named() -> None:
    held = told("hold", product="P1")
    assert held.held == {"P1": NOON}
    later = msgspec.structs.replace(held, now_ms=NOON + 5)
    assert told("hold", later, product="P1").held == {"P1": NOON}
    both = told("hold", later, product=EVERYTHING)
    assert both.held == {"P1": NOON, EVERYTHING: NOON + 5}
    assert told("release", both, product=EVERYTHING).held == {"P1": NOON}
    assert told("release", both, product="P1").held == {EVERYTHING: NOON + 5}
    assert told("release", product="P1") == STATE


def test_settling_with_viewers() -> None:
    state = msgspec.structs.replace(STATE, aggrieved={"a": 1, "b": 2})
    assert told("settled", state, viewers=["a", "nobody"]).aggrieved == {"b": 2}


def test_a_fact_from_the_desk_holds_until_the_show_ends_unless_it_says_how_long() -> None:
    state = told("fact", product="P1", name="price", value="49元")
    assert state.shop.facts_for("P1")["price"] == Fact("49元", "desk", None, True)
    state = told("fact", product=None, name="courier", value="顺丰", valid_until_ms=NOON + 5)
    assert state.shop.facts_for("P2")["courier"] == Fact("顺丰", "desk", NOON + 5, False)
    change = fact_in(
        Instruction("fact", "amy", {"product": "P1", "name": "stock", "value": 3, "show_end": False}), STATE
    )
    assert change == FactChange("P1", "stock", "3", "desk", None, False, NOON)
    assert fact_in(Instruction("shop", "amy", {"product": "P1", "name": "stock", "value": 3}), STATE) is None


def test_changed_goods_take_what_is_on_show_along_only_if_it_is_still_sold() -> None:
    other = Shop((Product("P1", "洁面乳", (), 1, "beauty"),))
    assert told("shop", shop=other).shop == other
    assert told("shop", shop=other).on_show == "P1"
    assert told("shop", shop=Shop()).on_show is None


DRAW = OpenDraw("d1", "好运", NOON, NOON + 5)


def test_a_draw_closes_when_it_is_the_open_one() -> None:
    opened = told("draw_open", draw=DRAW)
    assert opened.draw == DRAW
    assert told("draw_close", opened, draw_id="d2").draw == DRAW
    assert told("draw_close", opened, draw_id="d1").draw is None


def test_the_draw_opened_last_is_the_one_that_codes_belong_to() -> None:
    opened = told("draw_open", draw=DRAW)
    assert told("draw_close", opened, draw_id="d1").latest_draw == "d1"
    assert STATE.latest_draw == ""


POLL = OpenPoll("p1", "要哪个", ("黑", "白"))


def test_a_poll_opens_and_closes() -> None:
    opened = told("poll_open", poll=msgspec.to_builtins(POLL))
    assert opened.poll == POLL
    voted = msgspec.structs.replace(opened, voted=(frozenset({"a"}),))
    assert told("poll_open", voted, poll=POLL).voted == voted.voted, "told again after a restart"
    other = msgspec.structs.replace(POLL, poll_id="p2")
    assert told("poll_open", voted, poll=other).voted == ()
    assert told("poll_close", voted, poll_id="p2") == voted
    closed = told("poll_close", voted, poll_id="p1")
    assert (closed.poll, closed.voted) == (None, ())


def test_the_end_of_a_session_is_the_pipelines() -> None:
    assert told("end_session", reason="operator") == STATE


NONSENSE: list[tuple[InstructionKind, dict[str, object]]] = [
    ("duty", {}), ("duty", {"on": 1}), ("mode", {"intent": "price", "mode": "loud"}), ("mode", {"mode": "off"}),
    ("mode", {"intent": "x" * 101, "mode": "off"}), ("floor", {"intent": "price", "score": 1.1}),
    ("floor", {"intent": "price", "score": float("nan")}), ("floor", {"intent": "price", "score": True}),
    ("floor", {"intent": "", "score": 0.5}), ("on_show", {"product": "P9"}), ("on_show", {"product": 1}),
    ("hold", {"product": "P9"}), ("hold", {"product": None}), ("release", {}), ("settled", {}),
    ("settled", {"viewers": "abc"}), ("fact", {}), ("fact", {"product": "P9", "name": "price", "value": "1元"}),
    ("fact", {"product": "P1", "name": "colour", "value": "红"}),
    ("fact", {"product": "P1", "name": "price", "value": "<b>1元</b>"}),
    ("fact", {"product": "P1", "name": "price", "value": "1元", "valid_until_ms": "soon"}),
    ("fact", {"product": "P1", "name": "price", "value": "1元", "show_end": "yes"}),
    ("fact", {"product": ["P1"], "name": "price", "value": "1元"}), ("shop", {"shop": {"products": []}}),
    ("draw_open", {}), ("draw_open", {"draw": {"draw_id": 1}}), ("poll_open", {}),
    ("poll_open", {"poll": {"poll_id": "p"}}),
    ("poll_open", {"poll": {"poll_id": "p", "question": "?", "options": []}}),
    ("poll_open", {"poll": {"poll_id": "p", "question": "?", "options": ["a"] * 2}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "data"), NONSENSE)
def test_nonsense_is_refused_before_it_is_queued_and_passed_over_after(
    kind: InstructionKind, data: dict[str, object]
) -> None:
    instruction = Instruction(kind, "amy", data)
    with pytest.raises(NotAllowed, match="cannot be done in the room: "):
        vetted(instruction, STATE)
    assert obey(instruction, STATE) == STATE


@pytest.mark.parametrize("broken", [Instruction("dance", "amy"), Instruction("mode", "amy", ["x"])])  # type: ignore[arg-type]
def test_what_is_no_instruction_at_all_is_refused_and_passed_over(broken: Instruction) -> None:
    with pytest.raises(NotAllowed):
        vetted(broken, STATE)
    assert obey(broken, STATE) is STATE


hostile = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80) | st.binary(max_size=4)
    | st.sampled_from(["P1", "price", "off", "*", "d1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
NAMES = (
    "reason", "on", "intent", "mode", "score", "product", "viewers", "name", "value", "show_end", "valid_until_ms",
    "shop", "draw", "draw_id", "poll", "poll_id",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(NAMES), hostile))
def test_nothing_told_can_upset_the_room(kind: InstructionKind, data: dict[str, object]) -> None:
    instruction = Instruction(kind, "amy", data)
    after = obey(instruction, STATE)
    assert after.on_show in ("P1", "P2", None)
    assert set(after.held) <= {"P1", "P2", EVERYTHING}
    assert all(0 <= score <= 1 for score in after.floors.values())
    assert after.red is None or len(after.red) <= MAX_REASON
    recorded(instruction)
    try:
        vetted(instruction, STATE)
    except NotAllowed:
        assert after == STATE


def test_the_record_names_no_staff_no_goods_and_no_viewers() -> None:
    as_value = Instruction("draw_open", "amy", {"draw": DRAW})
    as_plain = Instruction("draw_open", "amy", {"draw": msgspec.to_builtins(DRAW, enc_hook=sorted)})
    assert recorded(as_value) == recorded(as_plain) == {"draw_id": "d1"}
    assert recorded(Instruction("poll_open", "amy", {"poll": POLL})) == {"poll_id": "p1"}
    assert recorded(Instruction("poll_open", "amy", {"poll": msgspec.to_builtins(POLL)})) == {"poll_id": "p1"}
    assert recorded(Instruction("shop", "store", {"shop": SHOP})) == {"products": 2}
    assert recorded(Instruction("settled", "amy", {"viewers": ["a", "b"]})) == {"viewers": 2}
    assert recorded(Instruction("red_on", "amy", {"reason": "口误"})) == {"reason": "口误"}


def test_what_silences_the_bot_is_named() -> None:
    """The attachment heeds these before its queue."""
    assert all(obey(Instruction(kind, "amy"), STATE).silence is not None for kind in SILENCING)  # type: ignore[arg-type]
