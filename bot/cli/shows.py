"""`changkong demo` and `changkong run`."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from bot.cli.wording import parse_speed, write_json

T = TypeVar("T")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("demo")(demo_command)
    app.command("run")(run_command)


def demo_command(
    headless: Annotated[bool, typer.Option("--headless", help="Without the console.")] = False,
    speed: Annotated[str, typer.Option(help="A multiple of real time, or max.")] = "1",
    until_end: Annotated[bool, typer.Option("--until-end", help="Stop when the show ends.")] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The console's port; 0 takes a free one.")
    ] = 8787,
    host: Annotated[str, typer.Option(help="The console's address.")] = "127.0.0.1",
    data: Annotated[Path, typer.Option(help="Data directory.")] = Path("data"),
    summary: Annotated[
        str | None, typer.Option(help="Where the summary goes: a file, or - for stdout.")
    ] = None,
    attach: Annotated[
        Path | None, typer.Option(help="Use a practice room already running; the file holds what it printed.")
    ] = None,
) -> None:
    """A practice room, the assistant and the console, on this machine alone.

    Example: changkong demo --headless --speed max --until-end --summary -
    """
    from bot.app.demo import demo
    from bot.app.logs import set_up

    parse_speed(speed)
    set_up("warning" if headless else "info")
    result = _until_stopped(
        demo(
            data=data, speed=speed, headless=headless, until_end=until_end, host=host, port=port, attach=attach,
            announce=lambda words: print(words, file=sys.stderr, flush=True),
        )
    )  # fmt: skip
    if summary is not None and result is not None:
        write_json(result, summary)


def run_command(
    config: Annotated[Path | None, typer.Option(help="Settings file; changkong.toml when not given.")] = None,
    witness: Annotated[
        bool, typer.Option("--witness", help="Only listen: keep lists of others' draws and compare them.")
    ] = False,
    follow: Annotated[
        list[str] | None,
        typer.Option(
            "--follow", help="As witness: public pages (URL) or a folder of records; may be repeated."
        ),
    ] = None,
) -> None:
    """Attach to the configured rooms and work until stopped.

    Example: changkong run --config changkong.toml
    """
    from bot.app.live import run
    from bot.app.logs import set_up
    from bot.errors import InputError
    from bot.settings import load

    settings = load(config)
    followed = (*(follow or ()), *settings.witness.follow) if witness else None
    if follow and not witness:
        raise InputError("--follow belongs to --witness: an assistant that runs draws follows nobody's.")
    if followed == ():
        raise InputError("A witness needs something to follow: give --follow or set `witness.follow`.")
    set_up(settings.log_level)
    _until_stopped(
        run(settings, announce=lambda words: print(words, file=sys.stderr, flush=True), follow=followed)
    )


def _until_stopped(work: Coroutine[object, object, T]) -> T | None:
    """Run `work`; Ctrl-C and SIGTERM stop it in order, and that is no error. None when it was stopped."""

    async def watched() -> T | None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        if sys.platform != "win32":
            loop.add_signal_handler(signal.SIGTERM, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            return None

    try:
        return asyncio.run(watched())
    except KeyboardInterrupt:
        return None
