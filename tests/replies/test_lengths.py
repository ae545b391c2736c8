"""The longest message of each platform, and how long a phrase can get."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replies.facts import HEALTH_CLASSES, HEALTH_DISCLOSURE, SLOTS, Fact, Product, Shop
from replies.lengths import GENERAL, LIMITS, Limit, limit_for, limit_of, worst
from replies.lint import lint
from replies.phrase import Phrase
from replies.selector import spoken

PHRASE = Phrase("p", "price", "class", "food", None, "zh", "看购物车")


def sizes(phrase: Phrase, **more: object) -> list[str]:
    return [one.reason for one in lint(phrase, judge=lambda _: [], **more) if one.rule == "length"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("platform", "count"),
    [("bilibili", 20), ("telegram", 4096), ("twitch", 500), ("youtube", 200), ("bridge", 100), (None, 100)],
)
def test_each_platform_has_its_longest_message(platform: str | None, count: int) -> None:
    assert limit_of(platform).count == count
    assert sizes(replace(PHRASE, platform=platform, text="看" * count)) == []
    (reason,) = sizes(replace(PHRASE, platform=platform, text="看" * (count + 1)))
    assert f"at most {count}" in reason


def test_bilibili_allows_more_from_level_twenty_on() -> None:
    assert [limit_of("bilibili", level=level).count for level in (None, 0, 19, 20, 60)] == [
        20,
        20,
        20,
        30,
        30,
    ]


def test_a_phrase_of_every_platform_fits_the_shortest_room() -> None:
    assert limit_for(PHRASE, ["telegram", "youtube"]) == (Limit(200), "youtube")
    assert limit_for(PHRASE) == (GENERAL, "")
    assert limit_for(replace(PHRASE, platform="twitch"), ["bilibili"]) == (Limit(500), "twitch")
    text = "看" * 21
    assert sizes(replace(PHRASE, text=text), platforms=["bilibili", "telegram"])
    assert not sizes(replace(PHRASE, text=text), platforms=["telegram"])


def test_bytes_are_counted_at_their_widest() -> None:
    own = {**LIMITS, "bridge": Limit(60, "bytes")}
    phrase = replace(PHRASE, platform="bridge", text="看" * 20)
    assert sizes(phrase, limits=own) == []
    assert "63 bytes" in sizes(replace(phrase, text="看" * 21), limits=own)[0]
    assert worst(replace(phrase, text="{link_no}"), Limit(60, "bytes")) == 4 * SLOTS["link_no"]
    # 60 bytes are fewer characters than 20.
    assert limit_for(PHRASE, ["bilibili", "bridge"], own=own)[1] == "bridge"


def goods(*classes: str) -> Shop:
    return Shop(tuple(Product(f"P{at}", "片", (), at, klass) for at, klass in enumerate(classes, 1)))


@pytest.mark.parametrize(
    ("shop", "room"),
    [
        (None, 9), (Shop(), 9), (goods("food"), 0), (goods("food", "medical_device"), 27),
        *((goods("food", klass), 9) for klass in sorted(HEALTH_CLASSES)),
    ],
)  # fmt: skip
def test_room_for_a_notice_is_left_only_where_goods_that_need_it_could_be_meant(
    shop: Shop | None, room: int
) -> None:
    phrase = replace(PHRASE, scope="any", product=None, text="看" * 20)
    assert worst(phrase, shop=shop) == 20 + room
    assert bool(sizes(phrase, platforms=["bilibili"], shop=shop)) == bool(room)
    for one in shop.products if shop else ():
        assert len(spoken(phrase, shop or Shop(), one.id, 0)) <= worst(phrase, shop=shop)


def test_the_notice_behind_english_words_takes_two_signs_more() -> None:
    phrase = replace(PHRASE, scope="any", product=None, lang="en", text="See the cart")
    assert worst(phrase) == len(f"See the cart. {HEALTH_DISCLOSURE}")
    assert spoken(phrase, goods("health_food"), "P1", 0) == f"See the cart. {HEALTH_DISCLOSURE}"


values = st.lists(
    st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"], exclude_characters="<>"),
    min_size=1,
)


@given(
    st.lists(st.sampled_from(sorted(SLOTS)), max_size=4),
    st.sampled_from([GENERAL, Limit(9, "bytes")]),
    values,
)
@settings(max_examples=80)
def test_no_filling_is_longer_than_the_worst_case(names: list[str], limit: Limit, chars: list[str]) -> None:
    phrase = replace(PHRASE, text="看" + "".join(f"{{{name}}}" for name in names), disclosure="{gift}")
    value = "".join(chars)
    facts = {name: Fact("字" + (value * 30)[: SLOTS[name] - 1]) for name in SLOTS}
    assert limit.size(phrase.render(facts, 0)) <= worst(phrase, limit)
