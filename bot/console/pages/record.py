"""The record: search (each look is itself recorded), the chain page by page, verification, sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from bot.console.errors import NotFound
from bot.console.visit import Visit, field, form_of, needs

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_record"))]
PAGE = 25
Seq = Annotated[int, Query(ge=0, le=2**53)]


async def _overview(visit: Visit, chain: str | None, before: int | None) -> dict[str, object]:
    desk = visit.house.ports.desk
    chains = await desk.chains()
    chosen = chain or ("house" if "house" in chains else next(iter(chains), None))
    if chosen is not None and chosen not in chains:
        raise NotFound("error.chain")
    rows = await desk.records(chosen, before=before, limit=PAGE) if chosen else ()
    return {
        "chains": chains, "chain": chosen, "rows": rows, "checks": None, "found": None, "query": "", "reason": "",
        "older": rows[-1].seq if len(rows) == PAGE else None, "sessions": await desk.sessions(12),
    }  # fmt: skip


@router.get("/record")
async def record(visit: See, chain: str | None = None, before: Seq | None = None) -> Response:
    return visit.page("record.html", **await _overview(visit, chain, before))


@router.post("/record/search")
async def search(request: Request, visit: See) -> Response:
    """Search what was said. A POST, so that the words searched for stand in no address and no access log."""
    form = await form_of(request)
    query, reason = field(form, "q", 100), field(form, "reason")
    more = await _overview(visit, None, None)
    more.update(query=query, reason=reason)
    more["found"] = await visit.house.ports.desk.search(
        query, room=form.get("room") or None, by=visit.by, reason=reason, limit=100
    )
    return visit.page("record.html", **more)


@router.post("/record/verify")
async def verify(request: Request, visit: See) -> Response:
    """Recompute one chain or all, and show the first record that does not hold."""
    form = await form_of(request)
    chain = form.get("chain") or None
    checks = await visit.house.ports.desk.verify(chain)
    if visit.by_htmx:
        return visit.page("part_checks.html", checks=checks)
    more = await _overview(visit, chain, None)
    more["checks"] = checks
    return visit.page("record.html", **more)
