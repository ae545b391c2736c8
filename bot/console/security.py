"""What stands before every request and on every response: host, origin, headers.

A plain ASGI wrapper, so that a long event stream passes through untouched.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.doorway import SAFE_METHODS, own_origin
from bot.doorway import host_name as host_name

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: under that, browsers send `Origin: null` with our own forms, and over plain HTTP on a LAN
    # nothing else tells them from a stranger's. `same-origin` tells other sites exactly as little.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

MOST_BYTES = 1 << 20
"""Largest body of a request: a rule sheet is a few kilobytes."""

UPLOADS = {"/phrases/edit": 24 << 20, "/goods/import": 17 << 20, "/paste": 4 << 20}
"""Largest body where files are sent: two files of evidence at their largest, a sheet of goods, a
keyword bot's whole list."""

DRAW_UPLOADS = ("/prizes/coupons", "/prizes/tracking")
DRAW_BYTES = 17 << 20
"""The same for files sent to the prizes of a draw: a hundred thousand coupons, the warehouse's table."""

BRIDGES = "/bridge/"
"""Events come in here from other programs and from scripts on other sites' pages; the bridge checks signature, token
and origin itself, and knows no cookie."""


class Guard:
    """Refuse requests under a foreign host name (421) and acts from another origin (403); set HEADERS on all.

    `hosts` are names without port; the port is whatever we were reached at.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send_guarded)
            return
        taken, most = 0, most_bytes(scope["path"])

        async def receive_limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(413)
            return message

        await self.app(scope, receive_limited, send_guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host_name(host) not in self.hosts:
            return PlainTextResponse("This console does not answer to that host name.\n", 421)
        foreign = scope["method"] not in SAFE_METHODS and not own_origin(headers, host)
        if foreign and not scope["path"].startswith(BRIDGES):
            return PlainTextResponse("Refused: the request came from another site.\n", 403)
        return None


def most_bytes(path: str) -> int:
    """The largest body that is taken at `path`."""
    if path.startswith("/draws/") and path.endswith(DRAW_UPLOADS):
        return DRAW_BYTES
    return UPLOADS.get(path, MOST_BYTES)


class HideTokens(logging.Filter):
    """Takes one-time login tokens and those of overlays out of the server's access log."""

    _token = re.compile(r"([?&]t(?:oken)?=)[^&\s]+")

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                self._token.sub(r"\1…", arg) if isinstance(arg, str) else arg for arg in record.args
            )
        return True


def hide_tokens() -> None:
    """Install HideTokens on uvicorn's access log, once."""
    log = logging.getLogger("uvicorn.access")
    if not any(isinstance(one, HideTokens) for one in log.filters):
        log.addFilter(HideTokens())
