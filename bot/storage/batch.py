"""From one batch of the pipeline to rows and records. Runs inside one deed; knows nothing of engines."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, text

from bot.comment import Viewer
from bot.decision import Decision, Judged
from bot.errors import StoreError
from bot.pipeline import Batch, Placed
from bot.policy import SLA_MS, recorded
from bot.storage.canonical import AUDITED, Commitment, clean, cleaned, json_text
from bot.storage.chain import HOUSE
from bot.storage.entries import BatchEntries, Entrant, Spoke
from bot.storage.facts import store_facts
from bot.storage.ledger import Deed, Ledger
from bot.storage.state import encode_state
from bot.storage.telling import (
    decision_told,
    evidence_told,
    hidden_payload,
    hides,
    judgement_told,
    origin_of,
    told_of,
)
from bot.storage.terms import insert_terms
from bot.storage.values import Committed
from bot.storage.vault import (
    NONCE,
    SALT,
    Payload,
    SubjectKey,
    commitment,
    encrypt,
    encrypt_uid,
    pack,
    to_bytes,
)
from classifiers.verdict import Verdict


class BatchRows:
    """Gathers the rows of one batch and stores them table by table."""

    def __init__(self, ledger: Ledger, deed: Deed, batch: Batch, entrant: Entrant | None) -> None:
        self.ledger = ledger
        self.deed = deed
        self.batch = batch
        self.room = clean(str(batch.room))
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.closing: list[Commitment] = []
        self.terms: list[tuple[int, list[str], list[str]]] = []
        self.outbox_ids: list[int] = []
        self.case_ids: list[int] = []
        self.subjects: dict[tuple[bool, str | None, str], str] = {}
        # A burst says the same thing a thousand times; what follows from the words alone is told once a batch.
        self.same_terms: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
        self.same_decisions: dict[Decision, str] = {}
        self.same_judgements: dict[int, dict[str, Any]] = {}
        self.entries = BatchEntries(ledger, deed, batch, entrant, self._put)
        self.keys = self._subject_keys()
        self.first_use: dict[str, list[Commitment]] = self._new_subjects()

    def store(self) -> Committed:
        """Everything, in the order of arrival within each kind."""
        sessions = self._sessions()
        comment_ids = tuple(self._comment(judged) for judged in self.batch.judged)
        for placed in self.batch.happenings:
            self._happening(placed)
        self._instructions()
        store_facts(self.deed, self.batch, self.ledger.running)
        self._close_batch(sessions)
        for table in _ORDER:
            self.deed.insert(table, self.rows.get(table, ()))
        insert_terms(self.deed.conn, self.terms)
        return Committed(
            comment_ids, tuple(self.outbox_ids), tuple(self.case_ids), tuple(self.entries.accepted)
        )

    def _put(self, table: str, row: dict[str, Any]) -> Commitment:
        self.rows.setdefault(table, []).append(row)
        return AUDITED[table].commitment(row)

    # Subjects and their keys

    def _subject(self, viewer: Viewer | None, session: str) -> str:
        who = (viewer is None, None if viewer is None else viewer.uid, session)
        subject = self.subjects.get(who)
        if subject is None:
            vault = self.ledger.vault
            if viewer is None:
                subject = vault.speech(session)
            elif viewer.uid is None:
                subject = vault.nameless(session)
            else:
                subject = vault.viewer(self.batch.room.platform, viewer.uid)
            self.subjects[who] = subject
        return subject

    def _everybody(self) -> dict[str, str | None]:
        """All subjects of the batch, with the uid where they have one."""
        everybody: dict[str, str | None] = {}
        for judged in self.batch.judged:
            viewer = judged.comment.viewer
            everybody[self._subject(viewer, judged.session)] = viewer.uid
        for placed in self.batch.happenings:
            if hides(placed.happening):
                one = placed.happening.viewer
                everybody[self._subject(one, placed.session)] = one.uid if one else None
        return everybody

    def _subject_keys(self) -> dict[str, SubjectKey]:
        vault = self.ledger.vault
        self.everybody = self._everybody()
        keys = {subject: key for subject in self.everybody if (key := vault.known(subject)) is not None}
        loaded = vault.load(self.deed.conn, [subject for subject in self.everybody if subject not in keys])
        self.deed.new_keys.extend(loaded.items())
        return keys | loaded

    def _new_subjects(self) -> dict[str, list[Commitment]]:
        """Keys for those never seen, or forgotten; their commitments go into the first record that uses them."""
        missing = [subject for subject in self.everybody if subject not in self.keys]
        if not missing:
            return {}
        forgotten = {
            row[0]
            for row in self.deed.conn.execute(
                text("SELECT subject_id FROM subject_key WHERE subject_id IN :ids").bindparams(
                    bindparam("ids", expanding=True)
                ),
                {"ids": missing},
            )
        }
        first_use = {}
        for subject in missing:
            key, wrapped = self.ledger.vault.make(subject)
            uid = self.everybody[subject]
            cipher = None if uid is None else encrypt_uid(key, uid, f"subject/{subject}")
            key_row = {
                "subject_id": subject, "key_id": key.key_id, "master_id": self.ledger.vault.master_id,
                "wrapped": wrapped, "created_ms": self.deed.written_ms, "destroyed_ms": None,
            }  # fmt: skip
            add = self.deed.save if subject in forgotten else self._put
            rows = [
                add("subject", {"subject_id": subject, "uid_cipher": cipher}),
                add("subject_key", key_row),
            ]
            if subject in forgotten:
                # Its erasure is in the house's chain, and what comes after it must be there too.
                self.deed.record(HOUSE, "subject", {"subject": subject, "act": "returned"}, rows)
            else:
                first_use[subject] = rows
            self.keys[subject] = key
            self.deed.new_keys.append((subject, key))
        return first_use

    def _encrypted(self, subject: str, text_id: str, payload: Payload) -> tuple[int, list[Commitment]]:
        key = self.keys[subject]
        n = self.deed.next_id("comment_text", "n")
        nonce = os.urandom(NONCE)
        row = {
            "n": n, "text_id": text_id, "subject_id": subject, "key_id": key.key_id, "nonce": nonce,
            "ciphertext": encrypt(key, nonce, pack(payload), text_id),
        }  # fmt: skip
        return n, [*self.first_use.pop(subject, ()), self._put("comment_text", row)]

    # Comments

    def _comment(self, judged: Judged) -> str:
        comment, verdict, decision = judged.comment, judged.verdict, judged.decision
        comment_id = f"{clean(judged.session)}-{judged.seq}"
        subject = self._subject(comment.viewer, judged.session)
        salt = os.urandom(SALT)
        seen = to_bytes(comment.text)
        payload = Payload(
            salt, seen, to_bytes(verdict.normal), to_bytes(comment.viewer.name),
            tuple(to_bytes(hit.text) for hit in verdict.banned),
            tuple(to_bytes(hit.reading) for hit in verdict.banned),
            {"reply_to": to_bytes(comment.reply_to)} if comment.reply_to else {},
        )  # fmt: skip
        n, rows = self._encrypted(subject, comment_id, payload)
        self.terms.append((n, *self._terms_of(comment.text, verdict.normal)))
        head = self.deed.heads.get(self.room)
        row = {
            "id": comment_id, "room": self.room, "session": clean(judged.session), "seq": judged.seq,
            **origin_of(comment), "text_id": comment_id, "subject_id": subject,
            "text_commitment": commitment(salt, seen), "now_ms": judged.now_ms,
            **self._judgement_of(verdict), "codes": json_text(cleaned(decision.codes)) if decision.codes else "[]",
            "decision": self._decision_of(decision), "withheld": decision.withheld,
            "flagged": bool(decision.flagged), "versions_id": self._versions(verdict),
            "record_seq": -1 if head is None else head.seq + 1,
        }  # fmt: skip
        if head is None:
            raise StoreError(f"The chain of {self.room} was not opened before its first comment.")
        rows.append(self._put("comment", row))
        effects = self._effects(judged, comment_id, subject, rows)
        self.deed.record(
            self.room, "comment", evidence_told(row, verdict, decision, effects), rows, session=row["session"],
            at_ms=comment.at_ms, clock_source=self.batch.clock_source,
        )  # fmt: skip
        return comment_id

    def _terms_of(self, words: str, normal: str) -> tuple[list[str], list[str]]:
        known = self.same_terms.get((words, normal))
        if known is None:
            known = self.same_terms[words, normal] = self.ledger.terms.of_comment(words, normal)
        return known

    def _decision_of(self, decision: Decision) -> str:
        known = self.same_decisions.get(decision)
        if known is None:
            known = self.same_decisions[decision] = json_text(cleaned(decision_told(decision)))
        return known

    def _judgement_of(self, verdict: Verdict) -> dict[str, Any]:
        """By the verdict itself, not by what it says: it lives as long as the batch."""
        known = self.same_judgements.get(id(verdict))
        if known is None:
            known = self.same_judgements[id(verdict)] = judgement_told(verdict)
        return known

    def _versions(self, verdict: Verdict) -> int:
        """The number of these versions; the row that explains it is committed with the batch."""
        names = (
            clean(verdict.versions.model),
            clean(verdict.versions.rulebook),
            clean(verdict.versions.normalizer),
        )
        known = self.ledger.versions.get(names) or self.deed.new_versions.get(names)
        if known is None:
            known = self.deed.conn.execute(_VERSIONS, dict(zip("mrn", names, strict=True))).scalar()
            if known is None:
                known = self.deed.next_id("versions")
                row = dict(zip(("id", "model", "rulebook", "normalizer"), (known, *names), strict=True))
                self.closing.append(self._put("versions", row))
            self.deed.new_versions[names] = known
        return known

    def _effects(
        self, judged: Judged, comment_id: str, subject: str, rows: list[Commitment]
    ) -> dict[str, Any]:
        """What follows from the decision: outbox row, incident with its case, entry, vote, code typed, mask."""
        decision = judged.decision
        effects: dict[str, Any] = {}
        if decision.reply is not None:
            effects["outbox"] = self._reply(judged, comment_id, rows)
        if decision.escalation is not None:
            effects["case"] = self._incident(judged, comment_id, rows)
        if decision.entry is not None or decision.vote is not None or decision.code is not None:
            effects |= self._taking_part(judged, comment_id, subject, rows)
        if decision.mask is not None:
            effects["mask"] = {"asked": "hide", "code": clean(decision.mask.code), "executor": "auto"}
        return effects

    def _taking_part(
        self, judged: Judged, comment_id: str, subject: str, rows: list[Commitment]
    ) -> dict[str, Any]:
        decision, comment = judged.decision, judged.comment
        spoke = Spoke(subject, self.keys[subject], comment.viewer.uid, comment_id, comment.at_ms)
        told: dict[str, Any] = {}
        if decision.entry is not None:
            told["entry"] = self.entries.enter(decision.entry, spoke, rows)
        if decision.vote is not None and (vote := self.entries.vote(decision.vote, spoke, rows)) is not None:
            told["vote"] = vote
        if decision.code is not None and (code := self.entries.say(decision.code, spoke, rows)) is not None:
            told["code"] = code
        return told

    def _reply(self, judged: Judged, comment_id: str, rows: list[Commitment]) -> int:
        reply = judged.decision.reply
        assert reply is not None
        outbox_id = self.deed.next_id("outbox")
        rows.append(
            self._put("outbox", {
                "id": outbox_id, "room": self.room, "session": clean(judged.session), "comment_id": comment_id,
                "phrase_id": clean(reply.phrase_id), "digest": clean(reply.digest), "intent": clean(reply.intent),
                "product": None if reply.product is None else clean(reply.product), "text": clean(reply.text),
                "mode": reply.mode, "due_ms": reply.due_ms, "expires_ms": reply.expires_ms,
                "state": "queued" if reply.mode == "send" else "suggested", "detail": "",
                "updated_ms": judged.now_ms, "priority": reply.priority,
            })
        )  # fmt: skip
        self.outbox_ids.append(outbox_id)
        return outbox_id

    def _incident(self, judged: Judged, comment_id: str, rows: list[Commitment]) -> int:
        escalation = judged.decision.escalation
        assert escalation is not None
        number = self.deed.next_id("incident")
        at_ms = judged.comment.at_ms
        codes = [clean(code) for code in escalation.codes]
        incident = {
            "id": number, "room": self.room, "session": clean(judged.session), "category": codes[0] if codes else "",
            "codes": json_text(codes), "severity": escalation.severity, "hideable": bool(escalation.hideable),
            "comment_count": 1, "first_ms": at_ms, "last_ms": at_ms,
        }  # fmt: skip
        sla_ms = SLA_MS.get(escalation.severity, SLA_MS[1])
        work = {
            "case_id": number, "incident_id": number, "state": "new", "version": 1,
            "sla_due_ms": judged.now_ms + sla_ms,
        }  # fmt: skip
        rows.append(self._put("incident", incident))
        rows.append(self._put("incident_comment", {"incident_id": number, "comment_id": comment_id}))
        rows.append(self._put("case_work", work))
        self.case_ids.append(number)
        return number

    # Sessions, happenings, instructions

    def _sessions(self) -> dict[str, dict[str, Any]]:
        """The sessions touched by this batch, as they will be after it; their openings and closings recorded."""
        batch = self.batch
        touched = {clean(judged.session) for judged in batch.judged}
        touched |= {clean(placed.session) for placed in batch.happenings}
        touched |= {clean(change.session) for change in batch.sessions}
        touched |= {clean(batch.state.session)} if batch.duplicates and batch.state.session else set()
        sessions = {
            key: row for key in sorted(touched) if (row := self.deed.fetch("session", id=key)) is not None
        }
        for change in batch.sessions:
            key = clean(change.session)
            row = sessions.setdefault(key, {
                "id": key, "room": self.room, "platform": clean(batch.room.platform), "opened_ms": change.opened_ms,
                "closed_ms": None, "reason": "", "clock_source": batch.clock_source, "comments": 0, "judged": 0,
                "dropped": 0, "duplicates": 0,
            })  # fmt: skip
            row["closed_ms"], row["reason"] = change.closed_ms, clean(change.reason)
            happened = change.opened_ms if change.closed_ms is None else change.closed_ms
            data = {
                "act": "opened" if change.closed_ms is None else "closed", "reason": row["reason"],
                "opened_ms": change.opened_ms, "closed_ms": change.closed_ms,
            }  # fmt: skip
            self._note("session", data, key, happened)
        if self.room not in self.deed.heads:
            self._note("resumed", {"duplicates": batch.duplicates}, None, batch.now_ms)
        for judged in batch.judged:
            row = sessions[clean(judged.session)]
            row["comments"] += 1
            row["judged"] += 1
        for placed in batch.happenings:
            lost = placed.happening.data.get("count", 0) if placed.happening.kind == "gap" else 0
            if isinstance(lost, int) and lost > 0:  # came in, and was dropped at a full queue
                row = sessions[clean(placed.session)]
                row["comments"] += lost
                row["dropped"] += lost
        if batch.duplicates and clean(batch.state.session) in sessions:
            sessions[clean(batch.state.session)]["duplicates"] += batch.duplicates
        return sessions

    def _note(
        self, record_type: str, data: dict[str, Any], session: str | None, at_ms: int,
        rows: Iterable[Commitment] = (),
    ) -> None:  # fmt: skip
        self.deed.record(
            self.room, record_type, data, list(rows), session=session, at_ms=at_ms,
            clock_source=self.batch.clock_source,
        )  # fmt: skip

    def _happening(self, placed: Placed) -> None:
        happening = placed.happening
        number = self.deed.next_id("happening")
        subject = self._subject(happening.viewer, placed.session)
        plain, hidden = told_of(happening)
        commitments: list[Commitment] = []
        text_id = None
        if hides(happening):
            text_id = f"h{number}"
            n, commitments = self._encrypted(subject, text_id, hidden_payload(happening, hidden))
            words = hidden.get("text")
            if isinstance(words, str):
                self.terms.append((n, *self.ledger.terms.of_comment(words, "")))
        row: dict[str, Any] = {
            "id": number, "room": self.room, "session": clean(placed.session), "kind": clean(happening.kind),
            "msg_id": None if happening.msg_id is None else clean(happening.msg_id),
            "subject_id": None if happening.viewer is None else subject, "at_ms": happening.at_ms,
            "received_ms": happening.received_ms, "now_ms": placed.now_ms,
            "frame_hash": clean(happening.frame_hash), "data": json_text(plain), "text_id": text_id,
        }  # fmt: skip
        commitments.append(self._put("happening", row))
        if placed.entry is not None:
            self._order_entry(placed, number, subject, commitments)
        elif happening.kind == "gap":
            self._note("gap", plain, row["session"], happening.at_ms, commitments)
        else:
            self.closing += commitments

    def _order_entry(self, placed: Placed, number: int, subject: str, rows: list[Commitment]) -> None:
        """The entry of a paid order, with a record of its own: others may ask for it, as for a comment's."""
        happening, entry = placed.happening, placed.entry
        assert entry is not None
        uid = None if happening.viewer is None else happening.viewer.uid
        spoke = Spoke(subject, self.keys.get(subject), uid, f"h{number}", happening.at_ms)
        told = self.entries.enter(entry, spoke, rows)
        told |= {"happening": number, "viewer": subject if happening.viewer is not None else None}
        self._note("order_entry", told, clean(placed.session), happening.at_ms, rows)

    def _instructions(self) -> None:
        for applied in self.batch.instructions:
            instruction = applied.instruction
            told = {"kind": instruction.kind, "by": instruction.by, "data": recorded(instruction)}
            self._note("instruction", cleaned(told), clean(applied.session) or None, applied.now_ms)

    def _close_batch(self, sessions: dict[str, dict[str, Any]]) -> None:
        """The record that ends a batch: how much it was, and every row that changes from batch to batch."""
        state = self.batch.state
        for row in sessions.values():
            self.closing.append(self.deed.save("session", row))
        room_state = {
            "room": self.room, "session": clean(state.session), "now_ms": state.now_ms,
            "body": self.ledger.vault.lock_up(encode_state(state), f"room_state/{self.room}"),
        }  # fmt: skip
        self.closing.append(self.deed.save("room_state", room_state))
        for unused in self.first_use.values():
            self.closing += unused
        data = {
            "comments": len(self.batch.judged), "happenings": len(self.batch.happenings),
            "duplicates": self.batch.duplicates, "seq": state.seq,
        }  # fmt: skip
        self._note("batch", data, clean(state.session) or None, state.now_ms, self.closing)


_ORDER = (
    "subject", "subject_key", "versions", "comment_text", "comment", "happening", "outbox", "incident",
    "incident_comment", "case_work", "draw_entry", "draw_code", "claim_said", "poll_vote",
)  # fmt: skip
"""The tables a batch adds to; those referred to come first."""

_VERSIONS = text("SELECT id FROM versions WHERE model = :m AND rulebook = :r AND normalizer = :n")
