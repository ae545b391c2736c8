"""From a preset to an announced draw: the form of a kind of contest, the preflight beside it as one types, the page
that says what 开始 fixes for good, and 开始."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.console.draw_form import LEAST_PRIZES, filled, only_sheet, read_form, rows
from bot.console.draw_plan import planned
from bot.console.draw_port import KeptPreset
from bot.console.errors import BadRequest
from bot.console.ports import RoomStatus
from bot.console.visit import Visit, field, form_of, needs
from lottery.errors import RuleError
from lottery.rules import KINDS, PRESETS, PRIZE_KINDS, TEXTS, Problem, RuleSheet

router = APIRouter()
Run = Annotated[Visit, Depends(needs("run_draws"))]


@router.get("/draws/presets")
async def presets(visit: Run) -> Response:
    """Where a draw begins: the shop's presets, those that came along, and an empty sheet of each kind."""
    rooms = visit.house.ports.rooms()
    offered: list[KeptPreset] = []
    for merchant in sorted({one.merchant for one in rooms}) or [""]:
        known = {one.preset.id for one in offered}
        offered += [
            one for one in await visit.house.ports.presets.offered(merchant) if one.preset.id not in known
        ]
    return visit.page("draw_presets.html", offered=offered, kinds=KINDS, rooms=rooms)


@router.get("/draws/new")
async def new(request: Request, visit: Run, room: str = "", kind: str = "keyword") -> Response:
    """The form, filled in from a preset (`from`) or empty."""
    given = request.query_params.get("from", "")
    start: dict[str, str] = {"kind": kind if kind in KINDS else "keyword", "room": room}
    preset = await visit.house.ports.presets.preset(given) if given else None
    if preset is not None:
        shop = await _shop_texts(visit, room)
        known = {
            name: text for name, text in filled(preset.preset.sheet, preset.preset.timing).items() if text
        }
        start = shop | start | known | {"from": given, "name": preset.preset.zh if preset.kept else ""}
    elif given in PRESETS:
        start["preset"] = given
    problems = await _problems(visit, start, _room(visit.house.ports.rooms(), room))
    return _form(visit, start, problems, fresh=True)


async def _shop_texts(visit: Visit, room: str) -> dict[str, str]:
    """What the shop wrote into its newest preset about itself."""
    merchant = next((one.merchant for one in visit.house.ports.rooms() if one.key == room), None)
    if merchant is None:
        merchant = next((one.merchant for one in visit.house.ports.rooms()), "")
    own = [one for one in await visit.house.ports.presets.offered(merchant) if one.kept]
    newest = max(own, key=lambda one: one.changed_ms or 0, default=None)
    if newest is None:
        return {}
    return {name: getattr(newest.preset.sheet, name) for name in ("organiser", "contact")}


def _form(
    visit: Visit,
    form: Mapping[str, str],
    problems: Sequence[Problem],
    status: int = 200,
    *,
    fresh: bool = False,
) -> Response:
    """The form with what stands against it. `fresh`: nobody has typed yet, so nothing is marked as wrong."""
    rooms = visit.house.ports.rooms()
    wrong = set() if fresh else {part(one.field) for one in problems}
    return visit.page(
        "draw_new.html", status, rooms=rooms, room=_room(rooms, form.get("room", "")), filled=form, problems=problems,
        texts=TEXTS, presets=PRESETS, kinds=PRIZE_KINDS, kind=form.get("kind", "keyword"), wrong=wrong, part=part,
        prize_rows=rows(form, "prize", LEAST_PRIZES), wave_rows=rows(form, "wave", 3),
    )  # fmt: skip


async def _typed(request: Request) -> dict[str, str]:
    """The form with the line ends as they were typed: browsers send others."""
    return {name: value.replace("\r\n", "\n") for name, value in (await form_of(request)).items()}


def part(field_name: str) -> str:
    """The field of the form a finding is about: `prizes[0]` and `prize0_value` are of `prizes`."""
    row = re.fullmatch(r"(prize|wave)s?(\[\d+\].*|\d+_[a-z_]+)", field_name)
    return f"{row[1]}s" if row else field_name


def _room(rooms: Sequence[RoomStatus], key: str) -> RoomStatus | None:
    """The room of that name; the first one for no name; None when it is not there."""
    if not key:
        return rooms[0] if rooms else None
    return next((one for one in rooms if one.key == key), None)


@router.post("/draws/check")
async def check(request: Request, visit: Run) -> Response:
    """The preflight of what has been typed so far, as a fragment."""
    form = await _typed(request)
    room = _room(visit.house.ports.rooms(), form.get("room", ""))
    problems = await _problems(visit, form, room)
    return visit.page("part_preflight.html", problems=problems, texts=TEXTS, part=part)


async def _problems(visit: Visit, form: Mapping[str, str], room: RoomStatus | None) -> list[Problem]:
    """All that stands against announcing the form as it is; those of one field once."""
    if room is None:
        return [Problem("room", "room", "直播间没有连接", "the room is not attached")]
    sheet, found = read_form(form)
    unread = {part(one.field) for one in found}
    more = await visit.house.ports.draws.check(room.key, fields_of(sheet, _timing(form, room)))
    return [*found, *(one for one in more if part(one.field) not in unread)]


def _timing(form: Mapping[str, str], room: RoomStatus) -> str:
    """The timing asked for; a practice room has its own, whichever is asked for."""
    asked = form.get("preset", "quick")
    return "practice" if room.practice and asked in PRESETS else asked


def fields_of(sheet: RuleSheet, timing: str) -> dict[str, Any]:
    """The sheet as the draws take it."""
    return {name: getattr(sheet, name) for name in RuleSheet.__dataclass_fields__} | {"preset": timing}


@router.post("/draws/confirm")
async def confirm(request: Request, visit: Run) -> Response:
    """The last page before 开始: times, beacon round, and what nobody can change any more. Comes from the form, or
    straight from a preset (`from` and `room` alone)."""
    form = await _typed(request)
    if "title" not in form and form.get("from"):
        preset = await visit.house.ports.presets.preset(form["from"])
        if preset is None:
            raise BadRequest("error.field", field="from")
        form |= filled(preset.preset.sheet, preset.preset.timing)
    if form.pop("edit", ""):  # back from here to the form, with all it held
        room = _room(visit.house.ports.rooms(), form.get("room", ""))
        return _form(visit, form, await _problems(visit, form, room), fresh=True)
    room = _room(visit.house.ports.rooms(), form.get("room", ""))
    problems = await _problems(visit, form, room)
    if problems or room is None:
        return _form(visit, form, problems, 422)
    sheet, _ = read_form(form)
    timing = _timing(form, room)
    return visit.page(
        "draw_confirm.html", room=room, sheet=sheet, timing=PRESETS[timing], carried=only_sheet(form), texts=TEXTS,
        plan=planned(sheet, timing, visit.house.ports.now_ms()),
    )  # fmt: skip


@router.post("/draws/new")
async def announce(request: Request, visit: Run) -> Response:
    """开始: from here on nothing of the sheet can change. A sheet with gaps comes back with all it held."""
    form = await _typed(request)
    sheet, found = read_form(form)
    room = _room(visit.house.ports.rooms(), field(form, "room", 200))
    if room is None:
        raise BadRequest("error.room")
    if found:
        return _form(visit, form, found, 422)
    fields = fields_of(sheet, _timing(form, room))
    try:
        draw_id = await visit.house.ports.draws.announce(
            room.key, fields, by=visit.by, key=field(form, "key", 80)
        )
    except RuleError as wrong:
        told = [one for one in wrong.problems if isinstance(one, Problem)]
        return _form(visit, form, told or [Problem("title", "refused", str(wrong), str(wrong))], 422)
    visit.house.broadcast.publish("draw", None, room.key)
    return RedirectResponse(f"/draws/{draw_id}", 303)


@router.post("/draws/presets/save")
async def save(request: Request, visit: Run) -> Response:
    """Keep the sheet as it is, whole or not, under a name."""
    form = await _typed(request)
    room = _room(visit.house.ports.rooms(), form.get("room", ""))
    if room is None:
        raise BadRequest("error.room")
    sheet, found = read_form(form)
    if found:
        return _form(visit, form, found, 422)
    name = " ".join(field(form, "name", 40).split())
    timing = form.get("preset", "quick")
    if timing not in PRESETS:
        raise BadRequest("error.field", field="preset")
    await visit.house.ports.presets.save(room.merchant, name, sheet, timing, by=visit.by)
    return RedirectResponse("/draws/presets", 303)


@router.post("/draws/presets/remove")
async def remove(request: Request, visit: Run) -> Response:
    form = await _typed(request)
    await visit.house.ports.presets.remove(field(form, "id", 40), by=visit.by)
    return RedirectResponse("/draws/presets", 303)
