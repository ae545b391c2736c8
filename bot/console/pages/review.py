"""Review: what waits for approval, approved in one sitting with one password; the second reading of who works alone;
break-glass; and the duty mode. The rules are those of bot/approval.py, which the store asks again."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, cast
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.approval import MODES, SITTING_MS, Approver, DutyMode
from bot.console.auth import Login, check_password
from bot.console.errors import BadRequest, ConsoleError, Forbidden, NotFound, NotLoggedIn
from bot.console.pages.writing import marks
from bot.console.shelf_port import Pick
from bot.console.shelf_views import Outcome, Waiting
from bot.console.sitting import screen_of
from bot.console.visit import Visit, field, form_of, needs, number, once, page_in, ticked
from replies.phrase import SUBSTANCE_FIELDS, Phrase

router = APIRouter()
Approve = Annotated[Visit, Depends(needs("approve"))]
Mode = Annotated[Visit, Depends(needs("duty_mode"))]
PAGE = 100
"""Versions on one page: as many as one form may tick, with room for its other fields."""
MOST_PICKS = 1000
"""Ticked at once by a page that stood open since there were no pages: no form has more fields."""
SHOWN_FIELDS = tuple(name for name in SUBSTANCE_FIELDS if name not in ("id", "text", "disclosure"))


async def _page(
    visit: Visit,
    *,
    outcomes: Sequence[Outcome] = (),
    problem: str = "",
    picked: Sequence[str] = (),
    page: int = 0,
    status: int = 200,
) -> Response:
    shelf, login = visit.house.ports.shelf, _login(visit)
    now = shelf.now()
    rows, count = await shelf.waiting(page, PAGE)
    pages = (count + PAGE - 1) // PAGE
    since = visit.house.sittings.since(login, now)
    known = await visit.house.ports.desk.password_hash(visit.by)
    page_ms = visit.house.ports.now_ms()  # countdowns on pages run by the rooms' clock
    return visit.page(
        "review.html", status, rows=rows, page=min(page, max(0, pages - 1)), pages=pages,
        outcomes=outcomes, problem=problem, picked=set(picked),
        mode=await shelf.mode(), modes=MODES, sitting_due=None if since is None else page_ms + SITTING_MS - now + since,
        has_password=known is not None, tasks=[one for one in await shelf.loud() if one.open],
        exemptions=[one for one in await shelf.exemptions() if one.state == "draft"],
        files={one.sha256: one for one in await shelf.evidence_files()}, marks=marks, changes=changes, diff=diff_pieces,
        value=pick_value, journal_ms=now, page_ms=page_ms,
    )  # fmt: skip


def _login(visit: Visit) -> Login:
    if visit.login is None:
        raise NotLoggedIn("error.login")
    return visit.login


@router.get("/review")
async def review(visit: Approve, page: str = "") -> Response:
    return await _page(visit, page=page_in(page))


def pick_value(one: Waiting) -> str:
    """What a ticked box sends: exactly the version and the substance its reviewer has before him."""
    return f"{one.version.id} {one.version.digest} {one.version.phrase.substance}"


def _picks(raw: Sequence[str]) -> list[Pick]:
    picks = [tuple(one.rsplit(" ", 2)) for one in raw]  # an id that was imported long ago may hold spaces
    if not picks or any(len(one) != 3 for one in picks):
        raise BadRequest("error.pick")
    return cast(list[Pick], picks)


async def _sit(request: Request, visit: Visit, password: str) -> Approver:
    """The approver, sitting. Where no sitting runs the password must be right; tries are counted as at the door."""
    assert visit.person is not None
    home, login, shelf = visit.house, _login(visit), visit.house.ports.shelf
    if home.sittings.since(login, shelf.now()) is None:
        wall = home.ports.wall_ms()
        keys = (f"name:{visit.by.casefold()}", f"from:{request.client.host if request.client else '?'}")
        if not password or len(password) > 1000:
            raise BadRequest("error.sitting")
        home.tries.check(keys, wall)
        home.tries.failed(keys, wall)
        known = await home.ports.desk.password_hash(visit.by)
        if not await check_password(password, known[1] if known else None):
            raise Forbidden("error.wrong_password")
        home.tries.passed(keys)
        home.sittings.begin(login, shelf.now())
    since = home.sittings.since(login, shelf.now())
    return Approver(visit.by, visit.person.roles, since, screen_of(login))


@router.post("/review/approve")
async def approve(request: Request, visit: Approve) -> Response:
    """Approve what is ticked, or break the glass for it (an admin, with a reason, for 24 hours)."""
    form = await form_of(request)
    shelf, breaking = visit.house.ports.shelf, form.get("act") == "break"
    raw, page = await ticked(request, "pick", MOST_PICKS), page_in(form.get("page", ""))
    reason = ""
    if breaking:
        if not visit.can("break_glass"):
            raise Forbidden("error.role")
        try:
            reason = field(form, "break_reason", 400)
        except BadRequest:
            problem = visit.words("review.break_reason_needed")
            return await _page(visit, problem=problem, picked=raw, page=page, status=422)
    try:
        picks = _picks(raw)
        approver = await _sit(request, visit, form.get("password", ""))
    except ConsoleError as wrong:
        problem = visit.words(wrong.key, **wrong.words)
        return await _page(visit, problem=problem, picked=raw, page=page, status=wrong.status)
    done = await once(request, visit, lambda: shelf.approve(picks, approver, break_glass=breaking, reason=reason),
    )  # fmt: skip
    visit.house.broadcast.publish("status")
    return await _page(visit, outcomes=done, page=page)


@router.post("/review/return")
async def send_back(request: Request, visit: Approve) -> Response:
    """Say no: what is ticked goes back to its author as a draft, with the reason."""
    form = await form_of(request)
    raw, page = await ticked(request, "pick", MOST_PICKS), page_in(form.get("page", ""))
    shelf = visit.house.ports.shelf
    try:
        picks = _picks(raw)
    except BadRequest as wrong:
        problem = visit.words(wrong.key, **wrong.words)
        return await _page(visit, problem=problem, picked=raw, page=page, status=wrong.status)
    try:
        reason = field(form, "reason")
    except BadRequest:
        problem = visit.words("review.reason_needed")
        return await _page(visit, problem=problem, picked=raw, page=page, status=422)
    done = await once(request, visit, lambda: shelf.send_back(picks, by=visit.by, reason=reason))
    return await _page(visit, outcomes=done, page=page)


@router.get("/review/second/{id:path}")
async def second(id: str, visit: Approve) -> Response:
    """One phrase in review, alone on the page, to be read once more on another screen than it was written on."""
    waits = await visit.house.ports.shelf.waits(id)
    if waits is None:
        raise NotFound("error.phrase")
    ports, here = visit.house.ports, screen_of(_login(visit))
    read = [one for one in waits.readings if one.by == visit.by and one.screen not in waits.screens]
    return visit.page(
        "second.html", one=waits, mode=await ports.shelf.mode(), marks=marks, diff=diff_pieces, changes=changes,
        written_here=here in waits.screens, own=visit.by in waits.version.makers, read=read[-1] if read else None,
        ready_due=ports.now_ms() + waits.ready_ms - ports.shelf.now(), ready=waits.ready_ms <= ports.shelf.now(),
        files={one.sha256: one for one in await ports.shelf.evidence_files()},
    )  # fmt: skip


@router.post("/review/second/{id:path}")
async def note_second(id: str, request: Request, visit: Approve) -> Response:
    """It has been read on this screen."""
    form = await form_of(request)
    shelf, screen, digest = visit.house.ports.shelf, screen_of(_login(visit)), field(form, "digest", 64)
    waits = await shelf.waits(id)
    if waits is None or waits.version.digest != digest:
        raise NotFound("error.phrase")
    if screen in waits.screens:
        raise Forbidden("error.same_screen")
    await once(request, visit, lambda: shelf.read(id, digest, by=visit.by, screen=screen))
    return RedirectResponse(f"/review/second/{quote(id)}", 303)


@router.post("/review/exemption")
async def grant_exemption(request: Request, visit: Approve) -> Response:
    """Grant an exemption somebody else has asked for."""
    form = await form_of(request)
    exemption = number(form, "exemption")
    try:
        approver = await _sit(request, visit, form.get("password", ""))
    except ConsoleError as wrong:
        return await _page(visit, problem=visit.words(wrong.key, **wrong.words), status=wrong.status)
    shelf = visit.house.ports.shelf
    await once(request, visit, lambda: shelf.grant_exemption(exemption, approver))
    return RedirectResponse("/review", 303)


@router.post("/review/task")
async def close_task(request: Request, visit: Approve) -> Response:
    """Somebody else has looked at what was approved by break-glass."""
    form = await form_of(request)
    task = number(form, "task")
    await once(request, visit, lambda: visit.house.ports.shelf.close_task(task, by=visit.by))
    return RedirectResponse("/review", 303)


@router.post("/review/mode")
async def set_mode(request: Request, visit: Mode) -> Response:
    """Choose the duty mode; the store refuses it during a show."""
    form = await form_of(request)
    mode = form.get("mode", "")
    if mode not in MODES:
        raise BadRequest("error.field", field="mode")
    shelf = visit.house.ports.shelf
    chosen: DutyMode = mode
    await once(request, visit, lambda: shelf.set_mode(chosen, by=visit.by))
    return RedirectResponse("/review", 303)


def changes(new: Phrase, old: Phrase | None) -> list[tuple[str, str, str]]:
    """Fields other than the words that differ: name, before, now."""
    if old is None:
        return []
    return [
        (name, _plain(getattr(old, name)), _plain(getattr(new, name)))
        for name in SHOWN_FIELDS
        if (getattr(old, name) or None) != (getattr(new, name) or None)
    ]


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(one)[:12] for one in value) or "–"
    return "–" if value in (None, "") else str(value)


def diff_pieces(old: str, new: str) -> list[tuple[str, str]]:
    """The words of both as pieces: ("same" | "gone" | "new", text), character by character."""
    pieces: list[tuple[str, str]] = []
    cuts = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    spots = [
        (0, 0),
        *[spot for one in cuts for spot in ((one.a, one.b), (one.a + one.size, one.b + one.size))],
    ]
    for (a, b), (c, d) in pairwise(spots):
        if old[a:c] and old[a:c] == new[b:d]:
            pieces.append(("same", new[b:d]))
        else:
            pieces += [(kind, text) for kind, text in (("gone", old[a:c]), ("new", new[b:d])) if text]
    return pieces
