"""Opening and closing the store (being written; signatures are final)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine


class Store:
    """An open database with its keys and its seals log."""

    engine: Engine
    directory: Path
    dialect: str

    @contextmanager
    def read(self) -> Iterator[Connection]: ...

    @contextmanager
    def write(self) -> Iterator[Connection]: ...

    def close(self) -> None: ...


def open_store(
    data_dir: Path | None = None,
    url: str | None = None,
    keys: Path | None = None,
    *,
    create: bool = True,
    read_only: bool = False,
    migrate_url: str | None = None,
) -> Store: ...
