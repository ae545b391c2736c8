from __future__ import annotations

import json
from typing import Any

import pytest

from lottery import canonical, proof
from lottery.errors import ProofError
from lottery.proof import Proof

from .makers import contest_finished, finished, vector_proof

PROOFS = [
    finished(),
    finished(preset="quick"),
    finished(full=False),
    vector_proof("B"),
    contest_finished("guess"),
    contest_finished("rain"),
]


@pytest.mark.parametrize("made", PROOFS)
def test_a_proof_reads_back_by_meaning(made: Proof) -> None:
    assert proof.parse(made.to_bytes()) == made
    value = canonical.loads(made.to_bytes())
    backwards = json.dumps(dict(reversed(value.items())), indent=4).replace("\n", "\r\n")
    assert proof.parse(backwards.encode()) == made


def test_no_viewer_or_staff_id_is_in_a_proof() -> None:
    text = PROOFS[0].to_bytes().decode()
    assert "staff-1" not in text
    assert not any(f'"u{i}"' in text for i in range(7))


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"v": 2},
        {"v": True},
        {"kind": "short"},
        {"kind": "tall"},
        {"leaves": None},
        {"leaves": ["00"]},
        {"closed": []},
        {"closed": {}},
        {"winners": None},
        {"winners": [1]},
        {"extra": 1},
        {"commitment": []},
        {"drawn": None},
    ],
)
def test_a_proof_that_is_not_whole_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ProofError):
        proof.parse({**PROOFS[0].to_json(), **change})


def test_kinds_are_two() -> None:
    with pytest.raises(ProofError, match="full or short"):
        proof.parse({**PROOFS[2].to_json(), "kind": "tall"})


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"null", b"\xff\xfe", b'{"v":1,"v":1}', b'{"v":1.0}', b"[" * 100_000]
)
def test_what_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        proof.read_object(data)


def test_a_huge_file_is_refused_before_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "LARGEST_BYTES", 10)
    with pytest.raises(ProofError, match="larger"):
        proof.read_object(b" " * 11)


def test_a_short_proof_needs_promised_equal_weights() -> None:
    made = vector_proof("A")
    with pytest.raises(ProofError, match="equal weights"):
        proof.build(made.commitment, made.closed, made.drawn, _roster(made), full=False)


def _roster(made: Proof) -> Any:
    from lottery.roster import Roster

    assert made.leaves is not None
    return Roster.from_leaves(made.leaves)
