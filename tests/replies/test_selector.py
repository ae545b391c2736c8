"""Choosing an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from replies.facts import DEVICE_CLASSES, DEVICE_DISCLOSURE, Fact, Product, Shop
from replies.library import Library
from replies.phrase import Phrase
from replies.selector import Choice, Silence, arm, choose, spoken

SHOP = Shop((Product("P1", "洁面乳", (), 1, "beauty", {"price": Fact("59元", "host", 1000)}),), "P1")
GENERIC = Phrase("z-generic", "price", "any", None, None, "zh", "看购物车", state="live", signed="r1")
BOUND = replace(GENERIC, id="y-bound", text="到手{price}")
CLASS = replace(GENERIC, id="x-class", text="美妆看详情页", scope="class", product="beauty")
OWN = replace(GENERIC, id="w-own", text="洁面乳{price}", scope="product", product="P1")


def ask(
    *phrases: Phrase, shop: Shop = SHOP, product: str | None = "P1", **changes: object
) -> Choice | Silence:
    asked = {
        "tone_needed": "sales", "platform": None, "practice": False, "now_ms": 0, "last_used": {},
        "viewer_key": "v", **changes,
    }  # fmt: skip
    return choose(Library(phrases), shop, "price", product, **asked)  # type: ignore[arg-type]


def said(*phrases: Phrase, **changes: object) -> str:
    choice = ask(*phrases, **changes)  # type: ignore[arg-type]
    assert isinstance(choice, Choice), choice
    return choice.phrase.id


def test_product_then_class_then_bound_then_generic() -> None:
    everything = [GENERIC, BOUND, CLASS, OWN]
    order = []
    while everything:
        order.append(said(*everything))
        everything = [phrase for phrase in everything if phrase.id != order[-1]]
    assert order == ["w-own", "x-class", "y-bound", "z-generic"]


def test_a_phrase_with_facts_goes_before_one_without_however_often_said() -> None:
    assert said(GENERIC, BOUND, last_used={"y-bound": 5}) == "y-bound"


def test_the_text_carries_the_facts() -> None:
    choice = ask(BOUND)
    assert choice == Choice(BOUND, "到手59元")


def test_stale_facts_fall_back_to_the_generic_phrase() -> None:
    assert said(OWN, BOUND, GENERIC, now_ms=999) == "w-own"
    assert said(OWN, BOUND, GENERIC, now_ms=1000) == "z-generic"


def test_only_stale_phrases_give_silence() -> None:
    assert ask(OWN, BOUND, now_ms=1000) == Silence("stale_fact")


def test_nothing_for_the_question_gives_silence() -> None:
    assert ask(replace(GENERIC, intent="stock")) == Silence("no_phrase")
    assert ask(replace(GENERIC, state="draft")) == Silence("no_phrase")
    assert ask(replace(GENERIC, signed="practice")) == Silence("no_phrase")
    assert ask(OWN, product=None) == Silence("no_phrase")


def test_an_unknown_product_gets_no_product_phrase() -> None:
    assert said(OWN, GENERIC, product="gone") == "z-generic"


@pytest.mark.parametrize("needed", ["neutral", "after_sales"])
def test_the_unhappy_never_get_a_sales_phrase(needed: str) -> None:
    pushing = replace(OWN, tone="sales")
    assert said(pushing, GENERIC) == "w-own"
    assert said(pushing, GENERIC, tone_needed=needed) == "z-generic"
    assert ask(pushing, tone_needed=needed) == Silence("tone")


def test_the_wished_tone_goes_first() -> None:
    calm = replace(GENERIC, id="zz", tone="after_sales")
    assert said(GENERIC, calm, tone_needed="after_sales", last_used={"zz": 5}) == "zz"
    assert said(GENERIC, calm, tone_needed="neutral", last_used={"z-generic": 5}) == "z-generic"


def test_the_least_recently_said_goes_first() -> None:
    other = replace(GENERIC, id="z-other")
    assert said(GENERIC, other) == "z-generic"
    assert said(GENERIC, other, last_used={"z-generic": 1}) == "z-other"
    assert said(GENERIC, other, last_used={"z-generic": 1, "z-other": 2}) == "z-generic"


def test_the_room_is_not_told_the_same_words_again_while_there_are_others() -> None:
    assert said(OWN, BOUND, GENERIC, lately={"洁面乳59元"}) == "y-bound"
    assert said(OWN, BOUND, lately={"洁面乳59元", "到手59元"}) == "w-own"
    assert said(OWN, lately={"洁面乳59元"}) == "w-own"


def test_a_viewer_stays_in_one_arm() -> None:
    a, b = replace(GENERIC, id="a", group="A"), replace(GENERIC, id="b", group="B")
    seen = set()
    for number in range(20):
        viewer = f"v{number}"
        ids = {said(a, b, viewer_key=viewer, last_used=used) for used in ({}, {"a": 1}, {"b": 1})}
        assert ids == {arm(viewer, "price").lower()}
        seen |= ids
    assert seen == {"a", "b"}


def test_a_lone_arm_is_better_than_silence() -> None:
    a = replace(GENERIC, id="a", group="A")
    assert {said(a, viewer_key=f"v{number}") for number in range(10)} == {"a"}


def test_platform_language_and_room_are_handed_on() -> None:
    assert said(replace(GENERIC, platform="twitch"), platform="twitch") == "z-generic"
    assert said(replace(GENERIC, lang="en"), lang="en") == "z-generic"
    assert said(replace(GENERIC, room="r", merchant="m"), room="r", merchant="m") == "z-generic"


def test_speech_about_health_food_carries_the_notice() -> None:
    shop = Shop((Product("P1", "维C片", (), 1, "保健食品"),), "P1")
    choice = ask(GENERIC, shop=shop)
    assert isinstance(choice, Choice)
    assert choice.text == "看购物车。本品不能代替药物" == spoken(GENERIC, shop, "P1", 0)
    assert spoken(GENERIC, SHOP, "P1", 0) == "看购物车"
    already = ask(replace(GENERIC, disclosure="本品不能代替药物"), shop=shop)
    assert isinstance(already, Choice)
    assert already.text == "看购物车。本品不能代替药物"


@pytest.mark.parametrize("klass", sorted(DEVICE_CLASSES))
def test_so_does_speech_about_medical_devices(klass: str) -> None:
    shop = Shop((Product("P1", "血压计", (), 1, klass),), "P1")
    assert spoken(GENERIC, shop, "P1", 0) == f"看购物车。{DEVICE_DISCLOSURE}"
    already = replace(GENERIC, disclosure=DEVICE_DISCLOSURE)
    assert spoken(already, shop, "P1", 0) == f"看购物车。{DEVICE_DISCLOSURE}"


def test_what_is_held_back_is_not_promoted() -> None:
    pushing = replace(OWN, tone="sales")
    assert said(pushing, GENERIC, held=True) == "z-generic"
    assert ask(pushing, held=True) == Silence("held")
    assert ask(pushing, held=True, tone_needed="neutral") == Silence("tone")


def test_a_promise_is_passed_over_while_nobody_is_on_duty() -> None:
    promise = replace(GENERIC, id="a-promise", text="马上转人工")
    assert said(promise, GENERIC) == "a-promise"
    assert said(promise, GENERIC, on_duty=False) == "z-generic"
    assert ask(promise, on_duty=False) == Silence("off_duty")


def test_a_promise_in_a_fact_counts_too() -> None:
    shop = Shop((Product("P1", "洁面乳", (), 1, "beauty", {"price": Fact("马上转人工")}),), "P1")
    assert ask(BOUND, shop=shop, on_duty=False) == Silence("off_duty")


def test_silence_names_what_took_the_last_phrase_away() -> None:
    """Facts are asked for first, then the tone, then what is held back, then whether anybody is on duty."""
    stale, pushing = replace(BOUND, text="到手{stock}"), replace(GENERIC, tone="sales")
    promise = replace(GENERIC, id="a-promise", text="马上转人工")
    assert ask(stale, pushing, tone_needed="neutral") == Silence("tone")
    assert ask(replace(stale, tone="sales"), tone_needed="neutral") == Silence("stale_fact")
    assert ask(replace(stale, tone="sales"), held=True) == Silence("stale_fact")
    assert ask(stale, pushing, promise, held=True, on_duty=False) == Silence("off_duty")
