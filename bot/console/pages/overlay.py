"""Overlay pages for OBS: one picture each on nothing, opened by a token, showing what the room may see anyway."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from bot.console.desk_port import RoomDesk
from bot.console.desk_visit import facts_shown
from bot.console.draw_board import board
from bot.console.errors import Forbidden, NotFound
from bot.console.ports import RoomStatus
from bot.console.qr import drawn_code
from bot.console.visit import Visit, visit_of
from bot.desk.overlays import KINDS
from bot.draws.publication import publication

router = APIRouter()
Anyone = Annotated[Visit, Depends(visit_of)]

POLL_MS = 60_000
"""How long the result of a closed poll stays on the overlay."""


@router.get("/overlay/{kind}")
async def overlay(kind: str, visit: Anyone, token: str = "", still: str = "") -> Response:
    """The page. No cookie is needed and none is set; the token opens nothing else. `still=1`: nothing moves."""
    room, desk = _admitted(visit, kind, token)
    shown = await _shown(visit, kind, room, desk)
    return visit.page("overlay.html", kind=kind, token=token, still=still == "1", **shown)


@router.get("/overlay/{kind}/part")
async def part(kind: str, visit: Anyone, token: str = "") -> Response:
    """What it shows now, as a fragment."""
    room, desk = _admitted(visit, kind, token)
    return visit.page(f"overlay_{kind}.html", kind=kind, **await _shown(visit, kind, room, desk))


def _admitted(visit: Visit, kind: str, token: str) -> tuple[RoomStatus, RoomDesk]:
    """The room whose token this is. Raises NotFound, Forbidden."""
    if kind not in KINDS:
        raise NotFound("error.missing")
    for room in visit.house.ports.rooms():
        desk = visit.house.ports.room_desk(room.key)
        if desk is not None and desk.control.overlays.admits(token):
            return room, desk
    raise Forbidden("error.overlay")


async def _shown(visit: Visit, kind: str, room: RoomStatus, desk: RoomDesk) -> dict[str, object]:
    """What that picture needs and no more: it is asked for once a second."""
    ports, state = visit.house.ports, desk.control.place.state()
    if kind == "question":
        return {"question": "" if state.red is not None else desk.control.air}
    if kind == "product":
        price = next((value for _, value, holds in facts_shown(desk, ("price",)) if holds), "")
        return {"product": state.shop.product(state.on_show), "price": price}
    if kind == "poll":
        newest = next(iter(await ports.polls.past(room.key, 1)), None)
        over = (
            newest is not None
            and newest.closed_ms is not None
            and ports.now_ms() - newest.closed_ms >= POLL_MS
        )
        return {"poll": None if over else newest}
    record = await ports.draws.latest(room.key)
    shown = None if record is None else board(publication(record), ports.now_ms())
    code = None if shown is None else drawn_code(ports.public_site, shown.one.draw_id)
    goods = {one.id: one.name for one in state.shop.products}
    return {"board": shown, "code": code, "goods": goods}
