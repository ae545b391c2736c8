"""What the room asks and nobody has answered: near-equal questions merged, for the teleprompter.

Pure. Questions with a known intent merge by intent, others by their normal form. An answer said aloud takes away
what was asked before it; who asks again afterwards brings the question back.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.console.views import CommentRow

WINDOW_MS = 5 * 60 * 1000
"""A question older than this is nobody's business any more."""

HALF_MS = 60_000
"""After this long without a new asker a question weighs half."""

OPEN = frozenset({
    "unsure", "no_phrase", "stale_fact", "overload", "operator_off", "tone", "backlog", "not_live",
})  # fmt: skip
"""Reasons for silence that leave the asker without an answer; merged, cooldown and duplicate point to one given."""


@dataclass(frozen=True, slots=True)
class Question:
    """One row of the teleprompter. `key` names it without viewers' words; `text` is the commonest wording."""

    key: str
    intent: str
    text: str
    count: int
    people: int
    last_ms: int
    weight: float


def unanswered(
    rows: Sequence[CommentRow], said: Mapping[str, int], now_ms: int, most: int = 5
) -> list[Question]:
    """The weightiest open questions among `rows`, at most `most`: askers × freshness × nearness to buying."""
    groups: dict[str, list[CommentRow]] = {}
    for row in rows:
        if row.text is None or row.role != "viewer" or now_ms - row.at_ms > WINDOW_MS:
            continue
        key = question_key(row)
        if key and row.at_ms > said.get(key, -1):
            groups.setdefault(key, []).append(row)
    questions = [_merged(key, asked, now_ms) for key, asked in groups.items()]
    return sorted(questions, key=lambda one: (-one.weight, one.key))[:most]


def question_key(row: CommentRow) -> str:
    """What the open question of a comment is filed under; "" when it leaves nothing open."""
    if row.outcome != "suggested" and row.withheld not in OPEN:
        return ""
    if row.intent:
        return f"intent:{row.intent}"
    return "text:" + hashlib.sha256((row.fold or row.text or "").encode("utf-8", "replace")).hexdigest()[:16]


def _merged(key: str, asked: Sequence[CommentRow], now_ms: int) -> Question:
    wordings = Counter(row.text or "" for row in asked)
    last = max(row.at_ms for row in asked)
    text = max(reversed(asked), key=lambda row: wordings[row.text or ""]).text or ""
    near = max(row.purchase for row in asked)
    people = len({row.speaker or row.who or row.key for row in asked})
    weight = people * 0.5 ** (max(0, now_ms - last) / HALF_MS) * (1 + near / 4)
    return Question(key, asked[-1].intent, text, len(asked), people, last, weight)
