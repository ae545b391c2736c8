"""From what was stored while entries came in to the two lists that are closed: who is in, and who is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .answers import Answer
from .contests import Contest, Guess, Quiz, Rain
from .errors import EntryError
from .exclusions import Exclusions
from .refusal import Refusal
from .roster import Roster

Accepted = tuple[bytes, int | None, int]
"""Pseudonym, value (None: none), wave from 0."""


def sorted_entries(
    contest: Contest | None,
    accepted: Iterable[Accepted],
    counts: Mapping[str, int],
    refused: Iterable[tuple[bytes, str]],
    answer: Answer | None = None,
) -> tuple[Roster, Exclusions]:
    """The roster and the exclusions of a draw that has just closed.

    `accepted` in any order, one of each pseudonym (in a rain: and wave); `counts` refused comments by reason;
    `refused` pseudonym and reason where the viewer is known. A rain's waves become the bits of one value; in a
    quiz the wrong ones of `answer` become refusals. Raises EntryError for entries that do not go with the
    contest, and for whatever `Roster` and `Exclusions` refuse.
    """
    if isinstance(contest, Guess):
        return Roster.valued(_values(accepted)), Exclusions.of(counts, refused)
    if isinstance(contest, Rain):
        return Roster.valued(_waves(accepted, len(contest.waves))), Exclusions.of(counts, refused)
    if not isinstance(contest, Quiz):
        return Roster.of([(pseudonym, 1) for pseudonym, _, _ in accepted]), Exclusions.of(counts, refused)
    if answer is None:
        raise EntryError("A quiz is closed with its right answers; open them first.")
    right = answer.values
    entries = list(accepted)
    wrong = [pseudonym for pseudonym, value, _ in entries if value not in right]
    more = Counter(counts)
    if wrong:
        more[str(Refusal.WRONG_ANSWER)] += len(wrong)
    named = [*refused, *((pseudonym, str(Refusal.WRONG_ANSWER)) for pseudonym in wrong)]
    stay = Roster.of([(pseudonym, 1) for pseudonym, value, _ in entries if value in right])
    return stay, Exclusions.of(more, named)


def _values(accepted: Iterable[Accepted]) -> list[tuple[bytes, int]]:
    entries = list(accepted)
    pairs = [(pseudonym, value) for pseudonym, value, _ in entries if value is not None]
    if len(pairs) != len(entries):
        raise EntryError("A guess was stored without its number; look at the entries of this draw.")
    return pairs


def _waves(accepted: Iterable[Accepted], waves: int) -> list[tuple[bytes, int]]:
    bits: dict[bytes, int] = {}
    for pseudonym, _, wave in accepted:
        if not 0 <= wave < waves or bits.get(pseudonym, 0) >> wave & 1:
            raise EntryError(f"An entry stands in wave {wave} twice, or this rain has no such wave.")
        bits[pseudonym] = bits.get(pseudonym, 0) | 1 << wave
    return list(bits.items())
