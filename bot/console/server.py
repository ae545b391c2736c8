"""The console as one application: pages, stream, guards, errors as one clear sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.console.auth import Sessions, Tries
from bot.console.errors import ConsoleError, NotLoggedIn, TooMany
from bot.console.pages import (
    account,
    cases,
    desk,
    desk_acts,
    desk_plans,
    draw_sheets,
    draws,
    effect,
    events,
    evidence,
    goods,
    judgements,
    live,
    login,
    overlay,
    own_questions,
    paste,
    phrases,
    polls,
    prizes,
    prompter,
    public,
    record,
    review,
    writing,
)
from bot.console.ports import ConsolePorts
from bot.console.rendering import STATIC, asset_versions, environment, harmless
from bot.console.security import HEADERS, Guard, hide_tokens
from bot.console.visit import LANG_COOKIE, House, Visit
from bot.console.words import Words
from bot.errors import ChangkongError, Conflict, InputError, NotAllowed, StoreFull
from lottery.errors import LotteryError

PAGES = (
    login, public, live, cases, judgements, effect, phrases, writing, evidence, review, own_questions, paste, goods,
    account, desk, desk_acts, desk_plans, prompter, overlay, polls, draw_sheets, draws, prizes, record, events,
)  # fmt: skip


class Assets(StaticFiles):
    """Static files under a version mark: kept by the browser for a day, asked for anew when they change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=86400"
        return response


def create_console(ports: ConsolePorts) -> FastAPI:
    """The application to hand to uvicorn. Streams end when `ports.feed.broadcast.close()` is called, which the
    application's shutdown does too; the server waits for open streams first, so whoever stops it closes them
    before (see `Broadcast.close`)."""
    broadcast = ports.feed.broadcast

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        hide_tokens()
        yield
        broadcast.close()

    app = FastAPI(title="Changkong", docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
    app.state.house = House(
        ports,
        Sessions(ports.secret_key, ports.idle_minutes),
        Tries(),
        broadcast,
        environment(),
        asset_versions(),
    )
    for page in PAGES:
        app.include_router(page.router)
    app.mount("/static", Assets(directory=STATIC), name="static")
    app.add_exception_handler(ChangkongError, _refused)
    app.add_exception_handler(LotteryError, _refused)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(Guard, hosts=ports.hosts)
    return app


async def _refused(request: Request, wrong: Exception) -> Response:
    """A refusal as one sentence, with the right status. A page that needs a log-in sends to it and back."""
    words = _words(request)
    if isinstance(wrong, ConsoleError):
        status, text = wrong.status, words(wrong.key, **wrong.words)
    elif isinstance(wrong, Conflict):
        holder = wrong.holder or ""
        status, text = 409, words("error.held", holder=holder) if holder else words("error.conflict")
    elif isinstance(wrong, NotAllowed):
        status, text = 409, words("error.not_allowed", detail=str(wrong))
    elif isinstance(wrong, (InputError, LotteryError)):
        status, text = 422, words("error.refused", detail=str(wrong))
    elif isinstance(wrong, StoreFull):
        status, text = 507, words("error.full")
    else:
        status, text = 503, words("error.refused", detail=str(wrong))
    if isinstance(wrong, NotLoggedIn) and request.method == "GET" and not _by_script(request):
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/login" if path == "/" else f"/login?{urlencode({'back': path})}", 303)
    answer = _sentence(request, status, text)
    if isinstance(wrong, TooMany):
        answer.headers["Retry-After"] = str(wrong.retry_after)
    return answer


async def _plain(request: Request, wrong: Exception) -> Response:
    status = wrong.status_code if isinstance(wrong, HTTPException) else 500
    key = {404: "error.missing", 405: "error.method"}.get(status, "error.broken")
    return _sentence(request, status, _words(request)(key))


async def _invalid(request: Request, _: Exception) -> Response:
    return _sentence(request, 400, _words(request)("error.address"))


async def _gone(request: Request, _: Exception) -> Response:
    # The browser took its request back (a newer one took its place, the page was left): nobody reads this.
    return Response(status_code=400)


async def _broken(request: Request, _: Exception) -> Response:
    # The server logs the traceback; the person gets a sentence. This answer is made outside of the guard.
    answer = _sentence(request, 500, _words(request)("error.broken"))
    answer.headers.update({**HEADERS, "Cache-Control": "no-store"})
    return answer


def _words(request: Request) -> Words:
    return Words(request.cookies.get(LANG_COOKIE, ""))


def _by_script(request: Request) -> bool:
    wants_page = "text/html" in request.headers.get("accept", "text/html")
    return request.headers.get("hx-request") == "true" or not wants_page


def _sentence(request: Request, status: int, text: str) -> Response:
    if _by_script(request):
        return PlainTextResponse(harmless(text), status)
    return Visit(request.app.state.house, request, _words(request)).page(
        "error.html", status, text=text, code=status
    )
