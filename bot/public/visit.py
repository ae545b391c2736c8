"""One request to the public pages: who asks, in which language; and what all requests share."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from bot.doorway import from_here, neighbourhood
from bot.draws.publication import Publication, publication, records
from bot.public.errors import BadRequest, Missing, Often
from bot.public.fresh import Fresh
from bot.public.limits import Allowance, Limits, crowd
from bot.public.ports import PublicPorts
from bot.public.rendering import asset_mark, render
from bot.public.words import Words, preferred

LANG_COOKIE = "ck_lang"
DRAW_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
SHARED_S = 1.0
"""How long one answer serves everybody: a running draw's page is asked for by the whole room at once."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A draw's public record, read once for all who ask within a second: a room's worth of phones asks every three."""

    record: Mapping[str, Any]
    one: Publication
    mark: str

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Reading:
        """Read it. `mark` changes with all that the page shows besides counts and time."""
        hashes = [str(one.get("hash", "")) for one in records(record)]
        names = [str(one) for one in record.get("winners") or ()]
        text = "\n".join([str(record.get("state", "")), *hashes, *names])
        mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
        return cls(record, publication(record), mark)


@dataclass(frozen=True, slots=True)
class House:
    """What all requests share; one for each application."""

    ports: PublicPorts
    limits: Limits = field(default_factory=Limits)
    records: Fresh[Reading | None] = field(default_factory=lambda: Fresh(SHARED_S, time.monotonic))
    pages: Fresh[str] = field(default_factory=lambda: Fresh(SHARED_S, time.monotonic))
    lists: Fresh[tuple[Publication, ...]] = field(default_factory=lambda: Fresh(5.0, time.monotonic))


class Json(JSONResponse):
    """JSON in ASCII: lone surrogates and line separators come through as escapes."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode("ascii")


class Visit:
    """Who asks, and how to answer."""

    __slots__ = ("house", "request", "words")

    def __init__(self, request: Request) -> None:
        self.house: House = request.app.state.house
        self.request = request
        self.words = words_of(request)

    @property
    def ports(self) -> PublicPorts:
        """What the application is made of."""
        return self.house.ports

    @property
    def client(self) -> str:
        """What counts as one asker, for limits. "": viewers come through a tunnel on this machine that does not tell
        their addresses, so that all of them are one."""
        asked_from = self.request.client
        address = asked_from.host if asked_from else ""
        return "" if self.ports.base_url and from_here(address) else neighbourhood(address)

    def spend(self, allowance: Allowance) -> None:
        """Count one try. Raises Often with the seconds to wait."""
        client = self.client
        shared = allowance if client else crowd(allowance)
        wait = self.house.limits.wait_s(shared, client, round(time.monotonic() * 1000))
        if wait:
            raise Often(wait)

    async def read(self) -> Reading:
        """The public record of the draw in the path, at most a second old. Raises Missing."""
        draw_id = str(self.request.path_params["draw_id"])
        if not DRAW_ID.fullmatch(draw_id):  # the store is not asked for what no draw can be called
            raise Missing("error.draw")

        async def ask() -> Reading | None:
            record = await self.ports.draws.show(draw_id)
            return None if record is None else Reading.of(record)

        found = await self.house.records.get(draw_id, ask)
        if found is None:
            raise Missing("error.draw")
        return found

    async def draw(self) -> Publication:
        """The same, as pages show it."""
        return (await self.read()).one

    def now_of(self, record: Mapping[str, Any]) -> int:
        """The time that rules the draw's room: the show's in a rehearsal, else the wall's."""
        told = record.get("server_ms")
        return told if isinstance(told, int) else self.ports.now_ms()

    async def shared(self, key: str, make: Callable[[], Awaitable[str]]) -> HTMLResponse:
        """A page that is the same for everybody in this language, made once a second."""
        text = await self.house.pages.get((key, self.words.lang), make)
        return HTMLResponse(
            text, headers={"Cache-Control": "public, max-age=1", "Vary": "Cookie, Accept-Language"}
        )

    def text(self, name: str, /, **more: object) -> str:
        """The template `name` with what every page needs."""
        return render(
            name, self.words.lang, path=self.request.url.path, asset=asset_mark, home="/",
            version=self.ports.version, **more,
        )  # fmt: skip

    def page(self, name: str, status: int = 200, /, **more: object) -> Response:
        """A page for this visitor alone."""
        return HTMLResponse(self.text(name, **more), status)

    async def body(self) -> Mapping[str, Any]:
        """The JSON object sent. Raises BadRequest."""
        try:
            found = json.loads(await self.request.body())
        except (ValueError, RecursionError):
            raise BadRequest("error.form") from None
        if not isinstance(found, dict):
            raise BadRequest("error.form")
        return found


def words_of(request: Request) -> Words:
    """The words of the visitor's language."""
    return Words(preferred(request.cookies.get(LANG_COOKIE), request.headers.get("accept-language", "")))


def wants_json(request: Request) -> bool:
    """Whether a script asks, which reads a sentence out of JSON."""
    sent, asked = request.headers.get("content-type", ""), request.headers.get("accept", "")
    return "application/json" in asked or sent.startswith("application/json")
