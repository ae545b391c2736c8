from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lottery import beacon as drand
from lottery import canonical, life
from lottery.beacon import practice_round
from lottery.commitment import BeaconTerms, Commitment
from lottery.errors import RecordError

from .makers import KEY, PLACE, PRACTICE_NOW, REAL_NOW, REAL_ROUND, SALT, SHEET, VECTORS

REAL = life.announce(SHEET, "draw-1", PLACE, SALT, KEY, REAL_NOW, "quick").record
REAL_CLOSE = REAL_NOW + SHEET.window_s * 1000
LARGE = life.announce(SHEET, "draw-1", PLACE, SALT, KEY, REAL_NOW, "large").record
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
        (
            "entry",
            {"keyword": "抽奖", "per_account": 2, "refusals": list(REAL.to_json()["entry"]["refusals"])},
        ),
        ("entry", {"keyword": "抽奖", "per_account": 1, "refusals": ["disliked"]}),
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
