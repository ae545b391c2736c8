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
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from classifiers.normalize import NUMBERS, fold_table, normalize, syllable_table

Codes = npt.NDArray[np.uint32]
Owners = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]

BORDER = 0xFFFF
"""Stands before, between and after comments. A noncharacter: no text may hold it, and the fold table drops it."""
_BORDER = chr(BORDER)
_DROPPED, _SPELLED_OUT = 0, 0xFFFFFFFF
_SPREAD, _STEP, _STIR = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xFF51AFD7ED558CCD))
_BACK = np.uint64(pow(0xD6E8FEB86659FD93, -1, 1 << 64))
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


@cache
def _digits_alike() -> Codes:
    """Each code point as itself, the digits as 0."""
    table = np.arange(0x110000, dtype=np.uint32)
    table[_ZERO : _NINE + 1] = _ZERO
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
        return plain_of(normals, self.asking[list(which)])


def plain_of(normals: list[str], asking: Flags) -> Plain:
    """Texts that are normal already."""
    return Plain(normals, codes_of(_bordered(normals)), asking)


def plain(texts: Sequence[str]) -> Plain:
    """The normal view of each text, equal to `[normalize(text).text for text in texts]`.

    Total: any str, lone surrogates and empty texts included.
    """
    if len(texts) == 1:
        normal = normalize(texts[0]).text
        asking = np.array(["?" in texts[0] or "？" in texts[0]])
        return Plain([normal], codes_of(_bordered([normal])), asking)
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
    row = _digits_alike()[codes]
    zero = row == _ZERO
    if np.count_nonzero(zero) > 5:
        row = row[np.concatenate([np.ones(5, dtype=np.bool_), ~_six_in_a_row(zero)])]
    sums = _running(np.stack((row, _sounds()[row])))
    starts, places, ends, owners = _windows(row)
    return _stirred((sums[ends] - sums[places]) * _powers(len(row) + 1)[1][starts]), owners


def gram(text: str) -> int:
    """The hash of one gram of at most four characters, as `grams` gives it. Not for empty texts."""
    return int(_stirred(_running(codes_of(text)[None, :])[-1:])[0])


@cache
def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The first powers of _STEP and of its inverse modulo 2^64. Counts are rounded up, so that few are kept."""
    size = 1 << max(6, (count - 1).bit_length())
    if size != count:
        return _powers(size)
    forth, back = np.full(size, _STEP), np.full(size, _BACK)
    forth[0] = back[0] = 1
    return np.multiply.accumulate(forth), np.multiply.accumulate(back)


def _running(rows: Codes) -> Hashes:
    """Sums of code * _SPREAD * _STEP^place before each place of each row and after its last, row after row: the hash of
    the gram from i to k is (sum[k] - sum[i]) / _STEP^i modulo 2^64, wherever in a row it stands."""
    sums = np.zeros((len(rows), rows.shape[1] + 1), dtype=np.uint64)
    np.cumsum(rows * (_powers(rows.shape[1] + 1)[0][: rows.shape[1]] * _SPREAD), axis=1, out=sums[:, 1:])
    return sums.ravel()


def _windows(row: Codes) -> tuple[Owners, Owners, Owners, Owners]:
    """Of each gram: where it starts, where its sums are found (those of syllables behind those of characters), where
    they end, and whose it is."""
    border = row == BORDER
    if int(np.count_nonzero(border)) == 2:
        return _windows_of_one(len(row))
    inside = ~border
    both, middle = inside[:-1] & inside[1:], inside[1:-1]
    starts, places, ends = _placed(len(row), (
        (1, np.flatnonzero(inside)), (2, np.flatnonzero(inside[:-1] | inside[1:])), (3, np.flatnonzero(middle)),
        (4, np.flatnonzero(middle[:-1] & middle[1:])),
    ), ((2, np.flatnonzero(both)), (3, np.flatnonzero(both[:-1] & inside[2:]))))  # fmt: skip
    return starts, places, ends, (np.cumsum(border) - 1)[starts]


@lru_cache(maxsize=256)
def _windows_of_one(count: int) -> tuple[Owners, Owners, Owners, Owners]:
    """`_windows` of one comment, which depend on nothing but its length."""
    last = count - 1
    starts, places, ends = _placed(count, (
        (1, np.arange(1, last)), (2, np.arange(0, last if last > 1 else 0)), (3, np.arange(0, last - 1)),
        (4, np.arange(0, last - 2)),
    ), ((2, np.arange(1, last - 1)), (3, np.arange(1, last - 2))))  # fmt: skip
    return starts, places, ends, np.zeros(len(starts), dtype=np.int64)


def _placed(
    count: int, characters: Sequence[tuple[int, Owners]], syllables: Sequence[tuple[int, Owners]]
) -> tuple[Owners, Owners, Owners]:
    """Starts, places and ends of grams given as (size, starts)."""
    shifted = ((characters, 0), (syllables, count + 1))
    grams_of = [(size, these, shift) for family, shift in shifted for size, these in family]
    starts = np.concatenate([these for _, these, _ in grams_of])
    places = np.concatenate([these + shift for _, these, shift in grams_of])
    return starts, places, places + np.concatenate([np.full(len(these), size) for size, these, _ in grams_of])


def _stirred(hashed: Hashes) -> Codes:
    return (((hashed ^ (hashed >> _HALF)) * _STIR) >> _HALF).astype(np.uint32)
