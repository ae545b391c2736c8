"""What console, summary and reports read: figures (figures.py), comments (heard.py), cases, records, evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, text

from bot.comment import RoomKey
from bot.storage.canonical import AUDITED
from bot.storage.casework import SELECT_CASE, case_from
from bot.storage.heard import SELECT, CommentReadings
from bot.storage.outgoing import COLUMNS as OUTBOX
from bot.storage.values import Case, Evidence, RecordRow, Seen, Sending
from bot.storage.vault import Vault, commitment, decrypt

RECORD = "SELECT chain, seq, prev_hash, body, record_hash FROM audit_record "
NEIGHBOURS = 10
"""Comments shown before and after one in its evidence."""

UNFINISHED = ("new", "claimed", "escalated", "snoozed", "regressed")


class Readings(CommentReadings):
    """All readings of one store; any thread may call them.

    `reader` is the login of the person who will see viewers' words: then the journal is needed, and an `access`
    record is made. With reader None no word is decrypted and `Seen.words` is None. Raises NotAllowed.
    """

    def sendings(
        self, session: str, *, states: Sequence[str] | None = None, limit: int = 100
    ) -> list[Sending]:
        """The outbox of a session, newest first; of all states or these."""
        query = f"SELECT {OUTBOX} FROM outbox WHERE session = :session "
        values: dict[str, Any] = {"session": session, "limit": limit}
        if states is not None:
            query += "AND state IN :states "
            values["states"] = list(states)
        asked = text(query + "ORDER BY id DESC LIMIT :limit")
        if states is not None:
            asked = asked.bindparams(bindparam("states", expanding=True))
        with self.store.read() as conn:
            return [Sending(*row) for row in conn.execute(asked, values)]

    def phrase_uses(self) -> dict[str, int]:
        """How often each phrase was said or suggested, by id."""
        said = "SELECT phrase_id, COUNT(*) FROM outbox WHERE state IN ('sent', 'suggested', 'copied', 'by_hand') "
        with self.store.read() as conn:
            return {
                str(phrase): int(count) for phrase, count in conn.execute(text(said + "GROUP BY phrase_id"))
            }

    def open_cases(self, room: RoomKey | str | None = None, limit: int = 200) -> list[Case]:
        """Cases that are not done: gravest first, then those whose time runs out first."""
        states = ", ".join(f"'{state}'" for state in UNFINISHED)
        where = f"WHERE w.state IN ({states}) " + ("" if room is None else "AND i.room = :room ")
        values = {"limit": limit} | ({} if room is None else {"room": str(room)})
        return self._cases(where + "ORDER BY i.severity DESC, w.sla_due_ms, w.case_id LIMIT :limit", values)

    def cases(self, session: str, limit: int = 500) -> list[Case]:
        """All cases of a session, newest first."""
        where = "WHERE i.session = :session ORDER BY w.case_id DESC LIMIT :limit"
        return self._cases(where, {"session": session, "limit": limit})

    def case(self, case_id: int) -> Case | None:
        found = self._cases("WHERE w.case_id = :id", {"id": case_id})
        return found[0] if found else None

    def _cases(self, where: str, values: Mapping[str, Any]) -> list[Case]:
        with self.store.read() as conn:
            return [case_from(row) for row in conn.execute(text(SELECT_CASE + where), values)]

    def case_comments(self, case_id: int, *, reader: str | None) -> list[Seen]:
        """The comments of a case, oldest first."""
        query = (
            f"{SELECT}WHERE id IN (SELECT comment_id FROM incident_comment WHERE incident_id = :id) "
            "ORDER BY at_ms, seq LIMIT 500"
        )
        return self._seen(query, {"id": case_id}, reader, "case")

    def case_history(self, case_id: int) -> list[RecordRow]:
        """The records of what was done about a case, oldest first."""
        case = self.case(case_id)
        if case is None:
            return []
        query = f"{RECORD}WHERE chain = :chain AND session = :session AND record_type = 'case' ORDER BY seq"
        records = self._records(query, {"chain": case.room, "session": case.session})
        return [record for record in records if record.body["data"].get("case") == case_id]

    def records(
        self, chain: str | None = None, *, after_seq: int = -1, limit: int = 100, record_type: str | None = None,
        session: str | None = None,
    ) -> list[RecordRow]:  # fmt: skip
        """Records in the order of their chains, from `after_seq` on, of one chain, type or session, or of all."""
        named = {"chain": chain, "record_type": record_type, "session": session}
        asked = {name: value for name, value in named.items() if value is not None}
        where = "".join(f"AND {name} = :{name} " for name in asked)
        query = f"{RECORD}WHERE seq > :after {where}ORDER BY chain, seq LIMIT :limit"
        return self._records(query, {"after": after_seq, "limit": limit, **asked})

    def _records(self, query: str, values: Mapping[str, Any]) -> list[RecordRow]:
        with self.store.read() as conn:
            return [_record(row) for row in conn.execute(text(query), values)]

    def chains(self) -> dict[str, int]:
        """How many records each chain has."""
        with self.store.read() as conn:
            found = conn.execute(
                text("SELECT chain, COUNT(*) FROM audit_record GROUP BY chain ORDER BY chain")
            )
            return {row[0]: row[1] for row in found}

    def evidence(self, comment_id: str, *, reader: str) -> Evidence | None:
        """Everything about one comment; None when there is none of that id. Reading its neighbours is recorded too."""
        comment = self.comment(comment_id, reader=reader)
        if comment is None:
            return None
        with self.store.read() as conn:
            columns = ", ".join(f'"{name}"' for name in AUDITED["comment"].columns)
            row = conn.execute(
                text(f"SELECT {columns} FROM comment WHERE id = :id"), {"id": comment_id}
            ).one()
            versions = conn.execute(
                text("SELECT model, rulebook, normalizer FROM versions WHERE id = :id"),
                {"id": row.versions_id},
            ).first()
            sealed = conn.execute(
                text(
                    "SELECT seq FROM audit_seal WHERE kind = 'checkpoint' AND chain = :chain AND seq >= :seq "
                    "ORDER BY seq LIMIT 1"
                ),
                {"chain": row.room, "seq": row.record_seq},
            ).scalar()
            sendings = conn.execute(
                text(f"SELECT {OUTBOX} FROM outbox WHERE comment_id = :id ORDER BY id"), {"id": comment_id}
            ).all()
        place = {"chain": row.room, "seq": row.record_seq}
        cases = self._cases(
            "WHERE i.id IN (SELECT incident_id FROM incident_comment WHERE comment_id = :id) ORDER BY i.id",
            {"id": comment_id},
        )
        first = max(comment.seq - NEIGHBOURS, 0)
        return Evidence(
            comment, {} if versions is None else versions._asdict(), row.frame_hash, bytes(row.text_commitment).hex(),
            self._commitment_holds(comment_id, bytes(row.text_commitment)),
            self._records(f"{RECORD}WHERE chain = :chain AND seq = :seq", place)[0],
            None if sealed is None else f"{row.room} #{sealed}", tuple(Sending(*one) for one in sendings),
            tuple(cases), tuple(record for case in cases for record in self.case_history(case.case_id)),
            tuple(self._around(comment.session, first - 1, comment.seq, reader)),
            tuple(self._around(comment.session, comment.seq, comment.seq + NEIGHBOURS + 1, reader)),
        )  # fmt: skip

    def _around(self, session: str, after: int, before: int, reader: str) -> list[Seen]:
        query = f"{SELECT}WHERE session = :session AND seq > :after AND seq < :before ORDER BY seq"
        return self._seen(query, {"session": session, "after": after, "before": before}, reader, "evidence")

    def _commitment_holds(self, text_id: str, committed: bytes) -> bool | None:
        """Whether the words kept are those committed to; None when they cannot be read any more."""
        assert self.store.keys is not None
        with self.store.read() as conn:
            row = conn.execute(
                text("SELECT subject_id, key_id, nonce, ciphertext FROM comment_text WHERE text_id = :id"),
                {"id": text_id},
            ).first()
            if row is None:
                return None
            key = Vault(self.store.keys).load(conn, [row[0]]).get(row[0])
        if key is None or key.key_id != row[1]:
            return None
        payload = decrypt(key, row[1], bytes(row[2]), bytes(row[3]), text_id)
        return payload is not None and commitment(payload.salt, payload.text) == committed


def _record(row: Any) -> RecordRow:
    body = msgspec.json.decode(row[3])
    return RecordRow(
        row[0], row[1], body["record_type"], body["session"], body["at_ms"], bytes(row[2]).hex(),
        bytes(row[4]).hex(), body,
    )  # fmt: skip
