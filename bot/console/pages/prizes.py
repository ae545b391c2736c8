"""The prizes of a draw: who has taken what, coupons, addresses, sending. Nobody is drawn or dropped here without a
reason that goes into the record; what drops out is published, and the next reserve moves up by itself.
"""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.console.errors import BadRequest, NotFound
from bot.console.prize_port import Act, Prizes
from bot.console.visit import Visit, field, files_of, form_of, needs, number, once
from bot.draws.prize_desk import DROPS, REASONS
from bot.errors import ChangkongError, InputError
from lottery.errors import LotteryError

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_draws"))]
Run = Annotated[Visit, Depends(needs("run_draws"))]
ACTS: dict[str, Act] = {act: act for act in get_args(Act)}
MAX_FILE = 16_000_000


def _prizes(visit: Visit) -> Prizes:
    prizes = visit.house.ports.prizes
    if prizes is None:
        raise NotFound("error.missing")
    return prizes


async def _page(visit: Visit, draw_id: str, status: int = 200, **more: object) -> Response:
    board = await _prizes(visit).board(draw_id)
    if board is None:
        raise NotFound("error.draw")
    shown: dict[str, object] = {
        "problem": "",
        "said": "",
        "parcels": None,
        "receipts": None,
        "back": None,
        "brought": None,
    }
    return visit.page("prizes.html", status, board=board, drops=DROPS, reasons=REASONS, **{**shown, **more})


def _sentence(visit: Visit, wrong: Exception) -> str:
    return visit.words("error.refused", detail=str(wrong))


@router.get("/draws/{draw_id}/prizes")
async def prizes(draw_id: str, visit: See) -> Response:
    return await _page(visit, draw_id)


@router.post("/draws/{draw_id}/prizes/place")
async def place(draw_id: str, request: Request, visit: Run) -> Response:
    """One act on one place. A refused one leaves the page as it is and says why."""
    form = await form_of(request)
    act, at = ACTS.get(form.get("act", "")), number(form, "place", 1)
    if act is None:
        raise BadRequest("error.field", field="act")
    desk, said = _prizes(visit), {name: value for name, value in form.items() if not name.startswith("_")}
    try:
        await once(request, visit, lambda: desk.act(draw_id, at, act, said, by=visit.by))
    except (ChangkongError, LotteryError) as wrong:
        return await _page(visit, draw_id, 422, problem=_sentence(visit, wrong))
    visit.house.broadcast.publish("draw")
    return RedirectResponse(f"/draws/{draw_id}/prizes#place-{at}", 303)


@router.post("/draws/{draw_id}/prizes/pool")
async def pool(draw_id: str, request: Request, visit: Run) -> Response:
    """Name the pool that a prize is paid from."""
    form = await form_of(request)
    desk, prize, name = _prizes(visit), number(form, "prize", 0, 10_000), form.get("pool", "")
    try:
        await once(request, visit, lambda: desk.name_pool(draw_id, prize, name, by=visit.by))
    except InputError as wrong:
        return await _page(visit, draw_id, 422, problem=_sentence(visit, wrong))
    return RedirectResponse(f"/draws/{draw_id}/prizes#coupons", 303)


@router.post("/draws/{draw_id}/prizes/coupons")
async def coupons(draw_id: str, request: Request, visit: Run) -> Response:
    """Bring coupons into a pool, from a file or as typed, one a line."""
    form = await form_of(request, files=("file",), longest=1_000_000)
    try:
        files = await files_of(request, "file", MAX_FILE)
        typed = form.get("codes", "").encode("utf-8", "replace")
        data, name = (files[0][2], files[0][0]) if files else (typed, visit.words("prizes.typed"))
        desk, to = _prizes(visit), field(form, "pool", 60)
        brought = await desk.add_coupons(to, data, name, by=visit.by)
    except InputError as wrong:
        return await _page(visit, draw_id, 422, problem=_sentence(visit, wrong))
    return await _page(visit, draw_id, brought=brought)


@router.post("/draws/{draw_id}/prizes/addresses")
async def addresses(draw_id: str, request: Request, visit: Run) -> Response:
    """Show where things go. The look is recorded with its reason."""
    reason = field(await form_of(request), "reason", 300)
    found = await _prizes(visit).parcels(draw_id, by=visit.by, reason=reason)
    return await _page(visit, draw_id, parcels={one.place: one.fields for one in found})


@router.post("/draws/{draw_id}/prizes/table")
async def table(draw_id: str, request: Request, visit: Run) -> Response:
    """The warehouse's table as a file. That it was taken out is recorded with its reason."""
    reason = field(await form_of(request), "reason", 300)
    data = await _prizes(visit).table(draw_id, by=visit.by, reason=reason)
    name = "".join(char for char in draw_id if char.isascii() and (char.isalnum() or char in "-_"))
    headers = {"Content-Disposition": f'attachment; filename="{name}-prizes.csv"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/draws/{draw_id}/prizes/tracking")
async def tracking(draw_id: str, request: Request, visit: Run) -> Response:
    """The table back from the warehouse, with tracking numbers."""
    await form_of(request, files=("file",))
    files = await files_of(request, "file", MAX_FILE)
    if len(files) != 1:
        raise BadRequest("error.no_file")
    try:
        back = await _prizes(visit).take_back(draw_id, files[0][2], by=visit.by)
    except InputError as wrong:
        return await _page(visit, draw_id, 422, problem=_sentence(visit, wrong))
    visit.house.broadcast.publish("draw")
    return await _page(visit, draw_id, back=back)


@router.post("/draws/{draw_id}/prizes/receipt")
async def receipt(draw_id: str, request: Request, visit: Run) -> Response:
    """A viewer's receipt, to be handed over in private. Recorded with its reason."""
    form = await form_of(request)
    name, minute, reason = field(form, "name", 200), field(form, "minute", 8), field(form, "reason", 300)
    try:
        found = await _prizes(visit).receipts(draw_id, name, minute, by=visit.by, reason=reason)
    except ChangkongError as wrong:
        return await _page(visit, draw_id, 422, problem=_sentence(visit, wrong))
    return await _page(visit, draw_id, receipts=found)
