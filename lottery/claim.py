"""What becomes of drawn entries: confirmed, forfeited or disqualified, with reserves moving up in order.

Every dropped winner carries a reason code in a signed record, since dropping winners until a friend's turn
comes is the one cheat that is left after an honest draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from .errors import LifeError
from .fields import Fields
from .record import DrawnRecord, head, take_head
from .signed import Signed, read_signed
from .signer import SigningKey

CLAIM_OUTCOMES = ("confirmed", "forfeited", "disqualified")
CLAIM_REASONS = ("", "not_claimed", "declined", "staff", "condition_not_met", "false_identity")
"""Reason codes; the empty one goes with "confirmed" only."""


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """What became of one drawn entry. `place` counts from 1 through winners, then reserves, in the order
    drawn.
    """

    KIND: ClassVar[str] = "claim"

    draw_id: str
    commit_hash: str
    prev: str
    place: int
    outcome: str
    reason: str
    settled_at: int

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return head(self.KIND, self.draw_id, self.commit_hash, self.prev) | {
            "place": self.place,
            "outcome": self.outcome,
            "reason": self.reason,
            "settled_at": self.settled_at,
        }

    @classmethod
    def from_json(cls, value: object) -> ClaimRecord:
        """Read it back. Raises RecordError."""
        fields = Fields(value, "claim record")
        record = cls(
            *take_head(fields, cls.KIND),
            place=fields.integer("place", 1),
            outcome=fields.text("outcome", 40),
            reason=fields.text("reason", 40, empty=True),
            settled_at=fields.integer("settled_at"),
        )
        if record.outcome not in CLAIM_OUTCOMES or record.reason not in CLAIM_REASONS:
            fields.refuse("outcome", "a known outcome with a known reason code")
        fields.done()
        return record


def read_claim(value: object) -> Signed[ClaimRecord]:
    """`read_signed` for a claim record."""
    return read_signed(value, ClaimRecord.from_json, "claim record")


def settle(
    drawn: Signed[DrawnRecord],
    settled: Sequence[Signed[ClaimRecord]],
    place: int,
    outcome: str,
    reason: str,
    now_ms: int,
    key: SigningKey | None,
) -> Signed[ClaimRecord]:
    """Record what became of a drawn entry: confirmed, forfeited or disqualified, each of the last two with
    a reason.

    `settled` are the claims so far, in order; `place` counts from 1 through winners, then reserves. A
    reserve's turn comes only when so many before it have dropped out. Raises LifeError.
    """
    record = drawn.record
    if (
        outcome not in CLAIM_OUTCOMES
        or reason not in CLAIM_REASONS
        or (outcome == "confirmed") is not (reason == "")
    ):
        raise LifeError(
            "A claim is confirmed without a reason, or forfeited or disqualified with a known reason code."
        )
    if any(claim.record.place == place for claim in settled):
        raise LifeError(f"Place {place} is settled already; it cannot be settled again.")
    if place not in open_places(record, settled):
        raise LifeError(f"It is not the turn of place {place}; reserves follow in the order drawn.")
    prev = settled[-1].hash if settled else drawn.hash
    claim = ClaimRecord(record.draw_id, record.commit_hash, prev, place, outcome, reason, now_ms)
    return Signed.seal(claim, key)


def open_places(drawn: DrawnRecord, settled: Sequence[Signed[ClaimRecord]]) -> tuple[int, ...]:
    """Places whose claim may be settled now: unsettled winners, and as many reserves as have dropped out."""
    dropped = sum(1 for claim in settled if claim.record.outcome != "confirmed")
    last = min(len(drawn.winners) + dropped, len(drawn.winners) + len(drawn.reserves))
    done = {claim.record.place for claim in settled}
    return tuple(place for place in range(1, last + 1) if place not in done)
