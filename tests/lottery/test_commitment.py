from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lottery import beacon as drand
from lottery import canonical, life
from lottery.beacon import practice_round
from lottery.commitment import BeaconTerms, Commitment
from lottery.contests import Conditions, Guess, Keyword, Rain
from lottery.errors import RecordError
from lottery.refusal import FIRST_SHAPE

from .makers import (
    KEY,
    PLACE,
    PRACTICE_NOW,
    REAL_NOW,
    REAL_ROUND,
    SALT,
    SHEET,
    SHEETS,
    VECTORS,
    contest_case,
)

REAL = life.announce(SHEET, "draw-1", PLACE, SALT, KEY, REAL_NOW, "quick").record
REAL_CLOSE = REAL_NOW + SHEET.window_s * 1000
LARGE = life.announce(SHEET, "draw-1", PLACE, SALT, KEY, REAL_NOW, "large").record
OTHER_PRACTICE_ROUND = 1 if practice_round("draw-1") != 1 else 2
PRACTICE = life.announce(SHEET, "draw-1", PLACE, SALT, KEY, PRACTICE_NOW, "practice").record


@pytest.mark.parametrize("vector", VECTORS["draws"], ids=lambda v: str(v["name"]))
def test_published_commitments(vector: dict[str, Any]) -> None:
    made = Commitment.from_json(canonical.loads(vector["commitment"]))
    assert made.to_bytes() == vector["commitment"].encode()
    assert made.hash.hex() == vector["commit_hash"]
    made.check()
    assert made.signer is None
    assert not made.practice


@pytest.mark.parametrize("made", [REAL, LARGE, PRACTICE])
def test_a_full_commitment_reads_back(made: Commitment) -> None:
    again = Commitment.from_json(json.loads(made.to_bytes()))
    assert again == made
    assert again.to_bytes() == made.to_bytes()
    again.check()


@pytest.mark.parametrize(
    "whole", [json.loads(VECTORS["draws"][0]["commitment"]), REAL.to_json(), PRACTICE.to_json()]
)
def test_no_key_may_be_missing_and_none_added(whole: dict[str, Any]) -> None:
    for key in whole:
        with pytest.raises(RecordError):
            Commitment.from_json({k: v for k, v in whole.items() if k != key})
    for key in whole["beacon"]:
        with pytest.raises(RecordError):
            Commitment.from_json({**whole, "beacon": {k: v for k, v in whole["beacon"].items() if k != key}})
    with pytest.raises(RecordError, match="nobody knows"):
        Commitment.from_json({**whole, "winner": "u1"})
    with pytest.raises(RecordError, match="nobody knows"):
        Commitment.from_json({**whole, "beacon": {**whole["beacon"], "url": "x"}})


@pytest.mark.parametrize(
    "change", [{"v": 2}, {"v": True}, {"k": 0}, {"k": "1"}, {"prev": "0"}, {"title": ""}]
)
def test_values_of_the_wrong_kind_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(RecordError):
        Commitment.from_json({**REAL.to_json(), **change})


def test_presets_fix_the_times() -> None:
    terms = REAL.terms
    assert terms is not None
    assert terms.close_at - terms.open_at == SHEET.window_s * 1000
    assert terms.publish_by == terms.close_at + 10_000
    assert REAL.beacon.round == drand.round_at_or_after(terms.close_at + 45_000) == REAL_ROUND
    assert LARGE.terms is not None
    assert LARGE.terms.publish_by == LARGE.terms.close_at + 30_000
    assert LARGE.beacon.round == drand.round_at_or_after(LARGE.terms.close_at + 180_000)
    assert PRACTICE.terms is not None
    assert PRACTICE.beacon.due_at == PRACTICE.terms.close_at + 15_000
    assert PRACTICE.deadline_ms == PRACTICE.beacon.due_ms - 10_000
    assert REAL.deadline_ms == drand.round_time_ms(REAL_ROUND) - 10_000


def _with(made: Commitment, **terms: Any) -> Commitment:
    assert made.terms is not None
    return replace(made, terms=replace(made.terms, **terms))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(REAL, beacon=replace(REAL.beacon, round=REAL_ROUND - 1)),
        replace(REAL, beacon=replace(REAL.beacon, round=REAL_ROUND + 1)),
        replace(REAL, beacon=replace(REAL.beacon, chain_hash=VECTORS["default_chain_hash"])),
        replace(REAL, beacon=replace(REAL.beacon, scheme="pedersen-bls-chained")),
        replace(REAL, beacon=replace(REAL.beacon, due_at=1)),
        replace(PRACTICE, beacon=replace(PRACTICE.beacon, due_at=None)),
        replace(PRACTICE, beacon=replace(PRACTICE.beacon, due_at=PRACTICE.beacon.due_ms + 1)),
        replace(PRACTICE, beacon=replace(PRACTICE.beacon, round=3)),
        replace(PRACTICE, beacon=replace(PRACTICE.beacon, round=3), terms=None),
        replace(PRACTICE, beacon=replace(PRACTICE.beacon, round=OTHER_PRACTICE_ROUND), terms=None),
        replace(REAL, beacon=BeaconTerms(practice_round(REAL.draw_id), due_at=REAL_CLOSE + 45_000)),
        replace(PRACTICE, draw_id="draw-4"),
        replace(REAL, k=2),
        _with(REAL, preset="hurry"),
        _with(REAL, preset="large"),
        _with(REAL, publish_by=0),
        _with(REAL, open_at=REAL_NOW + 60_000),
        _with(REAL, announced_at=REAL_NOW + 1),
        _with(REAL, claim_by=REAL_NOW),
    ],
)
def test_parts_that_do_not_agree_are_refused(wrong: Commitment) -> None:
    with pytest.raises(RecordError):
        wrong.check()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rules", {}),
        ("prizes", [{}]),
        ("prizes", [{**REAL.to_json()["prizes"][0], "kind": "miracle"}]),
        ("sequence", 0),
        ("signer", "00"),
    ],
)
def test_the_terms_are_read_strictly(key: str, value: Any) -> None:
    with pytest.raises(RecordError):
        Commitment.from_json({**REAL.to_json(), key: value})


def test_the_entry_rule_comes_from_the_commitment() -> None:
    rule = REAL.entry_rule(frozenset({"boss"}))
    assert rule.matches("抽奖")
    assert rule.staff == {"boss"}
    bare = Commitment.from_json(canonical.loads(VECTORS["draws"][0]["commitment"]))
    with pytest.raises(RecordError, match="bare"):
        bare.entry_rule()


# Who may enter -----------------------------------------------------------------------------------------------

CONTESTS = {kind: contest_case(kind).announced.record for kind in SHEETS}
GOLDEN = Path(__file__).parent / "golden"


def entry_of(made: Commitment) -> dict[str, Any]:
    entry: dict[str, Any] = made.to_json()["entry"]
    return entry


def with_entry(made: Commitment, **change: Any) -> dict[str, Any]:
    return {**made.to_json(), "entry": {**entry_of(made), **change}}


@pytest.mark.parametrize("kind", SHEETS)
def test_every_contest_reads_back(kind: str) -> None:
    made = CONTESTS[kind]
    again = Commitment.from_json(json.loads(made.to_bytes()))
    assert again == made
    assert again.to_bytes() == made.to_bytes()
    again.check()
    assert made.valued is (kind in ("guess", "rain"))
    assert entry_of(made)["kind"] == kind
    assert entry_of(made)["per_account"] == 1


@pytest.mark.parametrize("name", ["practice", "real", "short"])
def test_the_entry_rule_of_the_first_versions_reads_back_byte_for_byte(name: str) -> None:
    whole = json.loads((GOLDEN / f"{name}.proof.json").read_bytes())["commitment"]["record"]
    made = Commitment.from_json(whole)
    assert made.to_bytes() == canonical.dumps(whole)
    made.check()
    assert made.first_shape
    assert made.contest == Keyword("抽奖")
    assert made.refusals == FIRST_SHAPE
    assert made.terms is not None
    assert made.terms.conditions == Conditions()
    with pytest.raises(RecordError):
        Commitment.from_json({**whole, "entry": {**whole["entry"], "contest": None}})
    with pytest.raises(RecordError):
        Commitment.from_json({**whole, "entry": {**whole["entry"], "keyword": None}})


@pytest.mark.parametrize("kind", SHEETS)
def test_no_part_of_the_entry_rule_may_be_missing_or_added(kind: str) -> None:
    entry = entry_of(CONTESTS[kind])
    whole = CONTESTS[kind].to_json()
    for name in entry:
        with pytest.raises(RecordError):
            Commitment.from_json({**whole, "entry": {key: entry[key] for key in entry if key != name}})
    for name in entry["conditions"]:
        less = {key: value for key, value in entry["conditions"].items() if key != name}
        with pytest.raises(RecordError):
            Commitment.from_json(with_entry(CONTESTS[kind], conditions=less))
    with pytest.raises(RecordError, match="nobody knows"):
        Commitment.from_json(with_entry(CONTESTS[kind], odds=1))


@pytest.mark.parametrize(
    "change",
    [
        {"per_account": 2},
        {"per_account": True},
        {"refusals": []},
        {"refusals": list(FIRST_SHAPE)},
        {"refusals": sorted(CONTESTS["keyword"].refusals)},
        {"refusals": [*CONTESTS["keyword"].refusals, "disliked"]},
        {"kind": "quiz"},
        {"kind": "wheel"},
        {"keyword": None},
        {"conditions": {"follow": 1, "fan_level": 3, "account_level": 2}},
        {"conditions": {"follow": True, "fan_level": -1, "account_level": 2}},
        {"conditions": {"follow": True, "fan_level": 3, "account_level": True}},
        {"conditions": {"follow": False, "fan_level": 3, "account_level": 2}},
        {"previous_hash": "00"},
        {"blacklist_hash": None},
    ],
)
def test_the_entry_rule_is_read_strictly(change: dict[str, Any]) -> None:
    with pytest.raises(RecordError):
        Commitment.from_json(with_entry(CONTESTS["keyword"], **change))


def test_a_contest_that_does_not_go_with_the_window_or_the_prizes_is_refused() -> None:
    rain, guess = CONTESTS["rain"], CONTESTS["guess"]
    assert isinstance(rain.contest, Rain)
    assert isinstance(guess.contest, Guess)
    wrong = [
        _with(rain, contest=Rain(rain.contest.waves[:1])),
        _with(rain, contest=Rain(rain.contest.waves[::-1])),
        _with(guess, contest=replace(guess.contest, least=guess.contest.most)),
    ]
    for one in wrong:
        with pytest.raises(RecordError):
            one.check()


def test_the_rule_that_judges_is_the_committed_one() -> None:
    made = CONTESTS["keyword"]
    rule = made.entry_rule(frozenset({"s"}), frozenset({"b"}), frozenset({"p"}))
    assert rule.contest == made.contest
    assert rule.conditions == Conditions(True, 3, 2)
    assert [*rule.staff, *rule.blacklist, *rule.previous] == ["s", "b", "p"]
    assert made.terms is not None
    assert (rule.open_at, rule.close_at) == (made.terms.open_at, made.terms.close_at)
