"""Rendering and digest of one phrase."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replies.errors import PhraseRefused
from replies.facts import SLOTS, Fact
from replies.phrase import CONTENT_FIELDS, Phrase, joined

PRICE = Phrase("p", "price", "any", None, None, "zh", "{link_no}号到手{price}", "{price_basis}")
FACTS = {"link_no": Fact("3"), "price": Fact("59元"), "price_basis": Fact("券后单件价")}


def test_fills_text_and_disclosure() -> None:
    assert PRICE.render(FACTS, 0) == "3号到手59元。券后单件价"
    assert PRICE.slots == ("link_no", "price", "price_basis")


def test_a_missing_fact_is_refused_by_name() -> None:
    with pytest.raises(PhraseRefused, match="price") as caught:
        PRICE.render({"link_no": Fact("3")}, 0)
    assert (caught.value.reason, caught.value.phrase_id, caught.value.detail) == ("stale_fact", "p", "price")


def test_a_fact_ends_at_its_very_millisecond() -> None:
    facts = {**FACTS, "price": Fact("59元", "host", 1000)}
    assert "59元" in PRICE.render(facts, 999)
    with pytest.raises(PhraseRefused) as caught:
        PRICE.render(facts, 1000)
    assert caught.value.reason == "stale_fact"


def test_a_value_longer_than_reviewed_is_refused() -> None:
    with pytest.raises(PhraseRefused) as caught:
        PRICE.render({**FACTS, "price": Fact("九" * (SLOTS["price"] + 1))}, 0)
    assert caught.value.reason == "bad_fact"


def test_braces_in_a_value_are_inert() -> None:
    facts = {**FACTS, "price": Fact("{link_no}"), "link_no": Fact("{x}")}
    assert PRICE.render(facts, 0) == "{x}号到手{link_no}。券后单件价"


@pytest.mark.parametrize(
    "text", ["{price.__class__}", "{price!r}", "{0}", "{}", "{{price", "{Price}", "%s {price:>9}"]
)
def test_format_syntax_is_not_read(text: str) -> None:
    phrase = replace(PRICE, text=text, disclosure="")
    assert phrase.render(FACTS, 0) == text.replace("{price}", "59元")


@pytest.mark.parametrize(
    ("text", "disclosure", "said"),
    [
        ("好", "", "好"), ("好", "附", "好。附"), ("好！", "附", "好！附"), ("", "附", "附"), ("59", "附", "59。附"),
        ("平时穿M拍M", "附", "平时穿M拍M。附"), ("Yes", "Terms apply", "Yes. Terms apply"),
        ("Yes.", "Terms apply", "Yes. Terms apply"), ("Yes!", "Terms apply", "Yes! Terms apply"),
    ],
)  # fmt: skip
def test_joined(text: str, disclosure: str, said: str) -> None:
    assert joined(text, disclosure) == said
    assert joined(text, disclosure, "en" if text.startswith("Yes") else "zh") == said


def test_the_language_of_the_phrase_decides_over_its_letters() -> None:
    facts = {"price": Fact("CNY 59")}
    phrase = replace(PRICE, text="{price}", disclosure="附")
    assert replace(phrase, lang="zh").render(facts, 0) == "CNY 59。附"
    assert replace(phrase, lang="en", disclosure="Terms apply").render(facts, 0) == "CNY 59. Terms apply"


CHANGES = {
    "id": "q", "intent": "stock", "scope": "class", "product": "beauty", "platform": "bilibili", "lang": "en",
    "text": "别的", "disclosure": "别的", "valid_from_ms": 1, "valid_until_ms": 2, "group": "A",
}  # fmt: skip


@pytest.mark.parametrize("name", CONTENT_FIELDS)
def test_an_edit_of_any_content_makes_another_version(name: str) -> None:
    assert replace(PRICE, **{name: CHANGES[name]}).digest != PRICE.digest  # type: ignore[arg-type]


def test_state_and_hands_are_not_content() -> None:
    moved = replace(PRICE, state="live", author="a", reviewer="b", signed="s", tone="sales", room="r")
    assert moved.digest == PRICE.digest


def test_the_digest_never_changes_meaning() -> None:
    """Stored rows carry it: a change of the formula would void every approval."""
    assert PRICE.digest == "01bf57e3feda034a51cc557823c2c1308450a8096667f02317276fd37bc2d142"


@given(
    st.text(max_size=40),
    st.text(st.characters(categories=["L", "N", "P"], exclude_characters="<>"), min_size=1, max_size=12),
)
@settings(max_examples=80)
def test_any_text_renders_with_its_values_untouched(text: str, value: str) -> None:
    phrase = replace(PRICE, text=f"{text}{{price}}", disclosure="")
    said = phrase.render(dict.fromkeys(phrase.slots, Fact(value)), 0)
    assert said.endswith(value)
    if "{" not in text:
        assert said == text + value


def test_lone_surrogates_have_a_digest() -> None:
    assert len(replace(PRICE, text="\ud800").digest) == 64


def test_the_substance_covers_all_that_was_approved_and_not_who_stands_behind_it() -> None:
    assert PRICE.substance != PRICE.digest
    for more in (
        {"tone": "sales"}, {"merchant": "a"}, {"room": "r"}, {"evidence": ("ab",)}, {"exemptions": ("1",)},
        {"text": "x"}, {"disclosure": "x"}, {"valid_until_ms": 1}, {"group": "b"}, {"platform": "bilibili"},
    ):  # fmt: skip
        assert replace(PRICE, **more).substance != PRICE.substance, more  # type: ignore[arg-type]
    for more in (
        {"author": "x"},
        {"reviewer": "x"},
        {"state": "live"},
        {"signed": "practice"},
        {"merchant": ""},
    ):
        assert replace(PRICE, **more).substance == PRICE.substance, more  # type: ignore[arg-type]


def test_evidence_and_exemptions_leave_the_digest_and_come_as_lists_too() -> None:
    more = replace(PRICE, evidence=["ab"], exemptions=["1"])  # type: ignore[arg-type]
    assert more.digest == PRICE.digest
    assert (more.evidence, more.exemptions) == (("ab",), ("1",))
    assert hash(more) == hash(replace(PRICE, evidence=("ab",), exemptions=("1",)))
