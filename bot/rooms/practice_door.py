"""What stands at the practice server's HTTP door: signatures, interaction sessions, answer codes.

Checked as strictly as the platform's documents say it checks, so that an adapter that passes here has its
signing right. The credentials are throw-away ones, made at every start.
"""

from __future__ import annotations

import hmac
import secrets
import string
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from bot.rooms import bilibili_signing as signing
from bot.rooms.bilibili_session import Credentials
from bot.rooms.wire import WireError, decode_object, sequence, text_of, whole

STALE_S = 600
"""How far a request's time may be from ours."""

SESSION_S = 60.0
"""A session without a heartbeat for so long is over."""

MAX_SESSIONS = 5
MAX_NONCES = 10_000


def throw_away_credentials() -> Credentials:
    """An application, key pair and identity code nobody else has."""
    letters = string.ascii_uppercase + string.digits
    code = "".join(secrets.choice(letters) for _ in range(13))
    app_id = 10**12 + secrets.randbelow(9 * 10**12)
    return Credentials(app_id, secrets.token_hex(12), secrets.token_hex(16), code)


class Held(msgspec.Struct):
    """A running session: its token for the websocket and when it was last heard of (steady seconds)."""

    token: str
    heard: float


class Door:
    """Answers the four calls of the platform. Every method gives the whole answer as a dict with `code`."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        room_id: int,
        now_s: Callable[[], float],
        steady: Callable[[], float],
    ) -> None:
        self.credentials = credentials
        self.sessions: dict[str, Held] = {}
        self._room_id = room_id
        self._now_s = now_s
        self._steady = steady
        self._nonces: OrderedDict[str, None] = OrderedDict()

    def answer(self, path: str, headers: Mapping[str, str], body: bytes, wss_link: str) -> dict[str, Any]:
        """The answer to a POST on one of the four paths; header names in lower case."""
        code = self._fault(headers, body)
        if code:
            return _answer(code)
        try:
            fields = decode_object(body)
        except WireError:
            return _answer(4000)
        self.expire()
        if path == "/v2/app/start":
            return self._start(fields, wss_link)
        if path == "/v2/app/heartbeat":
            return _answer(0 if self._hear(text_of(fields.get("game_id"))) else 7003)
        if path == "/v2/app/batchHeartbeat":
            return self._hear_many(fields)
        if path == "/v2/app/end":
            return self._end(fields)
        return _answer(4010)

    def expire(self) -> list[str]:
        """Forget the sessions nobody keeps alive; their game ids."""
        limit = self._steady() - SESSION_S
        over = [game_id for game_id, held in self.sessions.items() if held.heard < limit]
        for game_id in over:
            del self.sessions[game_id]
        return over

    def session_of(self, token: str) -> str | None:
        """The game id whose token this is, None for a wrong one."""
        for game_id, held in self.sessions.items():
            if hmac.compare_digest(held.token.encode(), token.encode("utf-8", "replace")):
                return game_id
        return None

    def _fault(self, headers: Mapping[str, str], body: bytes) -> int:
        """The code of the first thing wrong with a request, 0 when nothing is."""
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return 4011
        if headers.get("accept", "") != "application/json":
            return 4013
        if headers.get("x-bili-content-md5", "") != signing.content_md5(body):
            return 4012
        if headers.get("x-bili-accesskeyid", "") != self.credentials.access_key:
            return 4001
        if headers.get("x-bili-signature-method", "") != signing.METHOD:
            return 4005
        if headers.get("x-bili-signature-version", "") != signing.VERSION:
            return 4006
        if abs(self._now_s() - whole(headers.get("x-bili-timestamp"), 0)) > STALE_S:
            return 4003
        expected = signing.authorization(headers, self.credentials.secret)
        if not hmac.compare_digest(
            expected.encode(), headers.get("authorization", "").encode("utf-8", "replace")
        ):
            return 4002
        return 0 if self._new_nonce(headers.get("x-bili-signature-nonce", "")) else 4004

    def _new_nonce(self, nonce: str) -> bool:
        # Only signed requests get here, so nobody else can fill the list.
        if not nonce or nonce in self._nonces:
            return False
        self._nonces[nonce] = None
        if len(self._nonces) > MAX_NONCES:
            self._nonces.popitem(last=False)
        return True

    def _start(self, fields: dict[str, Any], wss_link: str) -> dict[str, Any]:
        if fields.get("app_id") != self.credentials.app_id:
            return _answer(4008)
        if fields.get("code") != self.credentials.code:
            return _answer(7007)
        if len(self.sessions) >= MAX_SESSIONS:
            return _answer(7002)
        game_id, token = secrets.token_hex(8), secrets.token_urlsafe(24)
        self.sessions[game_id] = Held(token, self._steady())
        auth = msgspec.json.encode(
            {"roomid": self._room_id, "protover": 2, "uid": 0, "key": token, "group": "open"}
        )
        data = {
            "game_info": {"game_id": game_id},
            "websocket_info": {"auth_body": auth.decode(), "wss_link": [wss_link]},
            "anchor_info": {
                "room_id": self._room_id, "uid": 0, "open_id": "practice-host", "union_id": "",
                "uname": "主播", "uface": "",
            },
        }  # fmt: skip
        return _answer(0, data)

    def _hear(self, game_id: str) -> bool:
        held = self.sessions.get(game_id)
        if held is not None:
            held.heard = self._steady()
        return held is not None

    def _hear_many(self, fields: dict[str, Any]) -> dict[str, Any]:
        ids = [text_of(item) for item in sequence(fields.get("game_ids"))]
        if len(ids) > 200:
            return _answer(7004)
        if len(set(ids)) < len(ids):
            return _answer(7005)
        return _answer(0, {"failed_game_ids": [game_id for game_id in ids if not self._hear(game_id)]})

    def _end(self, fields: dict[str, Any]) -> dict[str, Any]:
        if fields.get("app_id") != self.credentials.app_id:
            return _answer(4008)
        return _answer(0 if self.sessions.pop(text_of(fields.get("game_id")), None) else 7000)


def _answer(code: int, data: dict[str, Any] | None = None) -> dict[str, Any]:
    message = "0" if code == 0 else f"practice: code {code}"
    return {"code": code, "message": message, "request_id": secrets.token_hex(8), "data": data or {}}
