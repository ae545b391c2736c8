"""A draw's row, read: its published records and its secrets, and how it moves on. Pure.

`body` holds what is public and nothing else: `commitment`, `closed` (by revision), `last_hash` (of the last record;
a claim does not move it), `pasted_beacon`, `drawn`, `void`, `claims` (in the order settled). `secret` is encrypted at
rest: `salt` and `signer` in hex, `staff`, `previous` and `blacklist` as uids, `answer` of a quiz or guess.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bot.errors import NotAllowed
from bot.storage.values import DrawRow
from lottery.claim import ClaimRecord, read_claim
from lottery.commitment import Commitment
from lottery.contests import Answer
from lottery.record import ClosedRecord, DrawnRecord, VoidRecord
from lottery.signed import Signed, read_closed, read_commitment, read_drawn, read_void
from lottery.signer import SigningKey
from lottery.states import State, advance
from lottery.terms import Terms

RUNNING = frozenset({State.ANNOUNCED, State.OPEN, State.CLOSED, State.CHALLENGE, State.BEACON, State.CLAIM})
"""Stages in which a draw waits for something."""

TAKING = frozenset({State.ANNOUNCED, State.OPEN})
"""Stages in which a draw takes entries or is about to; a room has one such draw at most."""

UNDECIDED = frozenset({State.CLOSED, State.CHALLENGE, State.BEACON})
"""Stages between the entries and the result; the room's next draw has nothing to follow yet."""


def commitment_of(row: DrawRow) -> Signed[Commitment]:
    """What was announced."""
    return read_commitment(row.body["commitment"])


def terms_of(row: DrawRow) -> Terms:
    """The terms of the announcement. What is announced here always has them."""
    terms = commitment_of(row).record.terms
    if terms is None:
        raise NotAllowed(f"Draw {row.id} was announced without terms; it cannot be run here.")
    return terms


def closed_of(row: DrawRow) -> list[Signed[ClosedRecord]]:
    """The closed records by revision; the last one counts."""
    return [read_closed(one) for one in row.body["closed"]]


def drawn_of(row: DrawRow) -> Signed[DrawnRecord] | None:
    """The result; None while there is none."""
    return read_drawn(row.body["drawn"]) if "drawn" in row.body else None


def void_of(row: DrawRow) -> Signed[VoidRecord] | None:
    """Why it ended without winners; None when it did not."""
    return read_void(row.body["void"]) if "void" in row.body else None


def claims_of(row: DrawRow) -> list[Signed[ClaimRecord]]:
    """What became of drawn entries, in the order settled."""
    return [read_claim(one) for one in row.body.get("claims", ())]


def envelopes_of(row: DrawRow) -> list[dict[str, Any]]:
    """Every record published so far as it was published, in order."""
    ends = [row.body[name] for name in ("drawn", "void") if name in row.body]
    return [row.body["commitment"], *row.body["closed"], *ends, *row.body.get("claims", ())]


def key_of(row: DrawRow) -> SigningKey:
    """The key that signs this draw. Raises NotAllowed when the secrets cannot be read."""
    return SigningKey.from_seed(bytes.fromhex(str(_secret(row)["signer"])))


def salt_of(row: DrawRow) -> bytes:
    """The draw's secret salt. Raises NotAllowed when the secrets cannot be read."""
    return bytes.fromhex(str(_secret(row)["salt"]))


def answer_of(row: DrawRow) -> Answer | None:
    """The answer of a quiz or guess, secret until the list is closed; None in other draws."""
    kept = _secret(row).get("answer")
    return None if kept is None else Answer(str(kept["salt"]), tuple(map(str, kept["answers"])))


def barred_of(row: DrawRow, which: str) -> frozenset[str]:
    """The uids of `staff`, `previous` winners or the `blacklist`, as committed by their hashes."""
    return frozenset(map(str, (row.secret or {}).get(which, ())))


def _secret(row: DrawRow) -> dict[str, Any]:
    if row.secret is None:
        raise NotAllowed(
            "The secrets of this draw cannot be read; restore the key folder beside the database."
        )
    return row.secret


def moved(row: DrawRow, *stages: State, body: dict[str, Any] | None = None) -> DrawRow:
    """`row` taken through `stages`, each of which must follow the one before (LifeError otherwise)."""
    state = State(row.state)
    for stage in stages:
        state = advance(state, stage)
    return msgspec.structs.replace(row, state=state.value, body=row.body if body is None else body)
