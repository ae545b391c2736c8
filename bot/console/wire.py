"""From a judged comment to a row of the live page, and from a row to what the browser gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.console.rendering import harmless
from bot.console.views import CommentRow, Mark
from bot.decision import Judged

LONGEST = 500
"""Characters of one comment on the live page; the whole text is in the case and in the record."""


def comment_row(judged: Judged) -> CommentRow:
    """A judged comment as the live page shows it."""
    comment, verdict, decision = judged.comment, judged.verdict, judged.decision
    entry = decision.entry
    return CommentRow(
        session=judged.session,
        seq=judged.seq,
        at_ms=comment.at_ms,
        who=comment.viewer.name,
        text=comment.text,
        role=comment.viewer.role,
        marks=tuple(Mark(hit.category, hit.start, hit.end, hit.reading, hit.rule) for hit in verdict.banned),
        codes=decision.codes,
        intent=verdict.faq.intent if verdict.faq else "",
        purchase=verdict.purchase.level,
        negative=verdict.negative.kind or "",
        severity=decision.escalation.severity if decision.escalation else 0,
        outcome=_outcome(judged),
        withheld=decision.withheld or "",
        entry="" if entry is None else entry.refused or "accepted",
        masked=decision.mask is not None,
        fold=verdict.normal,
        speaker=comment.viewer.uid or "",
        product=(decision.reply.product or "") if decision.reply else "",
    )


def _outcome(judged: Judged) -> str:
    reply = judged.decision.reply
    if reply is not None:  # only decided so far: whether it was sent stands in the outbox
        return "answered" if reply.mode == "send" else "suggested"
    return "withheld" if judged.decision.withheld else ""


def wire(row: CommentRow) -> dict[str, object]:
    """A row for the browser, in short names. `m` holds marks as [code, start, end, reading], code points of `x`."""
    text = row.text
    return {
        "k": row.key,
        "t": row.at_ms,
        "w": harmless(row.who[:60]),
        "r": row.role,
        "x": None if text is None else harmless(text[:LONGEST]),
        "cut": text is not None and len(text) > LONGEST,
        "m": [
            [one.code, one.start, one.end, harmless(one.reading)] for one in row.marks if one.start < LONGEST
        ],
        "c": list(row.codes),
        "i": row.intent,
        "p": row.purchase,
        "n": row.negative,
        "s": row.severity,
        "o": row.outcome,
        "h": row.withheld,
        "e": row.entry,
        "d": row.masked,
        "f": harmless(row.fold[:120]),
    }


def wire_rows(rows: Sequence[CommentRow]) -> list[Mapping[str, object]]:
    """Rows of the store for the browser, oldest first."""
    return [wire(row) for row in rows]
