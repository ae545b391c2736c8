"""扣1: ask the room, watch the bars, close; and the results kept. Nothing is won."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.console.desk_visit import press
from bot.console.errors import NotFound
from bot.console.pages.live import room_of
from bot.console.visit import Visit, field, needs

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_live"))]
Steer = Annotated[Visit, Depends(needs("steer"))]
KEPT = 50
LONGEST = 60


@router.get("/polls")
async def polls(visit: See) -> Response:
    """The polls of a room, newest first."""
    room = room_of(visit)
    if room is None:
        return visit.page("live_empty.html", rooms=())
    found = await visit.house.ports.polls.past(room.key, KEPT)
    return visit.page("polls.html", rooms=visit.house.ports.rooms(), room=room, polls=found)


@router.get("/polls/part")
async def part(visit: See) -> Response:
    """The same as a fragment."""
    room = room_of(visit)
    if room is None:
        raise NotFound("error.room")
    return visit.page("part_polls.html", polls=await visit.house.ports.polls.past(room.key, KEPT))


@router.post("/desk/poll/{act}")
async def poll(act: str, request: Request, visit: Steer) -> Response:
    """start, close."""
    if act not in ("start", "close"):
        raise NotFound("error.missing")
    async with press(request, visit) as one:
        polls = visit.house.ports.polls
        if one.fresh and act == "start":
            options = [line.strip() for line in one.form.get("options", "").splitlines() if line.strip()]
            await polls.start(one.room.key, field(one.form, "question", LONGEST), options, by=one.by)
        elif one.fresh:
            await polls.close(one.room.key, field(one.form, "poll", 80), by=one.by)
        one.told("desk")
    return await one.part("poll")
