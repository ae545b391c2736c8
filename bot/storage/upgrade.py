"""Bringing a store to the newest revision: one line of alembic migrations, a copy of the file before each walk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from bot.errors import InputError, StoreError, StoreTooNew

INSERT_ONLY = ("audit_record", "audit_seal")
"""Tables the application's own role may add to and read, nothing more (PostgreSQL)."""


def _config(conn: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = conn
    return config


def newest() -> str:
    """The newest revision this program knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def current(conn: Connection, name: str) -> str | None:
    """The store's revision; None when it is empty. Raises StoreError for somebody else's database, StoreTooNew."""
    revision = MigrationContext.configure(conn).get_current_revision()
    if revision is None:
        if inspect(conn).get_table_names():
            raise StoreError(
                f"{name} holds other tables than ours and is left alone. Name an empty database."
            )
        return None
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision not in known:
        raise StoreTooNew(
            f"The store {name} was made by a newer version of Changkong (revision {revision}) and is left alone. "
            "Install that version."
        )
    return revision


def require_store(conn: Connection, name: str) -> str:
    """The store's revision. Raises InputError when there is no store."""
    revision = current(conn, name)
    conn.rollback()
    if revision is None:
        raise InputError(
            f"There is no store at {name}. Name the right directory with --data, or the file with --db."
        )
    return revision


def require_current(conn: Connection, name: str) -> None:
    """Raises InputError when there is no store, StoreError when it is older than this program."""
    if require_store(conn, name) != newest():
        raise StoreError(
            f"The store {name} is of an older version; open it once with `changkong run` to upgrade it."
        )


def bring_up(conn: Connection, name: str, file: Path | None) -> None:
    """Upgrade in one transaction; a file is copied first."""
    before = current(conn, name)
    conn.rollback()
    if before == newest():
        return
    if before is not None and file is not None:
        copy_file(file, file.with_name(f"{file.name}.before-{newest()}"))
    with conn.begin():
        command.upgrade(_config(conn), "head")


def copy_file(file: Path, to: Path) -> None:
    """A complete copy of an SQLite file, its log included. An older copy of that name is replaced at the end."""
    part = to.with_name(to.name + ".part")
    part.unlink(missing_ok=True)
    source, target = sqlite3.connect(file), sqlite3.connect(part)
    try:
        source.backup(target)
    finally:
        target.close()
        source.close()
    part.replace(to)


def grant(conn: Connection, role: str) -> None:
    """Give the application's role what it needs, and no UPDATE or DELETE on the record."""
    quoted = conn.dialect.identifier_preparer.quote_identifier(role)
    with conn.begin():
        for table in inspect(conn).get_table_names():
            rights = "SELECT, INSERT" if table in INSERT_ONLY else "SELECT, INSERT, UPDATE, DELETE"
            rights = "SELECT" if table == "alembic_version" else rights
            conn.exec_driver_sql(f'REVOKE ALL ON "{table}" FROM {quoted}')
            conn.exec_driver_sql(f'GRANT {rights} ON "{table}" TO {quoted}')
