"""One transaction over the places of one draw: what it reads is so until it ends, and the signed claim record, the
place, the coupon and the audit record become so together or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import text

from bot.errors import NotAllowed, StoreError
from bot.storage.canonical import AUDITED, Commitment, clean, cleaned, json_text
from bot.storage.chain import HOUSE
from bot.storage.ledger import Deed, Ledger
from bot.storage.values import DrawRow
from bot.storage.vault import NONCE

RECORD = "claim"
"""Type of the audit records about places."""

UNBOUND = "unbound"
"""Instead of a reason: staff took the place from a page, and what its winner typed before that counts no more."""


class ClaimRow(msgspec.Struct, frozen=True):
    """One place of a draw. `state`: waiting (a reserve, not its turn), open, bound, confirmed, shipped, received,
    forfeited, disqualified.

    `subject_id` None when nobody is known by that pseudonym any more. `page_hash` is of the page bound to it, `code`
    what that page shows; without a page `code` is what staff entered, or of an open place the mark of a code its
    winner typed. `outcome_reason` is a reason code of the settled, or UNBOUND. `delivery` is sealed under the viewer's
    key. `due_ms` None: no time runs.
    """

    draw_id: str
    place: int
    subject_id: str | None
    pseudonym: bytes
    state: str
    code: str | None = None
    page_hash: bytes | None = None
    outcome_reason: str | None = None
    coupon_id: int | None = None
    delivery: bytes | None = None
    tracking: str | None = None
    due_ms: int | None = None
    changed_ms: int = 0
    by: str = ""
    version: int = 1


COLUMNS = AUDITED["draw_claim"].columns
CLAIMS = "SELECT " + ", ".join(f'"{name}"' for name in COLUMNS) + " FROM draw_claim "
SAID = text(
    "SELECT subject_id, MAX(at_ms) FROM claim_said WHERE code = :mark AND room = :room GROUP BY subject_id "
    "ORDER BY MIN(at_ms), MIN(comment_id)"
)
_SPOKEN = text(
    "SELECT c.place, MIN(s.code) FROM draw_claim c JOIN draw d ON d.id = c.draw_id JOIN claim_said s ON "
    "s.subject_id = c.subject_id AND s.room = d.room WHERE c.draw_id = :draw AND c.state = 'open' "
    "AND s.at_ms >= :since GROUP BY c.place"
)
_FREE = text("SELECT id FROM coupon WHERE pool = :pool AND taken_ms IS NULL ORDER BY id LIMIT 1")


class Settling:
    """One open transaction over the places of `draw`. Made by `ClaimRows.settling`."""

    def __init__(self, ledger: Ledger, deed: Deed, draw: DrawRow, at_ms: int) -> None:
        self.draw = draw
        self.at_ms = at_ms
        self._ledger = ledger
        self._deed = deed
        found = deed.conn.execute(text(CLAIMS + "WHERE draw_id = :draw ORDER BY place"), {"draw": draw.id})
        self.rows: dict[int, ClaimRow] = {(one := claim_of(row)).place: one for row in found}
        self._claims: list[dict[str, Any]] = []
        self.changed = False

    def open_places(self, rows: Sequence[ClaimRow], *, by: str) -> None:
        """The places of a draw that has just been drawn, winners and reserves."""
        commitments = []
        for row in rows:
            self.rows[row.place] = row
            commitments.append(self._deed.put("draw_claim", msgspec.structs.asdict(row)))
        self._note({"act": "opened", "places": len(rows), "by": clean(by)}, commitments)

    def change(
        self, row: ClaimRow, act: str, *, by: str, told: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> ClaimRow:  # fmt: skip
        """`row` with `changes`, and one audit record of the `act`; `told` says more about it, nothing personal. Raises
        StoreError when the row is not as it was read."""
        new = msgspec.structs.replace(
            row, **changes, by=clean(by), changed_ms=self.at_ms, version=row.version + 1
        )
        key = {"draw_id": row.draw_id, "place": row.place}
        values = {name: value for name, value in msgspec.structs.asdict(new).items() if name not in key}
        if not self._deed.change("draw_claim", key, values, f"version = {row.version}"):
            raise StoreError(f"Place {row.place} of draw {row.draw_id} was changed from outside.")
        data = {"act": act, "place": row.place, "state": new.state, "by": clean(by), **cleaned(told or {})}
        self._note(data, [self._deed.committed("draw_claim", **key)])
        self.rows[row.place] = new
        return new

    def publish(self, claim: Mapping[str, Any]) -> None:
        """The envelope of a signed claim record joins the draw's published ones when the transaction ends."""
        self._claims.append(dict(claim))

    def close(self) -> None:
        """Write what was published. Called once, at the end."""
        if not self._claims:
            return
        body = {**self.draw.body, "claims": [*self.draw.body.get("claims", ()), *self._claims]}
        self._deed.change("draw", {"id": self.draw.id}, {"body": json_text(cleaned(body))})
        told = {"act": "published", "hashes": [one["hash"] for one in self._claims]}
        self._note(told, [self._deed.committed("draw", id=self.draw.id)])

    def note(self, act: str, told: Mapping[str, Any]) -> None:
        """An audit record of its own about this draw."""
        self._note({"act": act, **cleaned(told)}, ())

    def _note(self, data: Mapping[str, Any], rows: Sequence[Commitment]) -> None:
        self.changed = True
        self._deed.record(
            self.draw.room or HOUSE, RECORD, {"draw": self.draw.id, **data}, rows,
            session=self.draw.session or None, at_ms=self.at_ms,
        )  # fmt: skip

    def said(self, code: str) -> dict[str, int]:
        """The viewers who typed this code in the draw's room, who typed it first before others, and when last."""
        mark = self._ledger.vault.code_mark("claim", code)
        found = self._deed.conn.execute(SAID, {"mark": mark, "room": self.draw.room})
        return {str(subject): int(at_ms) for subject, at_ms in found}

    def spoken(self, since_ms: int) -> dict[int, str]:
        """Open places whose winner has typed a claim code since then: place to the mark of one such code."""
        found = self._deed.conn.execute(_SPOKEN, {"draw": self.draw.id, "since": since_ms})
        return {int(place): str(mark) for place, mark in found}

    def held(self, page_hash: bytes) -> ClaimRow | None:
        """The place this page is bound to."""
        return next((one for one in self.rows.values() if one.page_hash == page_hash), None)

    def seal(self, row: ClaimRow, fields: Mapping[str, str]) -> bytes:
        """`fields` under the key of the place's viewer. Raises NotAllowed when the viewer was erased."""
        vault, subject = self._ledger.vault, row.subject_id
        key = None if subject is None else vault.load(self._deed.conn, [subject]).get(subject)
        if key is None:
            raise NotAllowed("This viewer's data were erased on request; nothing new can be kept about them.")
        nonce = os.urandom(NONCE)
        said = msgspec.json.encode(cleaned(fields))
        return nonce + key.cipher.encrypt(nonce, said, bound_to(row).encode())

    def take_coupon(self, place: int, pool: str) -> int | None:
        """The first coupon of the pool that nobody has, now this place's; None when the pool is empty. It is recorded
        in the house's chain, where the coupon came in."""
        taken = self._deed.conn.execute(_FREE, {"pool": clean(pool)}).scalar()
        if taken is None:
            return None
        number = int(taken)
        changes = {"draw_id": self.draw.id, "place": place, "taken_ms": self.at_ms}
        if not self._deed.change("coupon", {"id": number}, changes, "taken_ms IS NULL"):
            raise StoreError(f"Coupon {number} was changed from outside.")
        told = {"act": "taken", "pool": clean(pool), "coupon": number, "draw": self.draw.id, "place": place}
        self._deed.record(HOUSE, "coupon", told, [self._deed.committed("coupon", id=number)])
        return number


def claim_of(row: Any) -> ClaimRow:
    """A row of the table as the driver gives it."""
    values = dict(zip(COLUMNS, row, strict=True))
    for name in ("pseudonym", "page_hash", "delivery"):
        values[name] = None if values[name] is None else bytes(values[name])
    return ClaimRow(**values)


def bound_to(row: ClaimRow) -> str:
    """What a sealed address is bound to."""
    return f"draw_claim/{row.draw_id}/{row.place}"
