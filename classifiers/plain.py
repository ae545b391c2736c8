"""Many comments brought into their normal view at once, and their grams hashed: what every comment must go through.

The same result as `normalize(text).text` comment by comment, made with table look-ups over all characters of a
batch (docs/performance.md has the figures). There is no map back here: whoever needs one, because something was
found in a comment, makes it with `normalize`.

A gram is one to four neighbouring characters of a normal text with its borders, or two to three of its syllables;
it is known by a 32-bit hash only, so that a model carries no text. Of 120,000 grams kept, one in 36,000 unknown
ones is mistaken for a known one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from classifiers.normalize import NUMBERS, fold_table, syllable_table

Codes = npt.NDArray[np.uint32]
Owners = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

BORDER = 0xFFFF
"""Stands before, between and after comments. A noncharacter: no text may hold it, and the fold table drops it."""
_BORDER = chr(BORDER)
_DROPPED, _SPELLED_OUT = 0, 0xFFFFFFFF
_SPREAD, _NEXT, _STIR = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xFF51AFD7ED558CCD))
_HALF = np.uint64(32)
_ZERO, _NINE = 48, 57


@cache
def _folds() -> Codes:
    """What each code point becomes: another, _DROPPED, or _SPELLED_OUT when it becomes several."""
    table = np.arange(0x110000, dtype=np.uint32)
    for number, target in fold_table().items():
        table[number] = _DROPPED if not target else ord(target) if len(target) == 1 else _SPELLED_OUT
    table[0], table[BORDER] = _DROPPED, BORDER
    return table


@cache
def _collapsible() -> Flags:
    """Which characters are kept twice at most in a row: all but numbers and the border."""
    table = np.ones(0x110000, dtype=np.bool_)
    table[[ord(character) for character in NUMBERS]] = False
    table[BORDER] = False
    return table


@cache
def _sounds() -> Codes:
    """Hanzi and digits as their syllables' private characters, all else as it is."""
    table = np.arange(0x110000, dtype=np.uint32)
    for number, target in syllable_table().items():
        table[number] = ord(target)
    return table


def codes_of(text: str) -> Codes:
    """The code points of a string, lone surrogates too."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def text_of(codes: Codes) -> str:
    """The string of code points; the reverse of `codes_of`."""
    return codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Plain:
    """Comments in their normal view: `normals` one by one, `codes` all of them in one row with a BORDER around each,
    `asking` whether a question mark was typed (the normal view drops it)."""

    normals: list[str]
    codes: Codes
    asking: Flags

    def some(self, which: Sequence[int]) -> Plain:
        """Only the comments with these numbers, in this order."""
        normals = [self.normals[number] for number in which]
        return Plain(normals, codes_of(_BORDER + _BORDER.join(normals) + _BORDER), self.asking[list(which)])


def plain(texts: Sequence[str]) -> Plain:
    """The normal view of each text, equal to `[normalize(text).text for text in texts]`.

    Total: any str, lone surrogates and empty texts included.
    """
    joined = _BORDER + _BORDER.join(texts) + _BORDER
    typed = codes_of(joined)
    folded = _folds()[typed]
    if np.count_nonzero(typed == BORDER) != len(texts) + 1 or (folded == _SPELLED_OUT).any():
        table = {BORDER: None, **{n: t for n, t in fold_table().items() if t and len(t) > 1}}
        typed = codes_of(_BORDER + _BORDER.join([text.translate(table) for text in texts]) + _BORDER)
        folded = _folds()[typed]
    kept = folded[folded != _DROPPED]
    same = kept[1:] == kept[:-1]
    thrice = same[1:] & same[:-1]
    if thrice.any():
        stays = np.ones(len(kept), dtype=np.bool_)
        stays[2:] = ~(thrice & _collapsible()[kept[2:]])
        kept = kept[stays]
    return Plain(text_of(kept).split(_BORDER)[1:-1], kept, _asking(typed, len(texts)))


def _asking(typed: Codes, count: int) -> Flags:
    marks = (typed == ord("?")) | (typed == ord("？"))
    asking = np.zeros(count, dtype=np.bool_)
    if marks.any():
        asking[(np.cumsum(typed == BORDER) - 1)[marks]] = True
    return asking


def grams(codes: Codes) -> tuple[Codes, Owners]:
    """The hash of every gram in a row of code points with borders, and the number of the comment it stands in.

    Digits count as 0, runs of five or more of them as five. One gram may occur several times.
    """
    row = np.where((codes >= _ZERO) & (codes <= _NINE), np.uint32(_ZERO), codes)
    zero = row == _ZERO
    if len(row) > 5 and (long := zero[5:] & zero[4:-1] & zero[3:-2] & zero[2:-3] & zero[1:-4] & zero[:-5]).any():
        row = row[np.concatenate([np.ones(5, dtype=np.bool_), ~long])]
    border = row == BORDER
    inside = ~border
    owner = np.cumsum(border) - 1
    one = row.astype(np.uint64) * _SPREAD
    two = one[:-1] * _NEXT + one[1:]
    three = two[:-1] * _NEXT + one[2:]
    four = three[:-1] * _NEXT + one[3:]
    sound = _sounds()[row].astype(np.uint64) * _SPREAD
    pair = sound[:-1] * _NEXT + sound[1:]
    triple = pair[:-1] * _NEXT + sound[2:]
    both = inside[:-1] & inside[1:]
    middle = inside[1:-1]
    families = (
        (one, inside), (two, inside[:-1] | inside[1:]), (three, middle), (four, middle[:-1] & middle[1:]),
        (pair, both), (triple, both[:-1] & inside[2:]),
    )  # fmt: skip
    found = np.concatenate([hashes[wanted] for hashes, wanted in families])
    owners = np.concatenate([owner[: len(wanted)][wanted] for _, wanted in families])
    return _stirred(found), owners


def gram(text: str) -> int:
    """The hash of one gram of at most four characters, as `grams` gives it. Not for empty texts."""
    hashed = np.zeros(1, dtype=np.uint64)
    for code in codes_of(text)[:, None].astype(np.uint64):
        hashed = hashed * _NEXT + code * _SPREAD
    return int(_stirred(hashed)[0])


def _stirred(hashed: npt.NDArray[np.uint64]) -> Codes:
    return (((hashed ^ (hashed >> _HALF)) * _STIR) >> _HALF).astype(np.uint32)
