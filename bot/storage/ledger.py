"""One transaction at a time: rows and the records that commit to them, all or nothing.

A `Deed` is one open transaction. Whatever it takes from memory (heads of chains, next ids, keys, versions) it takes
as its own copy; the ledger's memory changes only after COMMIT returned, so a failed deed leaves nothing anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any

from sqlalchemy import Connection, text

from bot.decision import ClockSource
from bot.errors import StoreError
from bot.policy import RoomState
from bot.storage.canonical import AUDITED, Commitment, cleaned
from bot.storage.chain import HOUSE, Head, Link, link, read_head
from bot.storage.engine import Store
from bot.storage.terms import Terms
from bot.storage.vault import SubjectKey, Syllables, Vault

_RECORD = ("chain", "seq", "prev_hash", "body", "record_hash")


class Deed:
    """One open transaction of a ledger."""

    def __init__(self, ledger: Ledger, conn: Connection) -> None:
        self.conn = conn
        self.written_ms = ledger.now()
        self.clock_source: str = ledger.clock_source
        self.heads: dict[str, Head] = dict(ledger.heads)
        self.ids: dict[str, int] = dict(ledger.ids)
        self.new_keys: list[tuple[str, SubjectKey]] = []
        self.new_versions: dict[tuple[str, str, str], int] = {}
        self._links: list[Link] = []

    def record(
        self, chain: str, record_type: str, data: Mapping[str, Any], rows: Sequence[Commitment] = (), *,
        session: str | None = None, at_ms: int | None = None, clock_source: str | None = None,
    ) -> int:  # fmt: skip
        """Append one record to `chain`; returns its seq. `data` must be clean. `at_ms` None: the wall clock."""
        head = self.heads.get(chain)
        if head is None:
            head = read_head(self.conn, chain)
        new = link(
            chain, head, record_type, data, rows, session=session,
            at_ms=self.written_ms if at_ms is None else at_ms, written_ms=self.written_ms,
            clock_source=clock_source or self.clock_source,
        )  # fmt: skip
        self.heads[chain] = Head(new.seq, new.record_hash)
        self._links.append(new)
        return new.seq

    def next_id(self, table: str, key: str = "id") -> int:
        """A number no row of `table` has."""
        last = self.ids.get(table)
        if last is None:
            last = self.conn.execute(text(f'SELECT COALESCE(MAX("{key}"), 0) FROM "{table}"')).scalar_one()
        self.ids[table] = last + 1
        return int(last) + 1

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Many rows of one table, each with the same columns."""
        if not rows:
            return
        columns = tuple(rows[0])
        mark = "?" if self.conn.dialect.name == "sqlite" else "%s"
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join([mark] * len(columns))
        values = [tuple(row.values()) for row in rows]
        self.conn.exec_driver_sql(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)

    def put(self, table: str, row: Mapping[str, Any]) -> Commitment:
        """One new row of an audited table."""
        self.insert(table, (row,))
        return AUDITED[table].commitment(row)

    def save(self, table: str, row: Mapping[str, Any]) -> Commitment:
        """One row of an audited table, in the place of the one with the same key if there is one."""
        audited = AUDITED[table]
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join(f":{name}" for name in row)
        changes = ", ".join(f'"{name}" = excluded."{name}"' for name in row if name not in audited.key)
        keys = ", ".join(f'"{name}"' for name in audited.key)
        self.conn.execute(
            text(
                f'INSERT INTO "{table}" ({names}) VALUES ({marks}) ON CONFLICT ({keys}) DO UPDATE SET {changes}'
            ),
            dict(row),
        )
        return self.committed(table, **{name: row[name] for name in audited.key})

    def change(self, table: str, key: Mapping[str, Any], changes: Mapping[str, Any], when: str = "") -> bool:
        """UPDATE the row with `key` when `when` (SQL over its columns) holds. False when no row was changed."""
        sets = ", ".join(f'"{name}" = :new_{name}' for name in changes)
        where = " AND ".join(f'"{name}" = :key_{name}' for name in key)
        values = {f"new_{name}": value for name, value in changes.items()}
        values |= {f"key_{name}": value for name, value in key.items()}
        done = self.conn.execute(
            text(f'UPDATE "{table}" SET {sets} WHERE {where}' + (f" AND ({when})" if when else "")), values
        )
        return bool(done.rowcount)

    def fetch(self, table: str, **key: Any) -> dict[str, Any] | None:
        """The row of an audited table as column to value; None when there is none."""
        audited = AUDITED[table]
        columns = ", ".join(f'"{name}"' for name in audited.columns)
        where = " AND ".join(f'"{name}" = :{name}' for name in key)
        row = self.conn.execute(text(f'SELECT {columns} FROM "{table}" WHERE {where}'), key).first()
        return None if row is None else dict(zip(audited.columns, row, strict=True))

    def committed(self, table: str, **key: Any) -> Commitment:
        """What a record says about the row as it is now."""
        row = self.fetch(table, **key)
        if row is None:
            raise StoreError(
                f"The store has no {table} {key}. It was changed from outside; run `audit verify`."
            )
        return AUDITED[table].commitment(row)

    def flush(self) -> None:
        """Write the records gathered. Called once, at the end."""
        if not self._links:
            return
        mark = "?" if self.conn.dialect.name == "sqlite" else "%s"
        self.conn.exec_driver_sql(
            f"INSERT INTO audit_record ({', '.join(_RECORD)}) VALUES ({', '.join([mark] * 5)})",
            [(one.chain, one.seq, one.prev_hash, one.body, one.record_hash) for one in self._links],
        )


class Ledger:
    """The writer's memory of one store. All writing goes through `deed`; any thread may call it."""

    def __init__(
        self, store: Store, now: Callable[[], int], *, clock_source: ClockSource = "live",
        syllables: Syllables | None = None,
    ) -> None:  # fmt: skip
        if store.keys is None:
            raise StoreError(f"The keys of {store.name} are not at hand. Put the key folder back beside it.")
        self.store = store
        self.now = now
        self.clock_source: ClockSource = clock_source
        self.keys = store.keys
        self.vault = Vault(store.keys)
        self.terms = Terms(store.keys.search, syllables)
        self.heads: dict[str, Head] = {}
        self.ids: dict[str, int] = {}
        self.versions: dict[tuple[str, str, str], int] = {}
        self.lock = RLock()
        self.running: dict[str, Callable[[], RoomState]] = {}
        """The live rooms attached just now, by name: how each stands. Whoever attaches a room enters it."""

    @contextmanager
    def deed(self) -> Iterator[Deed]:
        """One transaction. Raises StoreError or StoreFull; then nothing has happened."""
        with self.lock:
            with self.store.write() as conn:
                deed = Deed(self, conn)
                yield deed
                deed.flush()
            self.heads = deed.heads
            self.ids = deed.ids
            self.versions |= deed.new_versions
            self.vault.remember(deed.new_keys)

    def append_record(
        self, chain: str, record_type: str, body: Mapping[str, Any], *, session: str | None = None,
        at_ms: int | None = None,
    ) -> int:  # fmt: skip
        """One record of its own, without rows; returns its seq. `body` is cleaned; never put viewers' words in it."""
        with self.deed() as deed:
            return deed.record(chain, record_type, cleaned(body), session=session, at_ms=at_ms)


def chain_of(room: str | None) -> str:
    """The chain for what happens in `room`, or in none."""
    return room or HOUSE
