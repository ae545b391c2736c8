"""One's own password: with the old one, or, where there is none, within ten minutes of coming in by a one-time link."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bot.console.auth import check_password, hash_password
from bot.console.errors import BadRequest, ConsoleError, Forbidden
from bot.console.visit import Visit, form_of, local_path, needs

router = APIRouter()
Anybody = Annotated[Visit, Depends(needs("see_live"))]
FRESH_MS = 10 * 60_000
SHORTEST = 8


def _fresh(visit: Visit) -> bool:
    """Whether this person came in a moment ago."""
    assert visit.login is not None
    return 0 <= visit.house.ports.wall_ms() - visit.login.since_ms <= FRESH_MS


async def _page(
    visit: Visit, *, problem: str = "", done: bool = False, back: str = "/", status: int = 200
) -> Response:
    known = await visit.house.ports.desk.password_hash(visit.by)
    return visit.page(
        "account_password.html", status, has_password=known is not None, fresh=_fresh(visit), problem=problem,
        done=done, back=local_path(back), shortest=SHORTEST,
    )  # fmt: skip


@router.get("/account/password")
async def password_page(visit: Anybody, back: str = "/", done: str = "") -> Response:
    return await _page(visit, done=done == "1", back=back)


@router.post("/account/password")
async def set_password(request: Request, visit: Anybody) -> Response:
    """Choose a password. Tries of the old one are counted as at the door."""
    form = await form_of(request)
    home, back = visit.house, local_path(form.get("back"))
    old, new = form.get("old", ""), form.get("new", "")
    try:
        if not SHORTEST <= len(new) <= 1000 or new != form.get("again", ""):
            raise BadRequest("error.new_password", least=SHORTEST)
        known = await home.ports.desk.password_hash(visit.by)
        if known is not None:
            now = home.ports.wall_ms()
            keys = (f"name:{visit.by.casefold()}", f"from:{request.client.host if request.client else '?'}")
            home.tries.check(keys, now)
            home.tries.failed(keys, now)
            if len(old) > 1000 or not await check_password(old, known[1]):
                raise Forbidden("error.wrong_password")
            home.tries.passed(keys)
        elif not _fresh(visit):
            raise Forbidden("error.not_fresh")
    except ConsoleError as wrong:
        return await _page(
            visit, problem=visit.words(wrong.key, **wrong.words), back=back, status=wrong.status
        )
    await home.ports.desk.set_password(visit.by, await hash_password(new))
    return RedirectResponse(back if back != "/" else "/account/password?done=1", 303)
