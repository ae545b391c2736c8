"""Was the storm answered as promised? Worked out from what the room heard and what was asked, and from nothing else.

The rules are written here anew, as the moderator's handbook has them, so that a mistake in the code that keeps them
cannot hide in the code that checks them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.storm_script import Line

PROMPT_MS = 2_000
"""Every question asked has its answer after so long."""
MERGE_MS = 20_000
"""One answer stands for all who ask the same about the same product within this time."""
VIEWER_MS = 60_000
"""Nobody is answered the same question twice within this time."""
SAME_TEXT_MS = 30_000
"""The room does not hear the same words twice within this time."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something the room heard at `at_ms`, in answer to `line`; `intent` and `product` as the store has them."""

    at_ms: int
    text: str
    line: Line
    phrase_id: str
    intent: str
    product: str | None


@dataclass(frozen=True, slots=True)
class Round:
    """A question that waited for an answer: nobody had been answered it (about any product) within MERGE_MS.
    `answered_ms` None: never."""

    intent: str
    asked_ms: int
    answered_ms: int | None

    @property
    def wait_ms(self) -> int | None:
        return None if self.answered_ms is None else self.answered_ms - self.asked_ms

    @property
    def prompt(self) -> bool:
        return self.wait_ms is not None and self.wait_ms <= PROMPT_MS


def rounds(lines: Sequence[Line], heard: Sequence[Heard]) -> list[Round]:
    """Every time a question began to wait, by time. One that comes up in the storm's last PROMPT_MS and is not answered
    any more is left out: the storm ends before its time is over."""
    answers: dict[str, list[int]] = defaultdict(list)
    for one in heard:
        answers[one.intent].append(one.at_ms)
    end_ms = max(line.at_ms for line in lines)
    found: list[Round] = []
    settled: dict[str, int] = {}
    for line in lines:
        if line.intent is None or line.at_ms < settled.get(line.intent, 0):
            continue
        answered = next((at for at in answers[line.intent] if at > line.at_ms - MERGE_MS), None)
        if answered is None:
            if line.at_ms <= end_ms - PROMPT_MS:
                found.append(Round(line.intent, line.at_ms, None))
            settled[line.intent] = end_ms + 1
            continue
        if answered >= line.at_ms:
            found.append(Round(line.intent, line.at_ms, answered))
        settled[line.intent] = answered + MERGE_MS
    return found


def faults(heard: Sequence[Heard], pace: tuple[int, int] | None) -> list[str]:
    """Everything the room heard against the rules, in plain words; empty when all was well."""
    return [*_wrong(heard), *_too_often(heard), *_too_many(heard, pace)]


def _wrong(heard: Sequence[Heard]) -> list[str]:
    return [
        f"{one.line.text!r} asks {one.line.intent} about {one.line.product}, "
        f"answered was {one.intent} about {one.product}"
        for one in heard
        if (one.intent, one.product) != (one.line.intent, one.line.product)
    ]


def _too_often(heard: Sequence[Heard]) -> list[str]:
    found = []
    marks: dict[tuple[str, ...], int] = {}
    for one in sorted(heard, key=lambda heard: heard.at_ms):
        product = one.product or ""
        for what, key, window_ms in (
            ("answer", ("a", one.intent, product), MERGE_MS),
            ("phrase", ("p", one.phrase_id, product), MERGE_MS),
            ("viewer", ("v", one.line.uid, one.intent), VIEWER_MS),
            ("text", ("t", one.text), SAME_TEXT_MS),
        ):
            before = marks.get(key)
            if before is not None and one.at_ms - before < window_ms:
                found.append(f"{what} {key[1:]}: again after {one.at_ms - before} ms, allowed is {window_ms}")
            marks[key] = one.at_ms
    return found


def _too_many(heard: Sequence[Heard], pace: tuple[int, int] | None) -> list[str]:
    most = most_within(heard, pace[1]) if pace else 0
    return [f"{most} messages within {pace[1]} ms, allowed are {pace[0]}"] if pace and most > pace[0] else []


def most_within(heard: Sequence[Heard], window_ms: int) -> int:
    """The most messages in any stretch of `window_ms`."""
    times = sorted(one.at_ms for one in heard)
    return max((sum(at <= other < at + window_ms for other in times) for at in times), default=0)


def possible(lines: Sequence[Line], pace: tuple[int, int] | None) -> tuple[int, int]:
    """Of the questions asked, how many can have their first answer within PROMPT_MS at all, whoever answers; and the
    shortest that the last one's wait can be, in ms. Reckoned greedily: nothing else is said, each as soon as it may."""
    first: dict[str, int] = {}
    for line in lines:
        if line.intent is not None:
            first.setdefault(line.intent, line.at_ms)
    said: list[int] = []
    waits = []
    for asked_ms in sorted(first.values()):
        at_ms = asked_ms
        if pace is not None and len(said) >= pace[0]:
            at_ms = max(asked_ms, said[-pace[0]] + pace[1])
        said.append(at_ms)
        waits.append(at_ms - asked_ms)
    return sum(wait <= PROMPT_MS for wait in waits), max(waits, default=0)
