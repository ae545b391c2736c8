"""Draws: the list, one draw's control page, and what may still be done to one that runs: nothing but to paste the
beacon's value or, while the rules allow it, to declare it void. There is no second drawing, and no odds to set.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.console.draw_board import asked
from bot.console.errors import BadRequest, NotFound
from bot.console.qr import drawn_code
from bot.console.views import DrawRow
from bot.console.visit import Visit, field, form_of, needs, once
from bot.draws.barred import BarredLists
from bot.draws.publication import publication
from lottery.errors import BeaconError
from lottery.record import VOID_REASONS

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_draws"))]
Run = Annotated[Visit, Depends(needs("run_draws"))]

FINAL = ("drawn", "claim", "archived", "void")
"""States in which nothing is left to be done to a draw."""


@router.get("/draws")
async def draws(visit: See) -> Response:
    return visit.page("draws.html", draws=await _newest_first(visit))


async def _newest_first(visit: Visit) -> list[DrawRow]:
    return sorted(await visit.house.ports.draws.list(), key=lambda one: (-one.opens_ms, one.id))


@router.get("/draws/list")
async def draw_list(visit: See) -> Response:
    """The list alone, as a fragment."""
    return visit.page("part_draws.html", draws=await _newest_first(visit))


@router.get("/draws/barred")
async def barred(visit: Run, merchant: str = "") -> Response:
    """The shop's own lists: staff and blacklist. They hold for draws announced afterwards."""
    lists = await visit.house.ports.draws.barred(merchant or None)
    return visit.page(
        "draw_barred.html", lists=lists, merchant=merchant, merchants=_merchants(visit), saved=False
    )


@router.post("/draws/barred")
async def save_barred(request: Request, visit: Run) -> Response:
    form = await form_of(request, longest=400_000)
    merchant = form.get("merchant", "").strip()
    if merchant not in _merchants(visit):
        raise BadRequest("error.field", field="merchant")
    lists = BarredLists(*(tuple(form.get(name, "").split()) for name in ("staff", "blacklist")))
    await visit.house.ports.draws.save_barred(merchant or None, lists, by=visit.by)
    kept = await visit.house.ports.draws.barred(merchant or None)
    return visit.page(
        "draw_barred.html", lists=kept, merchant=merchant, merchants=_merchants(visit), saved=True
    )


def _merchants(visit: Visit) -> list[str]:
    """The shops of the rooms attached; "" is a house with but one."""
    return sorted({one.merchant for one in visit.house.ports.rooms()}) or [""]


@router.get("/draws/{draw_id}")
async def draw(draw_id: str, visit: See) -> Response:
    """The control page of a draw."""
    return visit.page("draw.html", **await _seen(visit, draw_id))


@router.get("/draws/part/{draw_id}/{name}")
async def part(draw_id: str, name: str, visit: See) -> Response:
    """Its course (`one`), or what may be done now (`acts`), as a fragment."""
    if name not in ("one", "acts"):
        raise NotFound("error.missing")
    return visit.page(f"part_draw_{name}.html", **await _seen(visit, draw_id))


async def _seen(visit: Visit, draw_id: str) -> dict[str, object]:
    ports = visit.house.ports
    record, aside = await ports.draws.show(draw_id), await ports.draws.aside(draw_id)
    if record is None or aside is None:
        raise NotFound("error.draw")
    one = publication(record)
    final = one.state in FINAL
    return {
        "one": one, "aside": aside, "final": final, "void_reasons": () if final else aside.voidable,
        "answer": asked(one, ports.now_ms()).answer, "code": drawn_code(ports.public_site, draw_id),
        "proof": bool(one.drawn_hash),  # its file is there first, and reading it takes seconds for a great draw
    }  # fmt: skip


@router.get("/draws/{draw_id}/flags")
async def flags(draw_id: str, visit: Run) -> Response:
    """Signs of several accounts in one hand: to look at, never a button that removes somebody. The look is recorded."""
    found = await visit.house.ports.draws.flags(draw_id, by=visit.by)
    return visit.page("part_draw_flags.html", flags=found)


@router.post("/draws/{draw_id}/void")
async def void(draw_id: str, request: Request, visit: Run) -> Response:
    """Declare a draw void: it keeps its number and its reason, and stays on the list."""
    form = await form_of(request)
    reason = field(form, "reason", 40)
    if reason not in VOID_REASONS:
        raise BadRequest("error.field", field="reason")
    key, draws = field(form, "key", 80), visit.house.ports.draws
    record = await once(request, visit, lambda: draws.void(draw_id, reason, by=visit.by, key=key))
    visit.house.broadcast.publish("draw")
    return RedirectResponse(f"/draws/{draw_id}", 303, {"X-Record-Id": record})


@router.post("/draws/{draw_id}/beacon")
async def beacon(draw_id: str, request: Request, visit: Run) -> Response:
    """Take the beacon's JSON from a person: checked against the pinned key like any relay's answer. What is not the
    value of the round comes back with the draw's page, to be pasted again."""
    form = await form_of(request)
    try:
        record = await visit.house.ports.draws.paste_beacon(
            draw_id, field(form, "beacon", 4000), by=visit.by, key=field(form, "key", 80)
        )
    except BeaconError as wrong:
        return visit.page("draw.html", 422, **await _seen(visit, draw_id), not_beacon=str(wrong))
    visit.house.broadcast.publish("draw")
    return RedirectResponse(f"/draws/{draw_id}", 303, {"X-Record-Id": record})
