"""What is laid down at the desk: running order, timed phrases, scenes, slips, outage, overlay tokens."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.console.desk_visit import Press, press
from bot.console.errors import BadRequest, NotFound
from bot.console.rendering import SHANGHAI
from bot.console.visit import Visit, field, needs, number

router = APIRouter()
Steer = Annotated[Visit, Depends(needs("steer"))]


@router.post("/desk/next")
async def go_on(request: Request, visit: Steer) -> Response:
    """下一项: begin the next item of the running order."""
    async with press(request, visit) as one:
        if one.fresh:
            await one.control.go_on(one.by)
        one.told("status")
    return await one.part("side")


@router.post("/desk/order/{act}")
async def order(act: str, request: Request, visit: Steer) -> Response:
    """add, remove, up, down, done, again."""
    if act not in ("add", "remove", "up", "down", "done", "again"):
        raise NotFound("error.missing")
    async with press(request, visit) as one:
        plan = one.control.order
        if not one.fresh:
            pass
        elif act == "add":
            kind, product = field(one.form, "kind", 20), one.form.get("product", "") or None
            title, at_ms = one.form.get("title", ""), time_of(one.form.get("at", ""), one.control.place.now())
            await plan.add(kind, title, at_ms, product if kind == "product" else None, one.by)
        elif act == "again":
            await plan.again(one.by)
        elif act == "remove":
            await plan.remove(number(one.form, "item"), one.by)
        elif act == "done":
            await plan.tick(number(one.form, "item"), one.by)
        else:
            await plan.move(number(one.form, "item"), act == "up", one.by)
    return await one.part("side")


def time_of(given: str, now_ms: int) -> int | None:
    """A time of day in Beijing (20:30) as ms: the next such time, or one at most six hours gone. None for "".

    Raises BadRequest."""
    if not given.strip():
        return None
    found = re.fullmatch(r"([01]?[0-9]|2[0-3])[:：]([0-5][0-9])", given.strip(), re.ASCII)
    if found is None:
        raise BadRequest("error.field", field="at")
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(SHANGHAI)
    at = now.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    if now - at > timedelta(hours=6):
        at += timedelta(days=1)
    elif at - now > timedelta(hours=18):
        at -= timedelta(days=1)
    return int(at.timestamp() * 1000)


@router.post("/desk/timer/{act}")
async def timer(act: str, request: Request, visit: Steer) -> Response:
    """add, remove, on, off."""
    if act not in ("add", "remove", "on", "off"):
        raise NotFound("error.missing")
    async with press(request, visit) as one:
        timers = one.control.timers
        if not one.fresh:
            pass
        elif act == "add":
            minutes, when = number(one.form, "minutes", 1, 240), one.form.get("on", "") or None
            await timers.add(field(one.form, "phrase", 200), minutes * 60, one.by, on=when)
        elif act == "remove":
            await timers.remove(number(one.form, "timer"), one.by)
        else:
            await timers.switch(number(one.form, "timer"), act == "on", one.by)
    return await one.part("more")


@router.post("/desk/scene/{act}")
async def scene(act: str, request: Request, visit: Steer) -> Response:
    """save, apply, remove, undo."""
    if act not in ("save", "apply", "remove", "undo"):
        raise NotFound("error.missing")
    async with press(request, visit) as one:
        scenes = one.control.scenes
        if one.fresh and act == "undo":
            await scenes.undo(one.by)
        elif one.fresh:
            name = field(one.form, "name", 40)
            if act == "save":
                await scenes.save(name, one.by, one.form.get("draw", "")[:40])
            elif act == "apply":
                await scenes.apply(name, one.by)
            else:
                await scenes.remove(name, one.by)
        one.told("status", "desk")
    return await one.part("more")


@router.post("/desk/slip/{act}")
async def slip(act: str, request: Request, visit: Steer) -> Response:
    """press (口误), corrected (已纠正), dismiss."""
    if act not in ("press", "corrected", "dismiss"):
        raise NotFound("error.missing")
    async with press(request, visit) as one:
        slips = one.control.slips
        if not one.fresh:
            pass
        elif act == "press":
            await slips.press(field(one.form, "kind", 20), one.by, one.form.get("sentence", ""))
        elif act == "corrected":
            await slips.corrected(number(one.form, "slip"), one.by)
        else:
            await slips.dismiss(number(one.form, "slip"), one.by)
    return await one.part("strip")


@router.post("/desk/outage/{act}")
async def outage(act: str, request: Request, visit: Steer) -> Response:
    """begin (断网), end, line."""
    if act not in ("begin", "end", "line"):
        raise NotFound("error.missing")
    async with press(request, visit) as one:
        if one.fresh:
            await _outage(one, act)
    return await one.part("more")


async def _outage(one: Press, act: str) -> None:
    outages = one.control.outages
    if act == "begin":
        phrase = one.form.get("phrase", "")
        minutes = number(one.form, "minutes", 1, 120) if phrase else 0
        ago = number(one.form, "ago", 0, 120) if one.form.get("ago", "").strip() else None
        since = None if ago is None else one.control.place.now() - ago * 60_000
        await outages.begin(one.by, since_ms=since, phrase=phrase, minutes=minutes)
    elif act == "end":
        await outages.end(one.by)
    else:
        await outages.write(field(one.form, "line", 80), one.by)


@router.post("/desk/overlay/{act}")
async def overlay(act: str, request: Request, visit: Steer) -> Response:
    """make, revoke. A new token is shown this once."""
    if act not in ("make", "revoke"):
        raise NotFound("error.missing")
    token = ""
    async with press(request, visit) as one:
        if one.fresh and act == "make":
            token = await one.control.overlays.make(field(one.form, "label", 40), one.by)
        elif one.fresh:
            await one.control.overlays.revoke(field(one.form, "mark", 8), one.by)
    return await one.part("more", token=token)
