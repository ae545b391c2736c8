"""The gate: what it keeps back, and for which reason."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from bot.outbox import Gate, Passed, gate
from bot.storage.clearance import Clearance, KnownFact
from replies.errors import PhraseRefused
from replies.facts import HEALTH_DISCLOSURE, Fact, Product, Shop
from replies.library import Library
from replies.phrase import Phrase
from tests.bot.outbox.doubles import row
from tests.builders import LIBRARY, NOON, PRICE, PRICE_GENERIC, SHOP, hit

STANDS = Clearance(None, PRICE.substance, frozenset(), {"price": KnownFact("59元", None)}, "", "beauty")


def reason(act: Callable[[], object]) -> str:
    with pytest.raises(PhraseRefused) as refused:
        act()
    return refused.value.reason


def with_phrase(**changes: Any) -> Library:
    return Library([dataclasses.replace(PRICE, **changes), PRICE_GENERIC])


def look(library: Library = LIBRARY, shop: Shop = SHOP, **more: Any) -> None:
    given: dict[str, Any] = {"practice": True, "now_ms": NOON, "room": "practice:1", **more}
    gate(given.pop("row", row()), library, shop, **given)


def test_the_gate_lets_through_what_is_in_order() -> None:
    look()


@pytest.mark.parametrize(
    ("library", "shop", "wanted"),
    [
        (Library([PRICE_GENERIC]), SHOP, "unknown"),
        (with_phrase(disclosure="限今天"), SHOP, "digest"),
        (with_phrase(state="withdrawn"), SHOP, "not_approved"),
        (with_phrase(state="draft"), SHOP, "not_approved"),
        (with_phrase(state="in_review"), SHOP, "not_approved"),
        (with_phrase(state="expired"), SHOP, "expired"),
        (LIBRARY, SHOP.with_fact("P1", "price", Fact("49元")), "stale_fact"),
        (LIBRARY, SHOP.with_fact("P1", "price", Fact("59元", valid_until_ms=NOON)), "stale_fact"),
        (LIBRARY, Shop(), "stale_fact"),
    ],
)
def test_the_gate_keeps_back(library: Library, shop: Shop, wanted: str) -> None:
    assert reason(lambda: look(library, shop)) == wanted


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"valid_from_ms": NOON + 1}, "not_yet"), ({"valid_until_ms": NOON}, "expired"),
        ({"platform": "twitch"}, "other_room"), ({"room": "practice:2"}, "other_room"),
        ({"merchant": "b"}, "other_room"), ({"scope": "product", "product": "P2"}, "other_product"),
        ({"scope": "class", "product": "food"}, "other_product"),
    ],
)  # fmt: skip
def test_dates_and_homes(changes: dict[str, Any], wanted: str) -> None:
    library = with_phrase(**changes)
    digest = next(iter(library)).digest
    assert reason(lambda: look(library, row=row(digest=digest), merchant="a")) == wanted


@pytest.mark.parametrize("changes", [
    {"platform": "practice"}, {"room": "practice:1"}, {"merchant": "a"}, {"scope": "product", "product": "P1"},
    {"scope": "class", "product": "beauty"},
])  # fmt: skip
def test_what_is_at_home_here_passes(changes: dict[str, Any]) -> None:
    library = with_phrase(**changes)
    look(library, row=row(digest=next(iter(library)).digest), merchant="a")


def test_practice_phrases_stay_out_of_a_real_room() -> None:
    assert reason(lambda: look(practice=False)) == "practice_only"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("到手59元，全网最低", "stale_fact"),
        ("", "other_text"),
        ("到手", "other_text"),
        ("加微信", "other_text"),
    ],
)
def test_words_that_are_not_those_of_the_phrase(text: str, wanted: str) -> None:
    assert reason(lambda: look(row=row(text=text))) == wanted


def test_a_slots_text_is_never_a_pattern() -> None:
    phrase = dataclasses.replace(PRICE, text="(到手){price}[全]")
    look(Library([phrase]), row=row(digest=phrase.digest, text="(到手)59元[全]"))
    forged = row(digest=phrase.digest, text="到手59元全")
    assert reason(lambda: look(Library([phrase]), row=forged)) == "other_text"


def test_a_value_with_braces_is_filled_in_once() -> None:
    shop = SHOP.with_fact("P1", "price", Fact("{stock}"))
    look(shop=shop, row=row(text="到手{stock}"))


# With the store


def check(clearance: Clearance = STANDS, *, practice: bool = False, **more: Any) -> Passed:
    library = Library([dataclasses.replace(PRICE, signed="approval:1", **more.pop("phrase", {}))])
    one = next(iter(library))
    made = Gate(
        lambda: library, lambda: more.get("shop", SHOP), practice, "practice:1", None,
        more.get("speech", lambda text: ()),
    )  # fmt: skip
    return made.check(row(digest=one.digest, **more.get("row", {})), clearance, NOON)


def changed(**changes: Any) -> Clearance:
    fields = {name: getattr(STANDS, name) for name in STANDS.__struct_fields__}
    return Clearance(**(fields | changes))


def test_what_store_and_room_agree_on_passes() -> None:
    assert check().text == "到手59元"


@pytest.mark.parametrize(
    "why", ["unknown", "not_live", "not_approved", "expired", "exemption", "practice_only"]
)
def test_what_the_store_says_no_to_is_not_said(why: str) -> None:
    assert reason(lambda: check(changed(reason=why))) == why


def test_another_substance_than_the_stores_is_not_said() -> None:
    assert reason(lambda: check(phrase={"tone": "sales"})) == "substance"


@pytest.mark.parametrize(
    "changes",
    [
        {"facts": {"price": KnownFact("49元", None)}}, {"facts": {"price": KnownFact("59元", NOON)}}, {"facts": {}},
        {"klass": "health_food"}, {"klass": None},
    ],
)  # fmt: skip
def test_a_change_the_room_has_not_heard_of_counts(changes: dict[str, Any]) -> None:
    assert reason(lambda: check(changed(**changes))) == "stale_fact"


def test_a_practice_room_has_goods_no_store_knows() -> None:
    assert check(changed(facts={}, klass=None), practice=True).text == "到手59元"


# Words


def says(category: str, word: str, rule: str | None = None) -> Callable[[str], list[Any]]:
    return lambda text: [hit(category, word)] if word in text else []


@pytest.mark.parametrize("category", ["A01", "M04", "P02", "D01", "I03", "U01", "S01", "X01"])
def test_words_the_shop_may_not_say_are_not_said_wherever_they_come_from(category: str) -> None:
    assert reason(lambda: check(speech=says(category, "59"))) == "wording"


def test_what_is_only_counted_passes() -> None:
    assert check(speech=says("C01", "59")).text == "到手59元"


def test_an_exemption_takes_out_its_own_rule_where_the_law_knows_one() -> None:
    assert check(changed(exempt=frozenset({"A01-0001"})), speech=says("A01", "59")).text == "到手59元"
    other = changed(exempt=frozenset({"A01-0002"}))
    assert reason(lambda: check(other, speech=says("A01", "59"))) == "wording"
    contact = changed(exempt=frozenset({"D01-0001"}))
    assert reason(lambda: check(contact, speech=says("D01", "59"))) == "wording"


def test_the_sentence_the_law_orders_is_not_judged() -> None:
    shop = Shop((Product("P1", "鱼油", (), 1, "health_food", {"price": Fact("59元")}),))
    done = check(
        changed(klass="health_food"), shop=shop, row={"text": "到手59元。" + HEALTH_DISCLOSURE},
        speech=says("M01", "药物"),
    )  # fmt: skip
    assert done.disclosure == HEALTH_DISCLOSURE


def test_the_disclosure_is_told_apart() -> None:
    phrase = Phrase("x", "price", "any", None, None, "zh", "到手{price}", disclosure="限今天", state="live")
    done = Gate(lambda: Library([phrase]), lambda: SHOP, True).look(
        row(1, phrase, text="到手59元。限今天", phrase_id="x"), NOON
    )
    assert (done.text, done.disclosure) == ("到手59元。限今天", "限今天")


def test_in_english_the_stop_is_no_part_of_the_disclosure() -> None:
    phrase = Phrase(
        "x", "price", "any", None, None, "en", "{price} now", disclosure="Today only", state="live"
    )
    shop = Shop((Product("P1", "fish oil", (), 1, "health_food", {"price": Fact("CNY 59")}),))
    words = f"CNY 59 now. Today only. {HEALTH_DISCLOSURE}"
    gate = Gate(lambda: Library([phrase]), lambda: shop, True)
    done = gate.look(row(1, phrase, text=words, phrase_id="x"), NOON)
    assert (done.text, done.disclosure) == (words, f"Today only. {HEALTH_DISCLOSURE}")
    forged = row(1, phrase, text=words.replace("59", "1"), phrase_id="x")
    assert reason(lambda: gate.look(forged, NOON)) == "stale_fact"
    forged = row(1, phrase, text=words.replace("now", "gratis"), phrase_id="x")
    assert reason(lambda: gate.look(forged, NOON)) == "other_text"


DRAWN = dataclasses.replace(
    PRICE_GENERIC,
    id="draw-1",
    signed="approval:1",
    intent="draw:closed",
    text="{draw_number}已截止，共{draw_count}人",
    state="live",
)
TOLD = {"draw_number": Fact("第3场抽奖", "draw"), "draw_count": Fact("12", "draw")}


def check_notice(text: str, told: dict[str, Fact]) -> Passed:
    """A notice in a real room: its facts stand in the draw's commitment, and in no store."""
    stands = changed(substance=DRAWN.substance, facts={}, klass=None)
    spoken = Gate(lambda: Library([DRAWN]), lambda: SHOP, False, "practice:1", draw=lambda: told)
    queued = row(phrase_id=DRAWN.id, digest=DRAWN.digest, product=None, text=text)
    return spoken.check(queued, stands, NOON)


def test_a_draws_notice_is_filled_with_what_the_draw_tells_of_itself() -> None:
    assert check_notice("第3场抽奖已截止，共12人", TOLD).text == "第3场抽奖已截止，共12人"


@pytest.mark.parametrize(
    ("text", "told"),
    [("第3场抽奖已截止，共99人", TOLD), ("第3场抽奖已截止，共12人", {}),
     ("第3场抽奖已截止，共12人", {**TOLD, "draw_count": Fact("13", "draw")})],
)  # fmt: skip
def test_a_notice_that_the_draw_does_not_bear_out_is_kept_back(text: str, told: dict[str, Fact]) -> None:
    assert reason(lambda: check_notice(text, told)) in ("stale_fact", "other_text")
