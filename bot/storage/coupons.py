"""Pools of coupons: brought in by people, sealed under the master key, each given out once.

A coupon's words stand nowhere in the clear. `mark` is a keyed hash by which the same coupon is found again, so that
nothing is brought in twice. Giving one out is part of claiming a place (claims.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, text

from bot.errors import InputError, StoreError
from bot.storage.canonical import clean, cleaned, json_text
from bot.storage.chain import HOUSE
from bot.storage.ledger import Ledger

_POOLS = text(
    "SELECT pool, COUNT(*), SUM(CASE WHEN taken_ms IS NULL THEN 1 ELSE 0 END) FROM coupon GROUP BY pool ORDER BY pool"
)


class PoolCount(msgspec.Struct, frozen=True):
    """A pool: how many coupons were ever in it, and how many nobody has yet."""

    pool: str
    total: int
    left: int


class CouponRows(Ledger):
    """The coupons' part of the journal."""

    def add_coupons(self, pool: str, words: Sequence[str], *, by: str) -> tuple[int, int]:
        """Bring coupons into a pool: (how many are new, how many it had already). One transaction. Raises InputError,
        and brings in none, when one of them is in another pool: two winners would be given the same."""
        name = clean(pool)
        known = added = 0
        with self.deed() as deed:
            marks: dict[str, set[bytes]] = {name: set()}
            for other, mark in deed.conn.execute(text("SELECT pool, mark FROM coupon")):
                marks.setdefault(other, set()).add(bytes(mark))
            had = marks.pop(name)
            commitments = []
            for one in map(clean, words):
                self._require_new(one, marks)
                mark = bytes.fromhex(self.vault.code_mark(f"coupon/{name}", one))
                if mark in had:
                    known += 1
                    continue
                had.add(mark)
                number = deed.next_id("coupon")
                row = {
                    "id": number, "pool": name, "value": self.vault.lock_up(one.encode(), f"coupon/{number}"),
                    "mark": mark, "draw_id": None, "place": None, "taken_ms": None,
                }  # fmt: skip
                commitments.append(deed.put("coupon", row))
                added += 1
            told = {"act": "brought in", "pool": name, "added": added, "known": known, "by": clean(by)}
            deed.record(HOUSE, "coupon", told, commitments)
        return added, known

    def _require_new(self, one: str, others: Mapping[str, set[bytes]]) -> None:
        for pool, marks in others.items():
            if bytes.fromhex(self.vault.code_mark(f"coupon/{pool}", one)) in marks:
                raise InputError(
                    f"At least one of these coupons is in the pool {pool} already, and would be given out twice. Take "
                    "it out of the file, or name that pool for the prize."
                )

    def coupon_pools(self) -> list[PoolCount]:
        """All pools by name."""
        with self.store.read() as conn:
            return [PoolCount(pool, int(total), int(left)) for pool, total, left in conn.execute(_POOLS)]

    def coupon_words(self, number: int) -> str:
        """The words of a coupon, for the page that it was given to. Raises StoreError when they cannot be read."""
        with self.store.read() as conn:
            return _opened(self, conn, number)

    def prize_pools(self, draw_id: str) -> dict[int, str]:
        """Which prize of a draw is paid from which pool: number of the prize, from 0, to the pool's name."""
        with self.store.read() as conn:
            row = conn.execute(
                text("SELECT value FROM house_setting WHERE key = :key"), {"key": _key(draw_id)}
            ).first()
        if row is None:
            return {}
        return {int(number): str(pool) for number, pool in msgspec.json.decode(row[0]).items()}

    def save_prize_pools(self, draw_id: str, pools: Mapping[int, str], *, by: str) -> None:
        """Pay prizes of a draw from these pools from now on."""
        value = {str(number): clean(pool) for number, pool in pools.items()}
        with self.deed() as deed:
            commitment = deed.save(
                "house_setting", {"key": _key(draw_id), "value": json_text(cleaned(value))}
            )
            told = {"act": "pools named", "draw": clean(draw_id), "pools": value, "by": clean(by)}
            deed.record(HOUSE, "coupon", told, [commitment])


def _key(draw_id: str) -> str:
    return f"prize_pools.{clean(draw_id)}"


def _opened(ledger: Ledger, conn: Connection, number: int) -> str:
    """The words of a coupon. Raises StoreError when they cannot be read."""
    sealed = conn.execute(text("SELECT value FROM coupon WHERE id = :id"), {"id": number}).scalar()
    raw = None if sealed is None else ledger.vault.unlock(bytes(sealed), f"coupon/{number}")
    if raw is None:
        raise StoreError(f"Coupon {number} cannot be read: the keys are not those of this store.")
    return raw.decode()
