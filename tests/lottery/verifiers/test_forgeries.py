"""What a cheating signer could publish is refused, by the step whose rule it breaks."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lottery.signer import SigningKey

from . import hand
from .forgeries import LATER, LISTS, SHAPES, TERMS, closed, commit, real, setting
from .hand import CLOSE, EMPTY_ROOT, Draw, quiz
from .stage import Node, failed

INFINITY_G1 = "c0" + "00" * 47
INFINITY_G2 = "c0" + "00" * 95


@pytest.mark.parametrize("why", SHAPES)
def test_no_shape_but_the_protocols(script: Node, why: str) -> None:
    result = script.verify(SHAPES[why]().proof())
    assert failed(result) == "file", result["steps"][:3]


@pytest.mark.parametrize("why", TERMS)
def test_rules_that_contradict_themselves(script: Node, why: str) -> None:
    result = script.verify(TERMS[why]().proof())
    assert failed(result) == "terms", result["steps"]


@pytest.mark.parametrize("why", LATER)
def test_wrong_records_well_sealed(script: Node, why: str) -> None:
    step, make = LATER[why]
    result = script.verify(make().proof())
    assert failed(result) == step, result["steps"]


def _revised(first: dict[str, Any], second: dict[str, Any], draw: Draw | None = None) -> dict[str, Any]:
    """A proof whose list was closed twice; the records differ by what is given."""
    draw = draw or Draw()
    proof = draw.proof()
    one = proof["closed"][0]["record"]
    proof["closed"][0] = hand.sealed("closed", one | first, draw.key)
    after = one | {"rev": 2, "prev": proof["closed"][0]["hash"], "issued_at": one["issued_at"] + 100} | second
    proof["closed"].append(hand.sealed("closed", after, draw.key))
    last = proof["drawn"]["record"] | {"prev": proof["closed"][1]["hash"]}
    proof["drawn"] = hand.sealed("drawn", last, draw.key)
    return proof


def test_a_second_revision(script: Node) -> None:
    some = {"entries": 8, "weight": 8, "root": "44" * 32}
    assert failed(script.verify(_revised(some, {}))) is None
    assert failed(script.verify(_revised({"entries": 10, "weight": 10}, {}))) == "closed"
    assert failed(script.verify(_revised(some, {"issued_at": CLOSE + 1}))) == "timing"
    again = {"answer": {"salt": "00" * 32, "answers": ["1"]}}
    assert failed(script.verify(_revised({}, again, quiz()))) == "closed"
    proof = _revised({}, {})
    proof["drawn"] = hand.sealed(
        "drawn", proof["drawn"]["record"] | {"prev": proof["closed"][0]["hash"]}, hand.KEY
    )
    assert failed(script.verify(proof)) == "drawn"


def test_a_late_list_is_a_note_only(script: Node) -> None:
    result = script.verify(closed(real, issued_at=hand.REAL_CLOSE + 20_000)().proof())
    assert failed(result) is None
    assert [step["status"] for step in result["steps"] if step["name"] == "publish_by"] == ["note"]
    just = script.verify(closed(real, issued_at=hand.REAL_CLOSE + 10_000)().proof())
    assert [step["status"] for step in just["steps"] if step["name"] == "publish_by"] == ["ok"]


def test_another_signer(script: Node) -> None:
    stranger = SigningKey.from_seed(b"s" * 32)
    proof = Draw(key=stranger).proof()
    shown = Draw().proof()["commitment"]["hash"]
    assert failed(script.verify(proof)) is None
    assert failed(script.verify(proof, expect=shown)) == "expect"
    for part, step in (("commitment", "commitment"), ("drawn", "drawn")):
        own = Draw().proof()
        kind = {"commitment": "commit", "drawn": "drawn"}[part]
        own[part] = hand.sealed(kind, own[part]["record"], stranger)
        assert failed(script.verify(own)) == step
    assert failed(script.verify(Draw(key=None).proof())) == "commitment"


@pytest.mark.parametrize("signer", [INFINITY_G2, "00" * 96, "80" + "00" * 95, "ff" * 96])
def test_keys_that_are_none(script: Node, signer: str) -> None:
    proof = commit(signer=signer)().proof()
    for part in (proof["commitment"], proof["closed"][0], proof["drawn"]):
        part["signature"] = INFINITY_G1
    assert failed(script.verify(proof)) == "commitment"


@pytest.mark.parametrize(
    "bad", [bad for bad in hand.VECTORS["rejected"] if len(bad["signature"]) == 96], ids=str
)
def test_signatures_that_are_no_points(script: Node, bad: dict[str, Any]) -> None:
    proof = Draw().proof()
    proof["commitment"]["signature"] = bad["signature"]
    assert failed(script.verify(proof)) == "commitment"


def test_winners_shown_otherwise_than_drawn(script: Node) -> None:
    for full in (True, False):
        proof = Draw().proof(full)
        proof["winners"].pop()
        assert failed(script.verify(proof)) == "winners"
        proof = Draw().proof(full)
        first, second = proof["winners"][:2]
        first["position"], second["position"] = second["position"], first["position"]
        assert failed(script.verify(proof)) == "winners"
        for name in ("leaf", "path"):
            first[name], second[name] = second[name], first[name]
        assert failed(script.verify(proof)) == "winners"  # both paths hold, but the order is another
        proof = Draw().proof(full)
        first, second = proof["winners"][:2]
        first |= {"leaf": second["leaf"], "path": second["path"]}
        assert failed(script.verify(proof)) == "winners"
        proof = Draw().proof(full)
        proof["winners"][0]["path"].append("00" * 32)
        assert failed(script.verify(proof)) == "winners"


def test_a_heavy_winner_cannot_hide_in_a_short_proof(script: Node) -> None:
    def heavy(made: list[bytes]) -> list[bytes]:
        return [leaf[:39] + b"\2" for leaf in made]

    hidden = replace(Draw(), on_leaves=heavy, on_closed=setting(weight=9))
    assert failed(script.verify(hidden.proof(full=False))) == "winners"


def test_a_few_lines_cannot_ask_for_millions_of_picks(script: Node) -> None:
    most = 10_000_000
    asked = setting(prizes__0__quantity=most - 2, k=most, reserves=most)
    huge = replace(Draw(), on_commit=asked, on_closed=setting(entries=most, weight=most))
    result = script.verify(huge.proof(full=False))
    assert failed(result) == "selection"
    assert "the number of winners" in result["steps"][12]["en"]


def test_another_beacon_than_the_committed_one(script: Node) -> None:
    proof = Draw(preset="quick").proof()
    for number in (1, 20791007):
        proof["beacon"] = {"round": number, "signature": hand.SIGNATURES[number]}
        assert failed(script.verify(proof)) == "beacon"


@pytest.mark.parametrize("why", LISTS)
def test_a_list_that_was_changed(script: Node, why: str) -> None:
    draw = Draw()
    made = draw.entry_list()
    LISTS[why](made)
    for full in (True, False):
        assert failed(script.verify(draw.proof(full), list=json.dumps(made))) == "list"


def test_excluded_viewers_sealed_in_another_order_or_twice(script: Node) -> None:
    for disturb in (lambda out: out[::-1], lambda out: [*out, out[-1]]):
        draw = Draw()
        out = disturb(draw.excluded_leaves())
        root = hand.root([who + hand.lp(reason.encode()) for who, reason in out])
        draw = replace(draw, on_closed=setting(excluded_root=root, excluded_viewers=len(out)))
        made = draw.entry_list() | {"excluded": [[who.hex(), reason] for who, reason in out]}
        assert failed(script.verify(draw.proof(), list=json.dumps(made))) == "list"


def test_a_list_that_does_not_fit_what_was_published(script: Node) -> None:
    for hook in (
        setting(excluded_viewers=1),
        setting(excluded_root=EMPTY_ROOT),
        setting(excluded={"staff": 5}),
    ):
        draw = replace(Draw(), on_closed=hook)
        result = script.verify(draw.proof(), list=json.dumps(draw.entry_list()))
        assert failed(result) in ("list", "closed")
    assert failed(script.verify(Draw().proof(), list="not a list")) == "list"
    assert failed(script.verify(Draw().proof(), list="")) == "list"
