"""Was I in it? One question, one answer in JSON, which the page checks against the published list."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict
from typing import get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.draws.answers import How, Query
from bot.public.errors import BadRequest, Missing
from bot.public.limits import FIND
from bot.public.visit import Json, Visit

LONGEST = 60


async def find(request: Request) -> Response:
    """Look for an entry by receipt, own code, or name and minute."""
    visit = Visit(request)
    if visit.ports.viewers is None:
        raise Missing("error.off")
    visit.spend(FIND)
    one = await visit.draw()
    query = _query(await visit.body())
    found = await visit.ports.viewers.find(one.draw_id, query, visit.client, visit.ports.now_ms())
    published = {"published_root": one.root, "published_excluded_root": one.excluded_root}
    return Json({**asdict(found), **published})


def _query(sent: object) -> Query:
    """Read the question. Raises BadRequest."""
    fields = sent if isinstance(sent, dict) else {}
    how, text, minute = fields.get("how"), fields.get("text"), fields.get("minute", "")
    if how not in get_args(How) or not isinstance(text, str) or not isinstance(minute, str):
        raise BadRequest("error.form")
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode()).strip()
    if not 0 < len(text) <= LONGEST:
        raise BadRequest("away.field.text")
    if how == "name":
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", minute, re.ASCII):
            raise BadRequest("away.field.minute")
        return Query("name", text, minute)
    return Query("receipt" if how == "receipt" else "code", text)


ROUTES = [Route("/d/{draw_id}/find", find, methods=["POST"])]
