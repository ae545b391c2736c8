"""The rest: the language, the assets (the verifier's own files among them), and whether the pages are alive."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.public.errors import Missing
from bot.public.rendering import ASSETS
from bot.public.visit import LANG_COOKIE, Json, Visit
from bot.public.words import LANGS

TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


async def language(request: Request) -> Response:
    """Choose the language; kept in a cookie for a year."""
    lang = str(request.path_params["lang"])
    if lang not in LANGS:
        raise Missing("error.missing")
    answer = RedirectResponse(own_path(request.query_params.get("back", "/")), 303)
    answer.set_cookie(
        LANG_COOKIE, lang, max_age=365 * 86_400, samesite="lax", httponly=True,
        secure=Visit(request).ports.base_url.startswith("https://"),
    )  # fmt: skip
    return answer


def own_path(back: str) -> str:
    """`back` when it is a path of this site, else the list of draws."""
    plain = back.isprintable() and "\\" not in back
    return back if plain and back.startswith("/") and not back.startswith("//") else "/"


async def asset(request: Request) -> Response:
    """One of ASSETS; the mark behind its address changes with its content, so it may be kept for long."""
    path = ASSETS.get(str(request.path_params["name"]))
    if path is None or not path.is_file():
        raise Missing("error.missing")
    kept = "public, max-age=31536000, immutable" if request.url.query else "public, max-age=300"
    return FileResponse(
        path, media_type=f"{TYPES[path.suffix]}; charset=utf-8", headers={"Cache-Control": kept}
    )


async def health(request: Request) -> Response:
    """Whether the pages answer. Nothing else is told."""
    return Json({"ok": True})


async def robots(request: Request) -> Response:
    """Claim pages are nobody's business but the winner's."""
    return PlainTextResponse(
        "User-agent: *\nDisallow: /d/*/claim\n", headers={"Cache-Control": "public, max-age=3600"}
    )


async def icon(request: Request) -> Response:
    """A browser that has not read the page's head yet asks here for its icon."""
    return RedirectResponse("/static/icon.svg", 308, {"Cache-Control": "public, max-age=3600"})


ROUTES = [
    Route("/lang/{lang}", language),
    Route("/static/{name}", asset),
    Route("/healthz", health),
    Route("/robots.txt", robots),
    Route("/favicon.ico", icon),
]
