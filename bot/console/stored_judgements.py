"""Judgements of comments over the real store: what a person sees of a verdict, and what is recorded of the answer."""

from __future__ import annotations

from bot.console.stored_rows import comment_row
from bot.console.views import JudgedComment
from bot.errors import NotAllowed
from bot.learning import judgement
from bot.learning.judgement import Labels
from bot.storage.journal import Journal
from bot.storage.lessons import Lesson, LessonReadings


def judged(journal: Journal, comment_id: str, by: str, case: str = "") -> JudgedComment | None:
    """The comment as `by` judges it; None when there is none. Who opens its words is recorded."""
    readings = LessonReadings(journal.store, journal)
    lesson = next(iter(readings.lessons([comment_id], reader=by, purpose="judgement")), None)
    if lesson is None:
        return None
    verdict = judgement.as_judged(lesson)
    own = [
        one
        for one in judgement.judgements(readings, lesson.seen.room)
        if one.comment == lesson.seen.id and one.by == by
    ]
    filled = own[-1].labels if own else _after_case(readings, lesson, verdict, case)
    return JudgedComment(comment_row(lesson.seen), verdict, filled, own[-1].said if own else "")


def _after_case(readings: LessonReadings, lesson: Lesson, verdict: Labels, case: str) -> Labels:
    """The verdict without what a false positive's case claimed; the verdict itself for any other case."""
    found = readings.case(int(case)) if case.isascii() and case.isdigit() and len(case) < 16 else None
    if found is None or found.disposition != "false_positive":
        return verdict
    hits = tuple(at for at in verdict.hits if lesson.seen.banned[at]["category"] not in found.codes)
    return Labels(verdict.faq, verdict.also, verdict.purchase, None, 0, hits)


def judge(
    journal: Journal, comment_id: str, labels: Labels, *, by: str, role: str, key: str, at_ms: int
) -> str:
    """Record it; gives the record's id. The same press twice records once. Raises NotAllowed."""
    readings = LessonReadings(journal.store, journal)
    lesson = next(iter(readings.lessons([comment_id], reader=None)), None)
    if lesson is None:
        raise NotAllowed("There is no such comment.")
    for record in readings.all_records(judgement.RECORD, lesson.seen.room):
        if record.body["data"].get("key") == key:
            return f"{record.chain}#{record.seq}"
    return judgement.judge(journal, lesson, labels, by=by, role=role, key=key, at_ms=at_ms).record
