"""The steps of a draw as changes of its row. Each gives the row that follows and the record to publish. Pure: time,
lists and the beacon are handed in, and nothing here is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.draws.book import (
    answer_of,
    claims_of,
    closed_of,
    commitment_of,
    drawn_of,
    key_of,
    moved,
)
from bot.draws.lists import Lists
from bot.errors import NotAllowed
from bot.storage.values import DrawRow
from lottery import claim, life, proof
from lottery.beacon import Beacon
from lottery.claim import ClaimRecord
from lottery.life import Finished
from lottery.proof import Proof
from lottery.record import VoidRecord
from lottery.signed import Signed
from lottery.states import State

FULL_UP_TO = 50_000
"""Proofs of larger lists are short where the rules allow it: the entry list is a file of its own, and nobody wants to
load 80 MB to see who has won."""


@dataclass(frozen=True, slots=True)
class Step:
    """A row as it is to be stored, and the record published with it (None: the stage moved without one)."""

    row: DrawRow
    signed: Signed[Any] | None = None
    proof: Proof | None = None


def shut(row: DrawRow) -> Step:
    """Entries have ended. From here on whatever still reaches the store is late; only then is the list read."""
    return Step(moved(row, State.CLOSED))


def closed(row: DrawRow, lists: Lists, now_ms: int) -> Step:
    """The list is out, or the draw is void because it is too late for that."""
    signed = life.close(
        commitment_of(row), lists.roster, lists.exclusions, now_ms, key_of(row), answer=answer_of(row)
    )
    if isinstance(signed.record, VoidRecord):
        return _void(row, signed)
    body = {**row.body, "closed": [signed.to_json()], "last_hash": signed.hash}
    return Step(moved(row, State.CHALLENGE, body=body), signed)


def drawn(row: DrawRow, lists: Lists, beacon: Beacon, now_ms: int) -> Step:
    """The winners, or VOID when nobody entered."""
    done = life.finish(
        commitment_of(row), closed_of(row), lists.roster, beacon, now_ms, key_of(row), full=_full(lists)
    )
    if not isinstance(done, Finished):
        return _void(row, done)
    record = done.drawn.record
    chosen = [
        {"place": place, "position": at, "pseudonym": lists.roster.leaves[at][:32].hex()}
        for place, at in enumerate((*record.winners, *record.reserves), 1)
    ]
    body = {**row.body, "drawn": done.drawn.to_json(), "chosen": chosen, "last_hash": done.drawn.hash}
    return Step(moved(row, State.DRAWN, State.CLAIM, body=body), done.drawn, done.proof)


def proof_again(row: DrawRow, lists: Lists) -> Proof:
    """The proof of a draw that is finished, made again from its records and its list: the same, byte for byte."""
    record = drawn_of(row)
    if record is None:
        raise NotAllowed("This draw is not finished; it has no proof yet.")
    return proof.build(commitment_of(row), closed_of(row), record, lists.roster, _full(lists))


def _full(lists: Lists) -> bool:
    plain = lists.roster.values is None and lists.roster.weight == len(lists.roster)
    return not plain or len(lists.roster) <= FULL_UP_TO


def voided(row: DrawRow, reason: str, now_ms: int, entries: int) -> Step:
    """The draw declared void by a person. Raises LifeError when the reason does not fit the stage or the clock."""
    signed = life.void(
        commitment_of(row), reason, State(row.state), now_ms, key_of(row), entries,
        str(row.body["last_hash"]), closed_of(row),
    )  # fmt: skip
    return _void(row, signed)


def _void(row: DrawRow, signed: Signed[VoidRecord]) -> Step:
    body = {**row.body, "void": signed.to_json(), "last_hash": signed.hash}
    return Step(moved(row, State.VOID, body=body), signed)


def settled(
    row: DrawRow, place: int, outcome: str, reason: str, now_ms: int
) -> tuple[Step, Signed[ClaimRecord]]:
    """What became of one drawn entry. A claim does not move the room's chain: the next
    draw follows the drawn record."""
    record = drawn_of(row)
    if record is None or State(row.state) is not State.CLAIM:
        raise NotAllowed(
            "Claims are settled once the winners are drawn and until the claim time has run out."
        )
    signed = claim.settle(record, claims_of(row), place, outcome, reason, now_ms, key_of(row))
    body = {**row.body, "claims": [*row.body.get("claims", ()), signed.to_json()]}
    return Step(msgspec.structs.replace(row, body=body), signed), signed


def winning(row: DrawRow) -> Sequence[int]:
    """Places that stand as winners now: those confirmed and those whose turn it is. Empty before the draw."""
    record = drawn_of(row)
    if record is None:
        return ()
    claims = claims_of(row)
    confirmed = [one.record.place for one in claims if one.record.outcome == "confirmed"]
    return sorted((*confirmed, *claim.open_places(record.record, claims)))
