"""What may not be said, and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from replies.facts import Product, Shop
from replies.lint import REFUSED_CATEGORIES, Finding, lint
from replies.phrase import Phrase

GOOD = Phrase("p", "price", "any", None, None, "zh", "{link_no}号到手{price}", "{price_basis}，{price_until}")


@dataclass(frozen=True)
class Spotted:
    category: str
    start: int
    end: int
    text: str
    rule: str


def nothing(_: str) -> list[Spotted]:
    return []


def finds(word: str, category: str = "A01") -> Callable[[str], list[Spotted]]:
    def judge(text: str) -> list[Spotted]:
        at = text.find(word)
        return [] if at < 0 else [Spotted(category, at, at + len(word), word, f"{category}-1")]

    return judge


def refused(phrase: Phrase, judge: Callable[[str], list[Spotted]] = nothing, **more: object) -> list[Finding]:
    return [one for one in lint(phrase, judge=judge, **more) if one.level == "refuse"]  # type: ignore[arg-type]


def spots(found: list[Finding]) -> list[tuple[str, str, int, int]]:
    return [(one.rule, one.field, one.start, one.end) for one in found]


def test_a_good_phrase_has_no_finding() -> None:
    assert lint(GOOD, judge=nothing) == []


@pytest.mark.parametrize("letter", REFUSED_CATEGORIES)
def test_every_category_of_brand_speech_refuses(letter: str) -> None:
    phrase = replace(GOOD, text="全网最低价")
    (one,) = refused(phrase, finds("最低", f"{letter}01"), row=7)
    assert spots([one]) == [(f"{letter}01-1", "text", 2, 4)]
    assert (one.phrase_id, one.row) == ("p", 7)
    assert f"{letter}01" in one.reason


@pytest.mark.parametrize("category", ["C01", "L01"])
def test_other_categories_do_not(category: str) -> None:
    assert refused(replace(GOOD, text="全网最低价"), finds("最低", category)) == []


def test_a_hit_behind_a_slot_keeps_its_place() -> None:
    phrase = replace(GOOD, text="{link_no}号最低{price}")
    assert spots(refused(phrase, finds("最低"))) == [("A01-1", "text", 10, 12)]


def test_a_hit_in_the_disclosure() -> None:
    phrase = replace(GOOD, text="好", disclosure="{price}最低")
    assert spots(refused(phrase, finds("最低"))) == [("A01-1", "disclosure", 7, 9)]


def test_a_slot_cannot_hide_a_hit() -> None:
    phrase = replace(GOOD, text="加{price}微信")
    assert spots(refused(phrase, finds("加微信", "D01"))) == [("D01-1", "text", 0, 10)]


def test_a_slot_cannot_complete_a_hit() -> None:
    phrase = replace(GOOD, text="全网第{link_no}")
    assert spots(refused(phrase, finds("第1"))) == [("A01-1", "text", 2, 4)]


def test_a_hit_across_text_and_disclosure() -> None:
    phrase = replace(GOOD, text="有事加", disclosure="微信")
    assert spots(refused(phrase, finds("加。微信", "D01"))) == [("D01-1", "text", 2, 3)]


def test_the_prescribed_sentence_is_not_held_against_the_phrase() -> None:
    phrase = replace(GOOD, text="一天两片", disclosure="本品不能代替药物")
    assert refused(phrase, finds("药物", "M02")) == []
    assert refused(replace(phrase, disclosure="本品是药物"), finds("药物", "M02"))


@pytest.mark.parametrize(
    ("text", "rule", "start", "end"),
    [
        ("", "empty", 0, 0),
        ("  ", "empty", 0, 2),
        ("到手{geld}", "unknown-slot", 2, 8),
        ("到手{price", "braces", 2, 3),
        ("到手price}", "braces", 7, 8),
        ("到手{Price}", "braces", 2, 3),
        ("一\n二", "control", 1, 2),
        ("一\u200b二", "control", 1, 2),
        ("一\u202e二", "control", 1, 2),
        ("一\ud800", "control", 1, 2),
        ("<b>价格", "markup", 0, 1),
        ("看&#60;", "markup", 1, 6),
        ("[这里](http", "markup", 3, 5),
        ("/ban 某人", "markup", 0, 1),
        ("@某人", "markup", 0, 1),
    ],
)
def test_form(text: str, rule: str, start: int, end: int) -> None:
    found = refused(replace(GOOD, text=text, disclosure=""))
    assert (rule, "text", start, end) in spots(found)


def test_length_counts_the_longest_fill() -> None:
    # 9 more for the health notice, which a phrase for any product may have to carry.
    assert refused(replace(GOOD, text="一" * 91, disclosure="")) == []
    assert spots(refused(replace(GOOD, text="一" * 92, disclosure=""))) == [("length", "text", 0, 92)]
    assert [one.rule for one in refused(replace(GOOD, text="一" * 80 + "{price}", disclosure=""))] == [
        "length"
    ]
    own = replace(GOOD, text="一" * 100, disclosure="", scope="product", product="P1")
    assert refused(own) == []


@pytest.mark.parametrize("klass", ["health_food", "保健食品"])
def test_health_food_needs_its_notice(klass: str) -> None:
    phrase = replace(GOOD, text="一天两片", disclosure="", scope="class", product=klass)
    assert [one.rule for one in refused(phrase)] == ["disclosure"]
    assert refused(replace(phrase, disclosure="本品不能代替药物")) == []
    shop = Shop((Product("P1", "维C片", (), 1, klass),))
    own = replace(phrase, scope="product", product="P1")
    assert [one.rule for one in refused(own, shop=shop)] == ["disclosure"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("一" * 26, "long-answer"),
        ("亲，看购物车", "style"),
        ("感谢您的提问", "style"),
        ("到手{price}", "price-basis"),
    ],
)
def test_style_warns_but_does_not_refuse(text: str, rule: str) -> None:
    found = lint(replace(GOOD, text=text, disclosure=""), judge=nothing)
    assert [(one.rule, one.level) for one in found] == [(rule, "warn")]


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("一" * 25, False),
        ("a" * 50, False),
        ("a" * 51, True),
        ("一" * 24 + "ab", False),
        ("一" * 24 + "abc", True),
    ],
)
def test_latin_letters_take_half_the_room(text: str, long: bool) -> None:
    found = lint(replace(GOOD, text=text, disclosure=""), judge=nothing)
    assert [one.rule for one in found] == ["long-answer"] * long


def test_refusals_come_first() -> None:
    found = lint(replace(GOOD, text="亲，{geld}", disclosure=""), judge=nothing)
    assert [one.level for one in found] == ["refuse", "warn"]


def test_own_slots_may_be_named() -> None:
    assert refused(replace(GOOD, text="{geld}"), slots={"geld": 3, "price_basis": 3, "price_until": 3}) == []


@pytest.mark.parametrize("text", ["=1+1", "+1 看页面", "-1+2", " =cmd|calc", "＝1"])
def test_what_a_spreadsheet_takes_for_a_formula_may_not_be_said(text: str) -> None:
    assert "formula" in [one.rule for one in refused(replace(GOOD, text=text))]
    assert not [one for one in refused(replace(GOOD, text="满2件-5元=更划算")) if one.rule == "formula"]


def test_a_phrase_whose_time_is_over_may_not_be_said() -> None:
    timed = replace(GOOD, valid_from_ms=1000, valid_until_ms=2000)
    assert refused(timed) == refused(timed, now_ms=1999) == []
    assert [one.rule for one in refused(timed, now_ms=2000)] == ["expired"]
    assert [one.rule for one in refused(replace(timed, valid_from_ms=2000))] == ["validity"]
