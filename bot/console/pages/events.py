"""The event stream of a page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sse_starlette import EventSourceResponse
from starlette.responses import Response

from bot.console.stream import HEARTBEAT_S
from bot.console.visit import Visit, needs, visit_of

router = APIRouter()
Live = Annotated[Visit, Depends(needs("see_live"))]
CHECK_S = HEARTBEAT_S
"""A stream is asked again this often whether its session is still good."""

_NEEDED = {"cases": "see_cases", "draw": "see_live"}


@router.get("/events")
async def events(request: Request, visit: Live, topics: str = "", room: str = "") -> Response:
    """Server-sent events of the topics asked for (comma-separated) that this person may see."""
    wanted = {one for one in topics.split(",") if visit.can(_NEEDED.get(one, "see_live"))}
    broadcast = visit.house.broadcast
    client = broadcast.join(wanted, room, request.headers.get("last-event-id"))

    async def allowed() -> bool:
        """Whether this session is still good, and its person may still see what was asked for."""
        again = await visit_of(request)
        return all(again.can(_NEEDED.get(one, "see_live")) for one in ("", *client.topics))

    return EventSourceResponse(
        broadcast.events(client, allowed=allowed, check_s=CHECK_S),
        ping=int(HEARTBEAT_S),
        headers={"Cache-Control": "no-store"},
        sep="\n",
    )
