"""The chain of records: each carries the hash of the one before it, and nothing is ever left out.

One chain per room (`platform:room_id`) and one named `house`; `seq` counts from 0 without a gap. `record_hash` is
SHA-256 over exactly the bytes of `body`, which is canonical JSON:

    at_ms            when it happened, by the clock of `clock_source`
    chain, seq, prev_hash, record_id (UUIDv7), record_type, schema_version
    clock_source     live, replay or practice
    data             what happened: ids, codes, labels, versions, commitments; never a viewer's words or name
    rows             what it commits to in other tables (canonical.py)
    session          or null
    written_ms       this machine's wall clock
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from bot.storage.canonical import Commitment, canonical

SCHEMA_VERSION = 1

HOUSE = "house"
"""The chain of what belongs to no room."""

GENESIS = bytes(32)
"""`prev_hash` of a chain's first record."""


class Head(msgspec.Struct, frozen=True):
    """Where a chain ends. `seq` -1 before the first record."""

    seq: int = -1
    hash: bytes = GENESIS


class Link(msgspec.Struct, frozen=True):
    """One record ready to be stored, in the order of the columns of `audit_record`."""

    chain: str
    seq: int
    prev_hash: bytes
    body: str
    record_hash: bytes


def record_id(written_ms: int) -> str:
    """A UUID of version 7 (RFC 9562): 48 bits of wall clock, the rest chance."""
    value = bytearray((written_ms & (2**48 - 1)).to_bytes(6, "big") + os.urandom(10))
    value[6] = 0x70 | value[6] & 0x0F
    value[8] = 0x80 | value[8] & 0x3F
    digits = value.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def link(
    chain: str, head: Head, record_type: str, data: Any, rows: Iterable[Commitment], *,
    session: str | None, at_ms: int, written_ms: int, clock_source: str,
) -> Link:  # fmt: skip
    """The record that follows `head`."""
    seq = head.seq + 1
    body = canonical(
        {
            "at_ms": at_ms,
            "chain": chain,
            "clock_source": clock_source,
            "data": data,
            "prev_hash": head.hash.hex(),
            "record_id": record_id(written_ms),
            "record_type": record_type,
            "rows": list(rows),
            "schema_version": SCHEMA_VERSION,
            "seq": seq,
            "session": session,
            "written_ms": written_ms,
        }
    )
    return Link(chain, seq, head.hash, body.decode(), hashlib.sha256(body).digest())


def read_head(conn: Connection, chain: str) -> Head:
    """Where `chain` ends in the store."""
    row = conn.execute(
        text("SELECT seq, record_hash FROM audit_record WHERE chain = :chain ORDER BY seq DESC LIMIT 1"),
        {"chain": chain},
    ).first()
    return Head() if row is None else Head(row[0], bytes(row[1]))
