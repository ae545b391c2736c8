"""`changkong replay`: the whole pipeline over recordings."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.wording import parse_speed, progress_bar, write_json
from bot.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("replay")(replay_command)


def replay_command(
    files: Annotated[list[Path], typer.Argument(help="Recordings, in any format of the contract.")],
    format_name: Annotated[str, typer.Option("--format", help="A format's name, or auto.")] = "auto",
    speed: Annotated[str, typer.Option(help="A multiple of the recording's time, or max.")] = "max",
    data: Annotated[Path | None, typer.Option(help="Data directory; without one a temporary store.")] = None,
    db: Annotated[str | None, typer.Option(help="Database address instead of a data directory.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many events.")] = None,
    summary: Annotated[str, typer.Option(help="Where the summary goes: a file, or - for stdout.")] = "-",
) -> None:
    """Run recordings through the whole pipeline; nothing leaves this machine.

    Example: changkong replay show.jsonl --speed max --summary -
    """
    from bot.app.replaying import replay

    if data is not None and db is not None:
        raise InputError("Give either --data or --db, not both.")
    for file in files:
        if not file.is_file():
            raise InputError(f"There is no file {file}.")
    pace = parse_speed(speed)
    with progress_bar("replay", None) as advance:
        result = asyncio.run(
            replay(
                files,
                format_name=format_name,
                speed=pace,
                data=data,
                url=db,
                limit=limit,
                progress=advance,
            )
        )
    write_json(result, summary)
