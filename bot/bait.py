"""Accounts that play with the bot: who has had three answers in two minutes and asks on, or insults it while asking.

Such an account hears nothing for ten minutes. What is kept is small: answers of the last two minutes, silences that
still hold, and never more than MAX_ACCOUNTS of either.
"""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from classifiers.verdict import Verdict

V = TypeVar("V")

ANSWERS = 3
WITHIN_MS = 120_000
SILENCE_MS = 600_000
MAX_ACCOUNTS = 2_000

_THE_BOT = re.compile(
    r"机器人|机器客服|人机|人工智[能障]|智能助手|自动回复|复读机|小助手|(?<![a-z])(?:bot|robot|ai)(?![a-z])",
    re.IGNORECASE,
)


class Provoking(msgspec.Struct, frozen=True):
    """`answered`: uid to the times (ms) of its latest answers, at most ANSWERS; `silent`: uid to the end (ms,
    excluded) of its silence. Both in the order in which they were last changed."""

    answered: dict[str, tuple[int, ...]] = {}
    silent: dict[str, int] = {}

    def silenced(self, uid: str, now_ms: int) -> bool:
        """Whether the account is being left alone. An end further away than any silence is of a clock set back."""
        until = self.silent.get(uid)
        return until is not None and now_ms < until <= now_ms + SILENCE_MS

    def asks_on(self, uid: str, now_ms: int) -> bool:
        """Whether the account has had all the answers that two minutes give."""
        answers = self.answered.get(uid, ())
        return len(answers) >= ANSWERS and 0 <= now_ms - answers[-ANSWERS] < WITHIN_MS

    def with_answer(self, uid: str, now_ms: int) -> Provoking:
        """After the account was answered."""
        recent = {who: times for who, times in self.answered.items() if 0 <= now_ms - times[-1] < WITHIN_MS}
        times = (*recent.pop(uid, ()), now_ms)[-ANSWERS:]
        return Provoking(_latest({**recent, uid: times}), self.silent)

    def with_silence(self, uid: str, now_ms: int) -> Provoking:
        """After the account has provoked: its answers are forgotten, its silence begins."""
        answered = {who: times for who, times in self.answered.items() if who != uid}
        silent = {who: until for who, until in self.silent.items() if who != uid and now_ms < until}
        return Provoking(answered, _latest({**silent, uid: now_ms + SILENCE_MS}))


def insults_the_bot(verdict: Verdict) -> bool:
    """Whether a comment is abuse that names the bot."""
    return verdict.negative.kind == "abuse" and _THE_BOT.search(verdict.normal) is not None


def _latest(marks: dict[str, V]) -> dict[str, V]:
    return marks if len(marks) <= MAX_ACCOUNTS else dict(list(marks.items())[-MAX_ACCOUNTS:])
