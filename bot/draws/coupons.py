"""Pools of coupons: read from a file, named by prizes. Giving one out is part of claiming (claims.py)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.errors import InputError
from bot.sheets import lines_of
from bot.storage.coupons import PoolCount
from bot.storage.journal import Journal
from lottery.rules import Prize
from replies.cells import plain
from replies.errors import LibraryError

LONGEST_COUPON = 200
MOST_AT_ONCE = 100_000
LONGEST_POOL = 60
_HEADERS = frozenset({"code", "coupon", "coupons", "券码", "卡密", "兑换码", "优惠券", "优惠码"})


@dataclass(frozen=True, slots=True)
class ReadCoupons:
    """Coupons of a file, each once, in the order they stood. `repeated` lines said what an earlier one had said;
    `refused` are numbers of lines that hold no coupon (too long, or with characters that cannot be seen)."""

    codes: tuple[str, ...]
    repeated: int
    refused: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """How many coupons are new in the pool, and how many it had already."""

    added: int
    known: int


def read_coupons(data: bytes, name: str) -> ReadCoupons:
    """The coupons in a file: XLSX or CSV (first column; a header is passed over), or plain text, one a line.

    Formulas and markup are only text. Raises InputError when nothing can be read or nothing is there.
    """
    try:
        lines = [(number, cells[0] if cells else "") for number, cells in lines_of(data, name=name)]
    except LibraryError as error:
        raise InputError(str(error)) from None
    found = ReadCoupons((), 0, ())
    if lines and plain(lines[0][1]).strip().casefold() in _HEADERS:
        lines = lines[1:]
    found = gathered((number, plain(cell)) for number, cell in lines)
    if not found.codes:
        raise InputError(
            f"{name or 'The file'} holds no coupon. Put one code on each line, or in the first column."
        )
    return found


def gathered(lines: Iterable[tuple[int, str]]) -> ReadCoupons:
    """The coupons on numbered lines; empty lines are passed over. Raises InputError when there are too many."""
    codes: dict[str, None] = {}
    repeated, refused = 0, []
    for number, line in lines:
        code = line.strip()
        if not code:
            continue
        if len(code) > LONGEST_COUPON or not _visible(code):
            refused.append(number)
        elif code in codes:
            repeated += 1
        else:
            codes[code] = None
        if len(codes) > MOST_AT_ONCE:
            raise InputError(f"More than {MOST_AT_ONCE} coupons at once. Split the file.")
    return ReadCoupons(tuple(codes), repeated, tuple(refused))


def _visible(code: str) -> bool:
    return not any(unicodedata.category(one) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for one in code)


class Coupons:
    """The pools of one store."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def add(self, pool: str, codes: Sequence[str], *, by: str) -> Added:
        """Bring coupons into a pool; those it had already are left as they are. Raises InputError for a bad name."""
        return Added(*self._journal.add_coupons(pool_name(pool), codes, by=by))

    def pools(self) -> list[PoolCount]:
        """All pools by name."""
        return self._journal.coupon_pools()

    def pools_of(self, draw_id: str) -> dict[int, str]:
        """The pools named for prizes of a draw, by number of the prize from 0."""
        return self._journal.prize_pools(draw_id)

    def name_pool(self, draw_id: str, prize: int, pool: str, *, by: str) -> None:
        """Pay a prize of a draw from this pool; "" takes the name away. Raises InputError for a bad name."""
        pools = {**self.pools_of(draw_id)}
        pools.pop(prize, None)
        if pool.strip():
            pools[prize] = pool_name(pool)
        self._journal.save_prize_pools(draw_id, pools, by=by)

    def pool_of(self, draw_id: str, number: int, prize: Prize) -> str | None:
        """The pool that pays a prize: the one named for it, else the one called like the prize. "" for a coupon whose
        pool nobody has named; None for a prize that is no coupon."""
        named = self.pools_of(draw_id).get(number)
        if named is not None:
            return named
        if any(one.pool == prize.name for one in self.pools()):
            return prize.name
        return "" if prize.kind == "coupon" else None

    def left(self, pool: str) -> int:
        """How many coupons nobody has yet; 0 for a pool that there is not."""
        return next((one.left for one in self.pools() if one.pool == pool), 0)


def pool_name(pool: str) -> str:
    """A pool's name without blanks around it. Raises InputError unless it has 1 to 60 visible characters."""
    name = pool.strip()
    if not name or len(name) > LONGEST_POOL or not _visible(name):
        raise InputError(f"The name of a pool has 1 to {LONGEST_POOL} visible characters.")
    return name
