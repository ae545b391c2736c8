"""Signed checkpoints: what makes it impossible to rewrite the record quietly after the fact.

A checkpoint says with an Ed25519 signature: chain C had N records and the last hash was H. It is made every 1,000
records of a chain or every 10 seconds in which anything was recorded, and at a clean exit; always after the records
were committed, into `audit_seal` and as a line of `seals.log`, which is flushed to the disk. So a checkpoint ahead of
the rows means tampering, never a crash. When a UTC day is over, a day seal signs the Merkle root over its checkpoints.

Copy `seals.log` elsewhere (a printout, another machine) and not even the owner of both files can rewrite the past.
"""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, text

from bot.decision import ClockSource
from bot.errors import StoreError
from bot.storage.canonical import canonical
from bot.storage.chain import HOUSE, Head, read_head
from bot.storage.engine import Store, troubles
from bot.storage.ledger import Deed, Ledger
from bot.storage.vault import Syllables

EVERY_RECORDS = 1_000
EVERY_MS = 10_000
ALL_CHAINS = "*"
TAIL = 1 << 16
"""How much of the end of `seals.log` is read at start, in bytes: a few hundred lines."""


class Seal(msgspec.Struct, frozen=True):
    """A row of `audit_seal`. What is signed is the canonical JSON of all fields but the signature."""

    kind: str
    day: str
    chain: str
    seq: int
    record_hash: bytes
    count: int
    at_ms: int
    key_id: str
    signature: bytes = b""

    def signed(self) -> bytes:
        told = {name: getattr(self, name) for name in self.__struct_fields__ if name != "signature"}
        return canonical(told | {"record_hash": self.record_hash.hex()})

    def line(self) -> bytes:
        """The line of `seals.log`, without its end."""
        told = {name: getattr(self, name) for name in self.__struct_fields__}
        return canonical(told | {"record_hash": self.record_hash.hex(), "signature": self.signature.hex()})

    def holds(self, public_key: bytes) -> bool:
        """Whether the signature is by that key."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, self.signed())
        except (InvalidSignature, ValueError):
            return False
        return True


COLUMNS = ", ".join(f'"{name}"' for name in Seal.__struct_fields__)


def day_of(at_ms: int) -> str:
    """The UTC date, e.g. 2026-11-21."""
    return datetime.datetime.fromtimestamp(at_ms / 1000, datetime.UTC).date().isoformat()


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """RFC 6962 tree hash over `leaves`; of none, the hash of nothing."""
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    if not level:
        return hashlib.sha256().digest()
    while len(level) > 1:
        pairs = [
            hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)
        ]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def checkpoints_of(conn: Connection, day: str) -> Iterable[Seal]:
    """A day's checkpoints in the order of the Merkle tree."""
    found = conn.execute(
        text(
            f"SELECT {COLUMNS} FROM audit_seal WHERE kind = 'checkpoint' AND day = :day ORDER BY at_ms, chain, seq"
        ),
        {"day": day},
    )
    return (Seal(*row) for row in found)


class SealRows(Ledger):
    """The seals' part of the journal."""

    def __init__(
        self, store: Store, now: Callable[[], int], *, clock_source: ClockSource = "live",
        syllables: Syllables | None = None,
    ) -> None:  # fmt: skip
        super().__init__(store, now, clock_source=clock_source, syllables=syllables)
        self._signer = self.keys.signer
        self._introduce_key()
        with store.read() as conn:
            chains = [row[0] for row in conn.execute(text("SELECT DISTINCT chain FROM audit_record"))]
            self.heads = {chain: read_head(conn, chain) for chain in chains}
            sealed = conn.execute(
                text(
                    "SELECT chain, MAX(seq), MAX(at_ms) FROM audit_seal WHERE kind = 'checkpoint' GROUP BY chain"
                )
            ).all()
        self._sealed: dict[str, int] = {row[0]: row[1] for row in sealed}
        self._last_ms = max((row[2] for row in sealed), default=0)
        self._next_ms = now() + EVERY_MS
        self._day_done = ""
        self._log_behind = False
        self._complete_log()

    def _introduce_key(self) -> None:
        with self.deed() as deed:
            if deed.fetch("seal_key", key_id=self.keys.seal_id) is None:
                row = {
                    "key_id": self.keys.seal_id,
                    "public_key": self.keys.public,
                    "created_ms": deed.written_ms,
                }
                rows = [deed.put("seal_key", row)]
                deed.record(HOUSE, "key", {"key": row["key_id"], "public_key": self.keys.public.hex()}, rows)

    def checkpoint(self, *, force: bool = False) -> int:
        """Seal the chains that have grown, when it is time (or `force`). Returns how many seals were made."""
        with self.lock:
            grown = {c: head for c, head in self.heads.items() if head.seq > self._sealed.get(c, -1)}
            if not grown or not (force or self._due(grown)):
                return 0
            at_ms = max(self.now(), self._last_ms)
            with self.deed() as deed:
                seals = [
                    self._sign("checkpoint", chain, head.seq, head.hash, head.seq + 1, at_ms)
                    for chain, head in sorted(grown.items())
                ]
                seals = [*self._days_over(deed, at_ms), *seals]
                deed.insert("audit_seal", [msgspec.structs.asdict(seal) for seal in seals])
            self._sealed |= {chain: head.seq for chain, head in grown.items()}
            self._last_ms, self._next_ms, self._day_done = at_ms, self.now() + EVERY_MS, day_of(at_ms)
            if self._log_behind:
                self._complete_log()
            else:
                self._log_behind = True
                self._append([seal.line() for seal in seals])
            self._log_behind = False
            return len(seals)

    def _due(self, grown: dict[str, Head]) -> bool:
        many = any(head.seq - self._sealed.get(chain, -1) >= EVERY_RECORDS for chain, head in grown.items())
        return many or self.now() >= self._next_ms

    def _sign(
        self, kind: str, chain: str, seq: int, record_hash: bytes, count: int, at_ms: int, day: str = ""
    ) -> Seal:
        seal = Seal(kind, day or day_of(at_ms), chain, seq, record_hash, count, at_ms, self.keys.seal_id)
        return msgspec.structs.replace(seal, signature=self._signer.sign(seal.signed()))

    def _days_over(self, deed: Deed, at_ms: int) -> list[Seal]:
        """Seals of the days that have checkpoints, are over, and have none yet."""
        today = day_of(at_ms)
        if self._day_done == today:
            return []
        days = deed.conn.execute(
            text(
                "SELECT DISTINCT day FROM audit_seal WHERE kind = 'checkpoint' AND day < :today AND day NOT IN "
                "(SELECT day FROM audit_seal WHERE kind = 'day') ORDER BY day"
            ),
            {"today": today},
        ).scalars()
        seals = []
        for day in days.all():
            leaves = [seal.line() for seal in checkpoints_of(deed.conn, day)]
            seals.append(self._sign("day", ALL_CHAINS, 0, merkle_root(leaves), len(leaves), at_ms, day))
        return seals

    def _append(self, lines: Sequence[bytes]) -> None:
        path = self.store.seals_log
        with troubles(str(path)), path.open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())

    def _complete_log(self) -> None:
        """After a crash between COMMIT and the line: write the line now. A torn last line is cut off."""
        path = self.store.seals_log
        tail = _tail(path)
        with self.store.read() as conn:
            found = conn.execute(
                text(
                    f"SELECT {COLUMNS} FROM audit_seal WHERE at_ms >= :from ORDER BY at_ms, kind DESC, day, chain"
                ),
                {"from": _last_time(tail)},
            )
            missing = [line for row in found if (line := Seal(*row).line()) not in tail]
        if missing:
            self._append(missing)


def _tail(path: Path) -> list[bytes]:
    """The last whole lines; what stands after the last line's end is cut off the file."""
    if not path.exists():
        return []
    with troubles(str(path)), path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        start = file.seek(max(0, size - TAIL))
        raw = file.read()
        whole = raw[: raw.rfind(b"\n") + 1]
        if len(whole) < len(raw):
            file.truncate(start + len(whole))
    return whole.split(b"\n")[1 if start else 0 : -1]


def _last_time(lines: Sequence[bytes]) -> int:
    if not lines:
        return 0
    try:
        told: Any = msgspec.json.decode(lines[-1])
        return int(told["at_ms"])
    except (ValueError, KeyError, TypeError, msgspec.DecodeError):
        raise StoreError(
            "The last line of seals.log is no seal: somebody changed it. Run `audit verify`."
        ) from None
