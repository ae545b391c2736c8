"""What the kinds of contest mean: how a comment may be refused, what a record must keep to, and who wins.

The values themselves stand in `kinds.py`, the opened answer in `answers.py`; both are to be had from here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from heapq import nsmallest
from itertools import compress, groupby

from . import draw
from .answers import Answer, answer_commit, answer_value
from .draw import Stream
from .errors import EntryError, RecordError
from .kinds import (
    KINDS,
    MOST_DECIMALS,
    MOST_OPTIONS,
    MOST_WAVES,
    Conditions,
    Contest,
    Guess,
    Keyword,
    Purchase,
    Quiz,
    Rain,
    Wave,
    contest_json,
    read_contest,
)
from .refusal import Refusal
from .roster import Roster
from .spoken import OUT_OF_RANGE, normalise_answer, read_number

__all__ = [
    "KINDS",
    "MOST_DECIMALS",
    "MOST_OPTIONS",
    "MOST_WAVES",
    "OUT_OF_RANGE",
    "Answer",
    "Conditions",
    "Contest",
    "Guess",
    "Keyword",
    "Purchase",
    "Quiz",
    "Rain",
    "Wave",
    "answer_commit",
    "answer_value",
    "check",
    "check_answer",
    "check_values",
    "contest_json",
    "normalise_answer",
    "read_contest",
    "read_number",
    "refusals_of",
    "select",
    "valued",
]

Answered = Quiz | Guess


def valued(contest: Contest | None) -> bool:
    """Whether the leaves of this contest carry a value: the number guessed, or the waves entered as bits."""
    return isinstance(contest, Guess | Rain)


def refusals_of(contest: Contest, conditions: Conditions) -> tuple[str, ...]:
    """The reason codes that can occur, in the order of the commitment."""
    never = {
        Refusal.NOT_FOLLOWING: not conditions.follow,
        Refusal.FAN_LEVEL: conditions.fan_level <= 0,
        Refusal.ACCOUNT_LEVEL: conditions.account_level <= 0,
        Refusal.WRONG_ANSWER: not isinstance(contest, Quiz),
        Refusal.OUT_OF_RANGE: not isinstance(contest, Guess),
    }
    return tuple(str(reason) for reason in Refusal if not never.get(reason, False))


def check(contest: Contest, open_at: int, close_at: int, classes: int) -> None:
    """Raise RecordError unless the contest goes with the window (Unix ms) and the number of prize classes."""
    if isinstance(contest, Quiz):
        if bool(contest.options) is bool(contest.prefix) or len(contest.options) == 1:
            raise RecordError("A quiz has 2 to 8 options, or a text that an answer begins with; not both.")
    elif isinstance(contest, Guess):
        if contest.least >= contest.most:
            raise RecordError("The least number of a guess must be below the most.")
    elif isinstance(contest, Rain):
        _check_waves(contest.waves, open_at, close_at, classes)


def _check_waves(waves: Sequence[Wave], open_at: int, close_at: int, classes: int) -> None:
    if not 2 <= len(waves) <= MOST_WAVES or len(waves) != classes:
        raise RecordError(f"A rain has 2 to {MOST_WAVES} waves and one class of prizes for each.")
    ends = [open_at, *(wave.close_at for wave in waves)]
    apart = all(before <= wave.open_at < wave.close_at for before, wave in zip(ends, waves, strict=False))
    if not apart or waves[0].open_at != open_at or waves[-1].close_at != close_at:
        raise RecordError("The waves must follow each other from the opening to the closing of the draw.")


def check_answer(contest: Contest | None, answer: Answer | None) -> None:
    """Raise RecordError unless `answer` is there exactly where there is one to open, and is the committed one."""
    if not isinstance(contest, Answered):
        if answer is not None:
            raise RecordError("The closed record opens an answer, but there was no question.")
        return
    if answer is None or answer.commit != contest.answer_commit:
        raise RecordError("The answer opened is not the one that was committed before.")
    if isinstance(contest, Guess):
        try:
            _ = answer.number
        except EntryError as error:
            raise RecordError(str(error)) from None


def check_values(contest: Contest | None, values: Collection[int] | None) -> None:
    """Raise RecordError unless the leaves' values (None: they have none) are such as the contest gives."""
    if valued(contest) is (values is None):
        raise RecordError(
            "The leaves carry a value exactly in a guess or a rain; this list is of another kind."
        )
    if not values or contest is None:
        return
    if isinstance(contest, Guess):
        least, most = contest.least, contest.most
    else:
        least, most = 1, 2 ** len(contest.waves) - 1 if isinstance(contest, Rain) else 1
    if min(values) < least or max(values) > most:
        raise RecordError("An entry's value is outside the range that the rules give.")


def select(
    contest: Contest | None,
    seed: bytes,
    roster: Roster,
    picks: int,
    answer: Answer | None = None,
    quotas: Sequence[int] = (),
) -> tuple[int, ...]:
    """Positions of winners and then reserves, at most `picks`, in the order drawn.

    `contest` None is the bare draw; `answer` is needed for a guess, `quotas` (pieces of each prize class, one a
    wave) for a rain. One stream of numbers serves the whole draw. Raises EntryError.
    """
    if isinstance(contest, Guess):
        if answer is None:
            raise EntryError("A guess is drawn with its right answer; open it first.")
        return _nearest(seed, _values(roster), picks, answer.number)
    if isinstance(contest, Rain):
        if len(quotas) != len(contest.waves):
            raise EntryError("A rain has one class of prizes for each wave.")
        return _by_waves(seed, _values(roster), picks, quotas)
    if roster.weight == len(roster):
        return draw.select_equal(seed, len(roster), picks)
    return draw.select(seed, roster.weights, picks)


def _values(roster: Roster) -> tuple[int, ...]:
    if roster.values is None:
        raise EntryError("The entries of this contest carry a value, but this list has none.")
    return roster.values


def _nearest(seed: bytes, values: Sequence[int], picks: int, number: int) -> tuple[int, ...]:
    """Groups by distance from `number`, ascending; the draw decides within a group only."""
    count = draw.at_most(picks, len(values))
    if not count:
        return ()
    distances = [abs(value - number) for value in values]
    farthest = nsmallest(count, distances)[-1]  # nobody beyond is needed, and few are left to sort
    near = sorted((distance, place) for place, distance in enumerate(distances) if distance <= farthest)
    stream = Stream(seed)
    chosen: list[int] = []
    for _, group in groupby(near, key=lambda one: one[0]):
        places = [place for _, place in group]
        chosen += _from_group(stream, places, count - len(chosen))
        if len(chosen) == count:
            break
    return tuple(chosen)


def _by_waves(seed: bytes, values: Sequence[int], picks: int, quotas: Iterable[int]) -> tuple[int, ...]:
    """Each wave's prizes among those who were in it and have none yet; what is left over goes on."""
    count = draw.at_most(picks, len(values))
    stream = Stream(seed)
    chosen: list[int] = []
    taken: set[int] = set()
    left = 0
    for wave, quota in enumerate(quotas):
        left += quota
        in_wave = compress(range(len(values)), map((1 << wave).__and__, values))
        group = [place for place in in_wave if place not in taken]
        more = _from_group(stream, group, min(left, count - len(chosen)))
        left -= len(more)
        chosen += more
        taken.update(more)
    if len(chosen) < count:
        others = [place for place in range(len(values)) if place not in taken]
        chosen += _from_group(stream, others, count - len(chosen))
    return tuple(chosen)


def _from_group(stream: Stream, places: Sequence[int], count: int) -> list[int]:
    """`count` of `places` (ascending), or all of them when there are fewer, in the order drawn."""
    return [places[number] for number in draw.choose(stream, len(places), min(count, len(places)))]
