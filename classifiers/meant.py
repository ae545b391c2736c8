"""What disguised comments are read as by the model: pictures spoken, split characters joined, pinyin as syllables.

Weights are learnt from words as they are usually typed. A comment in disguise, harmless or not, is turned back before
its grams are looked up; most comments hold no disguise and pass as they are. Typed syllables become the private
characters of normalize.py, whose grams are those of any hanzi of the same sound.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from classifiers.normalize import pictures, private, splits, undisguised
from classifiers.plain import BORDER, Flags, Plain, plain_of
from classifiers.sound import LETTERS, LONGEST_RUN, pinyin

_FEWEST = 2
"""Syllables a run of letters must have to be read as pinyin: a single one is as likely a foreign word."""


def meant(texts: Sequence[str], seen: Plain) -> Plain:
    """The comments with disguises undone; `seen` itself where there are none. Question marks stay as typed."""
    changed: dict[int, str] = {}
    for number in _suspects(texts, seen):
        normal = seen.normals[number]
        undone = undisguised(texts[number])
        shown = LETTERS.sub(_syllables, normal if undone is None else undone.text)
        if shown != normal:
            changed[number] = shown
    if not changed:
        return seen
    return plain_of([changed.get(number, normal) for number, normal in enumerate(seen.normals)], seen.asking)


def _suspects(texts: Sequence[str], seen: Plain) -> list[int]:
    """Comments that may be disguised: two letters in a row, two parts of a character side by side, a picture."""
    if len(texts) == 1:
        return [0] if _suspect(texts[0], seen.normals[0]) else []
    codes = seen.codes
    letters = (codes >= ord("a")) & (codes <= ord("z"))
    first, second, joined = _parts()
    pairs = (letters[:-1] & letters[1:]) | joined[first.take(codes[:-1]), second.take(codes[1:])]
    spoken = pictures().keys()
    found = {number for number, text in enumerate(texts) if not spoken.isdisjoint(text)}
    if pairs.any():
        borders = np.flatnonzero(codes == BORDER)
        found.update((np.searchsorted(borders, np.flatnonzero(pairs)) - 1).tolist())
    return sorted(found)


def _suspect(text: str, normal: str) -> bool:
    """The same of one comment."""
    return (
        not pictures().keys().isdisjoint(text)
        or not _pairs().isdisjoint(pairwise(normal))
        or LETTERS.search(normal) is not None
    )


@cache
def _pairs() -> frozenset[tuple[str, str]]:
    """The first two parts of each split character."""
    return frozenset((parts[0], parts[1]) for parts in splits())


@cache
def _parts() -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16], Flags]:
    """The same for code points: a number for each that comes first, for each that comes second, and which of those
    numbers stand side by side. 0: neither."""
    numbers = np.zeros((2, 0x110000), dtype=np.int16)
    for place, table in enumerate(numbers):
        characters = sorted({ord(pair[place]) for pair in _pairs()})
        table[characters] = range(1, len(characters) + 1)
    joined = np.zeros(numbers.max(axis=1) + 1, dtype=np.bool_)
    for first, second in _pairs():
        joined[numbers[0, ord(first)], numbers[1, ord(second)]] = True
    return numbers[0], numbers[1], joined


def _syllables(run: re.Match[str]) -> str:
    letters = run.group()
    ways = pinyin(letters) if len(letters) <= LONGEST_RUN else ()
    if not ways or len(ways[0]) < _FEWEST:
        return letters
    return "".join(map(private, ways[0]))
