"""The outbox in the store: from queued to what became of it. Every change has a record.

    queued ──► sending ──► sent | refused | unknown
       └─► expired | blocked          suggested ──► copied | by_hand | expired | blocked

`sending` is committed before the call. Whatever is `sending` when a process starts was interrupted: nobody knows
whether it was said, so it becomes `unknown` and is never sent again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from bot.comment import RoomKey
from bot.errors import NotAllowed
from bot.storage.canonical import AUDITED, clean
from bot.storage.ledger import Deed, Ledger
from bot.storage.values import Sending

NEXT: dict[str, frozenset[str]] = {
    "queued": frozenset({"sending", "expired", "blocked", "suggested"}),
    "sending": frozenset({"queued", "sent", "refused", "unknown", "suggested", "expired", "blocked"}),
    "suggested": frozenset({"copied", "by_hand", "expired", "blocked"}),
    "copied": frozenset({"by_hand"}),
    "sent": frozenset(),
    "refused": frozenset(),
    "unknown": frozenset(),
    "expired": frozenset(),
    "blocked": frozenset(),
    "by_hand": frozenset(),
}
"""What may follow what. `sending` goes back to `queued` only when the platform said that nothing was shown."""

BY_PEOPLE = frozenset({"copied", "by_hand"})
EVIDENCE = ("seen", "swallowed")
ON_ITS_WAY = frozenset({"sending", "sent", "unknown", "suggested", "copied", "by_hand"})
"""States in which a text may turn up in the room."""

COLUMNS = ", ".join(f'"{name}"' for name in AUDITED["outbox"].columns)


class OutboxRows(Ledger):
    """The outbox's part of the journal."""

    def outbox_add(
        self, room: str, session: str, *, phrase_id: str, digest: str, intent: str, product: str | None, text: str,
        mode: str, due_ms: int, expires_ms: int, comment_id: str | None = None, by: str | None = None,
        priority: int | None = None,
    ) -> int:  # fmt: skip
        """A reply not made by the policy (a person's, a draw's announcement). Returns its id."""
        with self.deed() as deed:
            number = deed.next_id("outbox")
            row: dict[str, Any] = {
                "id": number, "room": clean(room), "session": clean(session), "comment_id": comment_id,
                "phrase_id": clean(phrase_id), "digest": clean(digest), "intent": clean(intent),
                "product": None if product is None else clean(product), "text": clean(text), "mode": mode,
                "due_ms": due_ms, "expires_ms": expires_ms,
                "state": "queued" if mode == "send" else "suggested", "detail": "", "updated_ms": due_ms,
                "priority": priority,
            }  # fmt: skip
            data = {name: row[name] for name in ("state", "phrase_id", "digest")} | {"outbox": number}
            if by is not None:
                data["by"] = clean(by)
            rows = [deed.put("outbox", row)]
            deed.record(row["room"], "reply", data, rows, session=row["session"], at_ms=due_ms)
            return number

    def outbox_due(self, room: RoomKey | str, now_ms: int, limit: int = 16) -> list[Sending]:
        """Queued replies of `room` whose time has come, also those past their time to live; oldest due first."""
        with self.store.read() as conn:
            found = conn.execute(
                text(
                    f"SELECT {COLUMNS} FROM outbox WHERE room = :room AND state = 'queued' AND due_ms <= :now "
                    "ORDER BY due_ms, id LIMIT :limit"
                ),
                {"room": str(room), "now": now_ms, "limit": limit},
            )
            return [Sending(*row) for row in found]

    def outbox_row(self, id: int) -> Sending | None:
        """One reply as it stands; None when there is none."""
        with self.store.read() as conn:
            row = conn.execute(text(f"SELECT {COLUMNS} FROM outbox WHERE id = :id"), {"id": id}).first()
            return None if row is None else Sending(*row)

    def outbox_in_hand(self, room: RoomKey | str, session: str, limit: int = 500) -> list[Sending]:
        """Replies of a session that a person is to say or has copied, the newest of them, oldest first."""
        with self.store.read() as conn:
            found = conn.execute(
                text(
                    f"SELECT {COLUMNS} FROM outbox WHERE room = :room AND session = :session "
                    "AND state IN ('suggested', 'copied') ORDER BY id DESC LIMIT :limit"
                ),
                {"room": str(room), "session": session, "limit": limit},
            )
            return [Sending(*row) for row in found][::-1]

    def outbox_next_due(self, room: RoomKey | str) -> int | None:
        """When the next queued reply of `room` is due; None when none waits."""
        with self.store.read() as conn:
            return conn.execute(
                text("SELECT MIN(due_ms) FROM outbox WHERE room = :room AND state = 'queued'"),
                {"room": str(room)},
            ).scalar()

    def outbox_begin(self, id: int, now_ms: int | None = None) -> bool:
        """Take a queued reply for sending. False when it is not queued any more: then do not send."""
        with self.deed() as deed:
            at_ms = self.now() if now_ms is None else now_ms
            changed = deed.change(
                "outbox", {"id": id}, {"state": "sending", "updated_ms": at_ms}, "state = 'queued'"
            )
            if changed:
                _tell(deed, id, at_ms)
            return changed

    def outbox_finish(
        self, id: int, state: str, detail: str = "", *, by: str | None = None, now_ms: int | None = None
    ) -> Sending:
        """What became of a reply. The same state again changes nothing. Raises NotAllowed when it may not follow.

        `by` is the login of the person, who is kept with a reply copied or said by hand.
        """
        with self.deed() as deed:
            row = deed.fetch("outbox", id=id)
            if row is None:
                raise NotAllowed(f"There is no reply {id} in the outbox.")
            if row["state"] == state:
                return Sending(**row)
            if state not in NEXT[row["state"]]:
                raise NotAllowed(f"Reply {id} is {row['state']} and cannot become {state}.")
            at_ms = self.now() if now_ms is None else now_ms
            changes: dict[str, Any] = {"state": state, "detail": clean(detail)[:200], "updated_ms": at_ms}
            if by is not None and state in BY_PEOPLE:
                changes["person"] = clean(by)
            deed.change("outbox", {"id": id}, changes)
            return _tell(deed, id, at_ms, by)

    def outbox_note(
        self, id: int, evidence: str | None, *, person: str | None = None, now_ms: int | None = None
    ) -> Sending:
        """What was seen of a reply afterwards: `seen` when its text came back in the room, `swallowed` when it should
        have and did not. `person`: who copied it or said it by hand, where that is learnt only now. The state stays.

        What was seen stays seen. Raises NotAllowed for another word, or a reply that was never on its way.
        """
        if evidence not in (None, *EVIDENCE):
            raise NotAllowed(f"{evidence!r} is no evidence; choose one of {', '.join(EVIDENCE)}.")
        with self.deed() as deed:
            row = deed.fetch("outbox", id=id)
            if row is None or row["state"] not in ON_ITS_WAY:
                raise NotAllowed(f"There is no reply {id} of which anything could have been seen.")
            known = row["evidence"] if row["evidence"] == "seen" or evidence is None else evidence
            who = row["person"] if person is None else clean(person)
            if (known, who) == (row["evidence"], row["person"]):
                return Sending(**row)
            deed.change("outbox", {"id": id}, {"evidence": known, "person": who})
            return _tell(deed, id, self.now() if now_ms is None else now_ms, person)

    def outbox_recover(self) -> int:
        """At start: what was being sent when the process died is `unknown`, for good. Returns how many."""
        with self.deed() as deed:
            found = deed.conn.execute(text("SELECT id FROM outbox WHERE state = 'sending' ORDER BY id")).all()
            for (number,) in found:
                at_ms = self.now()
                changes = {"state": "unknown", "detail": "interrupted", "updated_ms": at_ms}
                deed.change("outbox", {"id": number}, changes)
                _tell(deed, number, at_ms)
            return len(found)


def _tell(deed: Deed, number: int, at_ms: int, by: str | None = None) -> Sending:
    """The record of a change already made."""
    row = deed.fetch("outbox", id=number)
    assert row is not None
    data: dict[str, Any] = {"outbox": number, "state": row["state"], "detail": row["detail"]}
    if row["evidence"] is not None:
        data["evidence"] = row["evidence"]
    if row["comment_id"] is not None:
        data["comment"] = row["comment_id"]
    if by is not None:
        data["by"] = clean(by)
    commitments = [AUDITED["outbox"].commitment(row)]
    deed.record(row["room"], "reply", data, commitments, session=row["session"] or None, at_ms=at_ms)
    return Sending(**row)
