"""Own questions over the real store, and what one would have done with the last show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from bot.console.shelf_views import OwnQuestionView, Tried
from bot.console.stored import in_thread
from bot.console.stored_review import StoredReview
from bot.console.stored_rows import comment_row
from bot.console.views import CommentRow
from bot.storage.values import OwnQuestionRow
from classifiers.own import OwnQuestion

LOOKED_AT = 1500
"""Comments of the last show that are judged with the question: the newest."""
SHOWN = 8


class StoredQuestions(StoredReview):
    """The own questions of `shelf_port.Shelf`."""

    async def questions(self) -> Sequence[OwnQuestionView]:
        return await in_thread(self._questions)

    def _questions(self) -> list[OwnQuestionView]:
        states: dict[str, list[str]] = {}
        for row in self._journal.phrase_versions():
            states.setdefault(str(row.body.get("intent", "")), []).append(row.state)
        return [_view(row, states.get(f"own:{row.slug}", [])) for row in self._journal.own_questions()]

    async def save_question(self, slug: str, body: Mapping[str, object], *, by: str) -> None:
        await in_thread(partial(self._journal.save_own_question, slug, body, by=by))
        await in_thread(self._at.questions_changed)

    async def switch_question(self, slug: str, on: bool, *, by: str) -> None:
        await in_thread(partial(self._journal.switch_own_question, slug, on, by=by))
        await in_thread(self._at.questions_changed)

    async def try_question(self, question: OwnQuestion, *, by: str) -> Tried:
        return await in_thread(partial(self._try, question, by))

    def _try(self, question: OwnQuestion, by: str) -> Tried:
        session, rows = self._last_show(by)
        rows = [row for row in rows if row.text and row.role == "viewer"]
        own = f"own:{question.slug}"
        others = [_question(row) for row in self._journal.own_questions("live") if row.slug != question.slug]
        try:
            judges = self._at.cascade().with_own([*others, question])
        except ValueError:
            return Tried(session, len(rows), trouble="few_asks")
        verdicts = judges.judge([row.text or "" for row in rows])
        hit = [
            replace(row, intent=row.intent if row.intent != own else "")
            for row, verdict in zip(rows, verdicts, strict=True)
            if verdict.faq is not None and verdict.faq.intent == own
        ]
        new = [row for row in hit if not row.intent]
        taken = [row for row in hit if row.intent]
        return Tried(session, len(rows), tuple(new[-SHOWN:]), tuple(taken[-SHOWN:]), len(new), len(taken))

    def _last_show(self, by: str) -> tuple[str, Sequence[CommentRow]]:
        """The comments of the show that is on or was last. Words from the store are a recorded look."""
        for session in self._readings.sessions(limit=1):
            went_by = [row for row in self._at.feed.rows(session.room) if row.session == session.id]
            if went_by:
                return session.id, went_by
            found = self._readings.comments(session.id, reader=by, limit=LOOKED_AT)
            return session.id, [comment_row(one) for one in found]
        return "", ()


def _question(row: OwnQuestionRow) -> OwnQuestion:
    asks, must, must_not = (tuple(row.body.get(name) or ()) for name in ("asks", "must", "must_not"))
    return OwnQuestion(row.slug, asks, must, must_not)


def _view(row: OwnQuestionRow, states: Sequence[str]) -> OwnQuestionView:
    body = row.body
    return OwnQuestionView(
        row.slug, str(body.get("name") or row.slug), tuple(body.get("asks") or ()), tuple(body.get("must") or ()),
        tuple(body.get("must_not") or ()), str(body.get("scope") or "any"), str(body.get("product") or ""),
        str(body.get("merchant") or ""), row.state == "live", len(states), states.count("live"), row.changed_by,
        row.changed_ms,
    )  # fmt: skip
