"""From one batch of the pipeline to rows and records. Runs inside one deed; knows nothing of engines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import bindparam, text

from bot.comment import Comment, Happening, Viewer
from bot.decision import Decision, Judged
from bot.errors import StoreError
from bot.pipeline import Batch, Placed
from bot.policy import SLA_MS, recorded
from bot.storage.canonical import AUDITED, Commitment, clean, cleaned, finite, json_text
from bot.storage.chain import HOUSE
from bot.storage.facts import store_facts
from bot.storage.ledger import Deed, Ledger
from bot.storage.state import encode_state
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

Entrant = Callable[[str, str, str], tuple[bytes, bytes]]
"""(draw_id, platform, uid) to (entry_salt, pseudonym); from the draws."""

PLAIN_DATA: dict[str, frozenset[str]] = {
    "gift": frozenset({"name", "count", "fen"}),
    "like": frozenset({"count"}),
    "viewers": frozenset({"count"}),
    "order": frozenset({"id", "product", "qty", "amount", "state"}),
    "product": frozenset({"slot", "id"}),
    "facts": frozenset({"product", "id", "slot", "price", "stock", "valid_until"}),
    "gap": frozenset({"seconds", "reason", "count"}),
}
"""Fields of happenings that say nothing about a person. All others are encrypted, unknown ones too."""


class BatchRows:
    """Gathers the rows of one batch and stores them table by table."""

    def __init__(self, ledger: Ledger, deed: Deed, batch: Batch, entrant: Entrant | None) -> None:
        self.ledger = ledger
        self.deed = deed
        self.batch = batch
        self.entrant = entrant
        self.room = clean(str(batch.room))
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.closing: list[Commitment] = []
        self.terms: list[tuple[int, list[str], list[str]]] = []
        self.outbox_ids: list[int] = []
        self.case_ids: list[int] = []
        self.entries: list[int] = []
        self.subjects: dict[tuple[bool, str | None, str], str] = {}
        self.entered = self._entered_before()
        self.shut = self._shut_draws()
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
        return Committed(comment_ids, tuple(self.outbox_ids), tuple(self.case_ids), tuple(self.entries))

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
            if _hides(placed.happening):
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
        self.terms.append((n, *self.ledger.terms.of_comment(comment.text, verdict.normal)))
        head = self.deed.heads.get(self.room)
        row = {
            "id": comment_id, "room": self.room, "session": clean(judged.session), "seq": judged.seq,
            **_origin(comment), "text_id": comment_id, "subject_id": subject,
            "text_commitment": commitment(salt, seen), "now_ms": judged.now_ms,
            **_judgement(verdict), "codes": json_text(cleaned(decision.codes)) if decision.codes else "[]",
            "decision": json_text(cleaned(_decision(decision))), "withheld": decision.withheld,
            "flagged": bool(decision.flagged), "versions_id": self._versions(verdict),
            "record_seq": -1 if head is None else head.seq + 1,
        }  # fmt: skip
        if head is None:
            raise StoreError(f"The chain of {self.room} was not opened before its first comment.")
        rows.append(self._put("comment", row))
        effects = self._effects(judged, comment_id, subject, rows)
        self.deed.record(
            self.room, "comment", _evidence(row, verdict, decision, effects), rows, session=row["session"],
            at_ms=comment.at_ms, clock_source=self.batch.clock_source,
        )  # fmt: skip
        return comment_id

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
        """What follows from the decision: an outbox row, an incident with its case, an entry, a mask."""
        decision = judged.decision
        effects: dict[str, Any] = {}
        if decision.reply is not None:
            effects["outbox"] = self._reply(judged, comment_id, rows)
        if decision.escalation is not None:
            effects["case"] = self._incident(judged, comment_id, rows)
        if decision.entry is not None:
            effects["entry"] = self._entry(judged, comment_id, subject, rows)
        if decision.mask is not None:
            effects["mask"] = {"asked": "hide", "code": clean(decision.mask.code), "executor": "auto"}
        return effects

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

    # Draw entries

    def _entered_before(self) -> set[tuple[str, str]]:
        """Who of this batch is already in the draw, whatever the room's state says: nobody enters twice."""
        wanted: dict[str, set[str]] = {}
        for judged in self.batch.judged:
            entry, uid = judged.decision.entry, judged.comment.viewer.uid
            if entry is not None and entry.refused is None and uid is not None:
                subject = self.ledger.vault.viewer(self.batch.room.platform, uid)
                wanted.setdefault(clean(entry.draw_id), set()).add(subject)
        return {
            (draw_id, row[0])
            for draw_id, subjects in wanted.items()
            for row in self.deed.conn.execute(_ENTERED, {"draw": draw_id, "ids": sorted(subjects)})
        }

    def _shut_draws(self) -> frozenset[str]:
        """Draws of this batch whose list is out already: what reaches the store after that is late, whatever the
        room's state still said. The root is never made of a list that goes on growing."""
        wanted = {
            clean(one.decision.entry.draw_id) for one in self.batch.judged if one.decision.entry is not None
        }
        if not wanted:
            return frozenset()
        return frozenset(
            row[0]
            for row in self.deed.conn.execute(_STATES, {"ids": sorted(wanted)})
            if row[1] not in ("announced", "open")
        )

    def _entry(self, judged: Judged, comment_id: str, subject: str, rows: list[Commitment]) -> dict[str, Any]:
        entry, uid = judged.decision.entry, judged.comment.viewer.uid
        assert entry is not None
        draw_id, refused = clean(entry.draw_id), entry.refused
        if refused is None and uid is None:
            refused = "unknown_viewer"
        if refused is None and draw_id in self.shut:
            refused = "late"
        if refused is None and (draw_id, subject) in self.entered:
            refused = "duplicate"
        number = self.deed.next_id("draw_entry")
        salt = pseudonym = cipher = None
        if uid is not None:
            cipher = encrypt_uid(self.keys[subject], uid, f"draw_entry/{number}")
        if refused is None and uid is not None:
            if self.entrant is None:
                raise StoreError(
                    f"Draw {draw_id} takes entries but nobody was named who makes their pseudonyms."
                )
            salt, pseudonym = self.entrant(entry.draw_id, self.batch.room.platform, uid)
            self.entered.add((draw_id, subject))
            self.entries.append(number)
        rows.append(
            self._put("draw_entry", {
                "id": number, "draw_id": draw_id, "uid_cipher": cipher, "subject_id": subject,
                "pseudonym": pseudonym, "entry_salt": salt, "comment_id": comment_id,
                "at_ms": judged.comment.at_ms, "refused": refused,
            })
        )  # fmt: skip
        return {"draw_id": draw_id, "entry": number, "refused": refused}

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
        plain, hidden = _told(happening)
        commitments: list[Commitment] = []
        text_id = None
        if _hides(happening):
            text_id = f"h{number}"
            n, commitments = self._encrypted(subject, text_id, _hidden_payload(happening, hidden))
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
        if happening.kind == "gap":
            self._note("gap", plain, row["session"], happening.at_ms, commitments)
        else:
            self.closing += commitments

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
    "incident_comment", "case_work", "draw_entry",
)  # fmt: skip
"""The tables a batch adds to; those referred to come first."""

_VERSIONS = text("SELECT id FROM versions WHERE model = :m AND rulebook = :r AND normalizer = :n")
_ENTERED = text(
    "SELECT subject_id FROM draw_entry WHERE draw_id = :draw AND refused IS NULL AND subject_id IN :ids"
).bindparams(bindparam("ids", expanding=True))

_STATES = text("SELECT id, state FROM draw WHERE id IN :ids").bindparams(bindparam("ids", expanding=True))


def _origin(comment: Comment) -> dict[str, Any]:
    return {
        "msg_id": None if comment.msg_id is None else clean(comment.msg_id), "line": comment.line,
        "edited": bool(comment.edited), "mirrored": bool(comment.mirrored), "role": comment.viewer.role,
        "at_ms": comment.at_ms, "received_ms": comment.received_ms, "frame_hash": clean(comment.frame_hash),
    }  # fmt: skip


def _judgement(verdict: Verdict) -> dict[str, Any]:
    faq, purchase, negative = verdict.faq, verdict.purchase, verdict.negative
    also = [[clean(one.intent), finite(one.score)] for one in faq.also] if faq is not None else []
    banned = [
        {"category": clean(hit.category), "start": hit.start, "end": hit.end, "rule": clean(hit.rule)}
        for hit in verdict.banned
    ]
    return {
        "faq_intent": None if faq is None else clean(faq.intent),
        "faq_score": None if faq is None else finite(faq.score),
        "also": json_text(also) if also else "[]",
        "purchase_level": purchase.level, "purchase_score": finite(purchase.score),
        "negative_kind": negative.kind, "negative_severity": negative.severity,
        "negative_score": finite(negative.score),
        "kinds": json_text({kind: finite(score) for kind, score in negative.kinds.items()}),
        "health": bool(verdict.health), "rights": bool(verdict.rights),
        "banned": json_text(banned) if banned else "[]",
    }  # fmt: skip


def _decision(decision: Decision) -> dict[str, Any]:
    """The decision without the reply's words (they are in the outbox)."""
    told: dict[str, Any] = {"reasons": list(decision.reasons)}
    if (reply := decision.reply) is not None:
        told["reply"] = {
            "phrase_id": reply.phrase_id, "digest": reply.digest, "intent": reply.intent, "product": reply.product,
            "mode": reply.mode, "due_ms": reply.due_ms, "expires_ms": reply.expires_ms,
        }  # fmt: skip
    if (grave := decision.escalation) is not None:
        told["escalation"] = {
            "codes": list(grave.codes),
            "severity": grave.severity,
            "hideable": grave.hideable,
        }
    if decision.mask is not None:
        told["mask"] = decision.mask.code
    if decision.entry is not None:
        told["entry"] = {"draw_id": decision.entry.draw_id, "refused": decision.entry.refused}
    return told


def _evidence(
    row: dict[str, Any], verdict: Verdict, decision: Decision, effects: dict[str, Any]
) -> dict[str, Any]:
    """What a comment's record tells without the tables: origin, judgement, decision. Labels only, no words."""
    told: dict[str, Any] = {
        "comment": row["id"], "seq": row["seq"], "msg_id": row["msg_id"], "frame_hash": row["frame_hash"],
        "viewer": row["subject_id"], "role": row["role"], "received_ms": row["received_ms"],
        "decided_ms": row["now_ms"], "text_commitment": row["text_commitment"].hex(),
        "versions": [verdict.versions.model, verdict.versions.rulebook, verdict.versions.normalizer],
        "purchase": row["purchase_level"], "reasons": decision.reasons,
    }  # fmt: skip
    if row["faq_intent"] is not None:
        told["faq"] = [row["faq_intent"], row["faq_score"]]
    if row["negative_kind"] is not None:
        told["negative"] = [row["negative_kind"], row["negative_severity"], row["negative_score"]]
    if verdict.banned:
        told["banned"] = [[hit.category, hit.start, hit.end, hit.rule] for hit in verdict.banned]
    if decision.codes:
        told["codes"] = decision.codes
    return told | effects


NAMED = frozenset({"gift", "order"})
"""Happenings by which a viewer's name is worth keeping; who merely enters or likes is only counted."""


def _hides(happening: Happening) -> bool:
    """Whether anything about `happening` has to be encrypted."""
    return bool(_told(happening)[1]) or (happening.kind in NAMED and happening.viewer is not None)


def _told(happening: Happening) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that may stand in the open, and the rest."""
    allowed = PLAIN_DATA.get(happening.kind, frozenset())
    plain: dict[str, Any] = {}
    hidden: dict[str, Any] = {}
    for key, value in happening.data.items():
        open_to_all = key in allowed and (value is None or isinstance(value, str | int | float))
        (plain if open_to_all else hidden)[key] = cleaned(value)
    return plain, hidden


def _hidden_payload(happening: Happening, hidden: dict[str, Any]) -> Payload:
    words = hidden.get("text")
    name = happening.viewer.name if happening.viewer else ""
    return Payload(
        os.urandom(SALT), to_bytes(words) if isinstance(words, str) else b"", b"", to_bytes(name),
        more=hidden,
    )  # fmt: skip
