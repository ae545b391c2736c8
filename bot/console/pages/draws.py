"""Draws: the list, the rule sheet of a new one, and what may still be done to one that runs: nothing but to paste
the beacon's value or to declare it void. There is no second drawing, and no odds to set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.console.errors import BadRequest, NotFound
from bot.console.publication import STAGES, publication
from bot.console.views import DrawRow
from bot.console.visit import Visit, field, form_of, needs, number
from lottery.errors import RuleError
from lottery.record import VOID_REASONS
from lottery.rules import PRESETS, PRIZE_KINDS, TEXTS, Prize, Problem, RuleSheet, preflight

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_draws"))]
Run = Annotated[Visit, Depends(needs("run_draws"))]
PRIZE_ROWS = 5


@router.get("/draws")
async def draws(visit: See) -> Response:
    return visit.page("draws.html", draws=await _newest_first(visit))


async def _newest_first(visit: Visit) -> list[DrawRow]:
    return sorted(await visit.house.ports.draws.list(), key=lambda one: (-one.opens_ms, one.id))


@router.get("/draws/list")
async def draw_list(visit: See) -> Response:
    """The list alone, as a fragment."""
    return visit.page("part_draws.html", draws=await _newest_first(visit))


@router.get("/draws/new")
async def new(visit: Run, preset: str = "") -> Response:
    return _form(visit, {"preset": preset} if preset in PRESETS else {}, ())


def _form(
    visit: Visit, filled: Mapping[str, str], problems: tuple[Problem, ...], status: int = 200
) -> Response:
    return visit.page(
        "draw_new.html", status, rooms=visit.house.ports.rooms(), filled=filled, problems=problems, texts=TEXTS,
        presets=PRESETS, kinds=PRIZE_KINDS, prize_rows=range(PRIZE_ROWS),
        wrong={one.field.partition("[")[0] for one in problems},
    )  # fmt: skip


@router.post("/draws/new")
async def announce(request: Request, visit: Run) -> Response:
    """Announce: from here on nothing of the sheet can change. A sheet with gaps comes back with all it held."""
    form = await form_of(request)
    try:
        sheet, preset = sheet_of(form), form.get("preset", "quick")
    except BadRequest as wrong:
        problem = Problem(
            str(wrong.words.get("field", "")), "number", "此处须填写数字", "a number is needed here"
        )
        return _form(visit, form, (problem,), 422)
    problems = preflight(sheet, preset)
    if problems:
        return _form(visit, form, problems, 422)
    room = field(form, "room", 200)
    if all(one.key != room for one in visit.house.ports.rooms()):
        raise BadRequest("error.room")
    fields = {name: getattr(sheet, name) for name in RuleSheet.__slots__} | {"preset": preset}
    try:
        draw_id = await visit.house.ports.draws.announce(
            room, fields, by=visit.by, key=field(form, "key", 80)
        )
    except RuleError as wrong_sheet:
        found = tuple(one for one in wrong_sheet.problems if isinstance(one, Problem))
        return _form(
            visit, form, found or (Problem("title", "refused", str(wrong_sheet), str(wrong_sheet)),), 422
        )
    visit.house.broadcast.publish("draw", None, room)
    return RedirectResponse(f"/draws/{draw_id}", 303)


def sheet_of(form: Mapping[str, str]) -> RuleSheet:
    """The rule sheet typed into the form; empty texts stay empty and are found by the preflight.

    Raises BadRequest when something that must be a number is none. Prices are typed in yuan, kept in fen.
    """
    prizes = []
    for row in range(PRIZE_ROWS):
        rank, name = form.get(f"prize{row}_rank", "").strip(), form.get(f"prize{row}_name", "").strip()
        if not (rank or name):
            continue
        prizes.append(
            Prize(
                rank, name, number(form, f"prize{row}_quantity", 0, 100_000), fen(form, f"prize{row}_value"),
                form.get(f"prize{row}_kind", "goods"), form.get(f"prize{row}_use_rules", "").strip(),
            )
        )  # fmt: skip
    texts = {name: form.get(name, "").strip().replace("\r\n", "\n") for name in TEXTS}
    return RuleSheet(
        title=form.get("title", "").strip(), prizes=tuple(prizes), keyword=form.get("keyword", "").strip(),
        window_s=number(form, "window_s"), lead_s=number(form, "lead_s"),
        claim_within_s=number(form, "claim_days", 0, 1000) * 86_400, reserves=number(form, "reserves"),
        linked_value_fen=fen(form, "linked_value") if form.get("linked_value", "").strip() else 0, **texts,
    )  # fmt: skip


def fen(form: Mapping[str, str], name: str) -> int:
    """An amount in yuan with at most two decimals, as fen. Raises BadRequest for anything else."""
    whole, _, part = form.get(name, "").strip().partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) < 13) or len(part) > 2:
        raise BadRequest("error.field", field=name)
    if part and not (part.isascii() and part.isdigit()):
        raise BadRequest("error.field", field=name)
    return int(whole) * 100 + int(part.ljust(2, "0") or "0")


@router.get("/draws/{draw_id}")
async def draw(draw_id: str, visit: See) -> Response:
    record = await visit.house.ports.draws.show(draw_id)
    if record is None:
        raise NotFound("error.draw")
    return visit.page(
        "part_draw_one.html" if visit.by_htmx else "draw.html", one=publication(record), stages=STAGES,
        void_reasons=VOID_REASONS, proof=await visit.house.ports.draws.proof_bytes(draw_id) is not None,
    )  # fmt: skip


@router.post("/draws/{draw_id}/void")
async def void(draw_id: str, request: Request, visit: Run) -> Response:
    """Declare a draw void: it keeps its number and its reason, and stays on the list."""
    form = await form_of(request)
    reason = field(form, "reason", 40)
    if reason not in VOID_REASONS:
        raise BadRequest("error.field", field="reason")
    record = await visit.house.ports.draws.void(draw_id, reason, by=visit.by, key=field(form, "key", 80))
    visit.house.broadcast.publish("draw")
    return RedirectResponse(f"/draws/{draw_id}", 303, {"X-Record-Id": record})


@router.post("/draws/{draw_id}/beacon")
async def beacon(draw_id: str, request: Request, visit: Run) -> Response:
    """Take the beacon's JSON from a person: checked against the pinned key like any relay's answer."""
    form = await form_of(request)
    record = await visit.house.ports.draws.paste_beacon(
        draw_id, field(form, "beacon", 4000), by=visit.by, key=field(form, "key", 80)
    )
    visit.house.broadcast.publish("draw")
    return RedirectResponse(f"/draws/{draw_id}", 303, {"X-Record-Id": record})
