"""The prompter (提词器) before the host: large, dark, and nothing to press but "seen"."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.console.desk_visit import desk_named, desk_of, facts_shown, rows_of
from bot.console.errors import NotFound
from bot.console.pages.live import room_of
from bot.console.ports import RoomStatus
from bot.console.visit import Visit, form_of, needs, number
from bot.desk.cues import SHOWN_MS

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_live"))]
SHOWN = ("price", "stock")


async def _seen(visit: Visit, room: RoomStatus) -> dict[str, object]:
    desk = desk_of(visit, room)
    control, state = desk.control, desk.control.place.state()
    return {
        "room": room, "control": control, "state": state, "cue": control.cues.current(), "shown_ms": SHOWN_MS,
        "rows": await rows_of(visit, room, desk), "product": state.shop.product(state.on_show),
        "facts": facts_shown(desk, SHOWN), "at_ms": control.place.now(),
        "goods": {one.id: one for one in state.shop.products},
    }  # fmt: skip


@router.get("/prompter")
async def prompter(visit: See) -> Response:
    room = room_of(visit)
    if room is None:
        return visit.page("live_empty.html", rooms=())
    return visit.page("prompter.html", **await _seen(visit, room))


@router.get("/prompter/part")
async def part(visit: See) -> Response:
    """All that changes on it, as a fragment."""
    room = room_of(visit)
    if room is None:
        raise NotFound("error.room")
    return visit.page("prompter_part.html", **await _seen(visit, room))


@router.post("/prompter/tap")
async def tap(request: Request, visit: See) -> Response:
    """The host has seen the cue."""
    form = await form_of(request)
    room, desk = desk_named(visit, form)
    await desk.control.cues.tap(number(form, "cue"), visit.by)
    return visit.page("prompter_part.html", **await _seen(visit, room))
