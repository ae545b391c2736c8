"""What importing phrases and goods have in common: the store to write to, who writes, and lines of JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.errors import InputError, NotAllowed

if TYPE_CHECKING:
    from bot.storage.journal import Journal

NOBODY = "import"
"""Who wrote it, in a store that knows no people yet."""

DataOption = Annotated[Path | None, typer.Option("--data", help="Data directory of a store. 数据目录")]
DbOption = Annotated[str | None, typer.Option("--db", help="Database URL of a store. 数据库地址")]
ByOption = Annotated[
    str | None,
    typer.Option("--by", help="Your login, as in [[people]]; needed once the store knows people. 登录名"),
]
SkipOption = Annotated[
    bool,
    typer.Option("--skip-broken", help="Take in the sound rows, leave out the broken ones. 跳过有错的行"),
]


def now_ms() -> int:
    """The wall clock in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


@contextmanager
def opened_journal(data: Path | None, db: str | None) -> Iterator[Journal]:
    """The store open for writing, made where there is none, its record sealed at the end. Raises InputError, and
    StoreError while `changkong run` has it open."""
    from bot.cli.stores import opened
    from bot.storage.journal import Journal

    with opened(data, db, read_only=False, create=True) as store:
        journal = Journal(store, now_ms)
        try:
            yield journal
        finally:
            journal.close()


def author(journal: Journal, by: str | None, roles: frozenset[str]) -> str:
    """The login that stands behind an import. Raises InputError when it has to be named, NotAllowed when there is no
    such person at work or they have none of `roles`."""
    people = journal.people()
    if not people:
        return by or NOBODY
    if by is None:
        raise InputError("This store knows people. Say who you are with --by LOGIN.")
    person = next((one for one in people if one.login == by and one.active), None)
    if person is None:
        raise NotAllowed(f"There is no active person {by[:40]!r}. Give the login of one under [[people]].")
    if not roles & set(person.role.split(",")):
        raise NotAllowed(f"{by} may not do this; it takes the role {' or '.join(sorted(roles))}.")
    return by


def out(one: Mapping[str, object]) -> None:
    """One line of JSON in UTF-8, whatever the terminal; a broken character comes out as its JSON escape."""
    line = json.dumps(one, ensure_ascii=False)
    sys.stdout.flush()
    typer.echo(line.encode("utf-8", "backslashreplace"))


def write_file(file: Path, content: bytes) -> None:
    """Write to stdout (`-`) or, whole or not at all, to a file. Raises InputError."""
    if str(file) == "-":
        typer.echo(content, nl=False)
        return
    part = file.with_name(file.name + ".part")
    try:
        part.write_bytes(content)
        os.replace(part, file)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise InputError(f"{file} cannot be written ({error.strerror}). Choose another place.") from error
