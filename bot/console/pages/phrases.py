"""Phrases: what the bot may say, by question, with who stands behind it; its history; sending many drafts to review
with one press; and taking one back with one press, by anybody who sees the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.console.errors import BadRequest, NotFound
from bot.console.shelf_views import Outcome, Version
from bot.console.visit import Visit, field, form_of, needs, once, page_in, ticked

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_phrases"))]
Withdraw = Annotated[Visit, Depends(needs("withdraw"))]
Write = Annotated[Visit, Depends(needs("write_phrases"))]
PAGE = 120
"""Versions on one page of the library."""
MOST_DRAFTS = 500
"""Drafts sent to review with one press, and on one page of drafts: an imported library goes at once."""

STATES = ("live", "approved", "in_review", "draft", "expired", "withdrawn")


async def _library(visit: Visit, outcomes: Sequence[Outcome] = ()) -> dict[str, object]:
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
    most = MOST_DRAFTS if wanted == "draft" else PAGE
    page = min(page_in(asked.get("page", "")), max(0, (len(shown) - 1) // most))
    rows = shown[page * most : (page + 1) * most]
    groups = [(intent, list(same)) for intent, same in groupby(rows, key=lambda one: one.phrase.intent)]
    return {
        "groups": groups, "states": states, "state": wanted, "total": len(found), "names": names, "query": query,
        "page": page, "pages": (len(shown) + most - 1) // most,
        "here": urlencode({"state": wanted, "q": query}), "drafts": await _drafts(visit, rows), "pick": pick_value,
        "sent": sum(one.state != "" for one in outcomes), "refused": [one for one in outcomes if not one.state],
    }  # fmt: skip


async def _drafts(visit: Visit, rows: Sequence[Version]) -> dict[str, str]:
    """What the checks say of each draft that may be sent to review from here: ok, warn or bad, by its box."""
    if not visit.can("write_phrases"):
        return {}
    drafts = [one for one in rows if one.state == "draft"]
    found = {}
    for one, checked in zip(
        drafts, await visit.house.ports.shelf.check_all([one.phrase for one in drafts]), strict=True
    ):
        spotless = checked.spotless and not one.phrase.exemptions
        found[pick_value(one)] = "ok" if spotless else "warn" if checked.clean else "bad"
    return found


def pick_value(one: Version) -> str:
    """What the ticked box of a draft sends: exactly that version."""
    return f"{one.digest} {one.id}"


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


@router.post("/phrases/submit")
async def submit(request: Request, visit: Write) -> Response:
    """Send what is ticked to review. What cannot go is named with the reason; the others go."""
    await request.form(max_fields=2 * MOST_DRAFTS)  # more boxes than other forms have fields
    await form_of(request)
    raw = await ticked(request, "pick", 2 * MOST_DRAFTS)
    picks = list(dict.fromkeys((id, digest) for digest, _, id in (one.partition(" ") for one in raw)))
    if not picks or not all(id and digest for id, digest in picks):
        raise BadRequest("error.pick")
    if len(picks) > MOST_DRAFTS:
        raise BadRequest("error.too_many_picks", most=MOST_DRAFTS)
    shelf, by = visit.house.ports.shelf, visit.by
    done = await once(request, visit, lambda: shelf.submit_all(picks, by=by))
    visit.house.broadcast.publish("status")
    return visit.page("phrases.html", **await _library(visit, done))


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
