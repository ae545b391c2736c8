"""The question storm of benchmarks/storm.py in short, and its oracle: what it must not let pass."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from benchmarks.storm import LIMITED, Outcome, run, table
from benchmarks.storm_oracle import Heard, faults, most_within, possible, rounds
from benchmarks.storm_script import START_MS, VIEWERS, Line, Storm, shop, storm
from benchmarks.storm_words import ASKS, CALLED
from classifiers.verdict import INTENTS

SEED = 1


@pytest.fixture(scope="module")
def weather() -> Storm:
    return storm(SEED)


@pytest.fixture(scope="module")
def open_sky(weather: Storm) -> Outcome:
    return asyncio.run(run(weather, None))


@pytest.fixture(scope="module")
def limited(weather: Storm) -> Outcome:
    return asyncio.run(run(weather, LIMITED))


def test_the_storm_is_what_it_says(weather: Storm) -> None:
    asking = [line for line in weather.lines if line.intent is not None]
    assert {line.intent for line in asking} == set(INTENTS) == set(ASKS)
    assert {line.product for line in asking} - {None} == {one.id for one in shop().products} == set(CALLED)
    assert len(shop().products) == 10
    assert all(len(set(wordings)) >= 6 for wordings in ASKS.values())
    assert len({line.uid for line in weather.lines}) > 0.98 * VIEWERS
    assert {line.intent for line in weather.lines if line.at_ms == START_MS} == set(INTENTS)
    assert weather.lines[-1].at_ms - START_MS < 60_000
    assert storm(SEED) == weather != storm(SEED + 1)


def test_every_question_has_its_answer_within_two_seconds(open_sky: Outcome) -> None:
    assert open_sky.faults() == []
    assert sum(one.prompt for one in open_sky.first_rounds()) == len(INTENTS)
    assert not open_sky.lost
    assert len(open_sky.misheard) < 0.01 * len(open_sky.storm.lines)


def test_a_limited_platform_gets_what_it_takes_and_no_more(limited: Outcome) -> None:
    assert limited.faults() == []
    assert limited.refused == 0
    assert most_within(limited.heard, LIMITED[1]) == LIMITED[0]
    first = limited.first_rounds()
    assert sum(one.prompt for one in first) == possible(limited.storm.lines, LIMITED)[0] == LIMITED[0]
    assert all(one.wait_ms is not None and one.wait_ms < 32_000 for one in first)


def test_the_same_storm_is_answered_the_same_however_it_is_cut_into_batches(
    weather: Storm, open_sky: Outcome
) -> None:
    short = Storm(weather.lines[:400], weather.shown)
    whole, pieces = asyncio.run(run(short, None)), asyncio.run(run(short, None, step_ms=150))
    assert pieces.heard == whole.heard
    assert pieces.withheld == whole.withheld
    before = [one for one in open_sky.heard if one.at_ms < short.lines[-1].at_ms]
    assert before == [one for one in whole.heard if one.at_ms < short.lines[-1].at_ms]


def test_the_table_names_every_figure(open_sky: Outcome, limited: Outcome) -> None:
    printed = table([open_sky, limited])
    for word in (
        "comments/s",
        "withheld: merged",
        "wait p95, ms",
        "most messages in any 30 s",
        "wall time, s",
    ):
        assert word in printed


def line(number: int, at_ms: int, intent: str = "price", product: str | None = "P1", uid: str = "") -> Line:
    return Line(number, at_ms, uid or f"u{number}", "多少钱", intent, product)


def said(at_ms: int, of: Line, text: str = "59元", phrase: str = "price-1") -> Heard:
    return Heard(at_ms, text, of, phrase, of.intent or "", of.product)


@pytest.mark.parametrize(
    ("second", "what"),
    [
        (said(19_999, line(2, 19_999), "1号59元", "price-2"), "answer"),
        (said(29_999, line(2, 29_999, product="P2"), "59元", "price-2"), "text"),
        (said(59_999, line(2, 59_999, product="P2", uid="u1"), "89元", "price-2"), "viewer"),
        (said(19_999, line(2, 19_999, intent="stock"), "320支"), "phrase"),
    ],
)
def test_the_oracle_sees_what_comes_too_often(second: Heard, what: str) -> None:
    found = faults([said(0, line(1, 0)), second], None)
    assert [fault.split()[0] for fault in found] == [what]


def test_the_oracle_lets_pass_what_comes_after_its_time() -> None:
    heard = [
        said(0, line(1, 0)),
        said(20_000, line(2, 20_000), "1号59元", "price-2"),
        said(60_000, line(3, 60_000, uid="u1")),
    ]
    assert faults(heard, (1, 20_000)) == []


def test_the_oracle_sees_a_wrong_answer_and_too_many() -> None:
    wrong = Heard(0, "59元", line(1, 0, product="P2"), "price-1", "price", "P1")
    assert "answered was price about P1" in faults([wrong], None)[0]
    heard = [said(at, line(at, at, product=f"P{at}"), f"{at}元", f"p{at}") for at in (0, 29_999)]
    assert faults(heard, (1, 30_000)) == ["2 messages within 30000 ms, allowed are 1"]
    assert faults(heard, (2, 30_000)) == []


def test_a_round_ends_with_an_answer_and_begins_anew_after_the_merge_window() -> None:
    asked = [line(at, at) for at in (0, 500, 5_000, 21_499, 21_500, 90_000)]
    heard = [said(1_500, asked[0]), said(24_000, asked[4])]
    found = [(one.asked_ms, one.answered_ms, one.prompt) for one in rounds(asked, heard)]
    assert found == [(0, 1_500, True), (21_500, 24_000, False)]
    assert [one.answered_ms for one in rounds([*asked, line(7, 95_000)], heard)][-1] is None


def test_what_is_possible_is_reckoned_from_the_limit_alone() -> None:
    asked = [line(n, 0, intent) for n, intent in enumerate(INTENTS)]
    assert possible(asked, None) == (24, 0)
    assert possible(asked, (20, 30_000)) == (20, 30_000)
    assert possible(asked, (6, 1_000)) == (18, 3_000)
    assert Counter(one.intent for one in asked) == Counter(INTENTS)
