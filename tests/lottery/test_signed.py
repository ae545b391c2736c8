from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lottery import canonical, life, signed
from lottery.errors import LotteryError, RecordError, SignatureError
from lottery.signed import Signed
from lottery.states import State

from .makers import KEY, closed_case, finished

CASE = closed_case()
VOID = life.void(CASE.announced, "cancelled", State.OPEN, 5, KEY)
ALL: list[tuple[Any, Any]] = [
    (CASE.announced, signed.read_commitment),
    (CASE.closed[0], signed.read_closed),
    (finished().drawn, signed.read_drawn),
    (VOID, signed.read_void),
]


@pytest.mark.parametrize(("sealed", "read"), ALL)
def test_what_is_stored_reads_back_and_verifies(sealed: Signed[Any], read: Any) -> None:
    again = read(canonical.loads(sealed.to_bytes()))
    assert again == sealed
    again.verify(KEY.public)


def test_a_changed_record_is_refused() -> None:
    changed = replace(VOID, record=replace(VOID.record, voided_at=6))
    with pytest.raises(RecordError):
        changed.verify(KEY.public)
    with pytest.raises(SignatureError):
        replace(Signed.seal(changed.record, KEY), signature=VOID.signature).verify(KEY.public)


def test_a_signature_is_there_exactly_when_a_key_is_pinned() -> None:
    with pytest.raises(SignatureError):
        replace(VOID, signature=None).verify(KEY.public)
    with pytest.raises(SignatureError):
        VOID.verify(None)
    Signed.seal(VOID.record, None).verify(None)


@pytest.mark.parametrize("change", [{"hash": "00"}, {"signature": 1}, {"signature": "AB" * 48}, {"more": 1}])
def test_the_envelope_is_read_strictly(change: dict[str, Any]) -> None:
    with pytest.raises(LotteryError):
        signed.read_void({**VOID.to_json(), **change})


def test_kinds_cannot_be_swapped() -> None:
    with pytest.raises(RecordError):
        signed.read_drawn(VOID.to_json())
