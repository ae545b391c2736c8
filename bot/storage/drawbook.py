"""Draws in the store. What a draw publishes is its body; what it must keep secret is encrypted.

Its entries are read in entrybook.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import text

from bot.comment import RoomKey
from bot.errors import DrawMoved, StoreError
from bot.storage.canonical import canonical, clean, cleaned, json_text
from bot.storage.chain import HOUSE
from bot.storage.entrybook import EntryReadings
from bot.storage.ledger import Deed
from bot.storage.values import DrawRow

_DRAWS = "SELECT id, room, session, sequence, state, body, secret, next_due_ms FROM draw "

UNCHECKED: Final = object()
"""For `save_draw`: whatever is stored is replaced."""


class DrawRows(EntryReadings):
    """The draws' part of the journal."""

    def save_draw(
        self, draw: DrawRow, *, by: str, record_type: str = "draw", record: Mapping[str, Any] | None = None,
        at_ms: int | None = None, before: object = UNCHECKED,
    ) -> None:  # fmt: skip
        """The draw as it now is, with one record in the chain of its room. `record` is told in it; nothing secret.

        `before` is the DrawRow on which the step rests, None for a new draw. Raises DrawMoved, changing nothing, when
        what is stored has another state or another last record: of two processes only one advances a draw, and when
        both announce one in the same room only one gets the next number.
        """
        with self.deed() as deed:
            if before is not UNCHECKED:
                assert before is None or isinstance(before, DrawRow)
                self.require_unmoved(deed, clean(draw.id), before)
            if before is None:
                self.require_next(deed, draw)
            self.write_draw(deed, draw, by=by, record_type=record_type, record=record, at_ms=at_ms)

    def write_draw(
        self, deed: Deed, draw: DrawRow, *, by: str, record_type: str = "draw",
        record: Mapping[str, Any] | None = None, at_ms: int | None = None,
    ) -> None:  # fmt: skip
        """`save_draw` within a transaction that does more than that."""
        row: dict[str, Any] = {
            "id": clean(draw.id), "room": clean(draw.room), "session": clean(draw.session),
            "sequence": draw.sequence, "state": clean(draw.state), "body": json_text(cleaned(draw.body)),
            "secret": None if draw.secret is None else self._locked(draw), "next_due_ms": draw.next_due_ms,
        }  # fmt: skip
        commitment = deed.save("draw", row)
        data = {"draw": row["id"], "state": row["state"], "by": clean(by), **cleaned(record or {})}
        deed.record(
            row["room"] or HOUSE, record_type, data, [commitment], session=row["session"] or None, at_ms=at_ms
        )

    def require_unmoved(self, deed: Deed, draw_id: str, before: DrawRow | None) -> None:
        """Raise DrawMoved unless the stored draw is where `before` stands: state, last record, claims, pasted
        beacon.

        The row is locked until the transaction ends. SQLite lets one writer in at a time anyway; on PostgreSQL two
        transactions would otherwise both find the draw unmoved.
        """
        lock = " FOR UPDATE" if deed.conn.dialect.name == "postgresql" else ""
        query = text(f"SELECT state, body FROM draw WHERE id = :id{lock}")
        found = deed.conn.execute(query, {"id": draw_id}).first()
        if found is None or before is None:
            if found is None and before is None:
                return
            what = "is gone from the store" if found is None else "is there already"
            raise DrawMoved(f"Draw {draw_id} {what}. Read the room's draws again.")
        body = msgspec.json.decode(found[1])
        if (found[0], *_standing(body)) != (before.state, *_standing(before.body)):
            raise DrawMoved(
                f"Draw {draw_id} has been advanced to {found[0]} meanwhile. Read it again and go on from there."
            )

    def require_next(self, deed: Deed, draw: DrawRow) -> None:
        """Raise DrawMoved when its room has a draw of this number already: the numbers have neither gap nor double.

        Of two at once on PostgreSQL the second fails at the room's chain of records, which has each number once too.
        """
        query = text("SELECT id FROM draw WHERE room = :room AND sequence = :sequence")
        taken = deed.conn.execute(query, {"room": clean(draw.room), "sequence": draw.sequence}).first()
        if taken is not None:
            raise DrawMoved(
                f"Draw {draw.sequence} of {draw.room} is {taken[0]} already. Read the room's draws again."
            )

    def _locked(self, draw: DrawRow) -> bytes:
        return self.vault.lock_up(canonical(cleaned(draw.secret)), f"draw/{clean(draw.id)}")

    def draw(self, id: str) -> DrawRow | None:
        """The draw with its secret in the clear."""
        with self.store.read() as conn:
            row = conn.execute(text(_DRAWS + "WHERE id = :id"), {"id": id}).first()
            return None if row is None else self._draw(row)

    def load_draws(self, room: RoomKey | str | None = None) -> list[DrawRow]:
        """All draws, or those of one room, by room and sequence."""
        where, values = ("", {}) if room is None else ("WHERE room = :room ", {"room": str(room)})
        with self.store.read() as conn:
            found = conn.execute(text(_DRAWS + where + "ORDER BY room, sequence, id"), values)
            return [self._draw(row) for row in found]

    def _draw(self, row: Any) -> DrawRow:
        id, room, session, sequence, state, body, secret, next_due_ms = row
        opened = None
        if secret is not None:
            opened = self.vault.unlock(bytes(secret), f"draw/{id}")
            if opened is None:
                raise StoreError(
                    f"The secret of draw {id} cannot be read: the keys are not those of this store."
                )
        return DrawRow(
            id, room, session, sequence, state, msgspec.json.decode(body),
            None if opened is None else msgspec.json.decode(opened), next_due_ms,
        )  # fmt: skip


def _standing(body: Mapping[str, Any]) -> tuple[Any, ...]:
    """How far a draw's body goes: its last record, and what does not move that: the claims, and a beacon that somebody
    has pasted."""
    return body.get("last_hash"), body.get("claims") or [], body.get("pasted_beacon")
