"""What anybody may open: the way to the page of a draw, the language, and whether the console is alive."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.console.errors import NotFound
from bot.console.rendering import Json
from bot.console.visit import LANG_COOKIE, Visit, local_path, visit_of
from bot.console.words import LANGS, Words

router = APIRouter()
Anyone = Annotated[Visit, Depends(visit_of)]


@router.get("/d/{draw_id}")
@router.get("/d/{draw_id}/{rest:path}")
async def draw_page(draw_id: str, visit: Anyone, rest: str = "") -> Response:
    """A draw's public page stands on a port of its own; whoever asks for it here is sent there."""
    site = visit.house.ports.public_site
    if site is None:
        raise NotFound("public.none")
    below = f"/{quote(rest)}" if rest else ""
    return RedirectResponse(f"{site}/d/{quote(draw_id, safe='')}{below}", 307)


@router.get("/lang/{lang}")
async def language(lang: str, request: Request, back: str = "/") -> Response:
    """Choose the language of the pages; kept in a cookie for a year."""
    if lang not in LANGS:
        raise NotFound("error.missing")
    answer = RedirectResponse(local_path(back), 303)
    answer.set_cookie(
        LANG_COOKIE, lang, max_age=365 * 86_400, samesite="lax",
        secure=request.app.state.house.ports.secure_cookie,
    )  # fmt: skip
    return answer


@router.get("/words/{lang}.json")
async def words(lang: str) -> Response:
    """The words the scripts need."""
    if lang not in LANGS:
        raise NotFound("error.missing")
    return Json(Words(lang).for_scripts())


@router.get("/healthz")
async def health(visit: Anyone) -> Response:
    """Whether the console answers and how the rooms stand: counts of states, no names, no secrets."""
    states: dict[str, int] = {}
    for room in visit.house.ports.rooms():
        states[room.state] = states.get(room.state, 0) + 1
    return Json({"ok": True, "rooms": states, "streams": visit.house.broadcast.clients})


@router.get("/favicon.ico")
async def favicon() -> Response:
    """A browser that has not read the page's head yet asks here for its icon."""
    return RedirectResponse("/static/icon.svg", 308)
