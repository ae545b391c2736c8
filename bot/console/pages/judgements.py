"""One comment and all that was judged of it: a person says whether it is right. That teaches the classifiers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.console.errors import NotFound
from bot.console.visit import Visit, field, form_of, needs, number
from bot.learning.judgement import Labels
from classifiers.verdict import INTENTS, KINDS

router = APIRouter()
Work = Annotated[Visit, Depends(needs("work_cases"))]


@router.get("/comments/{comment_id}/judgement")
async def judgement(comment_id: str, visit: Work) -> Response:
    case = visit.request.query_params.get("case", "")
    found = await visit.house.ports.desk.judged(comment_id[:200], by=visit.by, case=case)
    if found is None:
        raise NotFound("error.missing")
    own = [one for one in (found.verdict.faq, found.filled.faq) if one and one not in INTENTS]
    return visit.page("judgement.html", found=found, intents=[*dict.fromkeys(own), *INTENTS], kinds=KINDS)


@router.post("/comments/{comment_id}/judgement")
async def judge(comment_id: str, request: Request, visit: Work) -> Response:
    """The form is the whole truth about the comment: what it does not name does not hold."""
    form = await form_of(request)
    also = tuple(form[name] for name in form if name.startswith("also_") and form[name] != form.get("faq"))
    hits = (name.removeprefix("hit_") for name in form if name.startswith("hit_"))
    labels = Labels(
        form.get("faq") or None,
        also if form.get("faq") else (),
        number(form, "purchase", 0, 3),
        form.get("negative") or None,
        number(form, "severity", 0, 3),
        tuple(sorted(int(place) for place in hits if place.isascii() and place.isdigit() and len(place) < 5)),
    )
    assert visit.person is not None
    record = await visit.house.ports.desk.judge(
        comment_id[:200],
        labels,
        by=visit.by,
        role=",".join(sorted(visit.person.roles)),
        key=field(form, "key", 80),
    )
    return RedirectResponse(f"/comments/{comment_id}/judgement", 303, {"X-Record-Id": record})
