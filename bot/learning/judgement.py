"""What somebody at the desk said about one comment: how it should have been judged, all four labels of it.

A judgement is a record of type `judgement` in the room's chain: ids and labels, never words. A person sees the whole
verdict and says what is true; so nothing in it is guessed, and one who presses without a change confirms all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from bot.errors import NotAllowed
from bot.storage.journal import Journal
from bot.storage.lessons import Lesson, LessonReadings
from bot.storage.values import RecordRow
from classifiers.verdict import INTENTS, KINDS

RECORD = "judgement"


class Labels(msgspec.Struct, frozen=True):
    """The labels of one comment. `faq`, `negative` None: asks nothing, not negative. `hits`: places, counted from 0, of
    those banned hits of the verdict that hold; what the rule book overlooked cannot be told here."""

    faq: str | None = None
    also: tuple[str, ...] = ()
    purchase: int = 0
    negative: str | None = None
    severity: int = 0
    hits: tuple[int, ...] = ()


class Judgement(msgspec.Struct, frozen=True):
    """A judgement as recorded. `said` is right, wrong_answer, false_positive or corrected; `by` a login, `role` the
    roles that person had then, joined by commas; `record` is `chain#seq`."""

    comment: str
    said: str
    labels: Labels
    by: str
    role: str
    record: str


def as_judged(lesson: Lesson) -> Labels:
    """The labels of the verdict as it is stored."""
    seen = lesson.seen
    return Labels(
        seen.faq_intent, lesson.also if seen.faq_intent else (), seen.purchase_level, seen.negative_kind,
        seen.negative_severity if seen.negative_kind else 0, tuple(range(len(seen.banned))),
    )  # fmt: skip


def said(labels: Labels, verdict: Labels) -> str:
    """In one word, what `labels` say about the verdict."""
    if labels == verdict:
        return "right"
    if (labels.faq, labels.also) != (verdict.faq, verdict.also):
        return "wrong_answer"
    less = set(labels.hits) <= set(verdict.hits) and labels.negative in (None, verdict.negative)
    taken = labels.hits != verdict.hits or labels.negative != verdict.negative
    return "false_positive" if less and taken and labels.purchase == verdict.purchase else "corrected"


def require_sound(labels: Labels, verdict: Labels) -> None:
    """Raises NotAllowed unless the labels are such as docs/labels.md knows, and the hits are hits of the verdict."""
    known = {*INTENTS, verdict.faq, *verdict.also}
    sound = (
        (labels.faq is None or labels.faq in known)
        and set(labels.also) <= set(verdict.also) - {labels.faq} and (labels.faq is not None or not labels.also)
        and 0 <= labels.purchase <= 3 and 0 <= labels.severity <= 3
        and (labels.negative is None or labels.negative in KINDS)
        and (labels.severity > 0) == (labels.negative is not None)
        and set(labels.hits) <= set(verdict.hits) and list(labels.hits) == sorted(set(labels.hits))
    )  # fmt: skip
    if not sound:
        raise NotAllowed(
            "These labels do not go together. A severity of 1 to 3 belongs to a kind of negativity."
        )


def judge(
    journal: Journal,
    lesson: Lesson,
    labels: Labels,
    *,
    by: str,
    role: str,
    key: str,
    at_ms: int | None = None,
) -> Judgement:
    """Record what `by` says of a comment. The last word of each person counts. Raises NotAllowed, StoreError."""
    verdict = as_judged(lesson)
    require_sound(labels, verdict)
    seen, word = lesson.seen, said(labels, verdict)
    body = {
        "comment": seen.id, "said": word, "labels": msgspec.to_builtins(labels), "by": by, "role": role, "key": key,
    }  # fmt: skip
    seq = journal.append_record(seen.room, RECORD, body, session=seen.session, at_ms=at_ms)
    return Judgement(seen.id, word, labels, by, role, f"{seen.room}#{seq}")


def judgements(readings: LessonReadings, chain: str | None = None) -> Iterator[Judgement]:
    """All judgements of one room's chain or of all, each chain in its order; records of another shape are passed by."""
    for record in readings.all_records(RECORD, chain):
        found = _read(record)
        if found is not None:
            yield found


def _read(record: RecordRow) -> Judgement | None:
    data: Mapping[str, Any] = record.body.get("data") or {}
    place = f"{record.chain}#{record.seq}"
    try:
        return msgspec.convert({**data, "record": place}, Judgement)
    except (msgspec.ValidationError, TypeError):
        return None
