from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.console.draw_form import MOST_ROWS, filled, only_sheet, read_form, rows
from bot.draws.presets import SHIPPED
from lottery.rules import PRIZE_KINDS, Prize, RuleSheet, WaveSheet
from tests.bot.draws.test_presets import whole

line = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
number = st.integers(0, 10**6)
prize = st.builds(
    Prize, line, line, number, number, st.sampled_from(PRIZE_KINDS), st.one_of(st.just(""), line)
)


@pytest.mark.parametrize("id", SHIPPED)
def test_a_preset_comes_out_of_the_form_as_it_went_in(id: str) -> None:
    preset = SHIPPED[id]
    for sheet in (preset.sheet, whole(preset)):
        assert read_form(filled(sheet, "quick")) == (sheet, ())


@settings(max_examples=60)
@given(
    st.lists(prize, min_size=1, max_size=MOST_ROWS).map(tuple),
    st.lists(st.builds(WaveSheet, line, number, number), max_size=MOST_ROWS).map(tuple),
    st.booleans(),
    st.lists(number, min_size=8, max_size=8),
)
def test_whatever_a_sheet_holds_the_form_keeps(
    prizes: tuple[Prize, ...], waves: tuple[WaveSheet, ...], follow: bool, numbers: list[int]
) -> None:
    window, lead, days, reserves, linked, fan, level, previous = numbers
    sheet = dataclasses.replace(
        SHIPPED["red-rain"].sheet, prizes=prizes, waves=waves, follow=follow, window_s=window, lead_s=lead,
        claim_within_s=days * 86_400, reserves=reserves, linked_value_fen=linked, fan_level=fan, account_level=level,
        exclude_previous_days=previous,
    )  # fmt: skip
    assert read_form(filled(sheet, "large")) == (sheet, ())


@settings(max_examples=60)
@given(st.integers(0, 2), number, number, line, line)
def test_a_guess_is_typed_as_it_is_said(
    decimals: int, least: int, most: int, prefix: str, question: str
) -> None:
    sheet = dataclasses.replace(
        SHIPPED["guess-price"].sheet, decimals=decimals, least=least, most=most, prefix=prefix, question=question,
        answers=("39.9",),
    )  # fmt: skip
    form = filled(sheet, "quick")
    assert read_form(form) == (sheet, ())
    if decimals == 2 and least == 3990:
        assert form["least"] == "39.9"


@settings(max_examples=80)
@given(st.dictionaries(st.sampled_from(sorted(filled(SHIPPED["quiz"].sheet, "quick"))), st.text(max_size=30)))
def test_nothing_typed_breaks_the_form(typed: dict[str, str]) -> None:
    sheet, wrong = read_form({**filled(SHIPPED["quiz"].sheet, "quick"), **typed})
    assert isinstance(sheet, RuleSheet)
    assert all(one.code == "number" for one in wrong)


@pytest.mark.parametrize(
    "value", ["x", "-1", "1.5", "１２", "1e3", "0x1", "9" * 13, " 1 1", "=1+1", "1_0", "."]
)
def test_what_is_no_whole_number_is_said_and_is_nought(value: str) -> None:
    sheet, wrong = read_form({"window_s": value})
    assert sheet.window_s == 0
    assert [one.field for one in wrong] == ["window_s"]


@pytest.mark.parametrize(
    ("value", "fen"),
    [("0.01", 1), ("299.5", 29_950), ("50000", 5_000_000), ("1.234", None), ("1.", None), (".5", None)],
)
def test_prices_are_typed_in_yuan(value: str, fen: int | None) -> None:
    sheet, wrong = read_form(
        {"prize0_rank": "一等奖", "prize0_name": "盒", "prize0_quantity": "1", "prize0_value": value}
    )
    assert (sheet.prizes[0].value_fen, bool(wrong)) == (fen or 0, fen is None)


def test_fields_of_another_kind_do_not_slip_in() -> None:
    form = {**filled(whole(SHIPPED["quiz"]), "quick"), "kind": "keyword", "keyword": "抽奖"}
    sheet, _ = read_form(form)
    assert (sheet.kind, sheet.question, sheet.answers, sheet.options) == ("keyword", "", (), ())
    assert read_form({"kind": "roulette", "keyword": "x"})[0].kind == "keyword"


def test_there_is_always_one_empty_row_and_an_end_to_them() -> None:
    assert len(rows({}, "prize", 3)) == 3
    assert len(rows({"prize4_name": "盒"}, "prize", 3)) == 6
    assert len(rows({f"wave{MOST_ROWS - 1}_keyword": "红"}, "wave", 3)) == MOST_ROWS


def test_tokens_and_keys_are_not_carried_on() -> None:
    form = {"_csrf": "t", "key": "k", "name": "p", "title": "晚场", "keyword": ""}
    assert only_sheet(form) == {"title": "晚场"}
