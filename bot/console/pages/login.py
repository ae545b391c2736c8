"""Coming in and going out. A one-time link works once, when a person presses the button, and its token leaves the
address at the first request: a messenger that previews links uses nothing up, and no log keeps it.
"""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from itsdangerous import BadData, URLSafeSerializer
from starlette.responses import RedirectResponse, Response

from bot.console.auth import COOKIE, ONCE_COOKIE, PRE_COOKIE, SCREEN_COOKIE, SCREEN_S, check_password
from bot.console.errors import BadRequest, ConsoleError, NotLoggedIn
from bot.console.views import Person
from bot.console.visit import Visit, check_csrf, form_of, house, local_path, visit_of

router = APIRouter()
Anyone = Annotated[Visit, Depends(visit_of)]
ONCE_S = 600


def _door(visit: Visit, template: str, status: int = 200, /, **more: object) -> Response:
    """A page with a form for somebody not yet logged in: the CSRF token is bound to a cookie of its own."""
    pre = visit.request.cookies.get(PRE_COOKIE) or ""
    if not 20 <= len(pre) <= 60:
        pre = secrets.token_urlsafe(18)
    answer = visit.page(template, status, pre_csrf=visit.house.sessions.csrf(f"pre:{pre}"), **more)
    _keep(visit, answer, PRE_COOKIE, pre, 3600)
    return answer


def _keep(visit: Visit, answer: Response, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        httponly=True,
        samesite="lax",
        secure=visit.house.ports.secure_cookie,
        path="/",
    )


async def _pre_csrf(visit: Visit) -> None:
    await check_csrf(visit.request, f"pre:{visit.request.cookies.get(PRE_COOKIE, '')}")


def _letter(visit: Visit) -> URLSafeSerializer:
    return URLSafeSerializer(visit.house.ports.secret_key, salt="changkong/once")


async def _come_in(visit: Visit, person: Person, how: str, back: str) -> Response:
    """A new session, whatever session there was before, in a browser that keeps its name."""
    sessions, now = visit.house.sessions, visit.house.ports.wall_ms()
    if visit.login is not None:
        sessions.revoke(visit.login, now)
    await visit.house.ports.desk.note_login(person.id, how)
    answer = RedirectResponse(local_path(back), 303)
    _keep(visit, answer, COOKIE, sessions.seal(sessions.open(person.id, now)), sessions.idle_s)
    _keep(visit, answer, SCREEN_COOKIE, sessions.screen(visit.request.cookies.get(SCREEN_COOKIE)), SCREEN_S)
    answer.delete_cookie(PRE_COOKIE, path="/")
    answer.delete_cookie(ONCE_COOKIE, path="/")
    return answer


@router.get("/login")
async def login_page(visit: Anyone, back: str = "/") -> Response:
    if visit.person is not None:
        return RedirectResponse(local_path(back), 303)
    return _door(visit, "login.html", back=local_path(back), name="", problem="")


@router.post("/login")
async def login(request: Request, visit: Anyone) -> Response:
    """Name and password. Tries are counted per name and per address, and a wrong name takes as long as a right one."""
    await _pre_csrf(visit)
    form = await form_of(request)
    name, password, back = form.get("name", "").strip()[:100], form.get("password", ""), form.get("back", "/")
    home, now = visit.house, visit.house.ports.wall_ms()
    address = request.client.host if request.client else "?"
    keys = (f"name:{name.casefold()}", f"from:{address}")
    try:
        if len(password) > 1000:
            raise BadRequest("error.field", field="password")
        home.tries.check(keys, now)
        home.tries.failed(keys, now)
        known = await home.ports.desk.password_hash(name)
        fits = await check_password(password, known[1] if known else None)
        person = await home.ports.desk.person(known[0]) if known and fits else None
        if person is None:
            raise NotLoggedIn("error.password")
    except ConsoleError as wrong:
        problem = visit.words(wrong.key, **wrong.words)
        return _door(visit, "login.html", wrong.status, back=local_path(back), name=name, problem=problem)
    home.tries.passed(keys)
    return await _come_in(visit, person, "password", back)


@router.get("/login/once")
async def once_page(visit: Anyone, t: str = "") -> Response:
    """With `?t=`: put the token into a short-lived signed cookie and go on without it. Without: the button."""
    if t:
        answer: Response = RedirectResponse("/login/once", 303)
        _keep(visit, answer, ONCE_COOKIE, str(_letter(visit).dumps(t[:200])), ONCE_S)
        return answer
    if not visit.request.cookies.get(ONCE_COOKIE):
        return RedirectResponse("/login", 303)
    return _door(visit, "once.html", problem="")


@router.post("/login/once")
async def once(visit: Anyone) -> Response:
    """Use the link up."""
    await _pre_csrf(visit)
    home, now = visit.house, visit.house.ports.wall_ms()
    keys = (f"once:{visit.request.client.host if visit.request.client else '?'}",)
    try:
        home.tries.check(keys, now)
        home.tries.failed(keys, now)
        try:
            token = str(_letter(visit).loads(visit.request.cookies.get(ONCE_COOKIE, "")))
        except BadData:
            raise NotLoggedIn("error.once") from None
        person = await home.ports.desk.take_login(token)
        if person is None:
            raise NotLoggedIn("error.once")
    except ConsoleError as wrong:
        answer = _door(visit, "once.html", wrong.status, problem=visit.words(wrong.key, **wrong.words))
        answer.delete_cookie(ONCE_COOKIE, path="/")
        return answer
    home.tries.passed(keys)
    return await _come_in(visit, person, "once", "/")


@router.post("/logout")
async def logout(visit: Anyone) -> Response:
    """Out: the session's cookie is worth nothing any more. The browser's own stays: it is the same screen as before."""
    answer = RedirectResponse("/login", 303)
    if visit.login is not None and visit.person is not None:
        await check_csrf(visit.request, visit.login.sid)
        house(visit.request).sessions.revoke(visit.login, visit.house.ports.wall_ms())
        await visit.house.ports.desk.note_login(visit.person.id, "logout")
    answer.delete_cookie(COOKIE, path="/")
    return answer
