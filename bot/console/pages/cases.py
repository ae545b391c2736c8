"""Cases: the queue in three tabs, one case in full, its vetted answer, and claim, release, take over, resolve.

Every act carries the version the person saw. Who comes second is told who was first, and nothing is changed.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot.console.errors import BadRequest, NotFound, Refused
from bot.console.views import DISPOSITIONS, CaseDetail, CaseRow
from bot.console.visit import Visit, field, form_of, needs, number, visible
from bot.policy import HIDEABLE

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_cases"))]
Work = Annotated[Visit, Depends(needs("work_cases"))]
TABS = ("mine", "unassigned", "all", "closed")


async def _queue(visit: Visit) -> dict[str, object]:
    tab = visit.request.query_params.get("tab", "all")
    if tab not in TABS:
        raise NotFound("error.missing")
    desk = visit.house.ports.desk
    everything = await desk.cases()
    now = visit.house.ports.now_ms()
    rows = (
        await desk.cases(closed=True)
        if tab == "closed"
        else [one for one in everything if _in(tab, one, visit)]
    )
    counts = {name: sum(_in(name, one, visit) for one in everything) for name in TABS[:3]}
    late = sum(one.due_ms is not None and one.due_ms < now for one in everything)
    oldest = min((one.opened_ms for one in everything), default=None)
    return {"rows": rows, "tab": tab, "tabs": TABS, "counts": counts, "late": late, "oldest_ms": oldest}


def _in(tab: str, row: CaseRow, visit: Visit) -> bool:
    if tab == "mine":
        return row.holder == visit.by
    return tab == "all" or (tab == "unassigned" and not row.holder)


@router.get("/cases")
async def cases(visit: See) -> Response:
    return visit.page("cases.html", detail=None, **await _queue(visit))


@router.get("/cases/list")
async def case_list(visit: See) -> Response:
    """The queue alone, as a fragment."""
    return visit.page("part_queue.html", detail=None, **await _queue(visit))


def _detail(detail: CaseDetail | None) -> dict[str, object]:
    """What the detail's template needs. Raises NotFound when there is no such case."""
    if detail is None:
        raise NotFound("error.case")
    return {"detail": detail, "dispositions": DISPOSITIONS, "may_hide": hideable(detail.case.codes)}


@router.get("/cases/{case_id}")
async def case(case_id: str, visit: See) -> Response:
    """One case with its queue beside it; the detail alone for a script."""
    more = _detail(await visit.house.ports.desk.case(case_id, by=visit.by))
    if visit.by_htmx:
        return visit.page("part_case.html", **more)
    return visit.page("cases.html", **more, **await _queue(visit))


async def _check_hiding(visit: Visit, case_id: str, note: str) -> None:
    """Complaints are hidden by nobody. One that also carries a code for which the law lets a viewer's words be hidden
    may be, with the reason in the note; it stays a complaint all the same (design, section 6, rule 2)."""
    detail = await visit.house.ports.desk.case(case_id, by=visit.by)
    if detail is None:
        raise NotFound("error.case")
    codes = detail.case.codes
    if not hideable(codes):
        raise Refused("error.hide_law")
    if any(code.startswith("C") for code in codes) and not visible(note):
        raise Refused("error.hide_reason")


def hideable(codes: tuple[str, ...]) -> bool:
    """Whether any of the codes lets a moderator hide a viewer's words at all."""
    return any(code[:1] in HIDEABLE for code in codes)


@router.post("/cases/{case_id}/copy")
async def copy_answer(case_id: str, request: Request, visit: Work) -> Response:
    """Take the vetted answer away, to be said by a person: the words for a script's clipboard, after it is recorded."""
    form = await form_of(request)
    text = field(form, "text")
    record = await visit.house.ports.desk.copy_answer(
        case_id, by=visit.by, phrase=field(form, "phrase", 80), digest=field(form, "digest", 64), text=text,
        key=field(form, "key", 80),
    )  # fmt: skip
    if record is None:
        raise Refused("error.answer")
    visit.house.broadcast.publish("cases")
    told = {"X-Record-Id": record}
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"text": text}, headers=told)
    return RedirectResponse(f"/cases/{case_id}", 303, told)


@router.post("/cases/{case_id}/{act}")
async def act_on(case_id: str, act: str, request: Request, visit: Work) -> Response:
    """Claim, release, take over (with a reason) or resolve (with a disposition)."""
    form = await form_of(request)
    desk, by = visit.house.ports.desk, visit.by
    version, key = number(form, "version"), field(form, "key", 80)
    match act:
        case "claim":
            record = await desk.claim(case_id, by=by, version=version, key=key)
        case "release":
            record = await desk.release(case_id, by=by, version=version, key=key)
        case "take-over":
            reason = field(form, "reason")
            record = await desk.take_over(case_id, by=by, version=version, reason=reason, key=key)
        case "resolve":
            disposition = field(form, "disposition", 40)
            if disposition not in DISPOSITIONS:
                raise BadRequest("error.field", field="disposition")
            note = form.get("note", "").strip()[:2000]
            if disposition == "hidden":
                await _check_hiding(visit, case_id, note)
            record = await desk.resolve(
                case_id, by=by, version=version, disposition=disposition, note=note, key=key
            )
        case _:
            raise NotFound("error.missing")
    visit.house.broadcast.publish("cases")
    if not visit.by_htmx:
        return RedirectResponse(f"/cases/{case_id}", 303, {"X-Record-Id": record})
    if form.get("from") == "live":
        return Response(status_code=204, headers={"X-Record-Id": record, "HX-Trigger": "ck:cases"})
    detail = await desk.case(case_id, by=by)
    answer = visit.page("part_case.html", **_detail(detail))
    answer.headers["X-Record-Id"] = record
    answer.headers["HX-Trigger"] = "ck:cases"
    return answer
