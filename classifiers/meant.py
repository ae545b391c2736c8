"""What disguised comments are read as by the model: pictures spoken, split characters joined, pinyin as syllables.

Weights are learnt from words as they are usually typed. A comment in disguise, harmless or not, is turned back before
its grams are looked up; most comments hold no disguise and pass as they are. Typed syllables become the private
characters of normalize.py, whose grams are those of any hanzi of the same sound.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from classifiers.normalize import private, undisguised
from classifiers.plain import Plain, plain_of
from classifiers.sound import LETTERS, LONGEST_RUN, pinyin

_FEWEST = 2
"""Syllables a run of letters must have to be read as pinyin: a single one is as likely a foreign word."""


def meant(texts: Sequence[str], seen: Plain) -> Plain:
    """The comments with disguises undone; `seen` itself where there are none. Question marks stay as typed."""
    changed: dict[int, str] = {}
    for number, (text, normal) in enumerate(zip(texts, seen.normals, strict=True)):
        undone = undisguised(text)
        shown = normal if undone is None else undone.text
        shown = LETTERS.sub(_syllables, shown)
        if shown != normal:
            changed[number] = shown
    if not changed:
        return seen
    return plain_of([changed.get(number, normal) for number, normal in enumerate(seen.normals)], seen.asking)


def _syllables(run: re.Match[str]) -> str:
    letters = run.group()
    ways = pinyin(letters) if len(letters) <= LONGEST_RUN else ()
    if not ways or len(ways[0]) < _FEWEST:
        return letters
    return "".join(map(private, ways[0]))
