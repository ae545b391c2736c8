"""What a comment sounds like: each hanzi, digit and typed pinyin syllable as one private character.

Syllables that many speakers do not tell apart (zh/z, ch/c, sh/s, n/l, an/ang, en/eng, in/ing) share a character, the
one of their *class*. So one pattern a term finds every homophone of it, typed in hanzi or in letters; whether the
syllables were the very same or only alike is asked afterwards.

Most comments hold no Latin letter: their sound view is one table look-up, character for character. Where letters
were typed and can be read as pinyin there are further views, one for each reading (xian: xian, xi an), at most
READINGS of them, with a map back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from classifiers.normalize import lines, private, spelled, syllable_names, syllable_table

READINGS = 4
"""Readings of one comment's letters that are tried at most."""
LONGEST_RUN = 48
"""Letters in a row that are read as pinyin; longer runs are none."""

LETTERS = re.compile(r"(?<![a-z])(?=[b-df-hj-np-tw-z]{0,8}[aeiouv])[a-z]{2,}")
"""A run of letters in a normal text that may be pinyin: a vowel comes early."""
_INITIALS = {"zh": "z", "ch": "c", "sh": "s", "l": "n"}
_FINALS = {"ang": "an", "eng": "en", "ing": "in"}
_SPLIT = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]?)(.*)")
_ALONE = frozenset("aeo")
"""Syllables of one letter: read only where the letter stands by itself."""
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class SoundView:
    """One reading of a comment: `text` in private characters, and where each came from in the normal text.

    `starts[i]` is the offset of the typed thing behind `text[i]`; one more entry closes the last.
    `names[i]` is the syllable typed in letters there, None for anything else.
    """

    text: str
    starts: tuple[int, ...]
    names: tuple[str | None, ...]


@cache
def kin(name: str) -> str:
    """The class of a toneless syllable: the name of what it is not told apart from. Raises KeyError for none."""
    return _kins()[name]


@cache
def _kins() -> dict[str, str]:
    """Each syllable -> the first syllable of its class."""
    names: dict[str, str] = {}
    classes: dict[tuple[str, str], str] = {}
    for name in syllable_names():
        found = _SPLIT.fullmatch(name)
        initial, final = found.groups() if found else ("", name)
        ending = final[-3:]
        final = final[: -len(ending)] + _FINALS.get(ending, ending)
        names[name] = classes.setdefault((_INITIALS.get(initial, initial), final), name)
    return names


@cache
def _typed() -> frozenset[str]:
    """The syllables that are read in a run of letters: those of two letters or more with a vowel."""
    return frozenset(name for name in _kins() if len(name) > 1 and not set(name).isdisjoint("aeiouv"))


@cache
def _table() -> dict[int, str]:
    """Hanzi and digit -> private character of its syllable's class."""
    known = {ord(private(name)): private(kin(name)) for name in syllable_names()}
    return {number: known[ord(character)] for number, character in syllable_table().items()}


@cache
def _codes() -> npt.NDArray[np.uint32]:
    table = np.arange(0x110000, dtype=np.uint32)
    for number, character in _table().items():
        table[number] = ord(character)
    return table


@cache
def _polyphones() -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    words = {word: tuple(names.split(" ")) for word, names in lines("polyphones.txt")}
    return re.compile("|".join(map(re.escape, words))), words


def read_otherwise(word: str) -> bool:
    """Whether a normal word holds one that is not read as the syllable table says."""
    return _polyphones()[0].search(word) is not None


def readings(word: str) -> tuple[tuple[str | None, ...], ...]:
    """The syllables of a normal word, None for what has none: as the table says and, where it holds a word that is
    read otherwise (便宜: pian yi), that way too."""
    plain = tuple(spelled(character) for character in word)
    if not read_otherwise(word):
        return (plain,)
    other = list(plain)
    pattern, words = _polyphones()
    for found in pattern.finditer(word):
        other[found.start() : found.end()] = words[found.group()]
    return plain, tuple(other)


def pattern(word: str, names: tuple[str | None, ...]) -> str:
    """What to look for in sound views to find a word read so."""
    return "".join(c if name is None else private(kin(name)) for c, name in zip(word, names, strict=True))


def sounded(normal: str) -> str:
    """A normal text with hanzi and digits as private characters of their class; the same length, letters kept."""
    return normal.translate(_table())


def sounded_many(normal: str) -> str:
    """The same for a long text, by one numpy look-up. `normal` holds no lone surrogate."""
    codes = np.frombuffer(normal.encode("utf-32-le"), dtype=np.uint32)
    return _codes()[codes].astype("<u4").tobytes().decode("utf-32-le")


def letters(normal: str) -> bool:
    """Whether a normal text has a run of Latin letters."""
    return LETTERS.search(normal) is not None


def lettered(normal: str, breaks: Sequence[int] = ()) -> list[SoundView]:
    """The sound views in which typed pinyin is read, best first; empty when no letters can be read.

    `breaks`: offsets in `normal` before which something was typed that the normal text dropped (a space): a
    syllable does not reach over them where the pieces between them can be read by themselves.
    """
    runs = [(run.start(), run.end()) for run in LETTERS.finditer(normal)]
    read = []
    for start, end in runs:
        inside = tuple(at - start for at in breaks if start < at < end)
        if readings := _readings(normal[start:end], inside):
            read.append((start, end, readings))
    if not read:
        return []
    count = max(len(readings) for _, _, readings in read)
    return [
        _view(normal, [(s, e, r[min(number, len(r) - 1)]) for s, e, r in read]) for number in range(count)
    ]


_Reading = tuple[tuple[int, int, str | None], ...]
"""(start, end, syllable or None for letters left alone) of one run, without gaps."""


@lru_cache(maxsize=_KEPT)
def _readings(run: str, breaks: tuple[int, ...]) -> tuple[_Reading, ...]:
    """Ways to read a run of letters: piece by piece where the pieces are syllables, then as one."""
    if len(run) > LONGEST_RUN:
        return ()
    found: list[_Reading] = []
    if breaks:
        edges = (0, *breaks, len(run))
        pieces = [(a, b, pinyin(run[a:b])) for a, b in pairwise(edges)]
        if any(readings for start, end, readings in pieces if end - start > 1):
            for number in range(max(len(readings) for _, _, readings in pieces)):
                found.append(_laid(pieces, number))
    found.extend(_placed(0, names) for names in pinyin(run))
    return tuple(dict.fromkeys(found))[:READINGS]


def _laid(pieces: list[tuple[int, int, tuple[tuple[str, ...], ...]]], number: int) -> _Reading:
    laid: list[tuple[int, int, str | None]] = []
    for start, end, readings in pieces:
        if readings:
            laid.extend(_placed(start, readings[min(number, len(readings) - 1)]))
        else:
            laid.extend((at, at + 1, None) for at in range(start, end))
    return tuple(laid)


def _placed(start: int, names: tuple[str, ...]) -> _Reading:
    placed = []
    for name in names:
        placed.append((start, start + len(name), name))
        start += len(name)
    return tuple(placed)


@lru_cache(maxsize=_KEPT)
def pinyin(letters: str) -> tuple[tuple[str, ...], ...]:
    """The ways to cut `letters` into toneless syllables (v for ü), fewest syllables first, at most READINGS.

    Empty when there is none. Work is bounded by the length: hopeless tails are remembered.
    """
    if letters in _ALONE:
        return ((letters,),)
    known = _typed()
    hopeless: set[int] = set()
    found: list[tuple[str, ...]] = []

    def cut(at: int, names: tuple[str, ...]) -> None:
        if at == len(letters):
            found.append(names)
            return
        if at in hopeless or len(found) >= 2 * READINGS:
            return
        before = len(found)
        for end in range(min(len(letters), at + 6), at, -1):
            if letters[at:end] in known:
                cut(end, (*names, letters[at:end]))
        if len(found) == before:
            hopeless.add(at)

    cut(0, ())
    return tuple(sorted(found, key=len)[:READINGS])


def _view(normal: str, read: list[tuple[int, int, _Reading]]) -> SoundView:
    plain = sounded(normal)
    out: list[str] = []
    starts: list[int] = []
    names: list[str | None] = []
    at = 0
    for start, end, reading in read:
        out.append(plain[at:start])
        starts.extend(range(at, start))
        names.extend([None] * (start - at))
        for first, last, name in reading:
            out.append(normal[start + first : start + last] if name is None else private(kin(name)))
            starts.append(start + first)
            names.append(name)
        at = end
    out.append(plain[at:])
    starts.extend(range(at, len(normal) + 1))
    names.extend([None] * (len(normal) - at))
    return SoundView("".join(out), tuple(starts), tuple(names))


def spoken(view: SoundView | None, normal: str) -> str:
    """A sound view to be read by people: syllables with spaces between, what has none as it is. None: the plain one."""
    spots = range(len(normal)) if view is None else view.starts[:-1]
    names = (None,) * len(normal) if view is None else view.names
    return " ".join(
        name or spelled(normal[spot]) or normal[spot] for spot, name in zip(spots, names, strict=True)
    )
