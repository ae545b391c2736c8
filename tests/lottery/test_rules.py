from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from lottery import rules
from lottery.errors import RuleError
from lottery.rules import Prize, RuleSheet, preflight

from .makers import SHEET


def changed(name: str, value: Any) -> RuleSheet:
    change: dict[str, Any] = {name: value}
    return replace(SHEET, **change)


def test_a_complete_sheet_passes() -> None:
    for preset in rules.PRESETS:
        assert preflight(SHEET, preset) == ()
    assert SHEET.k == 3


@pytest.mark.parametrize("name", ["title", "keyword", "weight_rule", *rules.TEXTS])
@pytest.mark.parametrize(
    "value",
    ["", "  \n", "\u200b", "\u3164 \ufeff", "\u2800", "x" * 4001, "a\x00b", "a\x1b[31mb", "\ud800"],
)
def test_every_published_item_must_be_filled_with_clean_text(name: str, value: str) -> None:
    problems = preflight(changed(name, value))
    assert [p.field for p in problems] == [name]
    assert problems[0].zh
    assert problems[0].en
    assert problems[0].basis
    assert problems[0].basis_en
    assert problems[0].mark == {"price_basis": "secondary", "minors": "none"}.get(name, "seen")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rank": ""}, "text"),
        ({"name": " "}, "text"),
        ({"quantity": 0}, "quantity"),
        ({"value_fen": 0}, "value"),
        ({"value_fen": 5_000_001}, "cap"),
        ({"kind": "miracle"}, "kind"),
        ({"kind": "points"}, "use_rules"),
        ({"use_rules": "a\x07"}, "use_rules"),
    ],
)
def test_prizes_are_checked(change: dict[str, Any], code: str) -> None:
    prize = replace(SHEET.prizes[0], **change)
    assert code in {p.code for p in preflight(replace(SHEET, prizes=(prize, SHEET.prizes[1])))}


def test_the_cap_is_fifty_thousand_yuan_and_counts_linked_draws() -> None:
    dearest = replace(SHEET, prizes=(Prize("一等奖", "汽车使用权", 1, 5_000_000),))
    assert preflight(dearest) == ()
    assert [p.code for p in preflight(replace(dearest, linked_value_fen=1))] == ["cap"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window_s", 0),
        ("window_s", 86_401),
        ("lead_s", -1),
        ("claim_within_s", 0),
        ("reserves", -1),
        ("linked_value_fen", -1),
    ],
)
def test_numbers_have_limits(name: str, value: int) -> None:
    assert [p.field for p in preflight(changed(name, value))] == [name]


def test_there_must_be_prizes_and_a_known_preset() -> None:
    assert [p.field for p in preflight(replace(SHEET, prizes=()))] == ["prizes"]
    many = replace(SHEET.prizes[0], quantity=rules.MOST_PRIZES + 1)
    assert [p.field for p in preflight(replace(SHEET, prizes=(many,)))] == ["prizes"]
    assert [p.field for p in preflight(SHEET, "hurry")] == ["preset"]


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(RuleError) as caught:
        rules.require(replace(SHEET, organiser="", contact="", prizes=()), "quick")
    assert len(caught.value.problems) == 3


def test_there_is_no_field_for_preset_winners_or_odds() -> None:
    names = {field.name for field in (*fields(RuleSheet), *fields(Prize))}
    assert not {
        name for name in names if "winner" in name or "odds" in name or "seed" in name or "redraw" in name
    }


def test_the_draw_method_says_practice() -> None:
    assert "练习" in rules.draw_method(1000, True)
    assert "练习" not in rules.draw_method(1000, False)
    assert "1000" in rules.draw_method(1000, False)


@pytest.mark.parametrize(
    ("change", "law", "mark"),
    [
        ({"value_fen": 5_000_001}, "第十七条", "secondary"),
        ({"value_fen": 0}, "第十八条", "secondary"),
        ({"kind": "coupon"}, "第十四条", "seen"),
        ({"name": ""}, "第十三条", "seen"),
        ({"quantity": 0}, "第十三条", "seen"),
    ],
)
def test_a_refusal_cites_its_basis_with_its_mark(change: dict[str, Any], law: str, mark: str) -> None:
    found = preflight(replace(SHEET, prizes=(replace(SHEET.prizes[0], **change), SHEET.prizes[1])))
    assert [(law in one.basis, one.mark) for one in found] == [(True, mark)]


def test_missing_claim_terms_and_minors_are_refused_with_their_basis() -> None:
    found = {
        one.field: one for one in preflight(replace(SHEET, claim_method="", claim_conditions="", minors=""))
    }
    assert "第十三条" in found["claim_method"].basis
    assert "第十三条" in found["claim_conditions"].basis
    assert found["minors"].mark == "none"
