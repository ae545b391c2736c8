"""`changkong check`: the preflight before a show."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("check")(check_command)


def check_command(
    config: Annotated[Path | None, typer.Option(help="Settings file; changkong.toml when not given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> int:
    """Look at settings, tokens, clocks, rule book, library, database, disk and beacon relays.

    Exit code 1 when something stands in the way of a show. Example: changkong check --config changkong.toml
    """
    from bot.app.preflight import failed, preflight
    from bot.settings import load

    findings = asyncio.run(preflight(load(config)))
    for found in findings:
        if as_json:
            print(json.dumps(msgspec.to_builtins(found), ensure_ascii=False))
        else:
            print(f"{found.state:<8} {found.name}: {found.detail}")
    return 1 if failed(findings) else 0
