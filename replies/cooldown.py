"""How often the assistant speaks in one room: per viewer, per question, and at what pace.

`Cooldowns` is a value: each question put to it gives an answer and, where something was taken, the next
value. The new one replaces the old only after commit, so a failed batch is judged again from the old.

Times are the show clock's milliseconds. An answer counts from the moment it is due, not from when it was
queued. A mark further in the future than any answer can wait is from a clock that was set back, and no longer
counts.

What has not been answered lately is *fresh* and slips in between the answers that wait; what was, only about
another product, lines up behind them. Where the platform counts messages, a third of its allowance is kept for
what is fresh.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from replies.errors import RepliesError

K = TypeVar("K")

Hindrance = Literal["cooldown", "merged", "overload"]

Pace = tuple[int, int]
"""What a platform takes: so many messages in any so many milliseconds; both at least 1."""

MAX_MARKS = 4_000
"""Most marks kept of each kind; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Limits:
    """All in milliseconds. `viewer_ms`: the same viewer and question; `merge_ms`: one answer stands for all
    who ask the same; `gap_ms`: between an answer to a question already answered lately (about another product)
    and the answers before it; `fresh_gap_ms`: between any two answers; `ttl_ms`: an answer that would have to
    wait so long for its turn is not begun. When a fresh one would wait longer than `prompt_ms`, `crowded_gap_ms` is
    enough: then all 24 questions, asked at once, are answered within two seconds."""

    viewer_ms: int = 60_000
    merge_ms: int = 20_000
    gap_ms: int = 3_000
    ttl_ms: int = 15_000
    fresh_gap_ms: int = 250
    prompt_ms: int = 1_000
    crowded_gap_ms: int = 75


@dataclass(frozen=True, slots=True)
class Admission:
    """`hindrance` None: speak at `at_ms`. Else the reason for silence, and `at_ms` is None. `fresh`: the
    question had not been answered within the merge window, about whatever product."""

    hindrance: Hindrance | None
    at_ms: int | None = None
    fresh: bool = False

    @property
    def allowed(self) -> bool:
        return self.hindrance is None


ViewerMark = tuple[str, str]
AnswerMark = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Cooldowns:
    """The state of one room. `viewers` (viewer key, intent) and `answers` (intent, product) map to when the
    answer was due; `slots` are the moments, in order, at which the room hears one, as far as they still count."""

    limits: Limits = Limits()
    viewers: Mapping[ViewerMark, int] = field(default_factory=dict)
    answers: Mapping[AnswerMark, int] = field(default_factory=dict)
    slots: tuple[int, ...] = ()

    def admit(
        self,
        viewer_key: str | None,
        intent: str,
        product: str | None,
        now_ms: int,
        *,
        pace: Pace | None = None,
        spoken: bool = True,
    ) -> tuple[Admission, Cooldowns]:
        """May this question be answered, and when. Takes from all limits, or from none when hindered.

        `pace` is the platform's allowance, None where it names none. `spoken` False: the answer is only shown to
        the desk; it waits for no turn and takes none.
        """
        hindrance: Hindrance | None = None
        if not self.viewer_free(viewer_key, intent, now_ms):
            hindrance = "cooldown"
        elif not self.answer_free(intent, product, now_ms):
            hindrance = "merged"
        if hindrance is not None:
            return Admission(hindrance), self
        fresh = self.fresh(intent, now_ms)
        at_ms = self.next_slot(now_ms, fresh=fresh, pace=pace) if spoken else now_ms
        if at_ms is None:
            return Admission("overload", None, fresh), self
        viewer = {} if viewer_key is None else {(viewer_key, intent): at_ms}
        after = self._marked(viewer, {(intent, product): at_ms}, now_ms)
        if spoken:
            after = replace(after, slots=self._kept(at_ms, now_ms, pace))
        return Admission(None, at_ms, fresh), after

    def with_ttl(self, ttl_ms: int) -> Cooldowns:
        """The same room, in which answers may wait at most `ttl_ms`."""
        limits = self.limits
        return self if limits.ttl_ms == ttl_ms else replace(self, limits=replace(limits, ttl_ms=ttl_ms))

    def viewer_free(self, viewer_key: str | None, intent: str, now_ms: int) -> bool:
        """Whether this viewer may be answered this question. Who has no key (no id known) always may."""
        if viewer_key is None:
            return True
        return not self._within(self.viewers.get((viewer_key, intent)), now_ms, self.limits.viewer_ms)

    def answer_free(self, intent: str, product: str | None, now_ms: int) -> bool:
        """Whether no answer to this question about this product stands for those who ask now."""
        return not self._within(self.answers.get((intent, product)), now_ms, self.limits.merge_ms)

    def fresh(self, intent: str, now_ms: int) -> bool:
        """Whether this question, about whatever product, has no answer within the merge window. One that waits for
        its turn longer than `prompt_ms` keeps nobody else waiting."""
        soon_ms = now_ms + self.limits.prompt_ms
        return not any(
            what == intent and at_ms <= soon_ms and self._within(at_ms, now_ms, self.limits.merge_ms)
            for (what, _), at_ms in self.answers.items()
        )

    def next_slot(self, now_ms: int, *, fresh: bool = True, pace: Pace | None = None) -> int | None:
        """The first moment from now at which such an answer may be said; None when that is `ttl_ms` away or more.

        At that moment every stretch of `pace[1]` ms holds at most `pace[0]` answers, this one among them; if it is
        not fresh, only what is left of that after the reserve.
        """
        limits = self.limits
        slots = self._counting(now_ms)
        begin, end = now_ms, now_ms + max(limits.ttl_ms, 1)
        if slots and not fresh:
            begin = max(now_ms, slots[-1] + limits.gap_ms)
        most, per_ms = (0, 0) if pace is None else (allowance(pace[0], fresh=fresh), pace[1])
        at_ms = _first(slots, begin, end, limits.fresh_gap_ms, most, per_ms)
        if fresh and (at_ms is None or at_ms - now_ms > limits.prompt_ms):
            at_ms = _first(slots, begin, end, min(limits.crowded_gap_ms, limits.fresh_gap_ms), most, per_ms)
        return at_ms

    def to_json(self) -> dict[str, object]:
        """Plain lists, strings and numbers; without the limits, which are settings."""
        return {
            "viewers": [[viewer, intent, at] for (viewer, intent), at in self.viewers.items()],
            "answers": [[intent, product, at] for (intent, product), at in self.answers.items()],
            "slots": list(self.slots),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object], limits: Limits = Limits()) -> Cooldowns:
        """The state `to_json` wrote, now or before there were slots (`next_free_ms`: the end of the last gap).
        Raises RepliesError when the data have another shape."""
        try:
            viewers = {(str(who), str(what)): int(at) for who, what, at in data["viewers"]}  # type: ignore[attr-defined]
            answers = {
                (str(what), None if product is None else str(product)): int(at)
                for what, product, at in data["answers"]  # type: ignore[attr-defined]
            }
            if "slots" in data:
                slots = sorted(int(at) for at in data["slots"])  # type: ignore[attr-defined]
            else:
                free = int(data["next_free_ms"])  # type: ignore[call-overload]
                slots = [free - limits.gap_ms] if free else []
        except (KeyError, TypeError, ValueError) as error:
            raise RepliesError("The stored cooldowns cannot be read. Start the room without them.") from error
        return cls(limits, viewers, answers, tuple(slots))

    def _within(self, at_ms: int | None, now_ms: int, window_ms: int) -> bool:
        return at_ms is not None and -self.limits.ttl_ms <= now_ms - at_ms < window_ms

    def _counting(self, now_ms: int) -> tuple[int, ...]:
        """The slots without those of a clock that was set back."""
        slots, latest = self.slots, now_ms + self.limits.ttl_ms
        return slots if not slots or slots[-1] <= latest else slots[: bisect_right(slots, latest)]

    def _kept(self, at_ms: int, now_ms: int, pace: Pace | None) -> tuple[int, ...]:
        """The slots with this one, without those that no longer hinder anything."""
        window_ms = max(self.limits.gap_ms, self.limits.fresh_gap_ms, 0 if pace is None else pace[1])
        slots = [one for one in self._counting(now_ms) if one > now_ms - window_ms]
        insort(slots, at_ms)
        return tuple(slots[-MAX_MARKS:])

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


def allowance(count: int, *, fresh: bool) -> int:
    """How many of `count` messages such answers may use: all of them when fresh, else all but a third (rounded up);
    always at least one."""
    return max(1, count) if fresh else max(1, count - -(-count // 3))


def _first(slots: Sequence[int], at_ms: int, end_ms: int, gap_ms: int, most: int, per_ms: int) -> int | None:
    """The first moment from `at_ms`, before `end_ms`, that is `gap_ms` away from every slot and leaves at most `most`
    in any stretch of `per_ms` (0: no such limit)."""
    while at_ms < end_ms:
        later = _clear_of(slots, at_ms, gap_ms)
        if per_ms:
            later = _within_pace(slots, later, most, per_ms)
        if later == at_ms:
            return at_ms
        at_ms = later
    return None


def _clear_of(slots: Sequence[int], at_ms: int, gap_ms: int) -> int:
    """The first moment from `at_ms` that is `gap_ms` away from every slot."""
    for index in range(bisect_right(slots, at_ms - gap_ms), len(slots)):
        if slots[index] - at_ms >= gap_ms:
            break
        at_ms = slots[index] + gap_ms
    return at_ms


def _within_pace(slots: Sequence[int], at_ms: int, most: int, per_ms: int) -> int:
    """The first moment from `at_ms`, as far as one look tells, at which no stretch of `per_ms` around it would
    hold more than `most`: `at_ms` itself when it is free, else when the fullest stretch has let go."""
    low, here = bisect_right(slots, at_ms - per_ms), bisect_left(slots, at_ms)
    for first in range(low, here + 1):
        # The stretch that begins with slots[first] (or with the new one) holds slots[first:last] and the new one.
        begins = slots[first] if first < here else at_ms
        last = bisect_left(slots, begins + per_ms)
        if last - first + 1 > most:
            return (slots[first] if first < len(slots) else at_ms) + per_ms
    return at_ms


def _newest(marks: dict[K, int]) -> dict[K, int]:
    if len(marks) <= MAX_MARKS:
        return marks
    kept = sorted(marks.items(), key=lambda mark: mark[1])[-MAX_MARKS:]
    return dict(kept)
