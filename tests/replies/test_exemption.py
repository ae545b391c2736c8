"""An exemption is an object with evidence; without it, or past its time, it does nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from replies.exemption import Exemption, exempted
from replies.finding import Finding
from replies.lint import lint
from replies.phrase import Phrase
from tests.replies.test_lint import finds

GIVEN = Exemption("7", "A01-1", "商标本身含该词", ("a" * 64,), 2000)
PHRASE = Phrase("p", "price", "any", None, None, "zh", "最佳食客牌在2号")
FOUND = Finding("p", "text", 0, 2, "A01-1", "A01: …", category="A01")


def levels(given: Exemption, now_ms: int | None = 1000, category: str = "A01") -> list[tuple[str, str]]:
    found = lint(PHRASE, judge=finds("最佳", category), exemptions=[given], now_ms=now_ms)
    return [(one.level, one.exempted_by) for one in found]


def test_a_finding_of_the_exempted_rule_names_the_exemption() -> None:
    assert levels(GIVEN) == [("exempt", "7")]
    assert levels(replace(GIVEN, valid_until_ms=None), None) == [("exempt", "7")]


@pytest.mark.parametrize(
    "changes",
    [
        {"evidence": ()},
        {"evidence": ("a" * 63,)},
        {"evidence": ("a" * 64, "see contract")},
        {"reason": " "},
        {"id": ""},
        {"rule": "A01"},
        {"rule": "A01-2"},
        {"valid_until_ms": 1000},
        {"valid_until_ms": 0},
    ],
)
def test_one_without_evidence_reason_or_time_or_of_another_rule_does_nothing(
    changes: dict[str, object],
) -> None:
    assert levels(replace(GIVEN, **changes)) == [("refuse", "")]  # type: ignore[arg-type]


def test_one_that_ends_needs_a_clock() -> None:
    assert levels(GIVEN, None) == [("refuse", "")]


@pytest.mark.parametrize("category", ["M01", "A06", "D01", "I01", "U01", "Z01"])
def test_where_the_law_knows_none_it_does_nothing(category: str) -> None:
    assert levels(replace(GIVEN, rule=f"{category}-1"), category=category)[:1] in ([("refuse", "")], [])
    one = replace(FOUND, rule=f"{category}-1", category=category)
    assert exempted([one], [replace(GIVEN, rule=one.rule)], 1000) == [one]


@pytest.mark.parametrize("rule", ["control", "length", "unknown-slot", "expired", "disclosure"])
def test_a_matter_of_form_cannot_be_exempted(rule: str) -> None:
    one = replace(FOUND, rule=rule, category="")
    assert exempted([one], [replace(GIVEN, rule=rule)], 1000) == [one]


def test_a_warning_stays_one() -> None:
    one = replace(FOUND, level="warn")
    assert exempted([one], [GIVEN], 1000) == [one]


def test_exempted_findings_come_last() -> None:
    phrase = replace(PHRASE, text="亲，最佳食客牌{geld}")
    found = lint(phrase, judge=finds("最佳"), exemptions=[GIVEN], now_ms=1000)
    assert [one.level for one in found] == ["refuse", "warn", "exempt"]
