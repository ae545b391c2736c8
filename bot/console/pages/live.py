"""The live room: the page, its fragments (fetched again when the stream says so), and what a person can switch."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.console.errors import BadRequest, Forbidden, NotFound
from bot.console.ports import RoomStatus
from bot.console.questions import unanswered
from bot.console.rendering import Json
from bot.console.visit import Visit, field, form_of, needs
from bot.console.wire import wire_rows
from bot.policy import Instruction

router = APIRouter()
Live = Annotated[Visit, Depends(needs("see_live"))]
Steer = Annotated[Visit, Depends(needs("steer"))]
Hush = Annotated[Visit, Depends(needs("hush"))]

ROWS = 200
STEPS = 90


def room_of(visit: Visit, key: str | None = None) -> RoomStatus | None:
    """The room asked for (`room` in the query, or `key`), else the first one; None when no room is attached.

    Raises NotFound for a room that is not there.
    """
    rooms = visit.house.ports.rooms()
    wanted = key or visit.request.query_params.get("room")
    if not wanted:
        return rooms[0] if rooms else None
    for room in rooms:
        if room.key == wanted:
            return room
    raise NotFound("error.room")


@router.get("/")
async def live(visit: Live) -> Response:
    room = room_of(visit)
    if room is None:
        return visit.page("live_empty.html", rooms=())
    return visit.page("live.html", rooms=visit.house.ports.rooms(), room=room, **await _all(visit, room))


async def _all(visit: Visit, room: RoomStatus) -> dict[str, object]:
    return {
        **await _answers(visit, room), **await _cases(visit, room), **await _questions(visit, room),
        **await _draw(visit, room),
    }  # fmt: skip


async def _answers(visit: Visit, room: RoomStatus) -> dict[str, object]:
    return {"answers": await visit.house.ports.desk.answers(room.key, 30)}


async def _cases(visit: Visit, room: RoomStatus) -> dict[str, object]:
    if not visit.can("see_cases"):
        return {"cases": ()}
    return {"cases": await visit.house.ports.desk.cases(room=room.key, limit=12)}


async def _questions(visit: Visit, room: RoomStatus) -> dict[str, object]:
    desk, now_ms = visit.house.ports.desk, visit.house.ports.now_ms()
    rows = await desk.comments(room.key, 600, by=visit.by)
    said = dict(await desk.said_on_air(room.key))
    if (
        beside := visit.house.ports.room_desk(room.key)
    ) is not None:  # skipped at the desk, or said by hand there
        for key, at in beside.control.silenced().items():
            said[key] = max(at, said.get(key, 0))
    return {"questions": unanswered(rows, said, now_ms)}


async def _draw(visit: Visit, room: RoomStatus) -> dict[str, object]:
    draws = [one for one in await visit.house.ports.draws.list() if one.room == room.key]
    return {"draw": max(draws, key=lambda one: one.number, default=None)}


_PARTS = {"answers": _answers, "cases": _cases, "questions": _questions, "draw": _draw}


@router.get("/live/part/{name}")
async def part(name: str, visit: Live) -> Response:
    """One panel, as a fragment."""
    room = room_of(visit)
    if room is None or (name != "status" and name not in _PARTS):
        raise NotFound("error.missing")
    more = await _PARTS[name](visit, room) if name in _PARTS else {}
    return visit.page(f"part_{name}.html", room=room, rooms=visit.house.ports.rooms(), **more)


@router.get("/live/comments")
async def comments(visit: Live) -> Response:
    """The newest comments as JSON, oldest first: the start, and what a page asks for after it has missed some."""
    room = room_of(visit)
    rows = await visit.house.ports.desk.comments(room.key, ROWS, by=visit.by) if room else ()
    return Json({"rows": wire_rows(rows)})


@router.get("/live/counters")
async def counters(visit: Live) -> Response:
    """Counts per interval as columns for the chart; times in seconds."""
    room = room_of(visit)
    found = await visit.house.ports.desk.tallies(room.key, STEPS) if room else ()
    return Json(
        {
            "t": [one.at_ms // 1000 for one in found],
            "comments": [one.comments for one in found],
            "answers": [one.answers for one in found],
            "cases": [one.cases for one in found],
        }
    )


@router.post("/live/replies")
async def replies(request: Request, visit: Hush) -> Response:
    """The kill switch. Whoever moderates may silence the bot; only who steers may let it speak again."""
    form = await form_of(request)
    room = _required(visit, form)
    on = form.get("on")
    if on not in ("0", "1"):
        raise BadRequest("error.field", field="on")
    if on == "1" and not visit.can("steer"):
        raise Forbidden("error.role")
    await _instruct(visit, room, Instruction("replies_on" if on == "1" else "replies_off", visit.by))
    return visit.page("part_status.html", room=room_of(visit, room.key), rooms=visit.house.ports.rooms())


@router.post("/live/on-show")
async def on_show(request: Request, visit: Steer) -> Response:
    """Which product the host is holding up; empty for none."""
    form = await form_of(request)
    room = _required(visit, form)
    product = form.get("product", "")
    if product and all(one.id != product for one in room.products):
        raise BadRequest("error.product")
    await _instruct(visit, room, Instruction("on_show", visit.by, {"product": product or None}))
    return visit.page("part_status.html", room=room_of(visit, room.key), rooms=visit.house.ports.rooms())


@router.post("/live/resume")
async def resume(request: Request, visit: Steer) -> Response:
    """Somebody has looked at why the account was stopped, and lets it speak again."""
    form = await form_of(request)
    room = _required(visit, form)
    await visit.house.ports.resume(room.key, visit.by)
    return visit.page("part_status.html", room=room_of(visit, room.key), rooms=visit.house.ports.rooms())


@router.post("/live/said")
async def said(request: Request, visit: Steer) -> Response:
    """The host has answered a question aloud: it leaves the teleprompter and stands in the record."""
    form = await form_of(request)
    room = _required(visit, form)
    await visit.house.ports.desk.mark_said(
        room.key, field(form, "question", 200), by=visit.by, key=field(form, "key", 80)
    )
    visit.house.broadcast.publish("answers", None, room.key)
    return visit.page("part_questions.html", room=room, **await _questions(visit, room))


@router.get("/live/still")
async def still_here(visit: Live) -> Response:
    """The person at the page has moved: keep the session."""
    answer = Response(status_code=204)
    visit.renew(answer)
    return answer


def _required(visit: Visit, form: dict[str, str]) -> RoomStatus:
    room = room_of(visit, field(form, "room", 200))
    if room is None:
        raise NotFound("error.room")
    return room


async def _instruct(visit: Visit, room: RoomStatus, instruction: Instruction) -> None:
    await visit.house.ports.instruct(room.key, instruction)
    visit.house.broadcast.publish("status", None, room.key)
