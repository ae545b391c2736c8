"""How commands find the store: `--data DIR` or `--db URL`, `./data` when neither is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.errors import InputError

if TYPE_CHECKING:
    from bot.storage.engine import Store
    from replies.phrase import Phrase

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Data directory; ./data when nothing is given.")
]
DbOption = Annotated[str | None, typer.Option("--db", help="Database address instead of a data directory.")]


@contextmanager
def opened(data: Path | None, db: str | None, *, read_only: bool, create: bool = False) -> Iterator[Store]:
    """The store, closed afterwards. Raises InputError when it is not there and may not be made."""
    from bot.storage.engine import open_store

    if data is not None and db is not None:
        raise InputError("Give either --data or --db, not both.")
    folder = None if db is not None else data or Path("data")
    store = open_store(folder, db, create=create, read_only=read_only)
    try:
        yield store
    finally:
        store.close()


def phrases_of_store(data: Path | None, db: str | None) -> Iterable[Phrase]:
    """The phrases of a store, whatever their state. Raises InputError when there is no store."""
    from bot.app.house import phrase_of
    from bot.storage.phrase_rows import one_each
    from bot.storage.phrasebook import PhraseRows

    with opened(data, db, read_only=True) as store:
        return [phrase_of(row) for row in one_each(PhraseRows(store, lambda: 0).phrase_versions())]
