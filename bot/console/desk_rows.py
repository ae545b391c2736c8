"""The rows of desk and prompter: open questions in their places, each with the answer a person may copy. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.console.questions import Question, intent_key, unanswered
from bot.console.views import CommentRow
from bot.desk import ControlRoom
from bot.outbox import Suggested

RANKED = 25
"""Questions looked at for the five places."""


@dataclass(frozen=True, slots=True)
class DeskRow:
    """One place, 1-5. `question` None: an answer nobody in the room asked for (a timed phrase). `answer` None: there
    is nothing to copy. `pinned`: kept here by a person."""

    place: int
    key: str
    question: Question | None
    answer: Suggested | None
    pinned: bool

    @property
    def intent(self) -> str:
        return self.question.intent if self.question else self.answer.intent if self.answer else ""

    @property
    def product(self) -> str:
        """Id of what it is about, "" where unknown."""
        told = (self.answer.product or "") if self.answer else ""
        return told or (self.question.product if self.question else "")


def desk_rows(
    comments: Sequence[CommentRow], said: Mapping[str, int], now_ms: int, control: ControlRoom,
    offers: Sequence[Suggested],
) -> list[DeskRow]:  # fmt: skip
    """At most five rows, each in the place it had before. `said`: question key to when it was answered on air;
    `offers`: what may be copied."""
    off = dict(said)
    for key, at in control.silenced().items():
        off[key] = max(at, off.get(key, 0))
    questions = {one.key: one for one in unanswered(comments, off, now_ms, RANKED)}
    answers, left = _matched(questions, offers)
    seen = {row.key for row in comments}
    # An offer whose question was skipped or answered goes with it; one that answers no comment stands for itself.
    unasked = {f"row:{one.id}": one for one in left if one.comment_id is None or one.comment_id not in seen}
    ranked = [*questions, *unasked]
    places = control.settle(ranked)
    return [
        DeskRow(at + 1, key, questions.get(key), answers.get(key) or unasked.get(key), key in control.pinned)
        for at, key in enumerate(places)
        if key
    ]


def _matched(
    questions: Mapping[str, Question], offers: Sequence[Suggested]
) -> tuple[dict[str, Suggested], list[Suggested]]:
    """Each question's answer, and the offers that answer none."""
    asked = {comment: key for key, one in questions.items() for comment in one.comments}
    answers: dict[str, Suggested] = {}
    left: list[Suggested] = []
    for one in sorted(offers, key=lambda offer: (offer.refusal is not None, -offer.expires_ms)):
        key = asked.get(one.comment_id or "") or intent_key(one.intent, one.product)
        if key not in questions:
            left.append(one)
        elif key not in answers or (one.state == "copied" and answers[key].state != "copied"):
            answers[key] = one
    return answers, left
