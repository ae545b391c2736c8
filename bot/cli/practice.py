"""`changkong practice`: only the practice room, as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from bot.comment import RoomKey
from bot.errors import InputError

if TYPE_CHECKING:
    from bot.rooms.practice_commands import Scene

ROOM_ID = 1


def speed_of(text: str) -> float | None:
    """`max` is None, anything else a number above 0 and up to 10000. Raises InputError."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 10_000:
        raise InputError(f"--speed is max or a number above 0 and up to 10000, not {text[:20]!r}.")
    return speed


def serve(
    *,
    show: str = "builtin",
    speed: str = "1",
    port: int = 0,
    replies_log: Path | None = None,
    loop: int = 1,
) -> None:
    """Serve a practice room until stopped. Prints one JSON line with its address and credentials first.

    Raises RecordingError for a show that cannot be read, InputError for a wrong speed or log, RoomError for a
    taken port.
    """
    # Imported here: the web server takes half a second that no other command should wait for.
    from bot.rooms.practice_commands import scene
    from bot.rooms.practice_server import listen

    pace_of_show = speed_of(speed)
    if loop < 1:
        raise InputError(f"--loop is how often the show is played, at least 1, not {loop}.")
    played = scene(show, RoomKey("practice", str(ROOM_ID)))
    with contextlib.closing(listen(port)) as listener, contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(listener, played, pace_of_show, replies_log, loop))


async def _serve(
    listener: socket.socket, played: Scene, speed: float | None, replies_log: Path | None, loop: int
) -> None:
    from bot.rooms.pace import Pace
    from bot.rooms.practice_door import Door, throw_away_credentials
    from bot.rooms.practice_server import PracticeServer, http_server
    from bot.rooms.practice_stage import Stage

    pace, credentials, port = Pace(), throw_away_credentials(), listener.getsockname()[1]
    try:
        stage = Stage(
            played, RoomKey("practice", str(ROOM_ID)), ROOM_ID,
            speed=speed, loops=loop, pace=pace, replies_log=replies_log,
        )  # fmt: skip
    except OSError as error:
        raise InputError(f"{replies_log} cannot be written: {error.strerror or error}.") from error
    door = Door(credentials, room_id=ROOM_ID, now_s=lambda: pace.now_ms() / 1000, steady=pace.steady)
    server = http_server(PracticeServer(stage, door, port=port, pace=pace))
    told = {
        "port": port,
        "http": f"http://127.0.0.1:{port}",
        "app_id": credentials.app_id,
        "access_key": credentials.access_key,
        "secret": credentials.secret,
        "code": credentials.code,
    }
    # The socket listens already: whoever reads this line can connect at once and is served in a moment.
    sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    sys.stdout.flush()
    await server.serve(sockets=[listener])


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("practice", epilog="Example: changkong practice --show builtin --speed 10 --port 8811")
    def practice(
        show: Annotated[
            str, typer.Option(metavar="FILE|builtin", help="A show's CSV or any recording. 剧本或录像")
        ] = "builtin",
        speed: Annotated[str, typer.Option(metavar="N|max", help="How many times real time. 倍速")] = "1",
        port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one. 端口")] = 0,
        replies_log: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Append every answer as JSONL. 回复日志")
        ] = None,
        loop: Annotated[int, typer.Option(min=1, help="Play so many times. 播放次数")] = 1,
    ) -> None:
        """A practice room that speaks the real platform's protocol and plays a show. 练习直播间

        Prints one JSON line: port, http, app_id, access_key, secret, code (throw-away credentials). The show
        starts when the first assistant attaches; at max it waits while nobody is attached.
        """
        serve(show=show, speed=speed, port=port, replies_log=replies_log, loop=loop)
