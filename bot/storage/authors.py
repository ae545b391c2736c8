"""Whose complaint a case is: the people to whom nothing is promoted until it is done."""

from __future__ import annotations

from sqlalchemy import text

from bot.storage.ledger import Ledger
from bot.storage.vault import decrypt_uid

_OF_CASE = text(
    "SELECT DISTINCT c.subject_id, s.uid_cipher FROM case_work w "
    "JOIN incident_comment ic ON ic.incident_id = w.incident_id JOIN comment c ON c.id = ic.comment_id "
    "JOIN subject s ON s.subject_id = c.subject_id WHERE w.case_id = :case AND s.uid_cipher IS NOT NULL"
)
_WITH_OPEN_COMPLAINT = text(
    "SELECT DISTINCT c.subject_id FROM case_work w JOIN incident i ON i.id = w.incident_id "
    "JOIN incident_comment ic ON ic.incident_id = w.incident_id JOIN comment c ON c.id = ic.comment_id "
    "WHERE w.state NOT IN ('resolved', 'archived') AND i.room = "
    "(SELECT j.room FROM case_work v JOIN incident j ON j.id = v.incident_id WHERE v.case_id = :case) "
    "AND i.codes LIKE '%\"C0%'"
)


def settled_authors(ledger: Ledger, case_id: int) -> tuple[str, ...]:
    """Uids of those who spoke in this case and have no other complaint open in its room; empty while the case itself
    is an open complaint. Who was erased, or never had an id, is not among them. Raises StoreError.
    """
    with ledger.lock, ledger.store.read() as conn:
        ciphers = {row[0]: row[1] for row in conn.execute(_OF_CASE, {"case": case_id})}
        waiting = {row[0] for row in conn.execute(_WITH_OPEN_COMPLAINT, {"case": case_id})}
        subjects = sorted(ciphers.keys() - waiting)
        keys = ledger.vault.load(conn, subjects)
    uids = (decrypt_uid(keys.get(one), bytes(ciphers[one]), f"subject/{one}") for one in subjects)
    return tuple(uid for uid in uids if uid is not None)
