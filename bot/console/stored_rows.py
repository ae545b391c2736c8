"""From the store's values to the console's rows. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.console.views import (
    AnswerRow,
    CaseRow,
    ChainCheck,
    CommentRow,
    Mark,
    Person,
    RecordRow,
    SessionRow,
    Step,
)
from bot.storage import values
from bot.storage.audit import Report

OPEN_STATES = ("new", "claimed", "escalated", "snoozed", "regressed")


def person(found: values.Person | None) -> Person | None:
    """A person with an open account; else None. The role column may hold several, separated by commas."""
    if found is None or not found.active:
        return None
    return Person(str(found.id), found.login, found.name, frozenset(found.role.split(",")))


def comment_row(seen: values.Seen) -> CommentRow:
    """A comment out of the store; without words when nobody may read them or they were erased."""
    words = seen.words
    readings = words.readings if words else ()
    entry = seen.decision.get("entry") or {}
    return CommentRow(
        session=seen.session,
        seq=seen.seq,
        at_ms=seen.at_ms,
        who=words.name if words else "",
        text=words.text if words else None,
        role=seen.role,
        marks=tuple(
            Mark(
                str(hit.get("category", "")), int(hit.get("start", 0)), int(hit.get("end", 0)),
                readings[place] if place < len(readings) else "", str(hit.get("rule", "")),
            )
            for place, hit in enumerate(seen.banned)
        ),
        codes=seen.codes,
        intent=seen.faq_intent or "",
        purchase=seen.purchase_level,
        negative=seen.negative_kind or "",
        severity=_severity(seen),
        outcome=_outcome(seen),
        withheld=seen.withheld or "",
        entry="" if not isinstance(entry, Mapping) or not entry else str(entry.get("refused") or "accepted"),
        masked=bool(seen.decision.get("mask")),
        fold=words.normal if words else "",
        speaker=seen.viewer,
        product=_product(seen),
    )  # fmt: skip


def _product(seen: values.Seen) -> str:
    reply = seen.decision.get("reply")
    return str(reply.get("product") or "") if isinstance(reply, Mapping) else ""


def _severity(seen: values.Seen) -> int:
    escalation = seen.decision.get("escalation")
    return int(escalation.get("severity", 0)) if isinstance(escalation, Mapping) else seen.negative_severity


def _outcome(seen: values.Seen) -> str:
    if seen.reply_state is not None:
        return "suggested" if seen.reply_state == "copied" else seen.reply_state
    return "withheld" if seen.withheld else ""


def answer_row(sending: values.Sending, asked: CommentRow | None) -> AnswerRow:
    """An answer of the outbox, with its question when that went by lately, and why it was kept back where it was."""
    return AnswerRow(
        id=str(sending.id),
        at_ms=sending.updated_ms or sending.due_ms,
        intent=sending.intent,
        text=sending.text,
        state=sending.state,
        reason=sending.detail if sending.state in ("blocked", "expired") else "",
        asked=(asked.text or "") if asked else "",
        asker=asked.who if asked else "",
        product=sending.product or "",
        phrase_id=sending.phrase_id,
        comment=sending.comment_id or "",
        evidence=sending.evidence or "",
        person=sending.person or "",
    )


def withheld_row(row: CommentRow) -> AnswerRow:
    """A question that got no answer, and why."""
    return AnswerRow(
        id=row.key, at_ms=row.at_ms, intent=row.intent, text="", state="withheld", reason=row.withheld,
        asked=row.text or "", asker=row.who, comment=row.key,
    )  # fmt: skip


def case_row(case: values.Case, names: Mapping[str, str]) -> CaseRow:
    """A case; `names` maps logins to names."""
    done = case.state not in OPEN_STATES
    return CaseRow(
        id=str(case.case_id),
        number=case.case_id,
        room=case.room,
        code=case.category,
        codes=case.codes,
        severity=case.severity,
        state=case.state,
        opened_ms=case.first_ms,
        due_ms=None if done else case.sla_due_ms,
        count=case.comment_count,
        people=0,
        sample="",
        holder=(case.holder or "") if not done else "",
        holder_name=names.get(case.holder or "", ""),
        version=case.version,
        hideable=case.hideable,
        disposition=case.disposition or "",
        note=case.note or "",
        lease_ms=case.lease_until_ms,
    )


def step(record: values.RecordRow, names: Mapping[str, str]) -> Step:
    """A record about a case as a line of its history."""
    data = data_of(record.body)
    by = str(data.get("by", ""))
    note = " · ".join(str(data[name]) for name in ("from", "disposition", "phrase") if data.get(name))
    return Step(
        record.at_ms, "" if by == "house" else names.get(by, by), str(data.get("act", "opened")), note
    )


def data_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """What happened, inside a record's body."""
    data = body.get("data")
    return data if isinstance(data, Mapping) else {}


def record_row(row: values.RecordRow) -> RecordRow:
    """A link of the chain; the body pretty, the hash over its canonical bytes."""
    data = data_of(row.body)
    return RecordRow(
        row.chain, row.seq, row.record_type, row.at_ms, str(data.get("by") or data.get("reader") or ""),
        row.record_hash, row.prev_hash, json.dumps(row.body, ensure_ascii=False, indent=1, sort_keys=True),
    )  # fmt: skip


def session_row(row: values.SessionRow, counts: values.Counts) -> SessionRow:
    """A show with the counters of contract.md."""
    sent = counts.replies.get("sent", 0)
    suggested = sum(counts.replies.get(name, 0) for name in ("suggested", "copied", "by_hand"))
    return SessionRow(
        row.id, row.room, row.opened_ms, row.closed_ms,
        {
            "comments": counts.comments, "judged": counts.judged, "dropped": counts.dropped,
            "duplicates": counts.duplicates, "gaps": counts.gaps, "flags": counts.flags, "cases": counts.cases,
            "sent": sent, "suggested": suggested, "withheld": sum(counts.withheld.values()),
            "entries": counts.entries,
        },
    )  # fmt: skip


def checks(report: Report, chains: Mapping[str, int]) -> list[ChainCheck]:
    """The outcome of a verification, chain by chain. After the first fault nothing behind it was looked at, so
    only that one is told."""
    bad = report.first_bad
    if bad is not None:
        return [ChainCheck(bad.chain, chains.get(bad.chain, 0), False, bad.seq, bad.why)]
    return [ChainCheck(chain, count, True) for chain, count in sorted(chains.items())]
