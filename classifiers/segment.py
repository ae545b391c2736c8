"""Where the words of a text begin and end: the only file that knows jieba.

Used to examine the borders of a hit, never for features. Words are cut as jieba cuts them without its hidden Markov
model (the likeliest path through its dictionary), but the dictionary is read by our own few lines: jieba's import
and its prefix table take three times as long, and start-up is waited for. Words above LONGEST characters (a few
hundred of 349,000) are not looked for.
"""

from __future__ import annotations

import importlib.util
import math
import re
import threading
from functools import lru_cache
from pathlib import Path

LONGEST = 8
"""Characters of the longest word looked for."""

_KEPT = 4096
_LATIN = re.compile(r"[a-z0-9]+")
_lock = threading.Lock()
_words: dict[str, int] = {}
_total = 0


def _loaded() -> dict[str, int]:
    """Word -> how often it was counted. Read at first use (a fifth of a second), once for all threads."""
    global _words, _total
    if not _words:
        with _lock:
            if not _words:
                fields = _dictionary().read_text(encoding="utf-8").split()
                words = dict(zip(fields[0::3], map(int, fields[1::3]), strict=True))
                _total = sum(words.values())
                _words = words
    return _words


def _dictionary() -> Path:
    found = importlib.util.find_spec("jieba")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("jieba is not installed; the dictionary of words comes with it.")
    return Path(found.submodule_search_locations[0]) / "dict.txt"


def words(text: str) -> tuple[tuple[int, int], ...]:
    """(start, end) of each word of a normal text, in order, without gaps. Same text, same words.

    A run of Latin letters and digits is one word unless the dictionary knows one that holds hanzi too.
    """
    return _cut(text)


@lru_cache(maxsize=_KEPT)
def _cut(text: str) -> tuple[tuple[int, int], ...]:
    counted = _loaded()
    length, scale = len(text), math.log(_total)
    best: list[tuple[float, int]] = [(0.0, 0)] * (length + 1)
    for start in range(length - 1, -1, -1):
        steps = [(math.log(counted.get(text[start], 0) or 1) - scale + best[start + 1][0], start + 1)]
        for end in range(start + 2, min(length, start + LONGEST) + 1):
            count = counted.get(text[start:end])
            if count:
                steps.append((math.log(count) - scale + best[end][0], end))
        best[start] = max(steps)
    found: list[tuple[int, int]] = []
    at = 0
    while at < length:
        end = best[at][1]
        if end == at + 1 and (run := _LATIN.match(text, at)):
            end = run.end()
        found.append((at, end))
        at = end
    return tuple(found)


@lru_cache(maxsize=_KEPT)
def insides(text: str) -> dict[int, tuple[int, int]]:
    """Each offset that lies inside a word, not at its border -> that word. Not to be changed."""
    return {at: (start, end) for start, end in words(text) for at in range(start + 1, end)}


def borders(text: str) -> frozenset[int]:
    """Offsets at which a word begins or ends, 0 and the length included."""
    return frozenset({0, *(end for _, end in words(text))})


def is_word(text: str) -> bool:
    """Whether the dictionary knows `text` as one word of two or more characters."""
    return len(text) > 1 and _loaded().get(text, 0) > 0


def warm() -> None:
    """Read the dictionary now."""
    _loaded()
