"""The public pages as one application: routes, guard, and every error as one clear sentence."""

from __future__ import annotations

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response

from bot.draws.answers import TurnedAway
from bot.errors import ChangkongError
from bot.printing import harmless
from bot.public.errors import Often, PublicError
from bot.public.guard import HEADERS, Guard
from bot.public.pages import claiming, draws, finding, rest
from bot.public.ports import PublicPorts
from bot.public.rendering import asset_mark, render
from bot.public.visit import House, Json, wants_json, words_of
from lottery.errors import LotteryError

log = structlog.get_logger()


def create_public(ports: PublicPorts) -> Starlette:
    """The application to hand to the server."""
    app = Starlette(
        routes=[*draws.ROUTES, *finding.ROUTES, *claiming.ROUTES, *rest.ROUTES],
        middleware=[Middleware(Guard, hosts=ports.hosts, public=bool(ports.base_url))],
        exception_handlers={
            ChangkongError: _refused, LotteryError: _refused, HTTPException: _plain, ClientDisconnect: _gone,
            Exception: _broken,
        },
    )  # fmt: skip
    app.state.house = House(ports)
    return app


async def _refused(request: Request, wrong: Exception) -> Response:
    words = words_of(request)
    if isinstance(wrong, PublicError):
        answer = _sentence(request, wrong.status, words(wrong.key, **wrong.words))
        if isinstance(wrong, Often):
            answer.headers["Retry-After"] = str(wrong.retry_after)
        return answer
    if isinstance(wrong, TurnedAway):
        status = 429 if wrong.code == "limit" else 409
        key = f"away.field.{wrong.field}" if wrong.field else f"away.{wrong.code}"
        said = words.name(*key.rsplit(".", 1))
        return _sentence(request, status, words("away.field") if said == wrong.field else said)
    return _sentence(request, 409, words("error.refused", detail=str(wrong)))


async def _plain(request: Request, wrong: Exception) -> Response:
    status = wrong.status_code if isinstance(wrong, HTTPException) else 500
    key = {404: "error.missing", 405: "error.method", 413: "error.big"}.get(status, "error.broken")
    return _sentence(request, status, words_of(request)(key))


async def _gone(request: Request, wrong: Exception) -> Response:
    # The browser took its request back: nobody reads this.
    return Response(status_code=400)


async def _broken(request: Request, wrong: Exception) -> Response:
    # Made outside of the guard, so the headers are set here.
    log.error("a public page failed", path=request.url.path, error=type(wrong).__name__)
    answer = _sentence(request, 500, words_of(request)("error.broken"))
    answer.headers.update({**HEADERS, "Cache-Control": "no-store"})
    return answer


def _sentence(request: Request, status: int, text: str) -> Response:
    if wants_json(request):
        return Json({"error": harmless(text)}, status)
    page = render(
        "error.html", words_of(request).lang, path="/", asset=asset_mark, home="/", version="", code=status, text=text
    )  # fmt: skip
    return HTMLResponse(page, status)
