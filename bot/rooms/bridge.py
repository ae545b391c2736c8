"""The generic bridge's door: anything that can make an HTTP request or hold a WebSocket can be a room.

    POST /bridge/{room}                 one event or a list of events, JSON, at most 1 MiB
    X-Changkong-Signature: t=1755000000,v1=<hex hmac-sha256 of "1755000000." + raw body, with the room's secret>

    {"kind":"comment","id":"c1","user":{"id":"u1","name":"小明"},"text":"多少钱","at":"2026-11-21T20:00:00+08:00"}

    202 {"accepted":1,"duplicate":0,"refused":0,"ignored":0}     refused: our queue is full, send again later;
                                                                 ignored: kinds we do not know
    401 no, bad or stale (five minutes) signature · 404 no such room · 408 body too slow · 409 signature used before
    413 over 1 MiB · 422 {"error":…,"field":"[2].user.id"}: nothing of the request was taken

A browser page on this machine needs no secret: `Authorization: Bearer <token of the room>` from loopback, with an
`Origin` that the room's settings name. Preflights are answered for these origins only. Whatever comes through a
proxy is not from loopback, even when the proxy runs here.

    WebSocket /bridge/{room}            the same events, one JSON object a line, after a hello within ten seconds:
    → {"hello":1,"can_reply":true,"signature":"t=1755000000,v1=<hex hmac-sha256 of "1755000000." + room>"}
    ← {"hello":1,"room":"myshop"}
    → {"kind":"comment", …}             one that cannot be taken is answered {"kind":"refused","field":…,"error":…}
    ← {"kind":"say","id":"17","text":"到手价59元","expires_at":"2026-11-21T12:00:20.000Z"}       with can_reply only
    (with "echoes":true in the hello, what the platform shows of it comes back as a comment of role bot, host or staff;
    a text that does not within ten seconds counts as shown to nobody)
    → {"kind":"said","id":"17","outcome":"accepted"}             accepted, refused, unknown; within 3 s

The hello's signature covers the room's name as in the path, may be used once, and must therefore be made anew for
each connection. A page on this machine puts `"token"` into its hello instead. Closing codes: 4401 not let in,
4409 signature used before, 4408 no hello in time, 4400 no hello at all, 1009 a message over 1 MiB.

Kinds and their fields stand in `bridge_door.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.comment import Event
from bot.rooms.bridge_door import Refused, let_in
from bot.rooms.bridge_room import BridgeRoom, Way
from bot.rooms.bridge_signing import BadSignature, Replayed
from bot.rooms.wire import WireError, decode, decode_object, text_of

__all__ = ["MAX_BODY", "BridgeRoom", "bridge_routes"]

MAX_BODY = 1024 * 1024
SIGNATURE = "x-changkong-signature"
PATIENCE_S = 10.0
"""How long a body or a hello may take."""

LINES_A_TURN = 256
"""Lines of one message taken before others get a turn: a mebibyte can hold half a million."""


def bridge_routes(rooms: Mapping[str, BridgeRoom], now: Callable[[], int]) -> list[BaseRoute]:
    """The routes for `rooms`, by the name in the path. `now` is wall time in ms, for signatures; what comes in gets
    the time of the room's own clock. Rooms may come and go later."""
    door = _Door(rooms, now)
    return [
        Route("/bridge/{room}", door.push, methods=["POST", "OPTIONS"]),
        WebSocketRoute("/bridge/{room}", door.talk),
    ]


class _Answer(Exception):
    """The request is answered here and now."""

    def __init__(self, status: int, error: str, field: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error} | ({} if field is None else {"field": field})


class _Door:
    def __init__(self, rooms: Mapping[str, BridgeRoom], now: Callable[[], int]) -> None:
        self._rooms = rooms
        self._now = now

    # pushes

    async def push(self, request: Request) -> Response:
        room = self._rooms.get(request.path_params["room"])
        if room is None:
            return JSONResponse(
                {"error": "There is no such room of the bridge. See `rooms` in the settings."}, 404
            )
        origin = request.headers.get("origin", "")
        cors = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"} if origin in room.origins else {}
        if request.method == "OPTIONS":
            return _preflight(request, cors)
        try:
            body = await self._let_in(request, room)
            counts = self._take(room, body)
        except _Answer as answer:
            # A body left unread must not be read after all, to make room for the next request.
            unread = {"Connection": "close"} if answer.status in (408, 413) else {}
            return JSONResponse(answer.body, answer.status, cors | unread)
        except ClientDisconnect:
            return Response(status_code=400)
        return JSONResponse(counts, 202, cors)

    async def _let_in(self, request: Request, room: BridgeRoom) -> bytes:
        """The body, when the sender may send it. Who has no signature is judged before the body is read."""
        header = request.headers.get(SIGNATURE)
        if header is None:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            host = request.client.host if request.client else ""
            if not _from_here(room, host, request.headers, token):
                raise _Answer(
                    401, "A signature is missing; or a token, sent from this machine by an allowed page."
                )
            return await _body(request)
        body = await _body(request)
        try:
            room.signatures.check(header, body, self._now())
        except BadSignature as error:
            raise _Answer(401, str(error)) from None
        except Replayed as error:
            raise _Answer(409, str(error)) from None
        return body

    def _take(self, room: BridgeRoom, body: bytes) -> dict[str, int]:
        try:
            value = decode(body)
        except WireError:
            raise _Answer(422, "The body is not JSON.", "") from None
        frame_hash = hashlib.sha256(body).hexdigest()
        events: list[Event] = []
        ignored = 0
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            try:
                event = let_in(item, room.key, room.clock.now(), frame_hash)
            except Refused as refused:
                at = f"[{index}]" if isinstance(value, list) else ""
                raise _Answer(422, refused.why, ".".join(filter(None, (at, refused.field)))) from None
            if event is None:
                ignored += 1
            else:
                events.append(event)
        if ignored:
            room.ignore("unknown_kind", ignored)
        taken = room.accept(events)
        return {
            "accepted": taken.accepted, "duplicate": taken.duplicate, "refused": taken.refused, "ignored": ignored,
        }  # fmt: skip

    # conversations

    async def talk(self, websocket: WebSocket) -> None:
        room = self._rooms.get(websocket.path_params["room"])
        if room is None:
            await websocket.close(4404)
            return
        await websocket.accept()
        way = None
        try:
            hello = await self._hello(websocket, room)
            await websocket.send_text(json.dumps({"hello": 1, "room": room.key.room_id}, ensure_ascii=False))
            if hello.get("can_reply") is True:
                way = room.open_way(websocket.send_text, echoes=hello.get("echoes") is True)
            while True:
                for number, line in enumerate((await _message(websocket)).splitlines(), 1):
                    if number % LINES_A_TURN == 0:
                        await asyncio.sleep(0)
                    if line.strip() and (fault := self.hear(room, way, line)) is not None:
                        await websocket.send_text(fault)
        except _Answer as answer:
            with suppress(RuntimeError):  # gone meanwhile
                await websocket.close(answer.status, str(answer)[:120])
        except (WebSocketDisconnect, RuntimeError):
            pass  # gone, perhaps while we wrote
        finally:
            if way is not None:
                room.close_way(way)

    async def _hello(self, websocket: WebSocket, room: BridgeRoom) -> dict[str, Any]:
        try:
            async with asyncio.timeout(PATIENCE_S):
                hello = decode_object(await _message(websocket))
        except TimeoutError:
            raise _Answer(4408, "The hello must come within ten seconds.") from None
        except WireError:
            raise _Answer(
                4400, 'The first message must be a hello: {"hello":1,"can_reply":false,…}'
            ) from None
        if hello.get("hello") != 1:
            raise _Answer(4400, 'The first message must be a hello: {"hello":1,"can_reply":false,…}')
        host = websocket.client.host if websocket.client else ""
        signature = hello.get("signature")
        if isinstance(signature, str):
            try:
                room.signatures.check(
                    signature, websocket.path_params["room"].encode("utf-8", "replace"), self._now()
                )
            except BadSignature as error:
                raise _Answer(4401, str(error)) from None
            except Replayed as error:
                raise _Answer(4409, str(error)) from None
        elif not _from_here(room, host, websocket.headers, text_of(hello.get("token"))):
            raise _Answer(
                4401, "A signature is missing; or a token, sent from this machine by an allowed page."
            )
        return hello

    def hear(self, room: BridgeRoom, way: Way | None, line: bytes) -> str | None:
        """Take one line of a conversation; gives what to answer, None for nothing."""
        try:
            item = decode(line)
            if isinstance(item, dict) and item.get("kind") == "said":
                if way is not None:
                    room.said(way, item)
                return None
            event = let_in(item, room.key, room.clock.now(), hashlib.sha256(line).hexdigest())
        except WireError:
            room.ignore("bad_json")
            return _fault("", "The line is not JSON.")
        except Refused as refused:
            room.ignore("refused")
            return _fault(refused.field, refused.why)
        if event is None:
            room.ignore("unknown_kind")
        elif room.accept([event]).refused:
            return _fault("", "The queue is full. Send it again later.")
        return None


def _fault(field: str, why: str) -> str:
    return json.dumps({"kind": "refused", "field": field, "error": why}, ensure_ascii=False)


def _preflight(request: Request, cors: dict[str, str]) -> Response:
    if not cors:
        return Response(status_code=403)
    headers = cors | {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "authorization, content-type, x-changkong-signature",
        "Access-Control-Max-Age": "600",
    }
    if (
        "access-control-request-private-network" in request.headers
    ):  # a public page asks to reach this machine
        headers["Access-Control-Allow-Private-Network"] = "true"
    return Response(status_code=204, headers=headers)


def _from_here(room: BridgeRoom, host: str, headers: Headers, token: str) -> bool:
    """Whether this is a page of this machine's browser that the room's settings know."""
    if room.token is None or headers.get("origin", "") not in room.origins:
        return False
    if any(name in headers for name in ("forwarded", "x-forwarded-for", "x-real-ip")):
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    if not (mapped or address).is_loopback:
        return False
    return hmac.compare_digest(room.token.encode("utf-8"), token.encode("utf-8", "replace"))


async def _body(request: Request) -> bytes:
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or len(length) > 9 or int(length) > MAX_BODY:
        raise _Answer(413, "The body is over 1 MiB. Send fewer events at a time.")
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    raise _Answer(413, "The body is over 1 MiB. Send fewer events at a time.")
    except TimeoutError:
        raise _Answer(408, "The body did not come within ten seconds.") from None
    return bytes(body)


async def _message(websocket: WebSocket) -> bytes:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    text = message.get("text")
    data: bytes = text.encode("utf-8", "replace") if text is not None else message.get("bytes") or b""
    if len(data) > MAX_BODY:
        raise _Answer(1009, "A message is over 1 MiB.")
    return data
