"""What happenings change in what the room knows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.news import FACT_NAMES, FactChange, facts_in, note, possible, words
from bot.policy import Instruction, obey
from replies.facts import SLOTS, Fact
from tests.bot.standing import STATE, answered
from tests.builders import NOON, SHOP, comment, happening, verdict


def test_the_room_learns_what_is_on_show() -> None:
    assert note(happening("product", id="P2"), STATE).on_show == "P2"
    assert note(happening("product", slot=2), STATE).on_show == "P2"
    assert note(happening("product", slot="2"), STATE).on_show == "P2"
    assert note(happening("product", id="P9"), STATE).on_show is None
    assert note(happening("product", slot="²"), STATE).on_show is None
    assert note(happening("product", slot="9" * 5000), STATE).on_show is None
    assert obey(Instruction("on_show", "me", {"product": "P2"}), STATE).on_show == "P2"
    assert obey(Instruction("on_show", "me", {"product": None}), STATE).on_show is None


@pytest.mark.parametrize("data", [{"price": "49元"}, {"facts": {"price": "49元"}}])
@pytest.mark.parametrize("product", ["P1", 1, "1"])
def test_facts_from_the_room_change_the_next_answer(product: object, data: dict[str, object]) -> None:
    state = note(happening("facts", product=product, **data), STATE)
    assert answered(comment(), verdict("price"), state)[0].text == "到手49元"


@pytest.mark.parametrize(
    "data",
    [
        {"product": "P9", "facts": {"price": "1元"}},
        {"product": "P1", "facts": {"price": "<b>1元</b>"}},
        {"product": "P1", "facts": {"price": ""}},
        {"product": "P1", "facts": "1元"},
        {"product": "P1", "facts": {"colour": "红"}},
        {"product": "P1", "facts": {"price": ["1元"]}},
        {"product": "P1", "facts": {"price": float("nan")}},
        {"product": "P1", "facts": {"price": 10**5000}},
        {"product": 10**5000, "facts": {"price": "1元"}},
        {"product": "P1", "price": "1元", "valid_until": "tomorrow"},
        {"product": "P1", "price": "1元", "valid_until": -1},
        {},
    ],
)
def test_facts_that_cannot_be_true_are_ignored(data: dict[str, object]) -> None:
    assert note(happening("facts", **data), STATE).shop == SHOP


def test_other_happenings_change_nothing() -> None:
    assert note(happening("gift", name="x"), STATE) == STATE


def test_facts_hold_until_the_show_ends_or_the_time_named() -> None:
    (told,) = facts_in(happening("facts", product="P1", price="49元"), STATE)
    assert told == FactChange("P1", "price", "49元", "bridge", None, True, NOON)
    (dated,) = facts_in(happening("facts", product=2, stock=30, valid_until=NOON + 5), STATE)
    assert dated == FactChange("P2", "stock", "30", "bridge", NOON + 5, False, NOON)
    state = note(happening("facts", product=2, stock=30, valid_until=NOON + 5), STATE)
    assert state.shop.facts_for("P2")["stock"] == Fact("30", "bridge", NOON + 5)


def test_only_a_facts_event_tells_facts() -> None:
    assert facts_in(happening("product", product="P1", price="1元"), STATE) == ()


def test_a_shop_may_know_what_phrases_have_slots_for_and_what_a_comparison_rests_on() -> None:
    assert {*SLOTS, "compare_at", "compare_basis"} <= FACT_NAMES
    for name in FACT_NAMES:
        assert possible(FactChange(None, name, "x", "desk", None, True, NOON), SHOP)
    assert not possible(FactChange(None, "_secret", "x", "desk", None, True, NOON), SHOP)


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80)
hostile = st.recursive(
    plain | st.sampled_from(["P1", 1, "price"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.just("price"), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["facts", "product", "platform_draw_start"]),
    st.dictionaries(
        st.sampled_from(["product", "facts", "price", "stock", "valid_until", "id", "slot", "text"]), hostile
    ),
)
def test_no_event_can_upset_the_room(kind: str, data: dict[str, object]) -> None:
    state = note(happening(kind, **data), STATE)  # type: ignore[arg-type]
    assert state.on_show in ("P1", "P2", None)
    for change in facts_in(happening(kind, **data), STATE):  # type: ignore[arg-type]
        assert state.shop.facts_for(change.product)[change.name].value == change.value
        assert change.name in FACT_NAMES


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("x", "x"),
        (5, "5"),
        (5.5, "5.5"),
        (True, ""),
        (None, ""),
        (["x"], ""),
        (10**20, ""),
        (float("inf"), ""),
    ],
)
def test_a_value_is_said_as_text_or_not_at_all(value: object, said: str) -> None:
    assert words(value) == said
