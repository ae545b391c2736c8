"""The shop's own questions: a name, three ways of asking, words that decide, and the phrase that answers. While it is
typed, the page shows what it would have done with the last show."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.console.errors import BadRequest, NotFound
from bot.console.pages.writing import CLASS_NAMES, MOST_TEXT, Examples
from bot.console.shelf_views import OwnQuestionView
from bot.console.sitting import screen_of
from bot.console.visit import Visit, field, form_of, needs, once
from bot.errors import NotAllowed
from classifiers.own import OwnQuestion
from replies.phrase import Phrase

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_phrases"))]
Write = Annotated[Visit, Depends(needs("write_phrases"))]
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_BREAK = re.compile(r"[\r\n]+")
_WORDS = re.compile(r"[\r\n,，、;；]+")


@router.get("/questions")
async def questions(visit: See, example: Examples = ()) -> Response:
    """All of them; with examples of what viewers ask, the form of a new one begun with these."""
    if example and visit.can("write_phrases"):
        return RedirectResponse(
            f"/questions/edit?{urlencode({'example': list(example[:20])}, doseq=True)}", 303
        )
    return visit.page("questions.html", rows=await visit.house.ports.shelf.questions())


@router.get("/questions/edit")
async def edit(
    visit: Write, slug: str = "", name: str = "", asks: str = "", example: Examples = ()
) -> Response:
    """The form: of a question there is, or of a new one, begun with what a link brought along."""
    known = {one.slug: one for one in await visit.house.ports.shelf.questions()}
    if slug and slug not in known and not SLUG.fullmatch(slug):
        raise NotFound("error.missing")
    begun = _lines("\n".join((asks, *example))[:4000])
    fresh = OwnQuestionView(slug or f"q-{secrets.token_hex(5)}", name[:200], begun)
    return await _form(visit, known.get(slug, fresh), known=slug in known)


async def _form(
    visit: Visit, one: OwnQuestionView, *, known: bool, text: str = "", problem: str = "", status: int = 200
) -> Response:
    shelf = visit.house.ports.shelf
    phrases = [row for row in await shelf.versions() if row.phrase.intent == f"own:{one.slug}"]
    return visit.page(
        "question_edit.html", status, one=one, known=known, text=text, problem=problem, phrases=phrases,
        products=await shelf.products(), classes=CLASS_NAMES,
        request_said=visit.request.query_params.get("said", ""),
        tried=await shelf.try_question(_question(one), by=visit.by) if len(one.asks) >= 3 else None,
    )  # fmt: skip


def _question(one: OwnQuestionView) -> OwnQuestion:
    return OwnQuestion(one.slug, one.asks, one.must, one.must_not)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (one.strip() for one in _BREAK.split(text)))))


def question_of(form: Mapping[str, str]) -> OwnQuestionView:
    """The question in the form. Raises BadRequest for a short name that cannot be."""
    slug, scope = form.get("slug", "").strip(), form.get("scope", "any")
    if not SLUG.fullmatch(slug):
        raise BadRequest("error.field", field="slug")
    about = form.get({"class": "klass", "product": "product"}.get(scope, ""), "").strip()[:40]
    must, must_not = (
        tuple(dict.fromkeys(filter(None, (one.strip() for one in _WORDS.split(form.get(name, ""))))))
        for name in ("must", "must_not")
    )
    return OwnQuestionView(
        slug, form.get("name", "").strip(), _lines(form.get("asks", "")), must, must_not, scope, about,
        form.get("merchant", "").strip()[:60],
    )  # fmt: skip


@router.post("/questions/try")
async def try_out(request: Request, visit: Write) -> Response:
    """What the question in the form would have done with the last show. Nothing is kept but the look."""
    one = question_of(await form_of(request))
    tried = (
        await visit.house.ports.shelf.try_question(_question(one), by=visit.by)
        if len(one.asks) >= 3
        else None
    )
    return visit.page("part_try.html", tried=tried, one=one)


@router.post("/questions/edit")
async def save(request: Request, visit: Write) -> Response:
    """Save the question, which works at once, and its phrase as a draft; with `submit` the phrase goes to review."""
    assert visit.login is not None
    form = await form_of(request)
    one, text = question_of(form), form.get("text", "").strip()
    shelf, by, screen = visit.house.ports.shelf, visit.by, screen_of(visit.login)
    body = {
        "name": one.name, "asks": list(one.asks), "must": list(one.must), "must_not": list(one.must_not),
        "scope": one.scope, "product": one.product or None, "merchant": one.merchant or None,
    }  # fmt: skip
    if len(text) > MOST_TEXT:
        raise BadRequest("error.field", field="text")

    async def act() -> str:
        await shelf.save_question(one.slug, body, by=by)
        place = {"slug": one.slug, "said": "saved"}
        if text:
            phrase = Phrase(
                f"{one.slug}-{secrets.token_hex(3)}", f"own:{one.slug}", one.scope,  # type: ignore[arg-type]
                one.product or None, None, "zh", text, merchant=one.merchant or None,
            )  # fmt: skip
            version = await shelf.draft(phrase, by=by, screen=screen)
            if form.get("then") == "submit" and (await shelf.check(phrase)).clean:
                await shelf.submit(version.id, version.digest, by=by)
                place["said"] = "submitted"
            elif form.get("then") == "submit":
                place["said"] = "refused"
        return f"/questions/edit?{urlencode(place)}"

    try:
        where = await once(request, visit, act)
    except NotAllowed as refused:
        name = str(refused).partition(":")[0]
        problem = visit.words.name("problem", f"question_{name}")
        shown = str(refused) if problem == f"question_{name}" else problem
        return await _form(visit, one, known=False, text=text, problem=shown, status=422)
    visit.house.broadcast.publish("status")
    return RedirectResponse(where, 303)


@router.post("/questions/switch")
async def switch(request: Request, visit: Write) -> Response:
    """On or off, at once."""
    form = await form_of(request)
    slug, on = field(form, "slug", 40), form.get("on") == "1"
    await once(request, visit, lambda: visit.house.ports.shelf.switch_question(slug, on, by=visit.by),
    )  # fmt: skip
    return RedirectResponse("/questions", 303)
