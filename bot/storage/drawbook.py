"""Draws and their entries in the store. What a draw publishes is its body; what it must keep secret is encrypted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import text

from bot.comment import RoomKey
from bot.errors import StoreError
from bot.storage.canonical import canonical, clean, cleaned, json_text
from bot.storage.chain import HOUSE
from bot.storage.ledger import Ledger
from bot.storage.values import DrawRow, EntryRow
from bot.storage.vault import decrypt_uid

PAGE = 500
_DRAWS = "SELECT id, room, session, sequence, state, body, secret, next_due_ms FROM draw "
_ENTRIES = (
    "SELECT id, draw_id, uid_cipher, subject_id, pseudonym, entry_salt, comment_id, at_ms, refused "
    "FROM draw_entry WHERE draw_id = :draw AND id > :after "
)


class DrawRows(Ledger):
    """The draws' part of the journal."""

    def save_draw(
        self, draw: DrawRow, *, by: str, record_type: str = "draw", record: Mapping[str, Any] | None = None,
        at_ms: int | None = None,
    ) -> None:  # fmt: skip
        """The draw as it now is, with one record in the chain of its room. `record` is told in it; nothing secret."""
        row: dict[str, Any] = {
            "id": clean(draw.id), "room": clean(draw.room), "session": clean(draw.session),
            "sequence": draw.sequence, "state": clean(draw.state), "body": json_text(cleaned(draw.body)),
            "secret": None if draw.secret is None else self._locked(draw), "next_due_ms": draw.next_due_ms,
        }  # fmt: skip
        with self.deed() as deed:
            commitment = deed.save("draw", row)
            data = {"draw": row["id"], "state": row["state"], "by": clean(by), **cleaned(record or {})}
            deed.record(
                row["room"] or HOUSE,
                record_type,
                data,
                [commitment],
                session=row["session"] or None,
                at_ms=at_ms,
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

    def entry_counts(self, draw_id: str) -> tuple[int, dict[str, int]]:
        """Accepted entries, and refused ones by reason. Reads no uid and holds up no writer: anybody may ask for it
        as often as they like."""
        counted = text("SELECT refused, COUNT(*) FROM draw_entry WHERE draw_id = :draw GROUP BY refused")
        with self.store.read() as conn:
            counts = {reason: int(count) for reason, count in conn.execute(counted, {"draw": draw_id})}
        accepted = counts.pop(None, 0)
        return accepted, counts

    def entry_pseudonyms(self, draw_id: str) -> list[bytes]:
        """The pseudonyms of the accepted entries in the order of the published list."""
        listed = text(
            "SELECT pseudonym FROM draw_entry WHERE draw_id = :draw AND refused IS NULL "
            "AND pseudonym IS NOT NULL ORDER BY pseudonym"
        )
        with self.store.read() as conn:
            return [bytes(row[0]) for row in conn.execute(listed, {"draw": draw_id})]

    def draw_entries(self, draw_id: str, *, accepted: bool | None = True) -> Iterator[EntryRow]:
        """The entries in the order they came: accepted, refused (False) or all (None). Fetched page by page."""
        kind = "" if accepted is None else f"AND refused IS {'NULL' if accepted else 'NOT NULL'} "
        after = 0
        while True:
            with self.lock, self.store.read() as conn:
                values = {"draw": draw_id, "after": after, "limit": PAGE}
                rows = conn.execute(text(_ENTRIES + kind + "ORDER BY id LIMIT :limit"), values).all()
                keys = self.vault.load(conn, sorted({row[3] for row in rows}))
            for row in rows:
                id, draw, cipher, subject, pseudonym, salt, comment_id, at_ms, refused = row
                uid = decrypt_uid(keys.get(subject), cipher, f"draw_entry/{id}")
                yield EntryRow(id, draw, uid, subject, pseudonym, salt, comment_id, at_ms, refused)
            if len(rows) < PAGE:
                return
            after = rows[-1][0]
