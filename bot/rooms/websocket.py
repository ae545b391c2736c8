"""The real websocket, and how it is lost."""

from __future__ import annotations

from typing import Protocol

from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, WebSocketException

from bot.rooms.bilibili import MAX_MESSAGE


class Wire(Protocol):
    """An open websocket; `recv` and `send` raise OSError or WebSocketException when it is lost."""

    async def recv(self) -> bytes | str: ...

    async def send(self, message: bytes) -> None: ...

    async def close(self) -> None: ...


async def open_wire(url: str) -> Wire:
    """Open a real websocket. Raises OSError, TimeoutError or WebSocketException."""
    # The platform answers our heartbeats, not websocket pings, and sends nothing above MAX_MESSAGE.
    return await open_websocket(url, max_size=MAX_MESSAGE, ping_interval=None, close_timeout=2.0)


class LostError(Exception):
    """The socket is gone; the text says how, in a word or two."""


LOSSES = (OSError, EOFError, TimeoutError, WebSocketException, LostError)


def word_of(error: BaseException) -> str:
    """The cause in a few words, without addresses: they can hold a token."""
    if isinstance(error, LostError):
        return str(error)
    if isinstance(error, ConnectionClosed):
        return "closed"
    if isinstance(error, TimeoutError):
        return "timeout"
    return type(error).__name__
