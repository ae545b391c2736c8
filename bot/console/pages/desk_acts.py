"""What the control person presses at the desk: cues, red light, kill switch, product on show, modes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.console.desk_visit import INLINE, Press, press
from bot.console.errors import BadRequest, Forbidden
from bot.console.visit import Visit, field, needs
from bot.policy import Instruction

router = APIRouter()
Steer = Annotated[Visit, Depends(needs("steer"))]
Hush = Annotated[Visit, Depends(needs("hush"))]


@router.post("/desk/cue")
async def cue(request: Request, visit: Steer) -> Response:
    """Control tells the host something."""
    async with press(request, visit) as one:
        if one.fresh:
            await one.control.cues.give(field(one.form, "text", 60), one.by)
    return await one.part("strip")


@router.post("/desk/cues")
async def cues(request: Request, visit: Steer) -> Response:
    """Other presets for this shop, one a line."""
    async with press(request, visit) as one:
        if one.fresh:
            await one.control.cues.edit(field(one.form, "lines", 400).splitlines(), one.by)
    return await one.part("side")


def _switched(one: Press) -> bool:
    """On or off. Who may silence the bot may not for that let it speak again: that takes one who steers."""
    on = one.form.get("on")
    if on not in ("0", "1"):
        raise BadRequest("error.field", field="on")
    return on == "1"


@router.post("/desk/red")
async def red(request: Request, visit: Hush) -> Response:
    """红灯."""
    async with press(request, visit) as one:
        on = _switched(one)
        if not on and not visit.can("steer"):
            raise Forbidden("error.role")
        if one.fresh and on:
            await one.control.red_light.on(field(one.form, "reason", 60), one.by)
        elif one.fresh:
            await one.control.red_light.off(one.by)
        one.told("status")
    return await one.part("strip")


@router.post("/desk/replies")
async def replies(request: Request, visit: Hush) -> Response:
    """The kill switch."""
    async with press(request, visit) as one:
        on = _switched(one)
        if on and not visit.can("steer"):
            raise Forbidden("error.role")
        if one.fresh:
            await one.control.place.tell(Instruction("replies_on" if on else "replies_off", one.by))
        one.told("status", "desk")
    return await one.part("strip")


@router.post("/desk/switch")
async def switch(request: Request, visit: Steer) -> Response:
    """A quiet phase, somebody on duty, a product released after an incident."""
    async with press(request, visit) as one:
        on = one.form.get("on") == "1"
        told = {
            "quiet": Instruction("quiet_on" if on else "quiet_off", one.by),
            "duty": Instruction("duty", one.by, {"on": on}),
            "release": Instruction("release", one.by, {"product": one.form.get("product", "")}),
        }.get(field(one.form, "name", 20))
        if told is None:
            raise BadRequest("error.field", field="name")
        if one.fresh:
            await one.control.place.tell(told)
        one.told("status", "desk")
    return await one.part("strip")


@router.post("/desk/show")
async def show(request: Request, visit: Steer) -> Response:
    """一键换品: to a product, or one step on or back."""
    async with press(request, visit) as one:
        product: str | None = one.form.get("product", "") or None
        if (step := one.form.get("step", "")) in ("1", "-1"):
            found = one.control.neighbour(int(step))
            product = found.id if found else None
        if one.fresh:
            await one.control.show(product, one.by)
        one.told("status")
    return await one.part("side")


@router.post("/desk/fact")
async def fact(request: Request, visit: Steer) -> Response:
    """Price, stock and the like of what is on show, true until the end of the show."""
    async with press(request, visit) as one:
        name = field(one.form, "name", 20)
        if name not in INLINE:
            raise BadRequest("error.field", field="name")
        data: dict[str, object] = {
            "product": field(one.form, "product", 200), "name": name, "value": field(one.form, "value", 60),
            "show_end": True,
        }  # fmt: skip
        if one.fresh:
            await one.control.place.tell(Instruction("fact", one.by, data))
        one.told("desk")
    return await one.part("side")


@router.post("/desk/mode")
async def mode(request: Request, visit: Steer) -> Response:
    """How a question is answered (auto, suggest, off), or how sure the judge must be of it."""
    async with press(request, visit) as one:
        intent = field(one.form, "intent", 100)
        if one.fresh and "mode" in one.form:
            told: dict[str, object] = {"intent": intent, "mode": field(one.form, "mode", 10)}
            await one.control.place.tell(Instruction("mode", one.by, told))
        if one.fresh and "score" in one.form:
            await one.control.place.tell(
                Instruction("floor", one.by, {"intent": intent, "score": _score(one)})
            )
        one.told("desk")
    return await one.part("more")


def _score(one: Press) -> float | None:
    """Least certainty in percent, as 0-1; None when left empty."""
    given = one.form["score"].strip()
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and int(given) <= 100):
        raise BadRequest("error.field", field="score")
    return int(given) / 100
