"""What the timetable asks of whoever keeps the winners' claims, and the plainest keeper: the records alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from bot.draws.book import claims_of, commitment_of, drawn_of, terms_of
from bot.storage.values import DrawRow
from lottery.claim import open_places
from lottery.states import State


class Claims(Protocol):
    """A keeper of claims. Each call may come again after a crash and must then change nothing."""

    def opened(self, draw_id: str) -> None:
        """The winners have just been drawn."""
        ...

    def next_due(self, draw_id: str) -> int | None:
        """When the first place that is still open runs out, in ms; None when nothing is open any more."""
        ...

    def due(self, draw_id: str, now_ms: int) -> None:
        """Settle every place that has run out (forfeited, not_claimed); the next reserves move up with new time."""
        ...


def open_until(row: DrawRow) -> dict[int, int]:
    """Open places and when each runs out, in ms. Winners have until the committed `claim_by`, and at least half of the
    promised time when the beacon came late; a reserve has the whole of it, counted from when its turn came."""
    drawn = drawn_of(row)
    if drawn is None:
        return {}
    record, claims, claim_by = drawn.record, claims_of(row), terms_of(row).claim_by
    span = claim_by - commitment_of(row).record.beacon.due_ms
    dropped = [one.record.settled_at for one in claims if one.record.outcome != "confirmed"]
    winners = len(record.winners)
    first = max(claim_by, record.drawn_at + span // 2)
    return {
        place: first if place <= winners else dropped[place - winners - 1] + span
        for place in open_places(record, claims)
    }


class RecordClaims:
    """Claims by the signed records alone: what is not settled in time is forfeited, reserves move up in order."""

    def __init__(self, row: Callable[[str], DrawRow | None], settle: Callable[..., Any]) -> None:
        self._row = row
        self._settle = settle

    def opened(self, draw_id: str) -> None:
        """Nothing to prepare."""

    def next_due(self, draw_id: str) -> int | None:
        row = self._row(draw_id)
        if row is None or State(row.state) is not State.CLAIM:
            return None
        return min(open_until(row).values(), default=None)

    def due(self, draw_id: str, now_ms: int) -> None:
        while (row := self._row(draw_id)) is not None:
            late = [place for place, until in open_until(row).items() if until <= now_ms]
            if not late:
                return
            self._settle(draw_id, late[0], "forfeited", "not_claimed", now_ms, by="draw")
