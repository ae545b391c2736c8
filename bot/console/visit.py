"""One request's visitor: who it is, in which language, with which CSRF token; and the doors they may pass.

`needs(ability)` is the dependency of every route that is not public: it finds the person in the store, checks the
ability, and on a changing request the CSRF token.
"""

from __future__ import annotations

import dataclasses
import hashlib
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from fastapi import Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, Response

from bot.console.auth import COOKIE, SCREEN_COOKIE, Login, Sessions, Tries
from bot.console.errors import BadRequest, Forbidden, NotLoggedIn
from bot.console.ports import ConsolePorts
from bot.console.presses import Presses
from bot.console.roles import ABILITIES, allowed
from bot.console.shelf_views import Loud
from bot.console.sitting import Sittings
from bot.console.stream import Broadcast
from bot.console.views import Person
from bot.console.words import HTML_LANG, Words

T = TypeVar("T")
LANG_COOKIE, THEME_COOKIE = "ck_lang", "ck_theme"
BY_ITSELF = (
    "/live/part/", "/live/counters", "/live/comments", "/cases/list", "/draws/list", "/draws/part/", "/events",
    "/phrases/list", "/goods/list", "/desk/part/", "/prompter/part", "/polls/part", "/overlay/",
)  # fmt: skip
"""Paths that the open page fetches when the stream says so."""

NAV = (
    ("live", "/", "see_live"),
    ("desk", "/desk", "see_live"),
    ("cases", "/cases", "see_cases"),
    ("phrases", "/phrases", "see_phrases"),
    ("review", "/review", "approve"),
    ("goods", "/goods", "facts"),
    ("draws", "/draws", "see_draws"),
    ("record", "/record", "see_record"),
)
"""Name, path and needed ability of each page."""


@dataclass(frozen=True, slots=True)
class House:
    """What all routes share; one for each console."""

    ports: ConsolePorts
    sessions: Sessions
    tries: Tries
    broadcast: Broadcast
    templates: Environment
    assets: Mapping[str, str]
    sittings: Sittings = dataclasses.field(default_factory=Sittings)
    presses: Presses = dataclasses.field(default_factory=Presses)


def house(request: Request) -> House:
    """The house of this request's application."""
    found: House = request.app.state.house
    return found


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, and how to speak to them. `person` None on public pages without a log-in."""

    house: House
    request: Request
    words: Words
    person: Person | None = None
    login: Login | None = None
    loud: Sequence[Loud] = ()

    @property
    def by(self) -> str:
        """The actor's login name, for records. Only on routes behind `needs`."""
        if self.person is None:
            raise NotLoggedIn("error.login")
        return self.person.login

    def can(self, ability: str) -> bool:
        """Whether this visitor has `ability`."""
        return self.person is not None and allowed(self.person.roles, ability)

    def page(self, name: str, status: int = 200, /, **more: object) -> Response:
        """The template `name` with everything a page needs."""
        theme = self.request.cookies.get(THEME_COOKIE)
        text = self.house.templates.get_template(name).render(
            t=self.words, lang=self.words.lang, html_lang=HTML_LANG[self.words.lang], person=self.person,
            can=self.can, csrf=self.house.sessions.csrf(self.login.sid) if self.login else "",
            nav=NAV, path=self.request.url.path, theme=theme if theme in ("light", "dark") else "auto",
            asset=self._asset, now_ms=self.house.ports.now_ms(), version=self.house.ports.version,
            loud=self.loud, **more,
        )  # fmt: skip
        answer = HTMLResponse(text, status)
        self.renew(answer)
        return answer

    def renew(self, answer: Response) -> None:
        """Keep the session alive, unless a script fetched this by itself: a page left open is no activity."""
        if self.login is None or self.request.url.path.startswith(BY_ITSELF):
            return
        sessions = self.house.sessions
        renewed = sessions.renewed(self.login, self.house.ports.wall_ms())
        if renewed is not None:
            answer.set_cookie(
                COOKIE, sessions.seal(renewed), max_age=sessions.idle_s, httponly=True, samesite="lax", path="/",
                secure=self.house.ports.secure_cookie,
            )  # fmt: skip

    def _asset(self, path: str) -> str:
        return f"/static/{path}?v={self.house.assets[path]}"

    @property
    def by_htmx(self) -> bool:
        """Whether a script asks for a fragment, not a person for a page."""
        return self.request.headers.get("hx-request") == "true"


async def once(request: Request, visit: Visit, act: Callable[[], Awaitable[T]]) -> T:
    """What `act` gives, done once for this press: the form's key with all else that the form holds, so that a page gone
    back to and filled in otherwise is another press. Passwords and files do not count."""
    form = await request.form(max_fields=400)
    key = form.get("key")
    if not isinstance(key, str) or not 0 < len(key) <= 80:
        raise BadRequest("error.field", field="key")
    said = sorted(
        (name, one) for name, one in form.multi_items() if isinstance(one, str) and name not in _UNSAID
    )
    told = hashlib.sha256(repr((request.url.path, said)).encode("utf-8", "backslashreplace")).hexdigest()
    return await visit.house.presses.once(visit.by, told, act)


_UNSAID = frozenset({"password", "_csrf"})


async def visit_of(request: Request) -> Visit:
    """The visitor of a public page; logged in or not."""
    home = house(request)
    words = Words(request.cookies.get(LANG_COOKIE, ""))
    login = home.sessions.read(request.cookies.get(COOKIE), home.ports.wall_ms())
    if login is not None:
        browser = home.sessions.browser(request.cookies.get(SCREEN_COOKIE))
        login = dataclasses.replace(login, browser=browser)
    person = await home.ports.desk.person(login.person_id) if login else None
    loud = await home.ports.shelf.loud() if person else ()
    return Visit(home, request, words, person, login if person else None, loud)


def needs(ability: str) -> Callable[[Request], Awaitable[Visit]]:
    """A dependency that lets in who has `ability` and brings the CSRF token when something is to change.

    Raises NotLoggedIn or Forbidden. The door is marked with its `ability`, for the test that walks all routes.
    """
    if ability not in ABILITIES:
        raise KeyError(ability)

    async def door(request: Request) -> Visit:
        visit = await visit_of(request)
        if visit.person is None or visit.login is None:
            raise NotLoggedIn("error.login")
        try:
            if request.method not in ("GET", "HEAD"):
                await check_csrf(request, visit.login.sid)
            if not visit.can(ability):
                raise Forbidden("error.role")
        except Forbidden:
            await request.close()  # files that came along
            raise
        return visit

    door.ability = ability  # type: ignore[attr-defined]
    return door


async def check_csrf(request: Request, bound_to: str) -> None:
    """Raise Forbidden unless the form or the header carries the token of this session."""
    token = request.headers.get("x-csrf-token")
    if token is None:
        given = (await request.form()).get("_csrf")
        token = given if isinstance(given, str) else None
    if not house(request).sessions.csrf_fits(bound_to, token):
        raise Forbidden("error.csrf")


async def form_of(request: Request, *, files: Collection[str] = (), longest: int = 20_000) -> dict[str, str]:
    """The form's text fields, each at most `longest` characters; a file or a longer text is a BadRequest. `files` are
    the names of fields that hold files (`files_of` reads them)."""
    fields: dict[str, str] = {}
    for name, value in (await request.form(max_fields=400)).multi_items():
        if name in files:
            continue
        if not isinstance(value, str) or len(value) > longest:
            await request.close()  # files that came along
            raise BadRequest("error.field", field=name[:40])
        fields[name] = value
    return fields


async def files_of(request: Request, name: str, most: int) -> list[tuple[str, str, bytes]]:
    """The files of a form's field: name, media type, bytes. One larger than `most` bytes is a BadRequest; an empty
    field has none."""
    found = []
    for one in (await request.form(max_fields=400)).getlist(name):
        if isinstance(one, str) or not one.filename:
            continue
        data = await one.read(most + 1)
        await one.close()
        if len(data) > most:
            raise BadRequest("error.file", most=most // 1_000_000)
        found.append((one.filename[:200], one.content_type or "", data))
    return found


async def ticked(request: Request, name: str, most: int = 200) -> list[str]:
    """The values of all ticked boxes of that name."""
    values = [one for one in (await request.form(max_fields=400)).getlist(name) if isinstance(one, str)]
    if len(values) > most or any(len(one) > 400 for one in values):
        raise BadRequest("error.field", field=name)
    return values


def field(form: Mapping[str, str], name: str, longest: int = 400) -> str:
    """A field that must be filled in."""
    value = form.get(name, "").strip()
    if not visible(value) or len(value) > longest:
        raise BadRequest("error.field", field=name)
    return value


def visible(text: str) -> bool:
    """Whether there is anything to see in `text`: a reason of zero-width characters or fillers is none."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _FILLERS for char in text)


_FILLERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def number(form: Mapping[str, str], name: str, least: int = 0, most: int = 2**53 - 1) -> int:
    """A whole number that must be filled in."""
    value = form.get(name, "").strip()
    if not (value.isascii() and value.isdigit() and len(value) < 17 and least <= int(value) <= most):
        raise BadRequest("error.field", field=name)
    return int(value)


def page_in(said: str) -> int:
    """The number of a page in an address or form, from 0; 0 for what is no number."""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else 0


def local_path(path: str | None) -> str:
    """A path of this console to go back to; "/" for anything that could lead elsewhere."""
    if not path or not path.startswith("/") or path.startswith("//") or "\\" in path:
        return "/"
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or any(ord(char) < 33 or ord(char) > 126 for char in path):
        return "/"
    return path
