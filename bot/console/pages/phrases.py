"""Phrases: what the bot may say, by question, with who stands behind it; and taking one back with one press."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.console.visit import Visit, field, form_of, needs

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_phrases"))]
Withdraw = Annotated[Visit, Depends(needs("withdraw"))]


async def _library(visit: Visit) -> dict[str, object]:
    found = sorted(await visit.house.ports.desk.phrases(), key=lambda one: (one.intent, one.product, one.id))
    states: dict[str, int] = {}
    for one in found:
        states[one.state] = states.get(one.state, 0) + 1
    wanted = visit.request.query_params.get("state", "")
    shown = [one for one in found if not wanted or one.state == wanted]
    groups = [(intent, list(rows)) for intent, rows in groupby(shown, key=lambda one: one.intent)]
    return {"groups": groups, "states": states, "state": wanted, "total": len(found)}


@router.get("/phrases")
async def phrases(visit: See) -> Response:
    return visit.page("phrases.html", **await _library(visit))


@router.post("/phrases/withdraw")
async def withdraw(request: Request, visit: Withdraw) -> Response:
    """From now on this version is not said any more, by anybody's reply that still waits either."""
    form = await form_of(request)
    record = await visit.house.ports.desk.withdraw(
        field(form, "id", 200), field(form, "digest", 64), by=visit.by,
        reason=form.get("reason", "").strip()[:400] or "withdrawn in the console", key=field(form, "key", 80),
    )  # fmt: skip
    visit.house.broadcast.publish("status")
    return RedirectResponse("/phrases", 303, {"X-Record-Id": record})
