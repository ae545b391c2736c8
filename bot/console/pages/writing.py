"""Writing a phrase: the form, and what the checks say while it is written. Saving makes a draft; nothing is said before
somebody has approved it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from bot.console.errors import BadRequest, NotFound
from bot.console.rendering import local_ms
from bot.console.shelf_views import Version
from bot.console.sitting import screen_of
from bot.console.views import Mark
from bot.console.visit import Visit, field, files_of, form_of, needs, once, ticked
from bot.storage.evidence import MAX_BYTES
from classifiers.verdict import INTENTS
from replies.facts import DEVICE_DISCLOSURE, DRAW_SLOTS, HEALTH_DISCLOSURE, SLOTS, prescribed
from replies.finding import Finding
from replies.goods import CLASSES
from replies.lengths import LIMITS
from replies.phrase import Phrase
from replies.sheet import COMPLAINTS, DRAW_NOTICES, EMERGENCIES, PHRASE_ID, SATISFACTION

router = APIRouter()
Write = Annotated[Visit, Depends(needs("write_phrases"))]
Examples = Annotated[Sequence[str], Query()]
TONES = ("neutral", "sales", "after_sales")
GROUPS = ("", "A", "B")
USUAL_SLOTS = (
    "price", "price_basis", "price_until", "stock", "coupon", "ship_time", "link_no", "product", "size_advice",
)  # fmt: skip
"""Offered at once; the others stand behind a fold."""
WRITTEN = (*INTENTS, SATISFACTION)
"""What a phrase may be written for, beside complaints and own questions."""
CLASS_NAMES = tuple(dict.fromkeys(CLASSES.values()))
COMPLAINED = tuple(f"complaint:{kind}" for kind in COMPLAINTS)
EMERGENCY = tuple(f"emergency:{one}" for one in EMERGENCIES)
NOTICES = tuple(f"draw:{one}" for one in DRAW_NOTICES)
MOST_TEXT, MOST_DISCLOSURE = 500, 200
_OWN = re.compile(r"own:[a-z0-9][a-z0-9_-]{0,39}")


@router.get("/phrases/edit")
async def edit(
    visit: Write, id: str = "", intent: str = "", digest: str = "", example: Examples = ()
) -> Response:
    """The form: of a phrase there is, or of a new one to a question."""
    shelf = visit.house.ports.shelf
    base = await shelf.version(id, digest) if id else None
    if id and base is None:
        raise NotFound("error.phrase")
    if base is not None:
        phrase = base.phrase
        if base.practice:  # the shop's own words stand under an id of their own
            phrase = replace(phrase, id=new_id(phrase.intent), valid_until_ms=None)
    else:
        known = (
            intent if intent in WRITTEN or intent.startswith("complaint:") or _OWN.fullmatch(intent) else ""
        )
        phrase = Phrase(new_id(known or "phrase"), known, "any", None, None, "zh", "")
    return await _form(visit, phrase, base=base, example=[one[:200] for one in example[:8]])


def new_id(intent: str) -> str:
    """A phrase's id that nobody has: its question and some random digits."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", intent.removeprefix("own:")).strip("-")[:50] or "phrase"
    return f"{plain}-{secrets.token_hex(3)}"


async def _form(
    visit: Visit, phrase: Phrase, *, base: Version | None = None, example: Sequence[str] = (), problem: str = "",
    wrong: str = "", status: int = 200,
) -> Response:  # fmt: skip
    shelf, ports = visit.house.ports.shelf, visit.house.ports
    rooms = ports.rooms()
    platforms = sorted({*LIMITS, *(one.key.partition(":")[0] for one in rooms), phrase.platform or ""} - {""})
    files = {one.sha256: one for one in await shelf.evidence_files()}
    products = [(one.id, f"{one.slot} · {one.name}") for one in await shelf.products()]
    return visit.page(
        "phrase_edit.html", status, phrase=phrase, base=base, example=example, problem=problem, wrong=wrong,
        intents=WRITTEN, complaints=COMPLAINED, emergencies=EMERGENCY, notices=NOTICES,
        questions=await shelf.questions(), classes=CLASS_NAMES, slots={**SLOTS, **DRAW_SLOTS}, usual_slots=USUAL_SLOTS,
        product_options=_options(products, phrase.product if phrase.scope == "product" else None),
        platform_options=_options([(one, one) for one in platforms], phrase.platform),
        room_options=_options([(one.key, one.title or one.key) for one in rooms], phrase.room),
        request_said=visit.request.query_params.get("said", ""), files=list(files.values())[-30:][::-1],
        exemptions=await shelf.exemptions(phrase.id), health=HEALTH_DISCLOSURE, device=DEVICE_DISCLOSURE,
        **await _checked(visit, phrase),
    )  # fmt: skip


def _options(known: Sequence[tuple[str, str]], chosen: str | None) -> list[tuple[str, str]]:
    """What may be chosen, with what is chosen now though it be gone."""
    return [*known, *([(chosen, chosen)] if chosen and chosen not in {one for one, _ in known} else [])]


async def _checked(visit: Visit, phrase: Phrase) -> dict[str, Any]:
    """What the checks say, as the fragment under the text shows it."""
    checked = await visit.house.ports.shelf.check(phrase)
    offered = prescribed(checked.klass or "")
    return {
        "checked": checked, "offered": offered if offered not in phrase.text + phrase.disclosure else "",
        "text": phrase.text, "disclosure": phrase.disclosure,
        "text_marks": marks(checked.findings, "text"), "disclosure_marks": marks(checked.findings, "disclosure"),
    }  # fmt: skip


def marks(findings: Sequence[Finding], field: str) -> tuple[Mark, ...]:
    """The findings of a field that cover a span of it, as marks."""
    return tuple(
        Mark(one.category or one.rule, one.start, one.end, rule=one.rule)
        for one in findings
        if one.field == field and one.start < one.end and one.rule not in _WHOLE
    )


_WHOLE = frozenset({"length", "long-answer", "price-basis", "promise", "validity", "expired", "empty"})
"""Findings about the phrase as a whole: marking every character would say nothing."""


@router.post("/phrases/lint")
async def lint_now(request: Request, visit: Write) -> Response:
    """The checks of what stands in the form now. Nothing is kept."""
    form = await form_of(request, files=("files",))
    phrase = phrase_of(
        form, await ticked(request, "evidence"), await ticked(request, "exemptions"), strict=False
    )
    return visit.page("part_lint.html", phrase=phrase, **await _checked(visit, phrase))


@router.post("/phrases/edit")
async def save(request: Request, visit: Write) -> Response:
    """Keep the draft with its evidence; with `submit`, send it to review as well. What the checks refuse is kept as a
    draft but not sent."""
    assert visit.login is not None
    form = await form_of(request, files=("files",))
    shelf, by, screen = visit.house.ports.shelf, visit.by, screen_of(visit.login)
    files = await files_of(request, "files", MAX_BYTES)
    evidence, exemptions = await ticked(request, "evidence"), await ticked(request, "exemptions")
    try:
        phrase = phrase_of(form, evidence, exemptions)
    except BadRequest as bad:
        loose = phrase_of(form, evidence, exemptions, strict=False)
        name = str(bad.words.get("field", ""))
        problem = visit.words(bad.key, field=visit.words.name("write_field", name))
        return await _form(visit, loose, problem=problem, wrong=name, status=422)

    async def act() -> str:
        kept = [await shelf.keep_evidence(data, name, kind, by=by) for name, kind, data in files]
        whole = replace(phrase, evidence=tuple(dict.fromkeys((*phrase.evidence, *kept))))
        version = await shelf.draft(whole, by=by, screen=screen)
        place = {"id": version.id, "digest": version.digest}
        if form.get("then") == "submit" and version.state == "draft":
            if not (await shelf.check(whole)).clean:
                return f"/phrases/edit?{urlencode(place | {'said': 'refused'})}"
            await shelf.submit(version.id, version.digest, by=by)
            return f"/phrases/edit?{urlencode(place | {'said': 'submitted'})}"
        return f"/phrases/edit?{urlencode(place | {'said': 'saved'})}"

    where = await once(request, visit, act)
    visit.house.broadcast.publish("status")
    return RedirectResponse(where, 303)


@router.post("/phrases/exemption")
async def exemption(request: Request, visit: Write) -> Response:
    """Ask for an exemption of one rule, with evidence that is kept already. Another person grants it in review."""
    form = await form_of(request)
    shelf, by, id = visit.house.ports.shelf, visit.by, field(form, "id", 200)
    rule, reason = field(form, "rule", 100), field(form, "reason", 2000)
    evidence = await ticked(request, "evidence")
    await once(request, visit, lambda: shelf.ask_exemption(id, rule, reason, evidence, by=by))
    return RedirectResponse(f"/phrases/edit?{urlencode({'id': id, 'said': 'asked'})}", 303)


def phrase_of(
    form: Mapping[str, str], evidence: Sequence[str], exemptions: Sequence[str], *, strict: bool = True
) -> Phrase:
    """The phrase in the form. Strict: raises BadRequest naming the field; else what cannot be read is left out."""

    def wrong(name: str) -> None:
        if strict:
            raise BadRequest("error.field", field=name)

    def short(name: str, most: int) -> str | None:
        value = form.get(name, "").strip()
        if len(value) > most:
            wrong(name)
        return value[:most] or None

    def one_of(name: str, known: Sequence[str]) -> str:
        value = form.get(name, known[0])
        if value not in known:
            wrong(name)
            return known[0]
        return value

    id, intent = form.get("id", "").strip(), form.get("intent", "").strip()
    if not PHRASE_ID.fullmatch(id):
        wrong("id")
    known = intent in (*WRITTEN, *EMERGENCY, *NOTICES) or re.fullmatch(r"complaint:[a-z]{1,30}", intent)
    if not (known or _OWN.fullmatch(intent)):
        wrong("intent")
    text = form.get("text", "").strip()
    if not text or len(text) > MOST_TEXT:
        wrong("text")
    scope = one_of("scope", ("any", "class", "product"))
    about = {"class": short("klass", 40), "product": short("product", 40)}.get(scope)
    if scope != "any" and about is None:
        wrong("product" if scope == "product" else "klass")
    times: dict[str, int | None] = {}
    for name in ("valid_from", "valid_until"):
        try:
            times[name] = local_ms(form.get(name, "").strip())
        except ValueError:
            wrong(name)
            times[name] = None
    return Phrase(
        id[:80], intent[:60], scope if about or scope == "any" else "any", about,  # type: ignore[arg-type]
        short("platform", 30), one_of("lang", ("zh", "en")), text[:MOST_TEXT],  # type: ignore[arg-type]
        short("disclosure", MOST_DISCLOSURE) or "", times["valid_from"], times["valid_until"],
        one_of("group", GROUPS), one_of("tone", TONES),  # type: ignore[arg-type]
        merchant=short("merchant", 60), room=short("room", 120),
        evidence=tuple(dict.fromkeys(evidence)), exemptions=tuple(dict.fromkeys(exemptions)),
    )  # fmt: skip
