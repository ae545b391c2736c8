"""How comments and happenings are told in rows and records: what in the open, what only encrypted."""

from __future__ import annotations

import os
from typing import Any

from bot.comment import Comment, Happening
from bot.decision import Decision
from bot.storage.canonical import clean, cleaned, finite, json_text
from bot.storage.vault import SALT, Payload, to_bytes
from classifiers.verdict import Verdict

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


def origin_of(comment: Comment) -> dict[str, Any]:
    """Where a comment came from, as columns of its row."""
    return {
        "msg_id": None if comment.msg_id is None else clean(comment.msg_id), "line": comment.line,
        "edited": bool(comment.edited), "mirrored": bool(comment.mirrored), "role": comment.viewer.role,
        "at_ms": comment.at_ms, "received_ms": comment.received_ms, "frame_hash": clean(comment.frame_hash),
    }  # fmt: skip


def judgement_told(verdict: Verdict) -> dict[str, Any]:
    """What was thought of a comment, as columns of its row."""
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


def decision_told(decision: Decision) -> dict[str, Any]:
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
    if decision.vote is not None:
        told["vote"] = {"poll": decision.vote.poll_id, "option": decision.vote.option}
    if decision.code is not None:  # the code itself is the viewer's own words
        told["code"] = {"kind": decision.code.kind}
    return told


def evidence_told(
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


def hides(happening: Happening) -> bool:
    """Whether anything about `happening` has to be encrypted."""
    return bool(told_of(happening)[1]) or (happening.kind in NAMED and happening.viewer is not None)


def told_of(happening: Happening) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that may stand in the open, and the rest."""
    allowed = PLAIN_DATA.get(happening.kind, frozenset())
    plain: dict[str, Any] = {}
    hidden: dict[str, Any] = {}
    for key, value in happening.data.items():
        open_to_all = key in allowed and (value is None or isinstance(value, str | int | float))
        (plain if open_to_all else hidden)[key] = cleaned(value)
    return plain, hidden


def hidden_payload(happening: Happening, hidden: dict[str, Any]) -> Payload:
    """What is encrypted of a happening: its words, the viewer's name, and all fields that may not stand in the open."""
    words = hidden.get("text")
    name = happening.viewer.name if happening.viewer else ""
    return Payload(
        os.urandom(SALT), to_bytes(words) if isinstance(words, str) else b"", b"", to_bytes(name),
        more=hidden,
    )  # fmt: skip
