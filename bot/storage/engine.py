"""Opening and closing the store: which database, which keys, whose turn to write, which version.

SQLite runs with WAL, synchronous=FULL (an acknowledged comment survives a power cut), foreign keys on. On closing,
the log is folded into the file and the journal mode goes back to DELETE: no `-wal` is left, and commands that only
read can open the file without creating anything. PostgreSQL goes through psycopg 3 with the same tables.

One process writes: SQLite stores have a side database `<db file>.lock` in which the writer holds an open exclusive
transaction, PostgreSQL an advisory lock. The system lets go of either when the process dies, however it dies.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from bot.errors import ChangkongError, InputError, StoreError, StoreFull
from bot.storage import keys as keyring
from bot.storage import upgrade
from bot.storage.keys import KeyRing

BUSY_MS = 10_000
"""How long SQLite waits for a lock held elsewhere (a reader in another process) before it gives up."""

ADVISORY_LOCK = 0x6368616E676B6F6E
"""PostgreSQL's lock number of the writer: the bytes of "changkon"."""


class Store:
    """An open database with its keys and its seals log. `name` is what messages call it.

    `keys` is None in a read-only store whose keys are not at hand: then no viewer's words can be read.
    `read` and `write` may be called from any thread; writes exclude each other.
    """

    def __init__(
        self, engine: Engine, name: str, file: Path | None, seals_log: Path, keys: KeyRing | None,
        lock: _WriterLock | None,
    ) -> None:  # fmt: skip
        self.engine = engine
        self.name = name
        self.file = file
        self.seals_log = seals_log
        self.keys = keys
        self.read_only = lock is None
        self._lock = lock

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of the rows for as long as it lasts. Raises StoreError."""
        with troubles(self.name), self.engine.connect() as conn:
            if self.dialect == "postgresql":
                conn = conn.execution_options(isolation_level="REPEATABLE READ")
            with conn.begin():
                yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, undone when it raises. Raises StoreError, StoreFull."""
        if self.read_only:
            raise StoreError(f"The store {self.name} was opened for reading only.")
        with troubles(self.name), self.engine.connect() as conn:
            conn = conn.execution_options(writes=True)
            with conn.begin():
                yield conn

    def close(self) -> None:
        """Fold the log into the file, let go of everything. May be called twice."""
        if not self.read_only and self.dialect == "sqlite":
            self._fold_log()
        self.engine.dispose()
        if self._lock is not None:
            self._lock.release()

    def _fold_log(self) -> None:
        self.engine.dispose()
        assert self.file is not None
        conn = _sqlite(self.file, "rw")
        try:
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            conn.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error:
            pass  # A reader in another process still needs the log; the next writer folds it.
        finally:
            conn.close()


@contextmanager
def troubles(name: str) -> Iterator[None]:
    """Turn the driver's errors into ours, in words for people."""
    try:
        yield
    except ChangkongError:
        raise
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise _trouble(name, error) from error


def _trouble(name: str, error: Exception) -> StoreError:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    words = str(cause).strip().partition("\n")[0]
    full = "database or disk is full" in words or getattr(cause, "sqlstate", None) == "53100"
    if full or (isinstance(cause, OSError) and cause.errno == errno.ENOSPC):
        return StoreFull(f"The disk of {name} is full. Nothing was half-written; make room and start again.")
    if "not a database" in words or "malformed" in words:
        return StoreError(f"{name} is damaged or not a Changkong store ({words}). Put back the last backup.")
    return StoreError(f"The store {name} cannot be used: {words}")


def open_store(
    data_dir: Path | None = None,
    url: str | None = None,
    keys: Path | None = None,
    *,
    create: bool = True,
    read_only: bool = False,
    migrate_url: str | None = None,
) -> Store:
    """Open the store under `data_dir` (`<data_dir>/changkong.db`) or at `url` (`sqlite:///FILE`, `postgresql://…`).

    Keys lie in `keys`, else where CHANGKONG_KEYS says, else in `<data_dir>/keys`, with a `url` alone in
    `<db file>.keys`. A store opened for writing is upgraded first, after a copy `<db file>.before-<revision>`;
    `migrate_url` is the owner's address where the application's own role may not change tables (PostgreSQL).

    Raises InputError (nothing there and not to be created, or a wrong address), StoreTooNew, StoreFull, StoreError.
    """
    if url is None:
        if data_dir is None:
            raise InputError("Say where the store is: --data DIR or --db URL.")
        file = data_dir / "changkong.db"
        return _open_sqlite(
            file, _keys_dir(keys, data_dir / "keys"), data_dir / "seals.log", create, read_only
        )
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InputError(f"{url!r} is no database address; use sqlite:///FILE or postgresql://…") from None
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        file = Path(parsed.database)
        beside, log = _beside(file, data_dir)
        return _open_sqlite(file, _keys_dir(keys, beside), log, create, read_only)
    if parsed.get_backend_name() == "postgresql":
        return _open_postgresql(url, migrate_url or url, keys, data_dir, create, read_only)
    raise InputError(
        f"{parsed.get_backend_name()!r} databases are not supported; use sqlite:///FILE or postgresql://…"
    )


def _keys_dir(given: Path | None, usual: Path) -> Path:
    named = os.environ.get("CHANGKONG_KEYS")
    return given or (Path(named) if named else usual)


def _beside(file: Path, data_dir: Path | None) -> tuple[Path, Path]:
    """Keys and seals log of a file named by address. One that is a data directory's own keeps its usual places."""
    if data_dir is not None:
        return data_dir / "keys", data_dir / "seals.log"
    own = file.name == "changkong.db" and (file.parent / "keys").is_dir()
    if own:
        return file.parent / "keys", file.parent / "seals.log"
    return file.with_name(file.name + ".keys"), file.with_name(file.name + ".seals.log")


def _open_sqlite(file: Path, keys_dir: Path, log: Path, create: bool, read_only: bool) -> Store:
    there = file.is_file() and file.stat().st_size > 0
    if not there and (read_only or not create):
        raise InputError(
            f"There is no store at {file}. Name the right directory with --data, or the file with --db."
        )
    if read_only:
        engine = _sqlite_engine(file, "ro")
        return _reader(engine, str(file), file, log, keys_dir)
    with troubles(str(file)):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else's business
    lock = _SqliteLock(file)
    engine = _sqlite_engine(file, "rwc")
    try:
        with troubles(str(file)), engine.connect().execution_options(writes=True) as conn:
            keys = _brought_up(conn, str(file), file, keys_dir)
    except BaseException:
        engine.dispose()
        lock.release()
        raise
    return Store(engine, str(file), file, log, keys, lock)


def _open_postgresql(
    url: str, migrate_url: str, keys: Path | None, data_dir: Path | None, create: bool, read_only: bool
) -> Store:
    named = os.environ.get("CHANGKONG_KEYS")
    directory = keys or (Path(named) if named else (data_dir or Path("data")) / "keys")
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    name = make_url(url).render_as_string(hide_password=True)
    log = (data_dir or directory) / "seals.log"
    if read_only:
        return _reader(engine, name, None, log, directory)
    owner = create_engine(make_url(migrate_url).set(drivername="postgresql+psycopg"))
    lock: _WriterLock | None = None
    try:
        lock = _PostgresLock(engine, name)
        with troubles(name), owner.connect() as conn:
            if not create:
                upgrade.require_store(conn, name)
            ring = _brought_up(conn, name, None, directory)
            if migrate_url != url:
                upgrade.grant(conn, str(make_url(url).username))
    except BaseException:
        if lock is not None:
            lock.release()
        engine.dispose()
        raise
    finally:
        owner.dispose()
    return Store(engine, name, None, log, ring, lock)


def _reader(engine: Engine, name: str, file: Path | None, log: Path, keys_dir: Path) -> Store:
    try:
        with troubles(name), engine.connect() as conn:
            upgrade.require_current(conn, name)
        keys = keyring.load_keys(keys_dir) if keyring.present(keys_dir) else None
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, name, file, log, keys, None)


def _brought_up(conn: Connection, name: str, file: Path | None, keys_dir: Path) -> KeyRing:
    """The store at the newest revision, and its keys. The keys come first: a store without them is worth nothing.

    New keys belong to a new store only: with new keys an old one could not be read, nor its seals continued.
    """
    there = upgrade.current(conn, name) is not None
    conn.rollback()
    keys = keyring.load_keys(keys_dir) if there or keyring.present(keys_dir) else keyring.make_keys(keys_dir)
    upgrade.bring_up(conn, name, file)
    return keys


def _sqlite(file: Path, mode: str) -> sqlite3.Connection:
    conn = sqlite3.connect(
        f"{file.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False,
        timeout=BUSY_MS / 1000,
    )  # fmt: skip
    return conn


def _sqlite_engine(file: Path, mode: str) -> Engine:
    def connect() -> sqlite3.Connection:
        conn = _sqlite(file, mode)
        if mode != "ro":
            conn.execute("PRAGMA journal_mode=WAL")
            conn.execute("PRAGMA synchronous=FULL")
        conn.execute("PRAGMA foreign_keys=ON")
        conn.execute("PRAGMA recursive_triggers=ON")  # Else INSERT OR REPLACE would pass the record's guard.
        conn.execute("PRAGMA cache_size=-16000")
        return conn

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        # A write takes its lock at once: waiting for it later, with a view already taken, could never succeed.
        writes = conn.get_execution_options().get("writes")
        conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


class _WriterLock:
    """The right to write, held until released or until the process dies."""

    def release(self) -> None:
        raise NotImplementedError


class _SqliteLock(_WriterLock):
    def __init__(self, file: Path) -> None:
        path = file.with_name(file.name + ".lock")
        with troubles(str(path)):
            self._conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
        try:
            self._conn.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self._conn.close()
            if "locked" not in str(error):
                raise _trouble(str(path), error) from error
            raise StoreError(_TAKEN.format(file)) from None

    def release(self) -> None:
        self._conn.close()


class _PostgresLock(_WriterLock):
    def __init__(self, engine: Engine, name: str) -> None:
        with troubles(name):
            self._conn: Any = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            taken = self._conn.exec_driver_sql(f"SELECT pg_try_advisory_lock({ADVISORY_LOCK})").scalar()
        if not taken:
            self._conn.close()
            raise StoreError(_TAKEN.format(name))

    def release(self) -> None:
        if not self._conn.closed:
            self._conn.invalidate()  # Back in the pool it would keep the lock.
            self._conn.close()


_TAKEN = "Another Changkong process is writing to {}. Stop it first, or use another data directory."
