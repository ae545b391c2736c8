"""What stands before every public request and on every answer: host, origin, size, headers. A plain ASGI wrapper."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.doorway import SAFE_METHODS, host_name, own_origin

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

MOST_BYTES = 8 << 10
"""Largest body of a request: an address is a few hundred bytes."""

ONLY_HERE = (
    "This page answers on this machine only. To let viewers open it, set public.base_url (docs/settings.md).\n"
    "本页目前只在本机开放；要让观众打开，请设置 public.base_url。\n"
)
NOT_THIS_HOST = "This page does not answer to that host name. 本页不在这个网址上。\n"


class Guard:
    """Refuse requests under a foreign host name (421) and acts from another site (403); set HEADERS on all.

    `hosts` are names without port. `public`: whether the outside was let in (`public.base_url`)."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str], public: bool) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)
        self.public = public

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
        taken = 0

        async def receive_limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise HTTPException(413)
            return message

        await self.app(scope, receive_limited, send_guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host_name(host) not in self.hosts:
            return PlainTextResponse(NOT_THIS_HOST if self.public else ONLY_HERE, 421)
        if scope["method"] not in SAFE_METHODS and not own_origin(headers, host):
            return PlainTextResponse("Refused: the request came from another site.\n", 403)
        return None
