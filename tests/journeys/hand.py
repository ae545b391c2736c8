"""The hand of the file's owner on a copy of the store, and what it puts in the place of a value."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

from bot.storage.audit import verify
from bot.storage.engine import open_store


def other(value: Any) -> Any:
    """A value of the same kind that is not the same."""
    if value is None:
        return 1
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"\1"
    if not value:
        return "x"
    middle = len(value) // 2
    return value[:middle] + ("1" if value[middle] != "1" else "2") + value[middle + 1 :]


class Hand:
    """The owner's hand on a copy of the store."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.file = sqlite3.connect(data / "changkong.db", isolation_level=None)
        for (name,) in self.file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self.file.execute(f'DROP TRIGGER "{name}"')
        self.file.execute("PRAGMA journal_mode=DELETE")
        self.store = open_store(data, create=False, read_only=True)

    def close(self) -> None:
        self.store.close()
        self.file.close()

    def trouble(self) -> str | None:
        """What `audit verify` says first, None when all is well."""
        found = verify(self.store).first_bad
        return None if found is None else str(found)

    def refuses_change(self, table: str, rowid: int, column: str, value: Any) -> bool:
        before = self.file.execute(f'SELECT "{column}" FROM "{table}" WHERE rowid = ?', (rowid,)).fetchone()
        change = f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?'
        try:
            self.file.execute(change, (value, rowid))
        except sqlite3.IntegrityError:
            if value is None:
                return True  # the file itself does not take it
            value += 10_000_019  # the number was another row's; take one that is nobody's
            self.file.execute(change, (value, rowid))
        try:
            return self.trouble() is not None
        finally:
            here = self.file.execute(f'SELECT 1 FROM "{table}" WHERE rowid = ?', (rowid,)).fetchone()
            # a numeric key is the row's own place: changed, the row has moved there
            self.file.execute(change, (before[0], rowid if here else value))

    def rowid(self, table: str, column: str, *, null: bool, dice: random.Random) -> int | None:
        found = self.file.execute(
            f'SELECT rowid FROM "{table}" WHERE "{column}" IS {"" if null else "NOT "}NULL ORDER BY rowid'
        ).fetchall()
        return dice.choice(found)[0] if found else None

    def columns(self, table: str) -> list[tuple[str, bool]]:
        """(name, whether it may be NULL), generated ones left out."""
        return [(row[1], not row[3]) for row in self.file.execute(f'PRAGMA table_info("{table}")')]

    def tables(self) -> list[str]:
        found = self.file.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [name for (name,) in found]
