"""Phrases: what the bot may say, by question, with who stands behind it; its history; and taking one back with one
press, by anybody who sees the page."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.console.errors import NotFound
from bot.console.shelf_views import Version
from bot.console.visit import Visit, field, form_of, needs, once

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_phrases"))]
Withdraw = Annotated[Visit, Depends(needs("withdraw"))]
PAGE = 120
"""Versions on one page of the library."""

STATES = ("live", "approved", "in_review", "draft", "expired", "withdrawn")


async def _library(visit: Visit) -> dict[str, object]:
    shelf = visit.house.ports.shelf
    found = sorted(
        await shelf.versions(),
        key=lambda one: (
            one.phrase.intent, STATES.index(one.state), one.phrase.product or "", one.id, -one.changed_ms
        ),
    )  # fmt: skip
    states = {state: n for state in STATES if (n := sum(one.state == state for one in found))}
    names = {f"own:{one.slug}": one.name for one in await shelf.questions()}
    asked = visit.request.query_params
    wanted, query = asked.get("state", ""), asked.get("q", "").strip()[:100]
    shown = [
        one
        for one in found
        if wanted in ("", one.state) and (not query or _speaks_of(one, query.casefold(), visit, names))
    ]
    page = min(_page(asked.get("page", "")), max(0, (len(shown) - 1) // PAGE))
    rows = shown[page * PAGE : (page + 1) * PAGE]
    groups = [(intent, list(same)) for intent, same in groupby(rows, key=lambda one: one.phrase.intent)]
    return {
        "groups": groups, "states": states, "state": wanted, "total": len(found), "names": names, "query": query,
        "page": page, "pages": (len(shown) + PAGE - 1) // PAGE,
        "here": urlencode({"state": wanted, "q": query}),
    }  # fmt: skip


def _page(said: str) -> int:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else 0


def _speaks_of(one: Version, query: str, visit: Visit, names: Mapping[str, str]) -> bool:
    """Whether the query stands in a version's words, its id, or the name of its question."""
    intent = one.phrase.intent
    told = (one.phrase.text, one.id, intent, names.get(intent, visit.words.name("intent", intent)))
    return any(query in text.casefold() for text in told)


@router.get("/phrases")
async def phrases(visit: See) -> Response:
    return visit.page("phrases.html", **await _library(visit))


@router.get("/phrases/list")
async def phrase_list(visit: See) -> Response:
    """The library alone, as a fragment."""
    return visit.page("part_phrases.html", **await _library(visit))


@router.get("/phrases/history")
async def history(visit: See, id: str) -> Response:
    """Every version of one phrase and every step in its life, from the record."""
    shelf = visit.house.ports.shelf
    versions = [one for one in await shelf.versions() if one.id == id]
    if not versions:
        raise NotFound("error.phrase")
    return visit.page(
        "phrase_history.html", id=id, versions=sorted(versions, key=lambda one: -one.changed_ms),
        steps=await shelf.history(id),
    )  # fmt: skip


@router.post("/phrases/withdraw")
async def withdraw(request: Request, visit: Withdraw) -> Response:
    """From now on this version is not said any more, by anybody's reply that still waits either."""
    form = await form_of(request)
    shelf, by = visit.house.ports.shelf, visit.by
    id, digest = field(form, "id", 200), field(form, "digest", 64)
    reason = form.get("reason", "").strip()[:400] or "withdrawn in the console"
    record = await once(request, visit, lambda: shelf.withdraw(id, digest, by=by, reason=reason))
    visit.house.broadcast.publish("status")
    return RedirectResponse("/phrases", 303, {"X-Record-Id": record})
