"""One room's draws, one after the other: gap-free numbers and linked hashes, so that none can be left out.

Against "draw shopping": drawing many times and showing the best one. A draw that was voided keeps its number.
"""

from __future__ import annotations

from collections.abc import Sequence

from .canonical import ZERO_HASH
from .commitment import Commitment
from .errors import RecordError
from .record import DrawnRecord, VoidRecord
from .signed import Signed

End = Signed[DrawnRecord] | Signed[VoidRecord]


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
