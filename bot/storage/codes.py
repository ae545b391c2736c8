"""Finding a viewer's own entries: by receipt, by a code typed, by name and minute. Reads, and the note that it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import text

from bot.storage.canonical import clean, cleaned
from bot.storage.chain import HOUSE
from bot.storage.ledger import Ledger
from bot.storage.vault import decrypt, decrypt_uid, words_of

PAGE = 20_000


class Attempt(msgspec.Struct, frozen=True):
    """One comment or order by which somebody entered, or tried to. `pseudonym` and `entry_salt` None where the platform
    did not tell who it was, or the entry is older than such things were kept for refused ones."""

    id: int
    subject_id: str
    pseudonym: bytes | None
    entry_salt: bytes | None
    at_ms: int
    refused: str | None
    wave: int


class Named(msgspec.Struct, frozen=True):
    """Who entered, or tried to, under which name. `entry` is the number of the attempt."""

    entry: int
    subject_id: str
    at_ms: int
    name: str


_ATTEMPTS = "SELECT id, subject_id, pseudonym, entry_salt, at_ms, refused, wave FROM draw_entry WHERE draw_id = :draw "
_SALTS = text(
    "SELECT id, entry_salt FROM draw_entry WHERE draw_id = :draw AND id > :after AND entry_salt IS NOT NULL "
    "ORDER BY id LIMIT :limit"
)
_NAME = text(
    "SELECT t.text_id, t.subject_id, t.key_id, t.nonce, t.ciphertext FROM draw_entry e "
    "JOIN comment_text t ON t.text_id = e.comment_id WHERE e.draw_id = :draw AND e.id = :id"
)
_NAMED = text(
    "SELECT e.id, e.subject_id, e.at_ms, t.text_id, t.key_id, t.nonce, t.ciphertext FROM draw_entry e "
    "JOIN comment_text t ON t.text_id = e.comment_id WHERE e.draw_id = :draw AND e.at_ms >= :first "
    "AND e.at_ms < :until ORDER BY e.id LIMIT :limit"
)


class CodeRows(Ledger):
    """What "was I in it?" asks of the journal."""

    def entry_salts(self, draw_id: str, after: int) -> list[tuple[int, bytes]]:
        """Number and entry salt of the entries after number `after`, at most PAGE of them."""
        with self.store.read() as conn:
            found = conn.execute(_SALTS, {"draw": draw_id, "after": after, "limit": PAGE})
            return [(int(number), bytes(salt)) for number, salt in found]

    def attempts_of(self, draw_id: str, pseudonym: bytes) -> list[Attempt]:
        """What a viewer did to enter a draw, in the order it came: what was accepted, by an index; only of somebody who
        has nothing accepted what was refused, by walking through the draw."""
        with self.store.read() as conn:
            for half in ("refused IS NULL", "refused IS NOT NULL"):
                asked = text(f"{_ATTEMPTS}AND pseudonym = :name AND {half}")
                rows = conn.execute(asked, {"draw": draw_id, "name": pseudonym}).all()
                if rows:  # sorted here: asked for in order, SQLite would rather walk than use the index
                    return sorted(map(_attempt, rows), key=lambda one: one.id)
        return []

    def attempts_by(self, draw_id: str, subject_id: str) -> list[Attempt]:
        """The same for a viewer whose pseudonym nobody can tell any more. Walks through the draw."""
        asked = text(_ATTEMPTS + "AND subject_id = :subject ORDER BY id")
        with self.store.read() as conn:
            return [_attempt(row) for row in conn.execute(asked, {"draw": draw_id, "subject": subject_id})]

    def attempt(self, draw_id: str, number: int) -> Attempt | None:
        """One of them by its number."""
        with self.store.read() as conn:
            row = conn.execute(text(_ATTEMPTS + "AND id = :id"), {"draw": draw_id, "id": number}).first()
            return None if row is None else _attempt(row)

    def name_at(self, draw_id: str, number: int) -> str:
        """The name under which one of them was made; "" when nobody can tell any more, or it was an order."""
        with self.store.read() as conn:
            row = conn.execute(_NAME, {"draw": draw_id, "id": number}).first()
            if row is None:
                return ""
            text_id, subject, key_id, nonce, ciphertext = row
            key = self.vault.load(conn, [subject]).get(subject)
        payload = decrypt(key, key_id, bytes(nonce), bytes(ciphertext), text_id)
        return "" if payload is None else words_of(payload).name

    def uid_of(self, subject_id: str) -> str | None:
        """A viewer's id on the platform; None when unknown or erased."""
        asked = text("SELECT uid_cipher FROM subject WHERE subject_id = :id")
        with self.lock, self.store.read() as conn:
            cipher = conn.execute(asked, {"id": subject_id}).scalar()
            key = self.vault.load(conn, [subject_id]).get(subject_id)
        return decrypt_uid(key, None if cipher is None else bytes(cipher), f"subject/{subject_id}")

    def names_between(self, draw_id: str, first_ms: int, until_ms: int, most: int) -> list[Named] | None:
        """Who entered a draw or tried to in [first, until), under which name; without those erased. Only that stretch
        is decrypted: names are under each viewer's own key, and there is no list of them. None: more than `most`."""
        times = {"draw": draw_id, "first": first_ms, "until": until_ms, "limit": most + 1}
        # Without the lock: it walks through the draw, and meanwhile the room must go on storing.
        with self.store.read() as conn:
            rows = conn.execute(_NAMED, times).all()
            if len(rows) > most:
                return None
            keys = self.vault.load(conn, sorted({row[1] for row in rows}))
        named = []
        for entry, subject, at_ms, text_id, key_id, nonce, ciphertext in rows:
            payload = decrypt(keys.get(subject), key_id, bytes(nonce), bytes(ciphertext), text_id)
            if payload is not None:
                named.append(Named(int(entry), subject, int(at_ms), words_of(payload).name))
        return named

    def note_lookup(self, room: str, told: Mapping[str, Any]) -> None:
        """Record that somebody asked; `told` holds marks (`lookup_mark`) and no words."""
        self.append_record(clean(room) or HOUSE, "lookup", cleaned(told))

    def lookup_mark(self, said: str) -> str:
        """A keyed hash of what was asked or of who asked, 16 hex digits: alike for alike, and not to be read back."""
        return self.vault.code_mark("lookup", said)[:16]


def _attempt(row: Any) -> Attempt:
    number, subject, pseudonym, salt, at_ms, refused, wave = row
    return Attempt(
        int(number), subject, None if pseudonym is None else bytes(pseudonym),
        None if salt is None else bytes(salt), int(at_ms), refused, int(wave),
    )  # fmt: skip
