"""The practice server: a room on this machine that speaks the open-live protocol, over HTTP and websocket on
one port.

    POST /v2/app/start, heartbeat, batchHeartbeat, end   as the platform, signatures checked
    WS   /sub                              auth, heartbeats; commands in plain, zlib and brotli packets
    POST /practice/reply {"idempotency_key","text"}   the door the platform lacks: shown once a key
    POST /practice/cut {"seconds"?}        drop every connection; refuse new ones for so long
    GET  /practice/state                   where the show stands and what was answered

The doors under /practice have no password: they listen on loopback alone and refuse whatever a browser page
sends.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.errors import RoomError
from bot.rooms.bilibili import (
    MAX_MESSAGE,
    OP_AUTH,
    OP_HEARTBEAT,
    Packet,
    auth_token,
    encode_auth_answer,
    encode_commands,
    encode_heartbeat_answer,
    split,
)
from bot.rooms.pace import Pace
from bot.rooms.practice_commands import interaction_end
from bot.rooms.practice_door import Door
from bot.rooms.practice_stage import Stage
from bot.rooms.wire import WireError, decode_object, whole

AUTH_WITHIN_S = 5.0
SILENCE_S = 60.0
MAX_BODY = 64 * 1024
MAX_TEXT = 500
TOKEN_WRONG = -101
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "testserver"})


class _Socket:
    """A watcher: one accepted websocket that has shown its token."""

    def __init__(self, websocket: WebSocket, game_id: str) -> None:
        self.websocket = websocket
        self.game_id = game_id

    async def send(self, message: bytes) -> None:
        await self.websocket.send_bytes(message)

    async def close(self) -> None:
        await self.websocket.close(1001)


class PracticeServer:
    """The application around a stage and a door. `port` stands in the address handed out to those who
    start."""

    def __init__(self, stage: Stage, door: Door, *, port: int, pace: Pace | None = None) -> None:
        self.stage = stage
        self.door = door
        self._pace = pace or Pace()
        self._wss_link = f"ws://127.0.0.1:{port}/sub"
        self._closed_until = 0.0
        self._sockets: set[_Socket] = set()
        calls = ("start", "heartbeat", "batchHeartbeat", "end")
        self.app = Starlette(
            routes=[
                *(Route(f"/v2/app/{name}", self._call, methods=["POST"]) for name in calls),
                Route("/practice/reply", self._reply, methods=["POST"]),
                Route("/practice/cut", self._cut, methods=["POST"]),
                Route("/practice/state", self._state, methods=["GET"]),
                WebSocketRoute("/sub", self._sub),
            ],
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self.stage.play()), asyncio.create_task(self._watch_sessions())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.stage.close()

    async def _watch_sessions(self) -> None:
        while True:
            await self._pace.sleep(5.0)
            over = self.door.expire()
            for held in [held for held in self._sockets if held.game_id in over]:
                with suppress(Exception):
                    await held.send(encode_commands([interaction_end(held.game_id)]))
                    await held.close()

    async def _call(self, request: Request) -> JSONResponse:
        body = await _body(request)
        if body is None:
            return _refuse(413, "body too large")
        headers = {name.lower(): value for name, value in request.headers.items()}
        return JSONResponse(self.door.answer(request.url.path, headers, body, self._wss_link))

    async def _reply(self, request: Request) -> JSONResponse:
        fields = await _own_json(request)
        if isinstance(fields, JSONResponse):
            return fields
        key, text = fields.get("idempotency_key"), fields.get("text")
        if not isinstance(key, str) or not 1 <= len(key) <= 200:
            return _refuse(422, "idempotency_key must be 1 to 200 characters")
        if not isinstance(text, str) or not 1 <= len(text) <= MAX_TEXT:
            return _refuse(422, f"text must be 1 to {MAX_TEXT} characters")
        duplicate = self.stage.reply(key, text)
        return JSONResponse({"shown": not duplicate, "duplicate": duplicate, "t_ms": self.stage.t_ms})

    async def _cut(self, request: Request) -> JSONResponse:
        fields = await _own_json(request)
        if isinstance(fields, JSONResponse):
            return fields
        seconds = min(3600, max(0, whole(fields.get("seconds"))))
        self._closed_until = self._pace.steady() + seconds
        dropped = self.stage.watching
        await self.stage.cut()
        return JSONResponse({"dropped": dropped, "seconds": seconds})

    async def _state(self, request: Request) -> JSONResponse:
        if not _is_ours(request):
            return _refuse(403, "only for programs on this machine")
        stage = self.stage
        return JSONResponse(
            {
                "state": stage.state, "trouble": stage.trouble, "t_ms": stage.t_ms, "loop": stage.loop,
                "sent": stage.sent, "attached": stage.watching, "sessions": len(self.door.sessions),
                "cuts": stage.cuts, "product": stage.product, "viewers": stage.viewers, "shown": stage.shown,
                "duplicates": stage.duplicates, "replies": msgspec.to_builtins(list(stage.replies)),
            }
        )  # fmt: skip

    async def _sub(self, websocket: WebSocket) -> None:
        if self._pace.steady() < self._closed_until:
            await websocket.close(1013)
            return
        await websocket.accept()
        held: _Socket | None = None
        with suppress(WebSocketDisconnect, TimeoutError, RuntimeError, OSError):
            held = await self._admit(websocket)
            if held is not None:
                self._sockets.add(held)
                self.stage.attach(held)
                await self.stage.tell_end(held)
                await self._listen(held)
        if held is not None:
            self._sockets.discard(held)
            self.stage.detach(held)
        # already closed by the other side or by a cut
        with suppress(WebSocketDisconnect, RuntimeError, OSError):
            await websocket.close()

    async def _admit(self, websocket: WebSocket) -> _Socket | None:
        """Take the auth packet and answer it; None when the token is wrong."""
        async with asyncio.timeout(AUTH_WITHIN_S):
            message = await _receive(websocket)
        packet = next(split(message), None)
        if not isinstance(packet, Packet) or packet.operation != OP_AUTH:
            return None
        game_id = self.door.session_of(auth_token(packet.body))
        await websocket.send_bytes(encode_auth_answer(0 if game_id else TOKEN_WRONG))
        return _Socket(websocket, game_id) if game_id else None

    async def _listen(self, held: _Socket) -> None:
        while True:
            async with asyncio.timeout(SILENCE_S):
                message = await _receive(held.websocket)
            for packet in split(message):
                if isinstance(packet, Packet) and packet.operation == OP_HEARTBEAT:
                    await held.send(encode_heartbeat_answer(self.stage.viewers, packet.body[:64]))


async def _receive(websocket: WebSocket) -> bytes:
    """The next message; empty for a text frame, which the protocol does not use."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    return message.get("bytes") or b""


def _is_ours(request: Request) -> bool:
    """Whether a program on this machine asks, not a page in its browser: pages send an Origin, or a foreign
    Host."""
    host = request.headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return "origin" not in request.headers and name in LOOPBACK


async def _body(request: Request) -> bytes | None:
    """The body, None when it is larger than any request of ours."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


async def _own_json(request: Request) -> dict[str, Any] | JSONResponse:
    """The JSON object of a request to one of our own doors, or the refusal."""
    if not _is_ours(request):
        return _refuse(403, "only for programs on this machine")
    body = await _body(request)
    if body is None:
        return _refuse(413, "body too large")
    try:
        return decode_object(body) if body else {}
    except WireError:
        return _refuse(422, "the body must be a JSON object")


def _refuse(status: int, why: str) -> JSONResponse:
    return JSONResponse({"error": why}, status_code=status)


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one. Raises RoomError when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name != "nt":  # on Windows this option would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
    except (OSError, OverflowError) as error:
        listener.close()
        raise RoomError(
            f"Port {port} on this machine is taken; choose another with --port, or 0 for any."
        ) from error
    return listener


def http_server(server: PracticeServer) -> uvicorn.Server:
    """The program that serves the application; it logs nothing but trouble."""
    config = uvicorn.Config(
        server.app, log_level="error", access_log=False, lifespan="on", ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE, ws_ping_interval=None, timeout_graceful_shutdown=2,
    )  # fmt: skip
    return uvicorn.Server(config)
