"""What the room asks and nobody has answered: near-equal questions merged, for the teleprompter.

Pure. Questions with a known intent merge by intent and product, others with those that read nearly the same. An
answer said aloud takes away what was asked before it; who asks again afterwards brings the question back.
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
    "unsure", "no_phrase", "stale_fact", "overload", "operator_off", "tone", "backlog", "not_live", "quiet",
    "red_light", "held", "off_duty",
})  # fmt: skip
"""Reasons for silence that leave the asker without an answer; merged, cooldown and duplicate point to one given."""


JOINED = frozenset({"merged", "cooldown"})
"""Askers who were pointed to an answer given: they count while that answer still waits for a person to say it."""

OFFERED = frozenset({"suggested", "copied"})

ALIKE = 0.6
"""Texts without intent that share so much of their pairs of characters (Dice) are one question."""

WITHIN, LONG_ENOUGH = 0.85, 5
"""So is a text that lies almost wholly within a longer one, if it has so many pairs at least."""

NEAR_LIMIT = 120
"""Groups a text is compared with at most; more different texts than that in five minutes stand for themselves."""


@dataclass(frozen=True, slots=True)
class Question:
    """One row of the teleprompter. `key` names it without viewers' words; `text` is the commonest wording. `near`: how
    near to buying (0-3) its keenest asker is. `product`: id, "" where unknown. `comments`: keys of its comments.
    `clean`: nothing in them was flagged, so that they may be shown to everybody."""

    key: str
    intent: str
    text: str
    count: int
    people: int
    last_ms: int
    weight: float
    near: int = 0
    product: str = ""
    comments: tuple[str, ...] = ()
    clean: bool = True


def unanswered(
    rows: Sequence[CommentRow], said: Mapping[str, int], now_ms: int, most: int = 5
) -> list[Question]:
    """The weightiest open questions among `rows`, at most `most`: askers × freshness × nearness to buying."""
    groups: dict[str, list[CommentRow]] = {}
    alike = _Alike()
    offered: dict[str, str] = {}
    for row in rows:
        if row.text is None or row.role != "viewer" or now_ms - row.at_ms > WINDOW_MS:
            continue
        key = question_key(row)
        if key.startswith("text:"):
            key = alike.key(row.fold or row.text, key)
        if row.outcome in OFFERED:
            offered[row.intent] = key
        elif row.withheld in JOINED and row.intent:
            key = offered.get(row.intent, "")
        if key and row.at_ms > said.get(key, -1):
            groups.setdefault(key, []).append(row)
    questions = [_merged(key, asked, now_ms) for key, asked in groups.items()]
    return sorted(questions, key=lambda one: (-one.weight, one.key))[:most]


def question_key(row: CommentRow) -> str:
    """What the open question of a comment is filed under; "" when it leaves nothing open."""
    if row.outcome not in OFFERED and row.withheld not in OPEN:
        return ""
    if row.intent:
        return intent_key(row.intent, row.product)
    return "text:" + hashlib.sha256((row.fold or row.text or "").encode("utf-8", "replace")).hexdigest()[:16]


def intent_key(intent: str, product: str | None) -> str:
    """What a question with a known intent is filed under; `product` None or "": about none in particular."""
    return f"intent:{intent}@{product}" if product else f"intent:{intent}"


class _Alike:
    """Texts seen so far, each group by its first."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._groups: list[tuple[frozenset[str], str]] = []

    def key(self, text: str, key: str) -> str:
        """`key`, or that of the group the text reads like."""
        if key in self._known:
            return self._known[key]
        pairs = _pairs(text)
        found = next((name for other, name in self._groups if _alike(pairs, other)), key)
        self._known[key] = found
        if found == key and len(self._groups) < NEAR_LIMIT:
            self._groups.append((pairs, key))
        return found


_FILLERS = frozenset("吗呢啊呀吧嘛么哦噢哈的了 ，。？！?!,.~～")


def _pairs(text: str) -> frozenset[str]:
    plain = "".join(one for one in text[:80].casefold() if one not in _FILLERS)
    return frozenset(plain[at : at + 2] for at in range(len(plain) - 1)) or frozenset({plain})


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    shared, least = len(one & other), min(len(one), len(other))
    if 2 * shared / (len(one) + len(other)) >= ALIKE:
        return True
    return least >= LONG_ENOUGH and shared / least >= WITHIN


def _merged(key: str, asked: Sequence[CommentRow], now_ms: int) -> Question:
    wordings = Counter(row.text or "" for row in asked)
    last = max(row.at_ms for row in asked)
    chosen = max(reversed(asked), key=lambda row: wordings[row.text or ""])
    near = max(row.purchase for row in asked)
    people = len({row.speaker or row.who or row.key for row in asked})
    weight = people * 0.5 ** (max(0, now_ms - last) / HALF_MS) * (1 + near / 4)
    clean = not (chosen.codes or chosen.negative or chosen.marks)
    return Question(
        key, asked[-1].intent, chosen.text or "", len(asked), people, last, weight, near,
        next((row.product for row in reversed(asked) if row.product), ""), tuple(row.key for row in asked), clean,
    )  # fmt: skip
