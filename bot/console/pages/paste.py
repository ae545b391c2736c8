"""Bulk paste in the form that keyword bots use, one question a line: `词/词|回复|回复`. First a table of what it holds,
then drafts; nothing pasted is said before it was reviewed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bot.console.errors import BadRequest
from bot.console.sitting import screen_of
from bot.console.visit import Visit, form_of, needs, once
from replies.paste import Pasted, read

router = APIRouter()
Write = Annotated[Visit, Depends(needs("write_phrases"))]
LONGEST = 200_000


async def _read(visit: Visit, text: str, merchant: str) -> Pasted:
    taken = {one.slug for one in await visit.house.ports.shelf.questions()}
    return read(text, author=visit.by, merchant=merchant or None, taken=taken)


@router.get("/paste")
async def paste(visit: Write) -> Response:
    return visit.page("paste.html", text="", merchant="", found=None, done=None)


@router.post("/paste")
async def take(request: Request, visit: Write) -> Response:
    """Without `take` the table of what the text holds; with it the drafts."""
    assert visit.login is not None
    form = await form_of(request, longest=LONGEST)
    text, merchant = form.get("text", ""), form.get("merchant", "").strip()[:60]
    if not text.strip():
        raise BadRequest("error.field", field="text")
    found = await _read(visit, text, merchant)
    if form.get("then") != "take":
        return visit.page("paste.html", text=text, merchant=merchant, found=found, done=None)
    shelf, by, screen = visit.house.ports.shelf, visit.by, screen_of(visit.login)

    async def act() -> Pasted:
        for phrase in found.phrases:
            await shelf.draft(phrase, by=by, screen=screen)
        for one in found.questions:
            if not one.wanting:
                body = {
                    "name": one.name,
                    "asks": list(one.asks),
                    "must": list(one.must),
                    "merchant": merchant or None,
                }
                await shelf.save_question(one.slug, body, by=by)
        return found

    done = await once(request, visit, act)
    return visit.page("paste.html", text="", merchant=merchant, found=None, done=done)
