"""Who claims what of a finished draw: places, the pages bound to them, and what is to be sent where."""

from __future__ import annotations

import hmac
import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from sqlalchemy import bindparam, text

from bot.errors import NotAllowed
from bot.storage.canonical import clean
from bot.storage.chain import HOUSE
from bot.storage.entrybook import EntryReadings
from bot.storage.settling import CLAIMS, RECORD, SAID, ClaimRow, Settling, bound_to, claim_of
from bot.storage.values import DrawRow
from bot.storage.vault import NONCE


class Parcel(msgspec.Struct, frozen=True):
    """What goes where. All of it is personal data; `fields` empty after erasure or sweep."""

    place: int
    fields: Mapping[str, str]


_DRAW = text("SELECT id, room, session, sequence, state, body, secret, next_due_ms FROM draw WHERE id = :id")
_WHOSE = text(
    "SELECT pseudonym, subject_id FROM draw_entry WHERE draw_id = :draw AND refused IS NULL AND pseudonym IN :ones"
).bindparams(bindparam("ones", expanding=True))


class ClaimRows(EntryReadings):
    """The claims' part of the journal."""

    @contextmanager
    def settling(self, draw_id: str, at_ms: int | None = None) -> Iterator[Settling]:
        """One transaction over the places of a draw. `at_ms` is when people say it happens; None: by the wall clock.
        Raises NotAllowed when there is no such draw."""
        with self.deed() as deed:
            row = deed.conn.execute(_DRAW, {"id": clean(draw_id)}).first()
            if row is None:
                raise NotAllowed("There is no such draw.")
            settling = Settling(
                self, deed, _opened_draw(self, row), deed.written_ms if at_ms is None else at_ms
            )
            yield settling
            settling.close()

    def claims(self, draw_id: str) -> list[ClaimRow]:
        """The places of a draw, in order; empty before it is drawn."""
        with self.store.read() as conn:
            found = conn.execute(text(CLAIMS + "WHERE draw_id = :draw ORDER BY place"), {"draw": draw_id})
            return [claim_of(row) for row in found]

    def has_places(self, draw_id: str) -> bool:
        """Whether the places of a draw are there."""
        asked = text("SELECT 1 FROM draw_claim WHERE draw_id = :draw LIMIT 1")
        with self.store.read() as conn:
            return conn.execute(asked, {"draw": draw_id}).first() is not None

    def claims_for(self, draw_id: str, subjects: Collection[str], code: str) -> list[ClaimRow]:
        """The places that these viewers won, or that this code was entered for."""
        asked = text(
            CLAIMS + "WHERE draw_id = :draw AND (code = :code OR subject_id IN :ones) ORDER BY place"
        ).bindparams(bindparam("ones", expanding=True))
        with self.store.read() as conn:
            found = conn.execute(asked, {"draw": draw_id, "code": code, "ones": sorted(subjects)[:1000]})
            return [claim_of(row) for row in found]

    def claims_due(self, draw_id: str) -> int | None:
        """When the first place that is open runs out; None when none is open."""
        asked = text(
            "SELECT MIN(due_ms) FROM draw_claim WHERE draw_id = :draw AND state IN ('open', 'bound')"
        )
        with self.store.read() as conn:
            due = conn.execute(asked, {"draw": draw_id}).scalar()
            return None if due is None else int(due)

    def subjects_of(self, draw_id: str, pseudonyms: Sequence[bytes]) -> dict[bytes, str]:
        """The viewers behind accepted entries, by pseudonym."""
        found: dict[bytes, str] = {}
        with self.store.read() as conn:
            for start in range(0, len(pseudonyms), 500):
                some = {"draw": draw_id, "ones": list(pseudonyms[start : start + 500])}
                found |= {bytes(name): subject for name, subject in conn.execute(_WHOSE, some)}
        return found

    def claim_said(self, room: str, code: str) -> dict[str, int]:
        """The viewers who typed this claim code in `room`, who typed it first before others, and when last."""
        mark = self.vault.code_mark("claim", code)
        with self.store.read() as conn:
            found = conn.execute(SAID, {"mark": mark, "room": room})
            return {str(subject): int(at_ms) for subject, at_ms in found}

    def claim_of_page(self, draw_id: str, page_hash: bytes) -> ClaimRow | None:
        """The place that a page is bound to; None when it is bound to none."""
        asked = text(CLAIMS + "WHERE draw_id = :draw AND page_hash = :page")
        with self.store.read() as conn:
            row = conn.execute(asked, {"draw": draw_id, "page": page_hash}).first()
            return None if row is None else claim_of(row)

    def code_of_page(self, draw_id: str, page_hash: bytes) -> bytes:
        """The chance that the code of a page is made of, 32 bytes: it follows from the page and this house's key, so
        nothing is kept about pages that come to nothing."""
        name = draw_id.encode("utf-8", "surrogatepass")
        key = hmac.digest(self.keys.master, b"changkong claim page", "sha256")
        return hmac.digest(key, struct.pack(">I", len(name)) + name + page_hash, "sha256")

    def winner_names(self, draw_id: str) -> dict[int, str]:
        """Place to the name its viewer had at entry; without those erased. Whoever shows them records the look."""
        places = {one.pseudonym: one.place for one in self.claims(draw_id)}
        return {places[name]: shown for name, shown in self.entrant_names(draw_id, places).items()}

    def parcels(self, draw_id: str, place: int | None = None) -> list[Parcel]:
        """What goes where, of one place or all in order; with no fields where it can no longer be read."""
        where = "WHERE draw_id = :draw AND delivery IS NOT NULL " + (
            "" if place is None else "AND place = :place "
        )
        values = {"draw": draw_id} | ({} if place is None else {"place": place})
        with self.lock, self.store.read() as conn:
            found = conn.execute(text(CLAIMS + where + "ORDER BY place"), values)
            rows = [claim_of(row) for row in found]
            keys = self.vault.load(conn, sorted({one.subject_id for one in rows if one.subject_id}))
        parcels = []
        for row in rows:
            key, sealed = keys.get(row.subject_id or ""), row.delivery or b""
            fields: dict[str, str] = {}
            if key is not None:
                try:
                    said = key.cipher.decrypt(sealed[:NONCE], sealed[NONCE:], bound_to(row).encode())
                    fields = msgspec.json.decode(said, type=dict[str, str])
                except (InvalidTag, ValueError, msgspec.DecodeError):
                    fields = {}
            parcels.append(Parcel(row.place, fields))
        return parcels

    def sweep_deliveries(self, received_before_ms: int, shipped_before_ms: int) -> int:
        """Erase where things were sent, once they were received before the one or shipped before the other time. How
        many were erased; the records of it say which places."""
        asked = text(
            "SELECT draw_id, place FROM draw_claim WHERE delivery IS NOT NULL AND ((state = 'received' AND "
            "changed_ms < :received) OR (state = 'shipped' AND changed_ms < :shipped)) ORDER BY draw_id, place"
        )
        times = {"received": received_before_ms, "shipped": shipped_before_ms}
        with self.store.read() as conn:
            due = conn.execute(asked, times).all()
        if not due:
            return 0
        with self.deed() as deed:
            for draw_id, place in due:
                key = {"draw_id": draw_id, "place": place}
                deed.change("draw_claim", key, {"delivery": None})
                room = deed.conn.execute(_DRAW, {"id": draw_id}).one()[1]
                told = {"draw": draw_id, "act": "address erased", "place": place, "by": "house"}
                deed.record(room or HOUSE, RECORD, told, [deed.committed("draw_claim", **key)])
        return len(due)


def _opened_draw(ledger: ClaimRows, row: Any) -> DrawRow:
    id, room, session, sequence, state, body, secret, next_due_ms = row
    opened = None if secret is None else ledger.vault.unlock(bytes(secret), f"draw/{id}")
    return DrawRow(
        id, room, session, sequence, state, msgspec.json.decode(body),
        None if opened is None else msgspec.json.decode(opened), next_due_ms,
    )  # fmt: skip
