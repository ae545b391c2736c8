"""The single writer: everything that is ever put into the store goes through here.

Made of one part per noun, all on one ledger: batches (batch.py), outbox (outgoing.py), cases (casework.py), people
(staff.py), phrases (phrasebook.py), approvals (approvals.py), exemptions (exemptions.py), evidence (evidence.py), own
questions (questions.py), what is asked before speaking (clearance.py), alarms (alarms.py), goods and settings
(shelf.py), draws (drawbook.py, entrybook.py), polls (polls.py), seals (seals.py).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, text

from bot.comment import RoomKey
from bot.decision import ClockSource
from bot.errors import ChangkongError, StoreError
from bot.pipeline import Batch
from bot.policy import Recent, RoomState
from bot.storage.alarms import AlarmRows
from bot.storage.batch import BatchRows
from bot.storage.canonical import clean, json_text
from bot.storage.casework import CaseRows
from bot.storage.chain import HOUSE
from bot.storage.claims import ClaimRows
from bot.storage.clearance import ClearanceRows
from bot.storage.codes import CodeRows
from bot.storage.coupons import CouponRows
from bot.storage.drawbook import DrawRows
from bot.storage.engine import Store
from bot.storage.entries import Entrant
from bot.storage.evidence import EvidenceRows
from bot.storage.exemptions import ExemptionRows
from bot.storage.outgoing import OutboxRows
from bot.storage.phrasebook import PhraseRows
from bot.storage.polls import PollRows
from bot.storage.presets import PresetRows
from bot.storage.questions import QuestionRows
from bot.storage.seals import SealRows
from bot.storage.shelf import ShelfRows
from bot.storage.staff import StaffRows
from bot.storage.state import decode_state
from bot.storage.terms import delete_terms
from bot.storage.values import Committed, Erased
from bot.storage.vault import Syllables

SEEN = 20_000
"""Message ids remembered over a restart."""


class Journal(
    OutboxRows, CaseRows, StaffRows, PhraseRows, ExemptionRows, EvidenceRows, QuestionRows, ShelfRows, DrawRows,
    ClaimRows, CouponRows, CodeRows, PollRows, PresetRows, SealRows, ClearanceRows, AlarmRows,
):  # fmt: skip
    """Writes to one store. Any thread may call it; calls exclude each other.

    `now` is the wall clock in ms. `clock_source` is whose time the acts of people are told in. `syllables` gives the
    syllables of a text for search by sound. `entrant` makes entry salts and pseudonyms; without it a batch with an
    accepted draw entry is refused. `trouble` is what hindered the last checkpoint after a batch, else None.
    """

    def __init__(
        self, store: Store, now: Callable[[], int], *, clock_source: ClockSource = "live",
        syllables: Syllables | None = None, entrant: Entrant | None = None,
    ) -> None:  # fmt: skip
        super().__init__(store, now, clock_source=clock_source, syllables=syllables)
        self.entrant = entrant
        self.trouble: ChangkongError | None = None

    def commit(self, batch: Batch) -> Committed:
        """One batch in one transaction. When this returns, the batch survives a power cut.

        Raises StoreFull or StoreError; then nothing of it is stored, and the same comments may be folded again.
        """
        with self.lock:
            with self.deed() as deed:
                committed = BatchRows(self, deed, batch, self.entrant).store()
            try:
                self.checkpoint()
                self.trouble = None
            except ChangkongError as error:
                self.trouble = error  # The batch is committed all the same; the next checkpoint tries again.
            return committed

    def lost(self, room: RoomKey, session: str, count: int, at_ms: int, reason: str = "overload") -> None:
        """`count` comments were dropped unread: counted in the session and recorded as a gap."""
        chain, session = clean(str(room)), clean(session)
        with self.deed() as deed:
            happening = {
                "id": deed.next_id("happening"), "room": chain, "session": session, "kind": "gap", "msg_id": None,
                "subject_id": None, "at_ms": at_ms, "received_ms": deed.written_ms, "now_ms": at_ms, "frame_hash": "",
                "data": json_text({"count": count, "reason": clean(reason)}), "text_id": None,
            }  # fmt: skip
            rows = [deed.put("happening", happening)]
            row = deed.fetch("session", id=session)
            if row is not None:
                changes = {"dropped": row["dropped"] + count, "comments": row["comments"] + count}
                deed.change("session", {"id": session}, changes)
                rows.append(deed.committed("session", id=session))
            deed.record(
                chain, "gap", {"count": count, "reason": clean(reason)}, rows, session=session, at_ms=at_ms
            )

    def load_state(self, room: RoomKey) -> RoomState | None:
        """The state of `room` after its last committed batch; None for a room never seen. The shop is empty in it."""
        name = clean(str(room))
        with self.lock, self.store.read() as conn:
            row = conn.execute(text("SELECT body FROM room_state WHERE room = :room"), {"room": name}).first()
            if row is None:
                return None
            raw = self.vault.unlock(bytes(row[0]), f"room_state/{name}")
            if raw is None:
                raise StoreError(f"The state of {name} cannot be read: the keys are not those of this store.")
            state = decode_state(raw)
            seen = Recent((), (_seen(conn, clean(state.session)),))
        entered = frozenset() if state.draw is None else self.entered_keys(state.draw.draw_id)
        voted = frozenset() if state.poll is None else self.voters(state.poll.poll_id)
        return msgspec.structs.replace(
            state, seen=seen, entered=(entered,) if entered else (), voted=(voted,) if voted else ()
        )

    def erase_subject(self, platform: str, uid: str, *, by: str, reason: str = "") -> Erased:
        """Forget a viewer: destroy the key of all their words and their id, and take their search terms away.

        The record stays and verifies as before. Copies made earlier (backups, `.before-` files) still hold the
        wrapped key: destroy them, or erase there too after restoring. The running room's cooldowns name the viewer,
        encrypted, until they lapse.
        """
        subject = self.vault.viewer(platform, uid)
        sqlite = self.store.dialect == "sqlite"
        with self.lock:
            with self.deed() as deed:
                if sqlite:
                    deed.conn.exec_driver_sql("PRAGMA secure_delete=ON")
                erased, rows = Erased(subject, 0, 0), []
                if deed.change(
                    "subject_key", {"subject_id": subject}, {"wrapped": None, "destroyed_ms": self.now()}
                ):
                    deed.change("subject", {"subject_id": subject}, {"uid_cipher": None})
                    rows = [deed.committed(table, subject_id=subject) for table in ("subject", "subject_key")]
                    erased = self._erase_terms(deed.conn, subject)
                data = {
                    "subject": subject, "texts": erased.texts, "entries": erased.entries, "by": clean(by),
                    "reason": clean(reason)[:500],
                }  # fmt: skip
                deed.record(HOUSE, "erasure", data, rows)
                if sqlite:
                    deed.conn.exec_driver_sql("PRAGMA secure_delete=OFF")
            self.vault.forget(subject)
            if sqlite:
                with (
                    self.store.engine.connect() as conn
                ):  # Outside a transaction: the log still holds the old page.
                    raw = conn.connection.driver_connection
                    assert raw is not None
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return erased

    def _erase_terms(self, conn: Connection, subject: str) -> Erased:
        numbers = (
            conn.execute(text("SELECT n FROM comment_text WHERE subject_id = :s"), {"s": subject})
            .scalars()
            .all()
        )
        delete_terms(conn, numbers)
        if self.store.dialect == "sqlite" and numbers:
            # FTS5 only marks deleted terms; merging all segments drops them.
            conn.exec_driver_sql("INSERT INTO search_term (search_term) VALUES ('optimize')")
        entries = conn.execute(text("SELECT COUNT(*) FROM draw_entry WHERE subject_id = :s"), {"s": subject})
        return Erased(subject, len(numbers), int(entries.scalar_one()))

    def close(self) -> None:
        """The last checkpoint. The store stays open; closing it is its owner's."""
        self.checkpoint(force=True)


def _seen(conn: Connection, session: str) -> frozenset[str]:
    """What the pipeline knows a delivery by, for the last SEEN things of a session."""
    comments = conn.execute(
        text(
            "SELECT msg_id, edited, at_ms FROM comment WHERE session = :s AND msg_id IS NOT NULL "
            "ORDER BY seq DESC LIMIT :limit"
        ),
        {"s": session, "limit": SEEN},
    )
    keys = {f"{msg_id}@{at_ms}" if edited else msg_id for msg_id, edited, at_ms in comments}
    others = conn.execute(
        text(
            "SELECT msg_id FROM happening WHERE session = :s AND msg_id IS NOT NULL ORDER BY id DESC LIMIT :limit"
        ),
        {"s": session, "limit": SEEN},
    )
    return frozenset(keys | {row[0] for row in others})
