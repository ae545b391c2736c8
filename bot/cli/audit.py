"""`changkong audit verify` and `audit search`: check the record, look in it."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import msgspec
import typer

from bot.cli.stores import DataOption, DbOption, opened
from bot.errors import RecordBroken

READER = "command line"
"""Who reads in the access record when a search comes from the command line."""


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(
        help="The record: check it, look in it.",
        epilog="Example: changkong audit verify --data data",
        no_args_is_help=True,
    )
    group.command("verify")(verify_command)
    group.command("search")(search_command)
    app.add_typer(group, name="audit")


def verify_command(
    data: DataOption = None,
    db: DbOption = None,
) -> None:
    """Recompute every hash, link, signature and seal. Exit code 1 when anything does not hold.

    Example: changkong audit verify --data data
    """
    from bot.storage.audit import verify

    with opened(data, db, read_only=True) as store:
        report = verify(store)
    print(json.dumps({"verified": report.verified, **msgspec.to_builtins(report)}, ensure_ascii=False))
    if (bad := report.first_bad) is not None:
        where = bad.chain if bad.seq is None else f"{bad.chain} {bad.seq}"
        raise RecordBroken(
            f"The record does not verify at {where}: {bad.why}. "
            "Keep the files as they are and compare with a backup.",
            chain=bad.chain,
            seq=bad.seq,
        )


def search_command(
    words: Annotated[str, typer.Argument(help="Words as a viewer typed them.")],
    data: DataOption = None,
    db: DbOption = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
) -> None:
    """Find comments by their words. The look is itself recorded, so no other process may have the store open.

    Example: changkong audit search 没发货 --data data
    """
    from bot.clock import WallClock
    from bot.storage.journal import Journal
    from bot.storage.readings import Readings

    with opened(data, db, read_only=False) as store:
        journal = Journal(store, WallClock().now)
        try:
            found = Readings(store, journal).search(words, reader=READER, limit=limit)
        finally:
            journal.close()
    for one in found:
        text = one.words.text if one.words is not None else None
        line = {
            "id": one.id,
            "room": one.room,
            "at_ms": one.at_ms,
            "viewer": one.viewer,
            "text": text,
            "codes": list(one.codes),
        }
        print(json.dumps(line, ensure_ascii=False))
    print(f"{len(found)} found", file=sys.stderr)
