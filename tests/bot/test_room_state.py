"""How the room stands: what it forgets and keeps, and what it bars."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import room_state
from bot.bait import Provoking
from bot.room_state import EVERYTHING, Members, OpenDraw, Recent, grown
from replies.cooldown import Cooldowns, Limits
from replies.facts import Fact
from tests.bot.standing import STATE
from tests.builders import NOON, PRICE, SELLING, SHOP

COOL = Cooldowns(Limits(gap_ms=7), viewers={("a", "price"): 5}, answers={("price", None): 5}, slots=(5,))


def test_a_new_session_keeps_what_the_operator_set_and_forgets_the_show() -> None:
    state = msgspec.structs.replace(
        STATE, replies_on=False, modes={"price": "off"}, platform_draw="抽", seq=9, used={"price-1": 1},
        cooldowns=COOL, closed=True, quiet=True, red="口误", on_duty=True, held={"P1": 5}, aggrieved={"a": 5},
        provoking=Provoking({"a": (5,)}), floors={"price": 0.5},
    )  # fmt: skip
    fresh = state.fresh("s2", NOON - 5)
    assert (fresh.session, fresh.opened_ms, fresh.now_ms, fresh.seq) == ("s2", NOON - 5, NOON - 5, 0)
    assert (fresh.replies_on, fresh.modes, fresh.on_show) == (False, {"price": "off"}, "P1")
    assert not fresh.closed
    assert (fresh.platform_draw, fresh.used, fresh.provoking) == (None, {}, Provoking())
    assert (fresh.quiet, fresh.red, fresh.on_duty) == (True, "口误", True)
    assert (fresh.held, fresh.aggrieved, fresh.floors) == ({"P1": 5}, {"a": 5}, {"price": 0.5})
    assert fresh.cooldowns == Cooldowns(COOL.limits, slots=COOL.slots), "the platform goes on counting"


def test_at_its_end_a_show_takes_its_facts_along() -> None:
    shop = SHOP.with_fact("P1", "price", Fact("9元", show_end=True)).with_fact("P2", "price", Fact("8元"))
    ended = msgspec.structs.replace(STATE, shop=shop, now_ms=NOON + 9).ended()
    assert ended.closed
    assert ended.shop.facts_for("P1")["price"].valid_until_ms == NOON + 9
    assert ended.shop.facts_for("P2")["price"].valid_until_ms is None


# Silence


@pytest.mark.parametrize(
    ("changes", "silence"),
    [
        ({}, None),
        ({"quiet": True}, "quiet"),
        ({"quiet": True, "red": ""}, "red_light"),
        ({"quiet": True, "red": "口误", "replies_on": False}, "operator_off"),
    ],
)
def test_the_room_says_why_it_is_silent(changes: dict[str, object], silence: str | None) -> None:
    assert msgspec.structs.replace(STATE, **changes).silence == silence


@pytest.mark.parametrize(
    ("held", "product", "barred"),
    [
        ({}, "P1", False),
        ({"P1": NOON}, "P1", True),
        ({"P1": NOON}, "P2", False),
        ({"P1": NOON}, None, True),
        ({"P2": NOON}, None, False),
        ({EVERYTHING: NOON}, "P2", True),
        ({EVERYTHING: NOON}, None, True),
    ],
)
def test_what_is_held_back(held: dict[str, int], product: str | None, barred: bool) -> None:
    state = msgspec.structs.replace(STATE, held=held)
    assert state.is_held(product) is barred
    assert (state.bars(SELLING, SELLING.text, product) == "held") is barred
    assert (state.bars(PRICE, "到手59元", product, timed=True) == "held") is barred
    assert state.bars(PRICE, "到手59元", product) is None


def test_a_promise_is_barred_while_nobody_is_on_duty() -> None:
    assert STATE.bars(PRICE, "马上转人工", "P1") == "off_duty"
    assert msgspec.structs.replace(STATE, on_duty=True).bars(PRICE, "马上转人工", "P1") is None


def test_trouble_known_already_keeps_its_time() -> None:
    first = STATE.troubled("a", "P1")
    later = msgspec.structs.replace(first, now_ms=NOON + 5)
    assert later.troubled("a", "P1") is later
    assert later.troubled("b", "P2").aggrieved == {"a": NOON, "b": NOON + 5}
    assert later.troubled(None, EVERYTHING).held == {"P1": NOON, EVERYTHING: NOON + 5}
    assert STATE.troubled(None, None) is STATE


def test_the_unhappy_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_state, "MAX_AGGRIEVED", 3)
    state = STATE
    for number in range(9):
        state = state.troubled(str(number), None)
    assert list(state.aggrieved) == ["6", "7", "8"]


# Keys seen lately


def test_recent_remembers_at_least_limit_and_forgets_what_is_old() -> None:
    recent = Recent(limit=10)
    for number in range(25):
        recent = recent.with_key(str(number))
    assert all(str(number) in recent for number in range(15, 25))
    assert "0" not in recent


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=3), max_size=40))
def test_grown_levels_look_like_one_set(keys: list[str]) -> None:
    levels: tuple[frozenset[str], ...] = ()
    for key in keys:
        levels = grown(levels, key)
    members = Members(levels)
    assert all(key in members for key in keys)
    assert "another" not in members
    assert len(levels) <= 1 + len(keys).bit_length()


# What might answer a contest


PRICED = OpenDraw("d", "", 1, 9, kind="guess", decimals=2, least=5_000, most=150_000)


def test_while_people_guess_nothing_timed_gives_the_price_away() -> None:
    free = msgspec.structs.replace(STATE, on_duty=True)
    guessing = msgspec.structs.replace(free, draw=PRICED)
    assert free.bars(PRICE, "到手59元", "P1", timed=True) is None
    assert guessing.bars(PRICE, "到手59元", "P1", timed=True) == "held"
    assert guessing.bars(PRICE, "看购物车", "P1", timed=True) is None
    assert guessing.bars(PRICE, "到手59元", "P1") is None, "a person asked for it"
