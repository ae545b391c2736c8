"""The desk (场控台): the open questions and what becomes of them. What else is pressed there: desk_acts, desk_plans."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import PlainTextResponse, Response

from bot.console.desk_rows import DeskRow
from bot.console.desk_visit import PARTS, Press, desk_named, press, rows_of, seen
from bot.console.errors import NotFound
from bot.console.pages.live import room_of
from bot.console.rendering import Json, harmless
from bot.console.visit import Visit, field, form_of, needs, number
from bot.outbox import CopyRefused

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_live"))]
Steer = Annotated[Visit, Depends(needs("steer"))]


@router.get("/desk")
async def desk(visit: See) -> Response:
    room = room_of(visit)
    if room is None:
        return visit.page("live_empty.html", rooms=())
    return visit.page("desk.html", **await seen(visit, room))


@router.get("/desk/part/{name}")
async def part(name: str, visit: See) -> Response:
    """One part, as a fragment."""
    room = room_of(visit)
    if room is None or name not in PARTS:
        raise NotFound("error.missing")
    return visit.page(f"desk_{name}.html", **await seen(visit, room, name))


# The hand channel


@router.post("/desk/copy")
async def copy(request: Request, visit: Steer) -> Response:
    """The words for the clipboard, gated and recorded at this moment."""
    form = await form_of(request)
    room, one = desk_named(visit, form)
    shown = [row for row in await rows_of(visit, room, one) if row.key == form.get("question", "")]
    try:
        text = await one.hand.copy(number(form, "row"), visit.by)
    except CopyRefused as refused:
        visit.house.broadcast.publish("desk", None, room.key)
        return _refusal(visit, refused)
    if shown and shown[0].question is not None:
        one.control.on_air(shown[0].key, public_text(shown[0]))
    visit.house.broadcast.publish("desk", None, room.key)
    return Json({"text": text})


@router.post("/desk/sent")
async def sent(request: Request, visit: Steer) -> Response:
    """The second press: it was sent by hand."""
    form = await form_of(request)
    room, one = desk_named(visit, form)
    try:
        await one.hand.sent(number(form, "row"), visit.by)
    except CopyRefused as refused:
        return _refusal(visit, refused)
    visit.house.broadcast.publish("desk", None, room.key)
    return Response(status_code=204)


def _refusal(visit: Visit, refused: CopyRefused) -> Response:
    words = visit.words.name("hand.refused", refused.reason)
    return PlainTextResponse(harmless(f"{words} {refused.detail}".strip()), 409)


def public_text(row: DeskRow) -> str:
    """The question as everybody may see it; "" for one in which something was flagged."""
    return row.question.text[:80] if row.question is not None and row.question.clean else ""


# Questions that are answered otherwise


@router.post("/desk/question/{act}")
async def question(act: str, request: Request, visit: Steer) -> Response:
    """pin, skip, or said on air."""
    if act not in ("pin", "skip", "said"):
        raise NotFound("error.missing")
    async with press(request, visit) as one:
        if one.fresh:
            await _done_with(one, act, field(one.form, "question", 200))
    return await one.part("rows")


async def _done_with(one: Press, act: str, key: str) -> None:
    if act == "skip":
        await one.control.skip(key, one.by)
    elif act == "said":
        await one.visit.house.ports.desk.mark_said(one.room.key, key, by=one.by, key=one.form["key"])
        one.control.said([key])
        one.told("answers")
    else:
        shown = [row for row in await rows_of(one.visit, one.room, one.desk) if row.key == key]
        one.control.pin(key)
        if key in one.control.pinned and shown:
            one.control.on_air(key, public_text(shown[0]))
