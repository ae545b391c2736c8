"""The console's server itself."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from bot.app.console_host import ConsoleHost, bind
from bot.rooms.bridge import MAX_BODY


async def test_a_message_larger_than_the_bridge_takes_is_cut_off_unread() -> None:
    got: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] not in ("websocket.disconnect", "lifespan.shutdown"):
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "websocket.connect":
                await send({"type": "websocket.accept"})
            else:
                got.append(len(message["text"]))
        if message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})

    listener = bind("127.0.0.1", 0)
    host = ConsoleHost(app, listener)
    await host.start()
    try:
        async with connect(f"ws://127.0.0.1:{listener.getsockname()[1]}/") as line:
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(asyncio.gather(line.recv(), line.send("a" * (MAX_BODY + 1))), 10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        assert got == []
    finally:
        await host.stop()
