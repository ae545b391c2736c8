"""Cases nobody's comment opened: something of our own went wrong that a person must look at.

They stand among the other cases, with a clock and a holder, and without comments; `note` says what it is about.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from bot.policy import SLA_MS
from bot.storage.canonical import clean, json_text
from bot.storage.ledger import Ledger


class AlarmRows(Ledger):
    """The alarms' part of the journal."""

    def raise_alarm(
        self, room: str, session: str, code: str, severity: int, note: str, *, key: str, at_ms: int
    ) -> int | None:
        """Open a case of `code` (G01, …) at the room's time `at_ms`; its id. None when one was raised under `key`
        within the last day: the same trouble is told once. `note` names phrases and reasons, never viewers' words."""
        once = clean(key)
        with self.deed() as deed:
            known = deed.conn.execute(
                text("SELECT 1 FROM done_once WHERE key = :key"), {"key": once}
            ).scalar()
            if known is not None:
                return None
            number = deed.next_id("incident")
            incident: dict[str, Any] = {
                "id": number, "room": clean(room), "session": clean(session), "category": clean(code),
                "codes": json_text([clean(code)]), "severity": severity, "hideable": False, "comment_count": 0,
                "first_ms": at_ms, "last_ms": at_ms,
            }  # fmt: skip
            work: dict[str, Any] = {
                "case_id": number, "incident_id": number, "state": "new", "version": 1,
                "sla_due_ms": at_ms + SLA_MS.get(severity, SLA_MS[1]), "note": clean(note)[:2000],
            }  # fmt: skip
            rows = [deed.put("incident", incident), deed.put("case_work", work)]
            deed.insert(
                "done_once", ({"key": once, "case_id": number, "act": "alarm", "at_ms": deed.written_ms},)
            )
            data = {"case": number, "act": "alarm", "code": clean(code), "note": work["note"]}
            deed.record(incident["room"], "case", data, rows, session=incident["session"], at_ms=at_ms)
            return number
