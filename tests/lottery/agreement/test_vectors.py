"""The published vectors, the must-reject list of beacons and the proofs of earlier versions, for all three."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lottery import beacon as drand

from .bases import base, recompute, rehash
from .conftest import Judge
from .judges import Case

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

LOTTERY = Path(__file__).resolve().parents[1]
VECTORS: dict[str, Any] = json.loads((LOTTERY / "vectors.json").read_text(encoding="utf-8"))
GOLDEN = sorted((LOTTERY / "golden").glob("*.proof.json"))


def with_beacon(round_number: int, signature: str, latest: bool = False) -> Case:
    """A draw whose committed round and beacon are these, or whose closed record has seen it; all else follows."""
    file = base("bare")
    if latest:
        file.last["latest_beacon"] = {"round": round_number, "signature": signature}
        recompute(file)
    else:
        file.commitment["beacon"]["round"] = round_number
        file.proof["beacon"] = {"round": round_number, "signature": signature}
        due = drand.round_time_ms(max(round_number, 1))
        file.last.update(closed_at=due - 20_000, issued_at=due - 20_000)
        recompute(file)
    rehash(file)
    return Case(f"{round_number} {signature[:8]}", json.dumps(file.proof).encode())


def test_every_known_round_is_taken(judge: Judge) -> None:
    found = judge([with_beacon(one["round"], one["signature"]) for one in VECTORS["rounds"]])
    assert len(found) == 11
    assert [(verdict.failed, verdict.detail) for verdict in found if not verdict.ok] == []


def test_every_beacon_of_the_must_reject_list_is_refused(judge: Judge) -> None:
    rejected = VECTORS["rejected"]
    assert len(rejected) >= 15
    found = judge([with_beacon(one["round"], one["signature"]) for one in rejected])
    for one, verdict in zip(rejected, found, strict=True):
        shape = one["round"] == 0 or len(one["signature"]) != 96
        assert (verdict.ok, verdict.failed) == (False, "file" if shape else "beacon"), (one["why"], verdict)


def test_nor_may_a_closed_record_have_seen_one(judge: Judge) -> None:
    rejected = [one for one in VECTORS["rejected"] if one["round"] and len(one["signature"]) == 96]
    found = judge([with_beacon(one["round"], one["signature"], latest=True) for one in rejected])
    assert {(verdict.ok, verdict.failed) for verdict in found} == {(False, "timing")}


def test_the_proofs_of_the_published_draws_give_their_winners(judge: Judge) -> None:
    from tests.lottery.makers import vector_proof

    draws = VECTORS["draws"]
    found = judge(
        [Case(one["name"], vector_proof(one["name"]).to_bytes(), None, one["commit_hash"]) for one in draws]
    )
    assert [list(verdict.winners) for verdict in found] == [one["positions"] for one in draws]


def test_the_proofs_of_earlier_versions_still_hold(judge: Judge) -> None:
    assert len(GOLDEN) >= 4
    lists = [path.with_name(path.name.replace(".proof.", ".list.")) for path in GOLDEN]
    cases = [
        Case(path.name, path.read_bytes(), listed.read_bytes() if listed.exists() else None)
        for path, listed in zip(GOLDEN, lists, strict=True)
    ]
    found = judge(cases)
    assert [
        (case.name, verdict.detail) for case, verdict in zip(cases, found, strict=True) if not verdict.ok
    ] == []


@pytest.mark.parametrize("right", [True, False], ids=["its own", "another"])
def test_a_bare_practice_draw_has_the_one_round_of_its_id(judge: Judge, right: bool) -> None:
    file = base("bare")
    given = drand.practice_round(file.commitment["draw_id"])
    number = next(one for one in sorted(drand.PRACTICE_SIGNATURES) if (one == given) is right)
    due = file.last["issued_at"] + 20_000
    file.commitment["beacon"] |= {"round": number, "mode": "practice", "due_at": due}
    file.proof["beacon"] = {"round": number, "signature": drand.PRACTICE_SIGNATURES[number]}
    file.drawn["drawn_at"] = due
    recompute(file)
    rehash(file)
    (verdict,) = judge([Case("bare practice", json.dumps(file.proof).encode())])
    assert (verdict.ok, verdict.failed) == ((True, None) if right else (False, "terms")), verdict
