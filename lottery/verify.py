"""Checking a proof: pure, offline, and with nothing taken on trust but the pinned beacon key and the curve
library.

Each step below is one thing a doubter would ask. They run in order; when one fails, those after it are not
checked, because they rest on it. Without `expect` a proof can only be shown to be consistent in itself, and
the report says so: whether it is the draw that was announced is shown by comparing with the hash from the
room.
"""

from __future__ import annotations

from typing import Any

from . import proof
from .beacon import Beacon
from .checking import Check, NoteError, expected_hash
from .entry_list import EntryList, parse_list
from .errors import LotteryError, ProofError
from .proof import Proof
from .report import Report, Status, Step
from .roster import Roster

__all__ = ["expected_hash", "verify", "verify_bytes", "verify_finished"]


def verify_bytes(
    data: bytes,
    expect: str | None = None,
    real: bool = False,
    beacon: Beacon | None = None,
    list_data: bytes | EntryList | None = None,
) -> Report:
    """`verify` for the content of a proof file, and of a list file (or a list that was read before). A file that
    is no whole proof gives a failed report.

    Raises ProofError only when the proof's content is not a JSON object at all, or the list's is no list.
    """
    value = proof.read_object(data)
    entry_list = parse_list(list_data) if isinstance(list_data, bytes) else list_data
    try:
        read = proof.parse(value)
    except ProofError as error:
        step = Step("file", "文件格式", "proof file", "failed", str(error))
        return Report((step,), True if _says_practice(value) else None)
    return verify(read, expect, real, beacon, entry_list)


def verify(
    given: Proof,
    expect: str | None = None,
    real: bool = False,
    beacon: Beacon | None = None,
    entry_list: EntryList | None = None,
) -> Report:
    """Recompute the draw of a proof.

    `expect`: the commitment's or a closed record's hash as shown in the room, at least its first 16 hex
    digits. `real`: refuse practice draws. `beacon`: the round's value from a source of the checker's own.
    `entry_list`: the list file of the draw; it must match the last closed record.
    """
    return _run(given, Check(given, expect, real, beacon, entry_list))


def verify_finished(given: Proof, roster: Roster) -> Report:
    """`verify` for whoever has just drawn from `roster`, without reading a million leaves once more.

    That is enough. A `Roster` cannot be had without its checks (order, lengths, weights, values) and has made
    its tree itself from the very leaves that stand in the proof, so comparing its root, length and weight with
    the closed record is what recomputing would come to; and the winners were chosen a moment ago by the same
    function from the same values. Whatever came from elsewhere, or was written by this step, is verified as any
    stranger would: signatures, the chain of records, times, beacon, seed, the winners' paths, the drawn record.
    """
    return _run(given, Check(given, known=roster))


def _run(given: Proof, check: Check) -> Report:
    steps: list[Step] = []
    broken = False
    for name, zh, en, run in check.steps():
        if broken:
            steps.append(Step(name, zh, en, "skipped", ""))
            continue
        status: Status = "ok"
        try:
            detail = run()
        except NoteError as note:
            status, detail = "note", str(note)
        except LotteryError as error:
            status, detail, broken = "failed", str(error), True
        steps.append(Step(name, zh, en, status, detail))
    drawn = given.drawn.record
    return Report(
        tuple(steps),
        given.practice,
        given.commitment.hash,
        given.closed[-1].hash,
        () if broken else drawn.winners,
        () if broken else drawn.reserves,
    )


def _says_practice(value: Any) -> bool:
    """Whether a file that is no whole proof still calls itself practice; then its report must say so as
    well.
    """
    for name in ("commitment", "record", "beacon"):
        value = value.get(name) if isinstance(value, dict) else None
    return isinstance(value, dict) and "mode" in value
