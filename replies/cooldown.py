"""How often the assistant speaks in one room: per viewer, per question, and at what pace.

`Cooldowns` is a value: each question put to it gives an answer and, where something was taken, the next
value. The new one replaces the old only after commit, so a failed batch is judged again from the old.

Times are the show clock's milliseconds. An answer counts from the moment it is due, not from when it was
queued. A mark further in the future than any answer can wait is from a clock that was set back, and no longer
counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from replies.errors import RepliesError

K = TypeVar("K")

Hindrance = Literal["cooldown", "merged", "overload"]

MAX_MARKS = 4_000
"""Most marks kept of each kind; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Limits:
    """All in milliseconds. `viewer_ms`: the same viewer and question; `merge_ms`: one answer stands for all
    who ask the same; `gap_ms`: between two answers in the room; `ttl_ms`: the longest an answer may wait for
    its turn."""

    viewer_ms: int = 60_000
    merge_ms: int = 20_000
    gap_ms: int = 3_000
    ttl_ms: int = 20_000


@dataclass(frozen=True, slots=True)
class Admission:
    """`hindrance` None: speak at `at_ms`. Else the reason for silence, and `at_ms` is None."""

    hindrance: Hindrance | None
    at_ms: int | None = None

    @property
    def allowed(self) -> bool:
        return self.hindrance is None


ViewerMark = tuple[str, str]
AnswerMark = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Cooldowns:
    """The state of one room. `viewers` (viewer key, intent) and `answers` (intent, product) map to when the
    answer was due; `next_free_ms` is the first moment at which the room may hear another."""

    limits: Limits = Limits()
    viewers: Mapping[ViewerMark, int] = field(default_factory=dict)
    answers: Mapping[AnswerMark, int] = field(default_factory=dict)
    next_free_ms: int = 0

    def admit(
        self, viewer_key: str | None, intent: str, product: str | None, now_ms: int
    ) -> tuple[Admission, Cooldowns]:
        """May this question be answered, and when. Takes from all three limits, or from none when
        hindered."""
        hindrance: Hindrance | None = None
        if not self.viewer_free(viewer_key, intent, now_ms):
            hindrance = "cooldown"
        elif not self.answer_free(intent, product, now_ms):
            hindrance = "merged"
        at_ms = None if hindrance else self.next_slot(now_ms)
        if at_ms is None:
            return Admission(hindrance or "overload"), self
        return Admission(None, at_ms), self.answered(viewer_key, intent, product, at_ms, now_ms)

    def for_viewer(self, viewer_key: str | None, intent: str, now_ms: int) -> tuple[bool, Cooldowns]:
        """The limit per viewer alone, taken when free. `viewer_key` None (no id known) is always free."""
        if not self.viewer_free(viewer_key, intent, now_ms):
            return False, self
        return True, self._marked({} if viewer_key is None else {(viewer_key, intent): now_ms}, {}, now_ms)

    def for_question(self, intent: str, product: str | None, now_ms: int) -> tuple[bool, Cooldowns]:
        """The merge window alone, taken when free."""
        if not self.answer_free(intent, product, now_ms):
            return False, self
        return True, self._marked({}, {(intent, product): now_ms}, now_ms)

    def for_room(self, now_ms: int) -> tuple[int | None, Cooldowns]:
        """The pace alone: when to speak, taken; None when the wait would be longer than `ttl_ms`."""
        at_ms = self.next_slot(now_ms)
        return at_ms, self if at_ms is None else replace(self, next_free_ms=at_ms + self.limits.gap_ms)

    def answered(
        self, viewer_key: str | None, intent: str, product: str | None, at_ms: int, now_ms: int
    ) -> Cooldowns:
        """The state after an answer due at `at_ms` was taken on."""
        viewer = {} if viewer_key is None else {(viewer_key, intent): at_ms}
        marked = self._marked(viewer, {(intent, product): at_ms}, now_ms)
        return replace(marked, next_free_ms=at_ms + self.limits.gap_ms)

    def viewer_free(self, viewer_key: str | None, intent: str, now_ms: int) -> bool:
        if viewer_key is None:
            return True
        return not self._within(self.viewers.get((viewer_key, intent)), now_ms, self.limits.viewer_ms)

    def answer_free(self, intent: str, product: str | None, now_ms: int) -> bool:
        return not self._within(self.answers.get((intent, product)), now_ms, self.limits.merge_ms)

    def next_slot(self, now_ms: int) -> int | None:
        """The first moment from now at which the room is free; None when that is more than `ttl_ms` away."""
        wait = self.next_free_ms - now_ms
        if wait <= 0 or wait > self.limits.ttl_ms + self.limits.gap_ms:
            return now_ms
        return None if wait > self.limits.ttl_ms else self.next_free_ms

    def to_json(self) -> dict[str, object]:
        """Plain lists, strings and numbers; without the limits, which are settings."""
        return {
            "viewers": [[viewer, intent, at] for (viewer, intent), at in self.viewers.items()],
            "answers": [[intent, product, at] for (intent, product), at in self.answers.items()],
            "next_free_ms": self.next_free_ms,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object], limits: Limits = Limits()) -> Cooldowns:
        """The state `to_json` wrote. Raises RepliesError when the data have another shape."""
        try:
            viewers = {(str(who), str(what)): int(at) for who, what, at in data["viewers"]}  # type: ignore[attr-defined]
            answers = {
                (str(what), None if product is None else str(product)): int(at)
                for what, product, at in data["answers"]  # type: ignore[attr-defined]
            }
            next_free = int(data["next_free_ms"])  # type: ignore[call-overload]
        except (KeyError, TypeError, ValueError) as error:
            raise RepliesError("The stored cooldowns cannot be read. Start the room without them.") from error
        return cls(limits, viewers, answers, next_free)

    def _within(self, at_ms: int | None, now_ms: int, window_ms: int) -> bool:
        return at_ms is not None and -self.limits.ttl_ms <= now_ms - at_ms < window_ms

    def _marked(
        self, viewers: Mapping[ViewerMark, int], answers: Mapping[AnswerMark, int], now_ms: int
    ) -> Cooldowns:
        """With these marks, without those that no longer hinder anything."""

        def still(marks: Mapping[K, int], window_ms: int) -> dict[K, int]:
            return {key: at for key, at in marks.items() if self._within(at, now_ms, window_ms)}

        return replace(
            self,
            viewers=_newest({**still(self.viewers, self.limits.viewer_ms), **viewers}),
            answers=_newest({**still(self.answers, self.limits.merge_ms), **answers}),
        )


def _newest(marks: dict[K, int]) -> dict[K, int]:
    if len(marks) <= MAX_MARKS:
        return marks
    kept = sorted(marks.items(), key=lambda mark: mark[1])[-MAX_MARKS:]
    return dict(kept)
