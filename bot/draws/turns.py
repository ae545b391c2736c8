"""One act on the places of a draw, in one transaction: places, signed records and what is stored move together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bot.draws.book import key_of
from bot.draws.places import Places
from bot.errors import NotAllowed
from bot.storage.journal import Journal
from bot.storage.settling import ClaimRow, Settling
from lottery.claim import settle
from lottery.signer import SigningKey

SETTLED = frozenset({"confirmed", "shipped", "received", "forfeited", "disqualified"})
"""States of a place about which a signed claim record is out."""


class Turn:
    """What may be done to places within one transaction. `now_ms` goes into the signed records."""

    def __init__(self, settling: Settling, journal: Journal, now_ms: int) -> None:
        self.stored = settling
        self.draw = settling.draw
        self.places = Places.of(settling.draw)
        self.now_ms = now_ms
        self._journal = journal
        self._key: SigningKey | None = None
        if not settling.rows:
            self._open()

    @property
    def rows(self) -> Mapping[int, ClaimRow]:
        """The places as they now are."""
        return self.stored.rows

    def _open(self) -> None:
        names = self._pseudonyms()
        whose = self._journal.subjects_of(self.draw.id, names)
        outcomes = {one.record.place: one.record for one in self.places.claims}
        turn = set(self.places.their_turn())
        rows = []
        for place, name in enumerate(names, 1):
            settled = outcomes.get(place)
            state = "open" if place in turn else "waiting" if settled is None else settled.outcome
            rows.append(
                ClaimRow(
                    self.draw.id, place, whose.get(name), name, state,
                    outcome_reason=(settled.reason or None) if settled else None,
                    due_ms=self.places.due_of(place) if place in turn else None, changed_ms=self.stored.at_ms,
                    by="draw",
                )
            )  # fmt: skip
        self.stored.open_places(rows, by="draw")

    def _pseudonyms(self) -> list[bytes]:
        """Of winners, then reserves. Draws made before this was kept beside the result had no contests, so that their
        list is that of all accepted entries."""
        chosen = self.draw.body.get("chosen")
        if chosen is not None:
            return [
                bytes.fromhex(str(one["pseudonym"])) for one in sorted(chosen, key=lambda one: one["place"])
            ]
        record = self.places.drawn.record
        names = self._journal.entry_pseudonyms(self.draw.id)
        return [names[position] for position in (*record.winners, *record.reserves)]

    def row(self, place: int) -> ClaimRow:
        """The place. Raises NotAllowed when the draw has none of that number."""
        found = self.rows.get(place)
        if found is None:
            raise NotAllowed(f"This draw has no place {place}.")
        return found

    def change(
        self, row: ClaimRow, act: str, *, by: str, told: Mapping[str, Any] | None = None, **changes: Any
    ) -> ClaimRow:
        """`row` with `changes`, recorded as `act`."""
        return self.stored.change(row, act, by=by, told=told, **changes)

    def settle(
        self, row: ClaimRow, outcome: str, reason: str = "", *, by: str, told: Mapping[str, Any] | None = None,
    ) -> ClaimRow:  # fmt: skip
        """The signed record of what became of a place; when it dropped out, the next reserve moves up.

        Raises LifeError when it is settled already or not its turn.
        """
        if self._key is None:
            self._key = key_of(self.draw)
        claim = settle(
            self.places.drawn, self.places.claims, row.place, outcome, reason, self.now_ms, self._key
        )
        self.stored.publish(claim.to_json())
        self.places = replace(self.places, claims=(*self.places.claims, claim))
        said = {"reason": reason, "hash": claim.hash, **(told or {})}
        new = self.change(row, outcome, by=by, told=said, state=outcome, outcome_reason=reason or None)
        if outcome != "confirmed":
            self._move_up()
        return new

    def _move_up(self) -> None:
        for place in self.places.their_turn():
            row = self.rows[place]
            if row.state == "waiting":
                due_ms = self.places.due_of(place)
                self.change(row, "moved up", by="draw", told={"due_ms": due_ms}, state="open", due_ms=due_ms)


@contextmanager
def turn(journal: Journal, draw_id: str, now_ms: int) -> Iterator[Turn]:
    """One act on the places of a draw. Raises NotAllowed when there is no such draw, or it is not drawn yet."""
    with journal.settling(draw_id, now_ms) as settling:
        yield Turn(settling, journal, now_ms)
