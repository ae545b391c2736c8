"""Verification of the record (being written; signatures are final)."""

from __future__ import annotations

import msgspec

from bot.storage.engine import Store


class FirstBad(msgspec.Struct, frozen=True):
    chain: str
    seq: int | None
    why: str


class Report(msgspec.Struct, frozen=True):
    records: int
    chains: int
    seals: int
    rows: int
    first_bad: FirstBad | None

    @property
    def verified(self) -> bool:
        return self.first_bad is None


def verify(store: Store) -> Report: ...
