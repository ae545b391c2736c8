"""Overlay pages for OBS: one picture each on nothing, opened by a token, showing what the room may see anyway."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from bot.console.desk_port import RoomDesk
from bot.console.desk_visit import facts_shown, open_draws
from bot.console.errors import Forbidden, NotFound
from bot.console.ports import RoomStatus
from bot.console.visit import Visit, visit_of
from bot.desk.overlays import KINDS

router = APIRouter()
Anyone = Annotated[Visit, Depends(visit_of)]


@router.get("/overlay/{kind}")
async def overlay(kind: str, visit: Anyone, token: str = "") -> Response:
    """The page. No cookie is needed and none is set; the token opens nothing else."""
    room, desk = _admitted(visit, kind, token)
    return visit.page("overlay.html", kind=kind, token=token, **await _shown(visit, room, desk))


@router.get("/overlay/{kind}/part")
async def part(kind: str, visit: Anyone, token: str = "") -> Response:
    """What it shows now, as a fragment."""
    room, desk = _admitted(visit, kind, token)
    return visit.page("overlay_part.html", kind=kind, **await _shown(visit, room, desk))


def _admitted(visit: Visit, kind: str, token: str) -> tuple[RoomStatus, RoomDesk]:
    """The room whose token this is. Raises NotFound, Forbidden."""
    if kind not in KINDS:
        raise NotFound("error.missing")
    for room in visit.house.ports.rooms():
        desk = visit.house.ports.room_desk(room.key)
        if desk is not None and desk.control.overlays.admits(token):
            return room, desk
    raise Forbidden("error.overlay")


async def _shown(visit: Visit, room: RoomStatus, desk: RoomDesk) -> dict[str, object]:
    state = desk.control.place.state()
    hushed = state.red is not None
    return {
        "question": "" if hushed else desk.control.air, "product": state.shop.product(state.on_show),
        "price": next((value for _, value, holds in facts_shown(desk, ("price",)) if holds), ""),
        "draw": next(iter(await open_draws(visit, room)), None),
    }  # fmt: skip
