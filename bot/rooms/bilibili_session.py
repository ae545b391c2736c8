"""The life of an open-live interaction session over HTTP: start, heartbeat, end.

Without a heartbeat for 60 s the platform ends the session; without an end the next start may be refused for a
while. Source: the open-live documentation as gathered in the project's platform notes.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable
from typing import Any, Literal

import httpx
import msgspec

from bot.errors import AuthRefused, PlatformBusy, RoomError
from bot.rooms.bilibili_signing import signed_headers
from bot.rooms.connection import Address
from bot.rooms.wire import WireError, decode_object, identity, mapping, sequence, text_of, whole

BASE_URL = "https://live-open.biliapi.com"
BEAT_S = 20.0
TIMEOUT_S = 10.0
NOT_RUNNING, COOLING_DOWN, EXPIRED = 7000, 7001, 7003

REFUSED = {
    4001: "The access key is unknown; copy it again from the developer page.",
    4002: "The signature does not match; copy the access secret again from the developer page.",
    4007: "This machine's address is not on the application's allow list; add it on the developer page.",
    4008: "The application lacks the permission; ask for it on the developer page.",
    7007: "The identity code is wrong; take the current one from the room owner's live page.",
    8002: "The project is not permitted to run; have it reviewed on the developer page.",
}
"""Codes that only the operator can cure by other credentials or rights."""

ROOM = {
    4003: "The request came too late or too early; set this machine's clock.",
    5004: "The room is on the application's deny list or not on its allow list.",
    5005: "The room is on the application's deny list or not on its allow list.",
    7002: "The room already runs a session of this application; end the other one or wait three minutes.",
}
"""Codes the operator can cure otherwise."""

BUSY = {4004: 1.0, 4009: 10.0, 5000: 5.0, 5001: 5.0, 5002: 5.0, COOLING_DOWN: 10.0}
"""Codes that pass by themselves, with the seconds to wait."""


@dataclasses.dataclass(frozen=True, slots=True)
class Credentials:
    """What opens a room: the developer's application and key pair, and the room owner's identity code."""

    app_id: int
    access_key: str
    secret: str = dataclasses.field(repr=False)
    code: str = dataclasses.field(repr=False)


class Session:
    """One interaction session. `client` is the caller's and is not closed here.

    `room_id` and `host` are told by the platform with the start, None before. `now_s` gives seconds since
    1970 for the signature; `nonce` a text never given before.
    """

    def __init__(
        self,
        credentials: Credentials,
        client: httpx.AsyncClient,
        *,
        base_url: str = BASE_URL,
        now_s: Callable[[], int],
        nonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self.game_id = ""
        self.room_id: str | None = None
        self.host: str | None = None
        self._credentials = credentials
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._now_s = now_s
        self._nonce = nonce

    async def start(self) -> Address:
        """Begin a session and learn where to connect. A session already running is ended first.

        Raises AuthRefused, PlatformBusy or RoomError with what the operator can do.
        """
        await self.end()
        body = {"code": self._credentials.code, "app_id": self._credentials.app_id}
        data = await self._call("/v2/app/start", body)
        socket, owner = mapping(data.get("websocket_info")), mapping(data.get("anchor_info"))
        urls = tuple(url for url in sequence(socket.get("wss_link")) if isinstance(url, str))
        if not urls:
            raise PlatformBusy("The platform named no address to connect to; trying again.", retry_after=5.0)
        self.game_id = text_of(mapping(data.get("game_info")).get("game_id"))
        self.room_id = identity(owner.get("room_id"))
        self.host = identity(owner.get("open_id"))
        return Address(urls, text_of(socket.get("auth_body")), self.host)

    async def beat(self) -> Literal["ok", "expired"]:
        """Keep the session alive; `expired` when the platform does not know it any more and a new start is
        due.

        A project that is not published has no game id and needs no heartbeat. Raises PlatformBusy when it may
        be tried again, RoomError for any other refusal.
        """
        if not self.game_id:
            return "ok"
        answer = await self._post("/v2/app/heartbeat", {"game_id": self.game_id})
        code = whole(answer.get("code"), -1)
        if code in (EXPIRED, NOT_RUNNING):
            self.game_id = ""
            return "expired"
        _check(answer)
        return "ok"

    async def end(self) -> bool:
        """End the session; whether the platform has none any more. Raises nothing: there is nobody left to
        act."""
        if not self.game_id:
            return True
        game_id, self.game_id = self.game_id, ""
        try:
            answer = await self._post("/v2/app/end", {"app_id": self._credentials.app_id, "game_id": game_id})
        except (RoomError, RuntimeError):  # httpx raises the latter when its client was closed before us
            return False
        return whole(answer.get("code"), -1) in (0, NOT_RUNNING, EXPIRED)

    async def _call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._post(path, body)
        _check(answer)
        return mapping(answer.get("data"))

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        content = msgspec.json.encode(body)
        headers = signed_headers(
            content, access_key=self._credentials.access_key, secret=self._credentials.secret,
            nonce=self._nonce(), timestamp_s=self._now_s(),
        )  # fmt: skip
        try:
            response = await self._client.post(
                self._base_url + path, content=content, headers=headers, timeout=TIMEOUT_S
            )
        except httpx.HTTPError as error:
            raise PlatformBusy(
                f"The platform cannot be reached ({type(error).__name__}).", retry_after=5.0
            ) from error
        if response.status_code == 429 or response.status_code >= 500:
            raise PlatformBusy(f"The platform answered HTTP {response.status_code}.", retry_after=5.0)
        try:
            return decode_object(response.content)
        except WireError as error:
            raise PlatformBusy(
                "The platform answered with something else than JSON.", retry_after=5.0
            ) from error


def _check(answer: dict[str, Any]) -> None:
    """Raise what an answer's code means; the request id is what the platform's support asks for."""
    code = whole(answer.get("code"), -1)
    if code == 0:
        return
    where = f" (code {code}, request {text_of(answer.get('request_id'), '-')[:64]})"
    if code in BUSY:
        raise PlatformBusy(f"The platform asks to wait{where}.", retry_after=BUSY[code])
    if code in REFUSED:
        raise AuthRefused(f"bilibili refused the application: {REFUSED[code]}{where}")
    remedy = ROOM.get(code, "Look the code up in the platform's documentation.")
    raise RoomError(f"bilibili refused the call: {remedy}{where}")
