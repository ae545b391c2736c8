"""The constants of a card: probabilities that mean what they say, thresholds that keep chatter out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from classifiers import calibration
from classifiers.calibration import FALSE_ON_CHATTER, REACHED_BY_CHATTER, constants, is_chatter, macro_f1
from classifiers.labelled import Labelled
from classifiers.lesson import holds
from classifiers.model import COLUMNS, JUDGED
from classifiers.verdict import INTENTS

ASK = Labelled("a", "多少钱", "price", (), 1, None, 0, (), "x")
BUY = replace(ASK, text="拍了", faq=None, purchase=3)
BLAME = replace(ASK, text="太差", faq=None, purchase=0, negative="quality", severity=2)
TALK = replace(ASK, text="晚上好", faq=None, purchase=0)


def given(rows: list[Labelled], values: np.ndarray, quiet: np.ndarray | None = None) -> dict[str, Any]:
    truth = {name: np.array([holds(name, row) for row in rows]) for name in COLUMNS}
    return constants(rows, np.zeros(len(rows), dtype=np.bool_) if quiet is None else quiet, truth, values)


def world(count: int = 360, *, noise: float = 1.0) -> tuple[list[Labelled], np.ndarray]:
    """Comments of every sort and decision values that are right up to noise."""
    random = np.random.default_rng(7)
    rows: list[Labelled] = []
    for number in range(count):
        intent = INTENTS[number % len(INTENTS)]
        sort = number % 5
        if sort == 0:
            rows.append(replace(ASK, faq=intent))
        elif sort == 1:
            rows.append(replace(BUY, purchase=1 + number % 3))
        elif sort == 2:
            rows.append(replace(BLAME, severity=1 + number % 3))
        else:
            rows.append(TALK)
    truth = np.array([[holds(name, row) for name in COLUMNS] for row in rows], dtype=np.float64)
    return rows, truth * 6 - 3 + random.normal(0, noise, truth.shape)


def asked_too(rows: list[Labelled], values: np.ndarray) -> tuple[list[Labelled], np.ndarray]:
    """The same with one clear question of each intent beside them: without any there is nothing to choose."""
    asks = np.full((len(INTENTS), len(COLUMNS)), -6.0)
    asks[np.arange(len(INTENTS)), np.arange(len(INTENTS))] = 6.0
    return [*rows, *(replace(ASK, faq=intent) for intent in INTENTS)], np.concatenate([values, asks])


def test_columns_that_are_right_get_calm_constants_and_full_scores() -> None:
    rows, values = world(noise=0.2)
    card = given(rows, values)
    assert set(card) == {"calibration", "thresholds", "faq", "blame", "held_out"}
    assert (
        set(card["calibration"]) == set(card["thresholds"]) == {c for c in JUDGED if not c.startswith("faq:")}
    )
    assert all(slope > 0 for name, (slope, _) in card["calibration"].items() if name not in ONE_SIDED)
    assert card["held_out"]["negative"] == 1.0
    assert card["held_out"]["purchase>=2"] == 1.0
    assert card["held_out"]["faq_macro_f1"] == 1.0
    assert card["held_out"]["false_answers"] == 0.0
    assert 0.2 <= card["faq"]["threshold"] < 0.99


ONE_SIDED = {f"kind:{kind}" for kind in ("price", "logistics", "service", "deception", "abuse", "disruption")}
"""Columns that hold of no comment of `world`: nothing to calibrate with."""


def test_a_column_without_both_answers_is_left_as_it_is() -> None:
    card = given(*world())
    assert all(tuple(card["calibration"][name]) == (0.0, -5.0) for name in ONE_SIDED)
    assert all(card["thresholds"][name] == 0.98 for name in ONE_SIDED)


def test_probabilities_mean_what_they_say() -> None:
    """Answers drawn with known chances: the fitted slope and constant give those chances back."""
    random = np.random.default_rng(3)
    count = 1500
    values = np.zeros((count, len(COLUMNS)))
    at = COLUMNS.index("purchase>=2")
    values[:, at] = random.normal(0, 2, count)
    chances = 1 / (1 + np.exp(-(0.7 * values[:, at] - 1)))
    bought = random.random(count) < chances
    slope, constant = given(*asked_too([BUY if yes else TALK for yes in bought], values))["calibration"][
        "purchase>=2"
    ]
    assert slope == pytest.approx(0.7, abs=0.12)
    assert constant == pytest.approx(-1, abs=0.25)


def test_severity_is_calibrated_on_negative_comments_only() -> None:
    rows, values = world()
    before = given(rows, values)
    harmless = np.array([row.negative is None for row in rows])
    at = [COLUMNS.index(name) for name in ("severity>=2", "severity>=3")]
    values[np.ix_(np.flatnonzero(harmless), at)] = 50.0
    after = given(rows, values)
    for name in ("severity>=2", "severity>=3"):
        assert before["calibration"][name] == after["calibration"][name]
        assert before["thresholds"][name] == after["thresholds"][name]


@pytest.mark.parametrize("column", sorted(REACHED_BY_CHATTER))
def test_chatter_holds_a_threshold_up(column: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some chatter looks like the real thing, less strongly: by F1 alone the threshold would let it in."""
    monkeypatch.setattr(calibration, "SURE", {"faq": 0.9})
    real = BLAME if column == "negative" else BUY
    values = np.full((700, len(COLUMNS)), -4.0)
    at = COLUMNS.index(column)
    values[:200, at] = np.linspace(0.5, 6, 200)
    values[200:215, at] = 2.0

    def reached(others: Labelled) -> tuple[float, float]:
        card = given(*asked_too([real] * 200 + [others] * 500, values))
        slope, constant = card["calibration"][column]
        over = 1 / (1 + np.exp(-(slope * values[:, at] + constant))) >= card["thresholds"][column]
        return float(over[:200].mean()), float(over[200:].mean())

    found, by_chatter = reached(TALK)
    assert by_chatter <= REACHED_BY_CHATTER[column]
    assert found > 0.5
    found_freely, by_others = reached(replace(TALK, faq="price"))
    assert by_others > REACHED_BY_CHATTER[column]
    assert found_freely > found


def test_answers_to_chatter_are_kept_rare() -> None:
    rows, values = world(noise=1.6)
    card = given(rows, values)
    assert card["held_out"]["false_answers"] <= FALSE_ON_CHATTER
    assert 0.3 < card["held_out"]["faq_macro_f1"] < 1.0


def test_where_no_threshold_is_safe_nothing_is_answered() -> None:
    """Chatter with the very values of questions: whatever lets one in lets the other in."""
    rows, values = world(noise=0.0)
    values[[number for number, row in enumerate(rows) if is_chatter(row)]] = values[0]
    held_out = given(rows, values)["held_out"]
    assert (held_out["false_answers"], held_out["faq_macro_f1"]) == (0.0, 0.0)


def test_comments_that_never_ask_count_for_no_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    """`quiet` comments are not answered whatever their values are, so they hold nothing up."""
    monkeypatch.setitem(calibration.SURE, "faq", 0.2)
    rows, values = world(noise=0.2)
    quiet = np.array([number % 20 == 3 for number in range(len(rows))])
    assert all(is_chatter(row) for row, still in zip(rows, quiet, strict=True) if still)
    for number in np.flatnonzero(quiet):
        values[number] = values[5 * (number // 5)]
    loud, still = given(rows, values), given(rows, values, quiet)
    assert still["held_out"]["faq_macro_f1"] > loud["held_out"]["faq_macro_f1"] + 0.2
    assert still["held_out"]["false_answers"] == 0.0


def test_equal_values_equal_constants() -> None:
    rows, values = world(120)
    assert given(rows, values) == given(rows, values.copy())


@pytest.mark.parametrize(
    ("row", "chatter"),
    [
        (TALK, True),
        (ASK, False),
        (BUY, False),
        (BLAME, False),
        (replace(TALK, banned=(("D01", "晚"),)), False),
    ],
    ids=["talk", "ask", "buy", "blame", "banned"],
)
def test_what_is_chatter(row: Labelled, chatter: bool) -> None:
    assert is_chatter(row) is chatter


def test_macro_f1_counts_each_intent_alike() -> None:
    truth = ["price", "price", "link", None]
    assert macro_f1(truth, truth) == 1.0
    assert macro_f1(truth, ["price", "price", None, None]) == 0.5
    assert macro_f1(truth, ["price", "price", "link", "link"]) == pytest.approx((1 + 2 / 3) / 2)
    assert macro_f1([None], [None]) == 0.0
    assert macro_f1([None], ["price"]) == 0.0
    assert macro_f1([], []) == 0.0
