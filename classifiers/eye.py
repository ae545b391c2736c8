"""What the automaton sees of comments: one call over the normal text and its sound view, of one comment or of many.

Nothing is judged here. Most comments show nothing but a harmless wording or the anchor of a pattern, and cost no
more than their share of the call.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from classifiers.automaton import Automaton, Occurrence
from classifiers.normalize import normalize, pictures
from classifiers.plain import codes_of
from classifiers.rule import Pattern
from classifiers.sound import LETTERS, SoundView, lettered, letters, sounded, sounded_many
from classifiers.vocabulary import HEARD, SPELT, Vocabulary

GAP = "\0"
"""Stands between joined texts. The normaliser drops it, so no normal text holds it."""
LETTERED, PICTURED, SHAPED = (1 << bit for bit in range(16, 19))
"""Further flags of a comment: its letters are syllables of some term · it holds a picture typed for a syllable · a
pattern without anchors may match."""

_PICTURES = frozenset(pictures())
_LOCAL = ("^", "$", ".", "\\b", "\\B", "\\A", "\\Z", "\\W", "\\D", "\\S")


@dataclass(slots=True)
class Seen:
    """What was seen of one comment. `flags` is the union of the flags of all that was found."""

    found: list[Occurrence] = field(default_factory=list)
    heard: list[Occurrence] = field(default_factory=list)
    lettered: list[tuple[SoundView, list[Occurrence]]] = field(default_factory=list)
    flags: int = 0


class Eye:
    """The vocabulary with its automaton. Never changed after construction."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._flags = vocabulary.flags
        self._automaton = Automaton(vocabulary.words)
        self._always = vocabulary.always

    def look(self, text: str, normal: str) -> Seen:
        """What is seen in `text`, whose view to be looked at is `normal`."""
        offset, all_flags, flags = len(normal) + 1, self._flags, 0
        found: list[Occurrence] = []
        heard: list[Occurrence] = []
        for occurrence in self._automaton.scan(normal + GAP + sounded(normal)):
            start, end, word = occurrence
            if start < offset:
                found.append(occurrence)
                flags |= all_flags[word]
            elif all_flags[word] & HEARD:
                heard.append((start - offset, end - offset, word))
                flags |= HEARD
        if not _PICTURES.isdisjoint(text):
            flags |= PICTURED
        for pattern in self._always:
            if pattern.regex.search(text if pattern.on_typed else normal):
                flags |= SHAPED
        seen = Seen(found, heard, [], flags)
        if letters(normal):
            for view in lettered(normal, breaks(text, normal)):
                self._spell(seen, view, self._automaton.scan(view.text))
        return seen

    def look_together(self, texts: Sequence[str], normals: Sequence[str]) -> dict[int, Seen]:
        """What is seen in each text in which something is, by its number."""
        together: defaultdict[int, Seen] = defaultdict(Seen)
        joined = GAP.join(normals)
        starts = _starts(normals)
        self._share_out(together, joined, starts)
        typed = GAP.join(texts)
        typed_starts = _starts(texts) if len(typed) != len(joined) else starts
        for number in _owners(np.flatnonzero(_pictured()[codes_of(typed)]).tolist(), typed_starts):
            together[number].flags |= PICTURED
        for pattern in self._always:
            lines = (texts, typed, typed_starts) if pattern.on_typed else (normals, joined, starts)
            for number in _perhaps(pattern, *lines):
                together[number].flags |= SHAPED
        self._spell_together(together, texts, normals, joined, starts)
        return together

    def _share_out(self, together: dict[int, Seen], joined: str, starts: list[int]) -> None:
        """Occurrences come in the order of their ends, so their comments come in order too."""
        offset = len(joined) + 1
        bounds = [*starts[1:], offset, *(offset + start for start in starts[1:]), 2 * offset]
        count, number, base, bound = len(starts), 0, 0, bounds[0]
        for start, end, word in self._automaton.scan(joined + GAP + sounded_many(joined)):
            while start >= bound:
                number += 1
                base, bound = bound, bounds[number]
            flags = self._flags[word]
            if number < count:
                seen = together[number]
                seen.found.append((start - base, end - base, word))
                seen.flags |= flags
            elif flags & HEARD:
                seen = together[number - count]
                seen.heard.append((start - base, end - base, word))
                seen.flags |= HEARD

    def _spell(self, seen: Seen, view: SoundView, found: Iterable[Occurrence]) -> None:
        """Keep what was found in a reading of typed pinyin, where a syllable of it was typed in letters."""
        kept = [(start, end, word) for start, end, word in found
                if self._flags[word] & (HEARD | SPELT) and any(view.names[start:end])]  # fmt: skip
        if kept:
            seen.lettered.append((view, kept))
            seen.flags |= LETTERED

    def _spell_together(
        self,
        together: dict[int, Seen],
        texts: Sequence[str],
        normals: Sequence[str],
        joined: str,
        starts: list[int],
    ) -> None:
        views = [(number, view) for number in _owners((run.start() for run in LETTERS.finditer(joined)), starts)
                 for view in lettered(normals[number], breaks(texts[number], normals[number]))]  # fmt: skip
        if not views:
            return
        sounds = [view.text for _, view in views]
        at = _starts(sounds)
        found: defaultdict[int, list[Occurrence]] = defaultdict(list)
        for start, end, word in self._automaton.scan(GAP.join(sounds)):
            place = bisect_right(at, start) - 1
            found[place].append((start - at[place], end - at[place], word))
        for place, occurrences in found.items():
            number, view = views[place]
            self._spell(together[number], view, occurrences)


@cache
def _pictured() -> npt.NDArray[np.bool_]:
    table = np.zeros(0x110000, dtype=np.bool_)
    table[[ord(picture) for picture in _PICTURES]] = True
    return table


def _perhaps(pattern: Pattern, lines: Sequence[str], joined: str, starts: list[int]) -> Iterable[int]:
    """Numbers of the lines a pattern without anchors may match."""
    if any(mark in pattern.shape for mark in _LOCAL):
        return [number for number, line in enumerate(lines) if pattern.regex.search(line)]
    return _owners((match.start() for match in pattern.regex.finditer(joined)), starts)


def _starts(lines: Sequence[str]) -> list[int]:
    """Where each line begins once they are joined."""
    lengths = map(len, lines)
    return [start + number for number, start in enumerate(accumulate(lengths, initial=0))][:-1] or [0]


def _owners(places: Iterable[int], starts: list[int]) -> list[int]:
    """The numbers of the lines in which places of the joined text lie, each once."""
    return list(dict.fromkeys(bisect_right(starts, place) - 1 for place in places))


def breaks(text: str, normal: str) -> list[int]:
    """Offsets in `normal` before which something was typed that was dropped."""
    if len(text) == len(normal):
        return []
    view = normalize(text)
    if view.origins is None or view.text != normal:
        return []
    return [at for at, (before, after) in enumerate(pairwise(view.origins), 1) if before[1] < after[0]]
