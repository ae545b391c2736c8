from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lottery.rules import FIELDS_OF, KINDS, Prize, RuleSheet, WaveSheet, preflight

from .makers import SHEETS


def problems(kind: str, **change: Any) -> list[tuple[str, str]]:
    return [(found.field, found.code) for found in preflight(replace(SHEETS[kind], **change))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_complete_sheet_of_each_kind_passes(kind: str) -> None:
    assert SHEETS[kind].kind == kind
    assert problems(kind) == []


def test_an_unknown_kind_is_refused() -> None:
    assert [found.field for found in preflight(replace(SHEETS["keyword"], kind="wheel"))] == ["kind"]


FILLED: dict[str, Any] = {
    "keyword": "抽奖",
    "question": "？",
    "options": ("a", "b"),
    "prefix": "答",
    "answers": ("a",),
    "decimals": 1,
    "least": 1,
    "most": 1,
    "waves": (WaveSheet("a", 0, 10),),
    "product": "sku",
}


def test_the_table_of_fields_names_all_of_them() -> None:
    assert set(FIELDS_OF) == set(KINDS)
    assert {name for names in FIELDS_OF.values() for name in names} == set(FILLED)
    assert set(FILLED) <= set(RuleSheet.__dataclass_fields__)


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_of_another_kind_is_not_silently_ignored(kind: str) -> None:
    for name in set(FILLED) - set(FIELDS_OF[kind]):
        assert problems(kind, **{name: FILLED[name]}) == [(name, "not_of_kind")]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"question": " "}, ("question", "question")),
        ({"question": "x" * 401}, ("question", "question")),
        ({"options": ("八点",), "answers": ("八点",)}, ("options", "options")),
        ({"options": ("八点", "八点 ")}, ("options", "options")),
        ({"options": ("Go", "gO"), "answers": ("go",)}, ("options", "options")),
        ({"options": ("八点", "")}, ("options", "options")),
        ({"options": tuple("abcdefghi"), "answers": ("a",)}, ("options", "options")),
        ({"options": ("a", "x" * 41), "answers": ("a",)}, ("options", "options")),
        ({"answers": ("七点",)}, ("answers", "answers")),
        ({"answers": ("八点", "九点", "十点")}, ("answers", "answers")),
        ({"answers": ()}, ("answers", "answers")),
        ({"answers": ("a\u200b",)}, ("answers", "answers")),
        ({"prefix": "答"}, ("prefix", "prefix")),
        ({"options": ()}, ("prefix", "prefix")),
        ({"options": (), "prefix": "\ud800"}, ("prefix", "prefix")),
        ({"options": (), "prefix": "答", "answers": tuple(map(str, range(21)))}, ("answers", "answers")),
    ],
)
def test_a_quiz_must_be_answerable(change: dict[str, Any], found: tuple[str, str]) -> None:
    assert problems("quiz", **change) == [found]


def test_a_quiz_with_a_prefix_passes() -> None:
    assert problems("quiz", options=(), prefix="答", answers=("九点", "9点")) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"question": ""}, ("question", "question")),
        ({"prefix": "a\nb"}, ("prefix", "prefix")),
        ({"decimals": 3}, ("decimals", "decimals")),
        ({"answers": ("99.555",)}, ("answers", "answers")),
        ({"answers": ("九十九",)}, ("answers", "answers")),
        ({"answers": ("99", "98")}, ("answers", "answers")),
        ({"answers": ("1000.01",)}, ("answers", "answers")),
        ({"least": 9951}, ("answers", "answers")),
        ({"least": 100_001}, ("least", "range")),
        ({"least": -1}, ("least", "range")),
        ({"most": 10**12}, ("least", "range")),
        ({"weight_rule": "粉丝牌每级加 1"}, ("weight_rule", "weight_rule")),
    ],
)
def test_a_guess_must_have_a_right_answer_in_its_range(
    change: dict[str, Any], found: tuple[str, str]
) -> None:
    assert found in problems("guess", **change)


def test_a_guess_needs_no_prefix() -> None:
    assert problems("guess", prefix="") == []


W = WaveSheet


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"waves": (W("a", 0, 20),)}, ("waves", "waves")),
        ({"waves": tuple(W("a", i * 10, 10) for i in range(21))}, ("waves", "waves")),
        ({"waves": (W("a", 1, 20), W("b", 30, 30))}, ("waves[0]", "waves")),
        ({"waves": (W("a", 0, 20), W("b", 19, 30))}, ("waves[1]", "waves")),
        ({"waves": (W("a", 0, 20), W("b", 30, 4))}, ("waves[1]", "waves")),
        ({"waves": (W("a", 0, 20), W("", 30, 10))}, ("waves[1]", "keyword")),
        ({"waves": (W("a", 0, 20), W("b", 86_390, 11))}, ("waves", "range")),
        ({"prizes": (Prize("一等奖", "杯子", 3, 100),)}, ("prizes", "waves")),
        ({"weight_rule": "粉丝牌每级加 1"}, ("weight_rule", "weight_rule")),
    ],
)
def test_waves_follow_each_other_with_a_prize_each(change: dict[str, Any], found: tuple[str, str]) -> None:
    assert problems("rain", **change) == [found]


def test_a_rain_ends_with_its_last_wave() -> None:
    assert SHEETS["rain"].span_s == 60
    assert replace(SHEETS["rain"], waves=(W("a", 0, 20), W("b", 20, 5)), window_s=99).span_s == 25
    assert SHEETS["quiz"].span_s == SHEETS["quiz"].window_s


@pytest.mark.parametrize("change", [{"product": ""}, {"product": "a\x00"}, {"product": "x" * 201}])
def test_a_draw_among_buyers_names_the_product(change: dict[str, Any]) -> None:
    assert problems("purchase", **change) == [("product", "product")]


@pytest.mark.parametrize("change", [{"follow": True}, {"fan_level": 1}, {"account_level": 1}])
def test_an_order_does_not_tell_what_conditions_ask(change: dict[str, Any]) -> None:
    assert problems("purchase", **change) == [(next(iter(change)), "conditions")]


@pytest.mark.parametrize("name", ["fan_level", "account_level", "exclude_previous_days"])
@pytest.mark.parametrize("value", [-1, 10_000])
def test_conditions_have_limits(name: str, value: int) -> None:
    assert problems("keyword", **{name: value}) == [(name, "range")]


def test_what_viewers_must_be_told_cites_the_law() -> None:
    for kind, change in (("quiz", {"question": ""}), ("rain", {"waves": ()}), ("purchase", {"product": ""})):
        found = preflight(replace(SHEETS[kind], **change))
        assert all("第十三条" in one.basis and one.mark == "seen" for one in found)
