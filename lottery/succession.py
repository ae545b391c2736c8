"""One room's draws, one after the other: gap-free numbers and linked hashes, so that none can be left out.

Against "draw shopping": drawing many times and showing the best one. A draw that was voided keeps its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .canonical import ZERO_HASH, loads
from .commitment import Commitment
from .errors import RecordError
from .record import DrawnRecord, VoidRecord
from .signed import Signed, read_commitment, read_drawn, read_void

End = Signed[DrawnRecord] | Signed[VoidRecord]
Told = tuple[Signed[Commitment], End | None]
"""What is published of one draw: its announcement and its end, None while it runs."""


def read(data: bytes) -> Told:
    """A draw's records as its public page gives them (`{"records": [envelope, …]}`, the announcement first).

    Claims and closed records are passed over here. Raises RecordError or CanonicalError.
    """
    value = loads(data)
    records: Any = value.get("records") if isinstance(value, dict) else None
    if not isinstance(records, list) or not records:
        raise RecordError("The file holds no records of a draw; fetch the draw's records.json.")
    end: End | None = None
    for one in records[1:]:
        inner = one.get("record") if isinstance(one, dict) else None
        kind = inner.get("kind") if isinstance(inner, dict) else None
        if kind in ("drawn", "void"):
            if end is not None:
                raise RecordError("The draw has two ends; one of them is a lie.")
            end = read_drawn(one) if kind == "drawn" else read_void(one)
    return read_commitment(records[0]), end


def check_told(draws: Sequence[Told]) -> tuple[Told, ...]:
    """`check` for all the draws of a room in whatever order; only the last may still run. Gives them by number.

    Raises RecordError or SignatureError.
    """
    numbered = sorted(
        draws, key=lambda one: 0 if one[0].record.terms is None else one[0].record.terms.sequence
    )
    ended = [(announced, end) for announced, end in numbered if end is not None]
    running = [announced for announced, end in numbered if end is None]
    check(ended)
    for number, announced in enumerate(running, len(ended) + 1):
        terms, before = announced.record.terms, ended[-1][1].hash if ended else ZERO_HASH
        first = ended[0][0].record.terms if ended else terms
        if (
            number > len(ended) + 1
            or terms is None
            or (terms.sequence, announced.record.prev) != (number, before)
        ):
            raise RecordError(f"Draw {number} of the room does not follow the end of the one before it.")
        if first is None or (terms.platform, terms.room) != (first.platform, first.room):
            raise RecordError(f"Draw {number} belongs to another room; check each room by itself.")
        announced.verify(terms.signer)
    return tuple(numbered)


def check(draws: Sequence[tuple[Signed[Commitment], End]]) -> None:
    """Check a room's draws from its first: pairs of announcement and the drawn or void record that ended it.

    Each announcement must carry the next number and, in `prev`, the hash of the end before it (claims
    follow their own draw and do not count). Raises RecordError or SignatureError for the first pair that
    does not fit.
    """
    before, place = ZERO_HASH, None
    for number, (announced, end) in enumerate(draws, 1):
        terms = announced.record.terms
        if terms is None or terms.sequence != number or announced.record.prev != before:
            raise RecordError(f"Draw {number} of the room is missing, or does not follow the one before it.")
        if place is not None and place != (terms.platform, terms.room):
            raise RecordError(f"Draw {number} belongs to another room; check each room by itself.")
        announced.verify(terms.signer)
        end.verify(terms.signer)
        if end.record.commit_hash != announced.hash or end.record.draw_id != announced.record.draw_id:
            raise RecordError(f"The end of draw {number} belongs to another draw.")
        before, place = end.hash, (terms.platform, terms.room)
