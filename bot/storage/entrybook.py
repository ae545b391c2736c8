"""The entries of draws, read: live counts, the lists a root is made of, single entries, and what people compare.

Counts and lists are plain reads of plain columns: they decrypt nothing and hold up no writer, whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, text

from bot.storage.canonical import clean
from bot.storage.ledger import Ledger
from bot.storage.values import Entrant, EntryLists, EntryRow
from bot.storage.vault import SubjectKey, decrypt, decrypt_uid, words_of
from lottery.canonical import nfc
from lottery.entry import entry_key

T = TypeVar("T")

PAGE = 500
MOST_AT_ONCE = 2_000
"""Entries that `entries_between` gives at most."""

_COLUMNS = (
    "id, draw_id, uid_cipher, subject_id, pseudonym, entry_salt, comment_id, at_ms, refused, value, wave"
)
_ENTRIES = f"SELECT {_COLUMNS} FROM draw_entry WHERE draw_id = :draw "


class EntryReadings(Ledger):
    """The entries' part of the journal."""

    def entry_counts(self, draw_id: str) -> tuple[int, dict[str, int]]:
        """Accepted entries, and refused ones by reason. Anybody may ask for it as often as they like."""
        counted = text("SELECT refused, COUNT(*) FROM draw_entry WHERE draw_id = :draw GROUP BY refused")
        with self.store.read() as conn:
            counts = {reason: int(count) for reason, count in conn.execute(counted, {"draw": draw_id})}
        accepted = counts.pop(None, 0)
        return accepted, counts

    def entry_lists(self, draw_id: str) -> EntryLists:
        """What the list of a draw is drawn up from (`lottery.sorting.sorted_entries`), in one consistent view."""
        with self.store.read() as conn:
            mark = "?" if conn.dialect.name == "sqlite" else "%s"
            accepted = conn.exec_driver_sql(_ACCEPTED.format(mark), (draw_id,)).cursor
            counted = text(_REFUSED_COUNTS)
            assert accepted is not None
            rows = accepted.fetchall()
            counts = {reason: int(count) for reason, count in conn.execute(counted, {"draw": draw_id})}
            who = conn.execute(text(_REFUSED_WHO), {"draw": draw_id})
            refused = [(bytes(pseudonym), reason) for pseudonym, reason in who]
        return EntryLists([(bytes(name), value, wave) for name, value, wave in rows], counts, refused)

    def entry_pseudonyms(self, draw_id: str) -> list[bytes]:
        """The pseudonyms of the accepted entries in the order of the published list, each once."""
        listed = text(
            "SELECT DISTINCT pseudonym FROM draw_entry WHERE draw_id = :draw AND refused IS NULL "
            "AND pseudonym IS NOT NULL ORDER BY pseudonym"
        )
        with self.store.read() as conn:
            return [bytes(row[0]) for row in conn.execute(listed, {"draw": draw_id})]

    def entry_at(self, draw_id: str, pseudonym: bytes) -> tuple[EntryRow, ...]:
        """All that one account said to a draw, in the order it came, accepted or not; () for a stranger."""
        with self.lock, self.store.read() as conn:
            query = text(_ENTRIES + "AND pseudonym = :name ORDER BY id")
            return self._opened(conn, conn.execute(query, {"draw": draw_id, "name": pseudonym}).all())

    def entries_between(
        self, draw_id: str, first_ms: int, until_ms: int, limit: int = MOST_AT_ONCE
    ) -> tuple[Entrant, ...]:
        """The entries made from `first_ms` until before `until_ms`, with the names of who made them."""
        query = text(_ENTRIES + "AND at_ms >= :first AND at_ms < :until ORDER BY at_ms, id LIMIT :limit")
        values = {"draw": draw_id, "first": first_ms, "until": until_ms, "limit": min(limit, MOST_AT_ONCE)}
        with self.lock, self.store.read() as conn:
            return tuple(self._entrants(conn, conn.execute(query, values).all()))

    def entrant_names(self, draw_id: str, pseudonyms: Collection[bytes]) -> dict[bytes, str]:
        """The names under which accounts entered a draw, by pseudonym; the erased, and who only ordered, are absent.

        Each is found by the index of accepted entries: with a million of them a walk for each winner takes minutes.
        """
        asked = text(SAID_BY).bindparams(bindparam("ids", expanding=True))
        wanted = list(pseudonyms)
        said: list[Any] = []
        with self.store.read() as conn:
            for start in range(0, len(wanted), PAGE):
                values = {"draw": draw_id, "ids": wanted[start : start + PAGE]}
                said += conn.execute(asked, values).all()
            said.sort(reverse=True)  # the first entry of an account comes last and stays
            keys = self.vault.load(conn, sorted({row[2] for row in said}))
            names = self._names(conn, keys, [row[3] for row in said])
        return {bytes(name): names[comment] for _, name, _, comment in said if names.get(comment)}

    def entrants(self, draw_id: str) -> Iterator[Entrant]:
        """Every entry with what is known of the account, in the order they came. Fetched page by page."""
        return self._walked(draw_id, "", self._entrants)

    def draw_entries(self, draw_id: str, *, accepted: bool | None = True) -> Iterator[EntryRow]:
        """The entries in the order they came: accepted, refused (False) or all (None). Fetched page by page."""
        kind = "" if accepted is None else f"AND refused IS {'NULL' if accepted else 'NOT NULL'} "
        return self._walked(draw_id, kind, self._opened)

    def entered_keys(self, draw_id: str) -> frozenset[str]:
        """Who is in, as `RoomState.entered` holds it (`lottery.entry.entry_key`). The erased are absent; the rows know
        them all the same."""
        return frozenset(
            entry_key(nfc(one.uid), one.wave) for one in self.draw_entries(draw_id) if one.uid is not None
        )

    def code_owner(self, draw_id: str, code: str) -> str | None:
        """The subject to whom a code of one's own choice belongs in a draw; None for nobody. `code` in upper case."""
        query = text("SELECT subject_id FROM draw_code WHERE draw_id = :draw AND code = :code")
        values = {"draw": clean(draw_id), "code": self.vault.code_mark(draw_id, code)}
        with self.store.read() as conn:
            found = conn.execute(query, values).scalar()
            return None if found is None else str(found)

    def _walked(
        self, draw_id: str, kind: str, opened: Callable[[Connection, Sequence[Any]], Sequence[T]]
    ) -> Iterator[T]:
        """A page at a time: whoever walks holds up no writer between two pages."""
        query = text(f"{_ENTRIES}AND id > :after {kind}ORDER BY id LIMIT :limit")
        after = 0
        while True:
            with self.lock, self.store.read() as conn:
                rows = conn.execute(query, {"draw": draw_id, "after": after, "limit": PAGE}).all()
                page = opened(conn, rows)
            yield from page
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def _opened(self, conn: Connection, rows: Sequence[Any]) -> tuple[EntryRow, ...]:
        keys = self.vault.load(conn, sorted({row[3] for row in rows}))
        return tuple(
            EntryRow(row[0], row[1], decrypt_uid(keys.get(row[3]), row[2], f"draw_entry/{row[0]}"), *row[3:])
            for row in rows
        )

    def _entrants(self, conn: Connection, rows: Sequence[Any]) -> list[Entrant]:
        """These entries with names (from the comment that entered) and when the account was first heard here."""
        subjects = sorted({row[3] for row in rows})
        keys = self.vault.load(conn, subjects)
        first = dict(_each(conn, _FIRST_SEEN, subjects))
        names = self._names(conn, keys, [row[6] for row in rows])
        return [
            Entrant(
                row[0], row[3], decrypt_uid(keys.get(row[3]), row[2], f"draw_entry/{row[0]}"),
                names.get(row[6]), row[7], row[6], row[8], row[4], first.get(row[3]),
            )
            for row in rows
        ]  # fmt: skip

    def _names(
        self, conn: Connection, keys: Mapping[str, SubjectKey], comment_ids: Sequence[str]
    ) -> dict[str, str]:
        """Comment to the name its viewer had; without those that cannot be read any more."""
        names: dict[str, str] = {}
        for text_id, subject, key_id, nonce, ciphertext in _each(conn, _TEXTS, comment_ids):
            payload = decrypt(keys.get(subject), key_id, bytes(nonce), bytes(ciphertext), text_id)
            if payload is not None:
                names[text_id] = words_of(payload).name
        return names


def _each(conn: Connection, query: str, ids: Sequence[str]) -> Iterator[Any]:
    asked = text(query).bindparams(bindparam("ids", expanding=True))
    for start in range(0, len(ids), PAGE):
        yield from conn.execute(asked, {"ids": list(ids[start : start + PAGE])})


_ACCEPTED = (
    "SELECT pseudonym, value, wave FROM draw_entry WHERE draw_id = {} AND refused IS NULL "
    "AND pseudonym IS NOT NULL ORDER BY id"
)
_REFUSED_COUNTS = (
    "SELECT refused, COUNT(*) FROM draw_entry WHERE draw_id = :draw AND refused IS NOT NULL GROUP BY refused"
)
_REFUSED_WHO = (
    "SELECT DISTINCT pseudonym, refused FROM draw_entry WHERE draw_id = :draw AND refused IS NOT NULL "
    "AND pseudonym IS NOT NULL"
)
SAID_BY = (
    "SELECT id, pseudonym, subject_id, comment_id FROM draw_entry WHERE draw_id = :draw AND refused IS NULL "
    "AND pseudonym IN :ids"
)
_FIRST_SEEN = "SELECT subject_id, MIN(at_ms) FROM comment WHERE subject_id IN :ids GROUP BY subject_id"
_TEXTS = "SELECT text_id, subject_id, key_id, nonce, ciphertext FROM comment_text WHERE text_id IN :ids"
