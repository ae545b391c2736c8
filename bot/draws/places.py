"""The places of a finished draw: which prize each holds, whose turn it is, and until when it may be claimed. Pure.

Places count from 1 through the winners, then the reserves, in the order drawn. The first who drops out leaves the prize
to the first reserve, the second to the second, whether the one who dropped was a winner or a reserve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.draws.book import claims_of, commitment_of, drawn_of, terms_of
from bot.errors import NotAllowed
from bot.storage.values import DrawRow
from lottery.claim import ClaimRecord, open_places
from lottery.commitment import Commitment
from lottery.record import DrawnRecord
from lottery.rules import Prize
from lottery.signed import Signed


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one draw as its records have them."""

    commitment: Commitment
    drawn: Signed[DrawnRecord]
    claims: tuple[Signed[ClaimRecord], ...]
    prizes: tuple[Prize, ...]
    claim_by: int

    @classmethod
    def of(cls, row: DrawRow) -> Places:
        """Read them. Raises NotAllowed before the draw is drawn."""
        drawn = drawn_of(row)
        if drawn is None:
            raise NotAllowed("The winners of this draw are not drawn yet.")
        terms = terms_of(row)
        return cls(commitment_of(row).record, drawn, tuple(claims_of(row)), terms.prizes, terms.claim_by)

    @property
    def winners(self) -> int:
        """How many places are winners'; the rest are reserves."""
        return len(self.drawn.record.winners)

    @property
    def count(self) -> int:
        """Winners and reserves."""
        return self.winners + len(self.drawn.record.reserves)

    def their_turn(self) -> tuple[int, ...]:
        """Places that may be claimed now."""
        return open_places(self.drawn.record, self.claims)

    def prize_of(self, place: int) -> int | None:
        """The number of the prize, from 0, that a place holds; None for a reserve that has not moved up."""
        dropped = [one.record.place for one in self.claims if one.record.outcome != "confirmed"]
        while place > self.winners:
            if place - self.winners > len(dropped):
                return None
            place = dropped[place - self.winners - 1]
        return _at([prize.quantity for prize in self.prizes], place)

    def due_of(self, place: int) -> int:
        """Until when a place may be claimed once it is its turn, in ms.

        Winners: the committed `claim_by`, but when the beacon came late at least half of the promised time. A reserve:
        as long as winners were promised, from the moment it moved up.
        """
        span = max(self.claim_by - self.commitment.beacon.due_ms, 0)
        if place <= self.winners:
            return max(self.claim_by, self.drawn.record.drawn_at + span // 2)
        dropped = [one.record.settled_at for one in self.claims if one.record.outcome != "confirmed"]
        return dropped[place - self.winners - 1] + span


def _at(quantities: Sequence[int], place: int) -> int:
    """Which of these lies at `place`, counted from 1. The commitment checks that they add up to the winners."""
    for number, quantity in enumerate(quantities):
        if place <= quantity:
            return number
        place -= quantity
    raise NotAllowed(f"There are fewer prizes than place {place}.")
