"""Goods: products and what is true of them. Price, stock, coupon and shipping are edited in place and reach the running
room at once; a file is taken in after a preview; before a show all facts are renewed after a look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.console.errors import BadRequest, ConsoleError
from bot.console.shelf_views import GoodsView
from bot.console.visit import Visit, field, files_of, form_of, needs, once, ticked
from bot.errors import InputError
from bot.sheets import MAX_XLSX
from replies.facts import Fact
from replies.goods import COLUMNS, FACTS

router = APIRouter()
Keep = Annotated[Visit, Depends(needs("facts"))]
QUICK = ("price", "stock", "coupon", "ship_time", "ship_fee")
"""The facts that change during a show; the others stand behind a fold."""
LISTED = 400
"""Facts listed one by one for a renewal."""
REST = tuple(name for name in FACTS if name not in QUICK)


async def _table(visit: Visit) -> dict[str, object]:
    view = await visit.house.ports.shelf.goods()
    now = visit.house.ports.shelf.now()
    facts = [fact for facts in _facts(view).values() for fact in facts.values()]
    return {
        "view": view, "quick": QUICK, "rest": REST, "columns": COLUMNS, "journal_ms": now,
        "stale": sum(not fact.current(now) for fact in facts), "count": len(facts), "merchants": sorted(view.house),
    }  # fmt: skip


def _facts(view: GoodsView) -> dict[str, Mapping[str, Fact]]:
    """All facts by product; the house's under "" and "@<merchant>"."""
    house = {f"@{merchant}" if merchant else "": facts for merchant, facts in view.house.items()}
    return {"": {}, **house, **{one.id: one.facts for one in view.products}}


@router.get("/goods")
async def goods(visit: Keep) -> Response:
    return visit.page("goods.html", problem="", read=None, **await _table(visit))


@router.get("/goods/list")
async def goods_list(visit: Keep) -> Response:
    """The table alone, as a fragment."""
    return visit.page("part_goods.html", **await _table(visit))


@router.post("/goods/fact")
async def set_fact(request: Request, visit: Keep) -> Response:
    """One fact, true from now on until the end of the show (or until it is replaced)."""
    form = await form_of(request)
    shelf, by = visit.house.ports.shelf, visit.by
    product, name = form.get("product", "")[:60], field(form, "name", 40)
    value, show_end = form.get("value", "").strip(), form.get("until", "show") != "open"

    async def act() -> None:
        await shelf.set_fact(product, name, value, show_end=show_end, by=by)

    if not value:
        raise BadRequest("error.fact")
    try:
        await once(request, visit, act)
    except InputError:
        raise BadRequest("error.fact") from None
    visit.house.broadcast.publish("status")
    if not visit.by_htmx:
        return RedirectResponse("/goods", 303)
    fact = Fact(value, "desk", None, show_end)
    return visit.page(
        "part_fact.html",
        product=product,
        name=name,
        fact=fact,
        journal_ms=shelf.now(),
        columns=COLUMNS,
        saved=True,
    )


@router.get("/goods/renew")
async def renewal(visit: Keep) -> Response:
    """What one press would make true again, before it is pressed."""
    found = await visit.house.ports.shelf.renewal()
    name = "part_renew.html" if visit.by_htmx else "renew.html"
    now = visit.house.ports.shelf.now()
    return visit.page(name, alone=not visit.by_htmx, diff=found, most=LISTED, columns=COLUMNS, journal_ms=now)


@router.post("/goods/renew")
async def renew(request: Request, visit: Keep) -> Response:
    """The ticked facts have been looked at and hold until the end of the coming show; so do those for which the page
    had no room: where `shown` names what it listed, all others."""
    form = await form_of(request, longest=100_000)
    chosen = await ticked(request, "fact", 2000)
    shelf, by = visit.house.ports.shelf, visit.by

    async def act() -> int:
        keys = [(one.partition(" ")[2], one.partition(" ")[0]) for one in chosen]
        if "shown" in form:
            listed = set(form["shown"].splitlines())
            found = (await shelf.renewal()).changes
            keys += [(one.product, one.name) for one in found if f"{one.name} {one.product}" not in listed]
        return await shelf.renew(keys, by=by)

    await once(request, visit, act)
    visit.house.broadcast.publish("status")
    return RedirectResponse("/goods", 303)


@router.post("/goods/import")
async def read_file(request: Request, visit: Keep) -> Response:
    """A CSV or XLSX file: what it would change, and which of its lines cannot be used. Nothing is changed."""
    await form_of(request, files=("file",))
    problem, read = "", None
    try:
        files = await files_of(request, "file", MAX_XLSX)
        if len(files) != 1:
            raise BadRequest("error.no_file")
        name, _, data = files[0]
        read = await visit.house.ports.shelf.read_goods(data, name, by=visit.by)
    except ConsoleError as wrong:
        problem = visit.words(wrong.key, **wrong.words)
    except InputError as wrong:
        problem = visit.words("error.refused", detail=str(wrong))
    return visit.page(
        "goods.html", 422 if problem else 200, problem=problem, read=read, **await _table(visit)
    )


@router.post("/goods/take")
async def take(request: Request, visit: Keep) -> Response:
    """Take in what the preview showed."""
    form = await form_of(request)
    shelf, by, token = visit.house.ports.shelf, visit.by, field(form, "token", 40)
    await once(request, visit, lambda: shelf.take_goods(token, by=by))
    visit.house.broadcast.publish("status")
    return RedirectResponse("/goods", 303)
