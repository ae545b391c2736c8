"""The console's server. The port is bound first, so that a taken one is said in one sentence."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from bot.errors import ChangkongError
from bot.rooms.bridge import MAX_BODY

STOP_S = 3.0


class PortTaken(ChangkongError):
    """A port that was asked for cannot be had."""


class _Server(uvicorn.Server):
    """Leaves signals to the application, which stops everything in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class ConsoleHost:
    """Serves one ASGI application until `stop`."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="on", ws="websockets-sansio",
            timeout_graceful_shutdown=int(STOP_S), server_header=False, ws_max_size=MAX_BODY,
        )  # fmt: skip
        self._server = _Server(config)
        self._listener = listener
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to serve."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]), name="console")
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.01)
        if self._task.done():
            await self._task

    async def stop(self) -> None:
        """Stop serving; open streams get `STOP_S` seconds."""
        self._server.should_exit = True
        if self._task is not None:
            with contextlib.suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._task, STOP_S * 2)


REMEDY = "Stop the other program, or choose another port with --port."


def bind(host: str, port: int, *, who: str = "The console", remedy: str = REMEDY) -> socket.socket:
    """A listening socket for `who`. Raises PortTaken with the remedy."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: without it two programs may share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PortTaken(f"{who} cannot listen on {host}:{port} ({error.strerror}). {remedy}") from None
    listener.setblocking(False)
    return listener
