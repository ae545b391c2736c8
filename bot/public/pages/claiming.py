"""The winner's page: a code to type in the room binds this browser to a place; then the coupon or the address.

The browser is known by a secret token in a cookie of this draw alone; only its hash is stored. Nothing here says
whether somebody else has won or claimed.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.draws.answers import SPENT, ClaimView, Delivery, TurnedAway
from bot.draws.publication import Publication
from bot.public.errors import BadRequest, Missing
from bot.public.limits import ACT, BEGIN
from bot.public.ports import Viewers
from bot.public.visit import Visit

COOKIE = "ck_claim"
COOKIE_S = 400 * 86_400
LONGEST = {"name": 60, "phone": 30, "address": 300}
STEPS = ("waiting", "bound", "confirmed", "shipped", "received")
Act = Callable[[Viewers, str, str, Mapping[str, Any], int], Awaitable[ClaimView]]


async def claim_page(request: Request) -> Response:
    """The page as it stands for this browser."""
    visit = Visit(request)
    one = await visit.draw()
    visit.spend(ACT)
    return _shown(visit, one, await _view(visit, one))


async def claim_part(request: Request) -> Response:
    """The changing part alone; the page asks for it every few seconds while it waits."""
    visit = Visit(request)
    one = await visit.draw()
    visit.spend(ACT)
    return _shown(visit, one, await _view(visit, one), name="claim_part.html")


async def begin(request: Request) -> Response:
    """A fresh code for this browser; one that has a page already keeps it, unless its code is of no use any more."""
    visit = Visit(request)
    one = await visit.draw()
    viewers = _viewers(visit)
    answer = RedirectResponse(f"/d/{one.draw_id}/claim", 303)
    view = await _view(visit, one)
    if view is None or (view.state, view.reason) == ("waiting", SPENT):
        visit.spend(BEGIN)
        token, _ = await viewers.begin_claim(one.draw_id, visit.client, visit.ports.now_ms())
        answer.set_cookie(
            COOKIE, token, max_age=COOKIE_S, path=f"/d/{one.draw_id}", httponly=True, samesite="strict",
            secure=visit.ports.base_url.startswith("https://"),
        )  # fmt: skip
    return answer


async def act(request: Request) -> Response:
    """Accept, decline, reveal the coupon, say where it goes, say that it came. A refusal is said on the page itself."""
    visit = Visit(request)
    one = await visit.draw()
    viewers = _viewers(visit)
    doing = ACTS.get(str(request.path_params["act"]))
    if doing is None:
        raise Missing("error.missing")
    visit.spend(ACT)
    token = request.cookies.get(COOKIE, "")
    fields = await _fields(visit)
    try:
        await doing(viewers, one.draw_id, token, fields, visit.ports.now_ms())
    except TurnedAway as away:
        return _shown(visit, one, await _view(visit, one), status=409, problem=away, filled=fields)
    return RedirectResponse(f"/d/{one.draw_id}/claim", 303)


async def _accept(v: Viewers, draw_id: str, token: str, fields: Mapping[str, Any], now_ms: int) -> ClaimView:
    return await v.accept(draw_id, token, now_ms)


async def _decline(v: Viewers, draw_id: str, token: str, fields: Mapping[str, Any], now_ms: int) -> ClaimView:
    if fields.get("sure") != "yes":
        raise TurnedAway("field")
    return await v.decline(draw_id, token, now_ms)


async def _coupon(v: Viewers, draw_id: str, token: str, fields: Mapping[str, Any], now_ms: int) -> ClaimView:
    return await v.reveal_coupon(draw_id, token, now_ms)


async def _deliver(v: Viewers, draw_id: str, token: str, fields: Mapping[str, Any], now_ms: int) -> ClaimView:
    given = {name: str(fields.get(name, "")).strip() for name in LONGEST}
    for name, text in given.items():
        if len(text) > LONGEST[name]:
            raise TurnedAway("field", name)
    return await v.deliver(draw_id, token, Delivery(**given), now_ms)


async def _received(
    v: Viewers, draw_id: str, token: str, fields: Mapping[str, Any], now_ms: int
) -> ClaimView:
    return await v.received(draw_id, token, now_ms)


ACTS: Mapping[str, Act] = {
    "accept": _accept, "decline": _decline, "coupon": _coupon, "deliver": _deliver, "received": _received,
}  # fmt: skip


def _viewers(visit: Visit) -> Viewers:
    if visit.ports.viewers is None:
        raise Missing("claim.nothing")
    return visit.ports.viewers


async def _view(visit: Visit, one: Publication) -> ClaimView | None:
    token = visit.request.cookies.get(COOKIE, "")
    viewers = visit.ports.viewers
    if viewers is None or not re.fullmatch(r"[A-Za-z0-9_-]{16,100}", token):
        return None
    return await viewers.claim_view(one.draw_id, token, visit.ports.now_ms())


async def _fields(visit: Visit) -> dict[str, str]:
    """The form's fields. Raises BadRequest for files and for the same field twice."""
    try:
        form = await visit.request.form(max_files=0, max_fields=10)
    except (
        Exception
    ) as wrong:  # starlette says "too many files" as an HTTPException, the parser in its own ways
        if getattr(wrong, "status_code", 400) == 413:
            raise
        raise BadRequest("error.form") from None
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if not isinstance(value, str) or name in fields:
            raise BadRequest("error.form")
        fields[name] = value.encode("utf-8", "replace").decode()
    return fields


def _shown(
    visit: Visit, one: Publication, view: ClaimView | None, *, name: str = "claim.html", status: int = 200,
    problem: TurnedAway | None = None, filled: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    said = ""
    if problem is not None:
        words = visit.words
        said = words.name("away.field", problem.field) if problem.field else words.name("away", problem.code)
        if problem.field and said == problem.field:
            said = words("away.field")
    answer = visit.page(
        name, status, one=one, view=view, problem=said, filled=filled or {}, steps=STEPS,
        kept_days=visit.ports.kept_days, taken=visit.ports.viewers is not None, fields=LONGEST,
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


ROUTES = [
    Route("/d/{draw_id}/claim", claim_page),
    Route("/d/{draw_id}/claim/part", claim_part),
    Route("/d/{draw_id}/claim/begin", begin, methods=["POST"]),
    Route("/d/{draw_id}/claim/{act}", act, methods=["POST"]),
]
