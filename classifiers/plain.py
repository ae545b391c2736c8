"""Many comments brought into their normal view at once, and their grams hashed: what every comment must go through.

The same result as `normalize(text).text` comment by comment, made with table look-ups over all characters of a
batch (docs/performance.md has the figures). There is no map back here: whoever needs one, because something was
found in a comment, makes it with `normalize`.

A gram is one to four neighbouring characters of a normal text with its borders, or two to three of its syllables;
it is known by a 32-bit hash only, so that a model carries no text. Of 400,000 grams kept, one in 11,000 unknown
ones is mistaken for a known one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import msgspec
import numpy as np
import numpy.typing as npt

from classifiers.normalize import NUMBERS, fold_table, normal_text, syllable_table

Codes = npt.NDArray[np.uint32]
Owners = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]
Windows = tuple[Owners, Owners, Hashes, Owners]
Layout = tuple[Hashes, Owners, Owners, Hashes]

BORDER = 0xFFFF
"""Stands before, between and after comments. A noncharacter: no text may hold it, and the fold table drops it."""
_BORDER = chr(BORDER)
_SAID, _ASKED = np.array([False]), np.array([True])
_DROPPED, _SPELLED_OUT = 0, 0xFFFFFFFF
# Arrays of no dimension: numpy takes them up in half the time of its scalars.
_SPREAD, _STEP, _STIR, _BACK, _HALF = (np.array(n, dtype=np.uint64) for n in (
    0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xFF51AFD7ED558CCD, pow(0xD6E8FEB86659FD93, -1, 1 << 64), 32
))  # fmt: skip
_ZERO, _NINE = 48, 57
_SIZES, _FAMILIES = (1, 2, 3, 4, 2, 3), (0, 0, 0, 0, 1, 1)
"""The grams that may start at one place, in this order: their sizes, and whether of characters (0) or syllables (1)."""
_LONGEST_ALONE, _LONGEST_KEPT = 256, 1 << 15
"""Characters of the longest comment, and of the longest row of comments, whose windows and layout are kept."""


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
def _read_as() -> Hashes:
    """What each code point counts as, the digits as 0: as a character, and as its syllable's private character."""
    table = np.arange(0x110000, dtype=np.uint64).repeat(2).reshape(-1, 2)
    known = syllable_table()
    table[list(known), 1] = list(map(ord, known.values()))
    table[_ZERO : _NINE + 1] = table[_ZERO]
    return table


def _six_in_a_row(flags: Flags) -> Flags:
    """For each place from the sixth on: whether it and the five before it are set."""
    return flags[5:] & flags[4:-1] & flags[3:-2] & flags[2:-3] & flags[1:-4] & flags[:-5]


def codes_of(text: str) -> Codes:
    """The code points of a string, lone surrogates too."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def text_of(codes: Codes) -> str:
    """The string of code points; the reverse of `codes_of`."""
    return codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


class Plain(msgspec.Struct, frozen=True, eq=False):
    """Comments in their normal view: `normals` one by one, `codes` all of them in one row with a BORDER around each,
    `asking` whether a question mark was typed (the normal view drops it)."""

    normals: list[str]
    codes: Codes
    asking: Flags

    def some(self, which: Sequence[int]) -> Plain:
        """Only the comments with these numbers, in this order."""
        normals = [self.normals[number] for number in which]
        return plain_of(normals, self.asking[list(which)])


def plain_of(normals: list[str], asking: Flags) -> Plain:
    """Texts that are normal already."""
    return Plain(normals, codes_of(_bordered(normals)), asking)


def plain(texts: Sequence[str]) -> Plain:
    """The normal view of each text, equal to `[normalize(text).text for text in texts]`.

    Total: any str, lone surrogates and empty texts included.
    """
    if len(texts) == 1:
        text = texts[0]
        normal = normal_text(text)
        asking = _ASKED if "?" in text or "？" in text else _SAID
        return Plain([normal], codes_of(f"{_BORDER}{normal}{_BORDER}"), asking)
    typed = codes_of(_bordered(texts))
    folded = _folds()[typed]
    if np.count_nonzero(typed == BORDER) != len(texts) + 1 or (folded == _SPELLED_OUT).any():
        table = {BORDER: None, **{n: t for n, t in fold_table().items() if t and len(t) > 1}}
        typed = codes_of(_bordered([text.translate(table) for text in texts]))
        folded = _folds()[typed]
    kept = folded[folded != _DROPPED]
    same = kept[1:] == kept[:-1]
    thrice = same[1:] & same[:-1]
    if thrice.any():
        stays = np.ones(len(kept), dtype=np.bool_)
        stays[2:] = ~(thrice & _collapsible()[kept[2:]])
        kept = kept[stays]
    return Plain(text_of(kept).split(_BORDER)[1:-1], kept, _asking(typed, len(texts)))


def _bordered(texts: Sequence[str]) -> str:
    return _BORDER.join(("", *texts, ""))


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
    hashed, begins = hashes(codes)
    counts = np.diff(begins, append=len(hashed))
    return hashed.astype(np.uint32), np.repeat(np.arange(len(begins)), counts)


def hashes(codes: Codes, *, alone: bool = False) -> tuple[Hashes, Owners]:
    """The grams of `grams` comment by comment, as 64-bit numbers below 2^32, and where those of each comment begin.

    `alone`: it is known that there is but one comment.
    """
    read = _read_as().take(codes, axis=0)
    if len(codes) > 7:
        zero = read[:, 0] == _ZERO
        if zero.tobytes().count(1) > 5:
            read = read[np.concatenate([np.ones(5, dtype=np.bool_), ~_six_in_a_row(zero)])]
    alone = alone and len(read) <= _LONGEST_ALONE
    places, ends, back, begins = _windows_of_one(len(read)) if alone else _windows(read[:, 0] == BORDER)
    sums = _running(read)
    hashed = sums.take(ends)
    hashed -= sums.take(places)
    hashed *= back
    return _stirred(hashed), begins


def gram(text: str) -> int:
    """The hash of one gram of at most four characters, as `grams` gives it. Not for empty texts."""
    codes = codes_of(text).astype(np.uint64)
    return int(_stirred(_running(np.stack((codes, codes), axis=1))[-1:])[0])


def _running(read: Hashes) -> Hashes:
    """Sums of code * _SPREAD * _STEP^place before each place of both columns and after the last, place by place: the
    hash of the gram from i to k is (sum[k] - sum[i]) / _STEP^i modulo 2^64, wherever in a column it stands."""
    count = len(read)
    sums = np.zeros((count + 1, 2), dtype=np.uint64)
    np.add.accumulate(read * _layout_for(count)[0][:count], axis=0, out=sums[1:])
    return sums.ravel()


@lru_cache(maxsize=_LONGEST_ALONE)
def _windows_of_one(count: int) -> Windows:
    """`_windows` of one comment, which depend on nothing but its length."""
    border = np.zeros(count, dtype=np.bool_)
    border[[0, -1]] = True
    return _windows(border)


def _windows(border: Flags) -> Windows:
    """Of each gram: where in the running sums it starts and ends, and the inverse power for its start. Comment by
    comment, in each by where they start; the last array tells which is the first of each comment."""
    count = len(border)
    here = np.zeros(count + 2, dtype=np.bool_)
    np.logical_not(border, out=here[:count])
    here, second, third = here[:count], here[1:-1], here[2:]
    inside = second & third
    stands = np.stack((here, here | second, second, inside, here & second, here & inside), axis=1)
    kept = np.flatnonzero(stands)
    _, places, ends, back = _layout_for(count)
    begins = np.searchsorted(kept, np.flatnonzero(border)[:-1] * len(_SIZES))
    return places.take(kept), ends.take(kept), back.take(kept), begins


def _layout_for(count: int) -> Layout:
    """`_layout` of a row at least so long. Kept where rows so long are common, rounded up, so that few are kept."""
    return _kept_layout(1 << max(6, (count - 1).bit_length())) if count <= _LONGEST_KEPT else _layout(count)


def _layout(count: int) -> Layout:
    """For each place of a row the power of _STEP, times _SPREAD, in two equal columns; for each gram that might start
    there where its running sums begin and end, and the inverse power. Modulo 2^64."""
    forth, back = np.full(count, _STEP), np.full(count, _BACK)
    forth[0] = back[0] = 1
    powers = np.multiply.accumulate(forth).repeat(2).reshape(count, 2) * _SPREAD
    places = (2 * np.arange(count)[:, None] + _FAMILIES).ravel()
    return (
        powers,
        places,
        places + 2 * np.tile(_SIZES, count),
        np.multiply.accumulate(back).repeat(len(_SIZES)),
    )


_kept_layout = cache(_layout)


def _stirred(hashed: Hashes) -> Hashes:
    hashed ^= hashed >> _HALF
    hashed *= _STIR
    hashed >>= _HALF
    return hashed
