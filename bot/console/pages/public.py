"""What anybody may open: the page of a draw, its proof, and whether the console is alive."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.console.errors import NotFound
from bot.console.publication import STAGES, publication
from bot.console.rendering import Json
from bot.console.visit import LANG_COOKIE, Visit, local_path, visit_of
from bot.console.words import LANGS, Words

router = APIRouter()
Anyone = Annotated[Visit, Depends(visit_of)]


@router.get("/d/{draw_id}")
async def draw_page(draw_id: str, visit: Anyone) -> Response:
    """The public page of one draw."""
    record = await visit.house.ports.draws.show(draw_id)
    if record is None:
        raise NotFound("error.draw")
    proof = await visit.house.ports.draws.proof_bytes(draw_id) is not None
    return visit.page("public_draw.html", one=publication(record), proof=proof, stages=STAGES)


@router.get("/d/{draw_id}/proof.json")
async def proof_file(draw_id: str, visit: Anyone) -> Response:
    """The proof file as it was made, byte for byte."""
    proof = await visit.house.ports.draws.proof_bytes(draw_id)
    if proof is None:
        raise NotFound("error.proof")
    safe = "".join(char for char in draw_id if char.isascii() and (char.isalnum() or char in "-_."))[:80]
    return Response(
        proof, media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{safe or "draw"}.proof.json"'},
    )  # fmt: skip


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
