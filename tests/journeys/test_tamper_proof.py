"""Whoever changes one value of a draw's proof is found out."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lottery.command import verify_file
from tests.journeys.conftest import Shown
from tests.journeys.hand import other

SAMPLE = 60


def _places(told: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every single value."""
    inner = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else None
    if inner is None:
        yield path
        return
    for name, one in inner:
        yield from _places(one, (*path, name))


def _verified(proof: dict[str, Any], target: Path) -> bool:
    target.write_text(json.dumps(proof, ensure_ascii=False), encoding="utf-8")
    return verify_file(str(target), None, False, None, False, io.StringIO(), io.StringIO()) == 0


def _changed_proofs_that_pass(proof: Path, target: Path, sample: int | None) -> tuple[int, list[Any]]:
    told = json.loads(proof.read_text(encoding="utf-8"))
    assert _verified(told, target)
    places = list(_places(told))
    chosen = places if sample is None else random.Random(7).sample(places, sample)
    passed = []
    for *way, last in chosen:
        inner = told
        for step in way:
            inner = inner[step]
        before, inner[last] = inner[last], other(inner[last])
        if _verified(told, target):
            passed.append((*way, last))
        inner[last] = before
    assert _verified(told, target)
    return len(chosen), passed


def test_a_proof_with_one_value_changed_is_refused(shown: Shown, tmp_path: Path) -> None:
    tried, passed = _changed_proofs_that_pass(shown.proof, tmp_path / "proof.json", SAMPLE)
    assert passed == []
    assert tried == SAMPLE


@pytest.mark.slow
def test_a_proof_with_any_value_changed_is_refused(shown: Shown, tmp_path: Path) -> None:
    tried, passed = _changed_proofs_that_pass(shown.proof, tmp_path / "proof.json", None)
    assert passed == []
    assert tried > 300


def test_a_proof_with_a_part_missing_doubled_or_added_is_refused(shown: Shown, tmp_path: Path) -> None:
    told = json.loads(shown.proof.read_text(encoding="utf-8"))
    target = tmp_path / "proof.json"
    for name in told:
        assert not _verified({key: value for key, value in told.items() if key != name}, target), name
    assert not _verified(told | {"leaves": [*told["leaves"], told["leaves"][0]]}, target)
    assert not _verified(told | {"leaves": told["leaves"][:-1]}, target)
    assert not _verified(told | {"leaves": [*reversed(told["leaves"])]}, target)
    assert not _verified(told | {"winners": told["winners"][1:]}, target)
    assert not _verified(told | {"closed": []}, target)
    assert not _verified(told | {"note": "added"}, target)
