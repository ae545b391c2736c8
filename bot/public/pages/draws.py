"""The draws: the list of all, one draw, what is new of it, and its files."""

from __future__ import annotations

import io
import re
from pathlib import Path

import segno
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from bot.draws.publication import Publication, publication, records
from bot.public.errors import Missing
from bot.public.moment import moment
from bot.public.visit import Json, Visit

RUNNING = frozenset({"announced", "open", "listing", "waiting", "drawing"})
SOON = {"Cache-Control": "public, max-age=1"}
FINAL = {"Cache-Control": "public, max-age=300"}
"""A proof never changes once it is there; five minutes keep a mistaken copy from living on."""


async def index(request: Request) -> Response:
    """All draws, by room, newest first."""
    visit = Visit(request)

    async def make() -> str:
        by_room: dict[str, list[tuple[Publication, str]]] = {}
        for one in await _every(visit):
            by_room.setdefault(one.room, []).append((one, moment(one, visit.ports.now_ms()).now))
        return visit.text("index.html", rooms=list(by_room.items()), link=lambda one: f"/d/{one.draw_id}")

    return await visit.shared("/", make)


async def _every(visit: Visit) -> tuple[Publication, ...]:
    async def read() -> tuple[Publication, ...]:
        return tuple(publication(one) for one in await visit.ports.draws.every())

    return await visit.house.lists.get("every", read)


async def all_draws(request: Request) -> Response:
    """The list for machines: a witness finds the records of each draw from here."""
    visit = Visit(request)
    rows = [
        {
            "draw_id": one.draw_id, "room": one.room, "number": one.number, "title": one.title, "state": one.state,
            "practice": one.practice, "announced_at": one.announced_ms, "open_at": one.opens_ms,
            "close_at": one.closes_ms, "commit_hash": one.commit_hash, "closed_hash": one.closed_hash or None,
            "void": one.void_reason or None, "url": f"/d/{one.draw_id}", "records": f"/d/{one.draw_id}/records.json",
        }
        for one in await _every(visit)
    ]  # fmt: skip
    return Json({"draws": rows}, headers=SOON)


async def draw(request: Request) -> Response:
    """The page of one draw."""
    visit = Visit(request)
    read = await visit.read()

    async def make() -> str:
        one, now_ms = read.one, visit.now_of(read.record)
        return visit.text(
            "draw.html", one=one, moment=moment(one, now_ms), now_ms=now_ms, mark=read.mark,
            proof=await _path_of(visit, one, "proof") is not None,
            entry_list=await _path_of(visit, one, "list") is not None,
            finding=visit.ports.viewers is not None, qr=bool(visit.ports.base_url),
            claims=visit.ports.viewers is not None and bool(one.drawn_hash),
        )  # fmt: skip

    return await visit.shared(request.url.path, make)


async def news(request: Request) -> Response:
    """What may change while one looks: counts, the time, and a mark that changes with everything else."""
    visit = Visit(request)
    read = await visit.read()
    one, now_ms = read.one, visit.now_of(read.record)
    now = moment(one, now_ms).now
    told = {
        "now_ms": now_ms, "now": now, "running": now in RUNNING, "entries": one.entries or 0,
        "refused": sum(one.refused.values()), "mark": read.mark,
    }  # fmt: skip
    return Json(told, headers=SOON)


async def proof(request: Request) -> Response:
    """The proof file as it was made, byte for byte."""
    return await _file(request, "proof")


async def entry_list(request: Request) -> Response:
    """The list file as it was made."""
    return await _file(request, "list")


async def _file(request: Request, kind: str) -> Response:
    visit = Visit(request)
    one = await visit.draw()
    path = await _path_of(visit, one, kind)
    if path is None:
        raise Missing("error.not_yet")
    name = f"{file_stem(one.draw_id)}.{kind}.json"
    return FileResponse(path, media_type="application/json", filename=name, headers=FINAL)


async def _path_of(visit: Visit, one: Publication, kind: str) -> Path | None:
    """A file lies there before the record that goes with it is stored; until then it is not published."""
    files = visit.ports.draws
    if kind == "proof":
        return await files.proof_file(one.draw_id) if one.drawn_hash else None
    return await files.list_file(one.draw_id) if one.closed_hash else None


def file_stem(draw_id: str) -> str:
    """A draw's id as the stem of a file name: nothing but letters, digits, hyphens and underscores."""
    return re.sub(r"[^A-Za-z0-9_-]", "", draw_id)[:80] or "draw"


async def every_record(request: Request) -> Response:
    """The envelopes of all records published so far, in the order of the chain."""
    visit = Visit(request)
    record = (await visit.read()).record
    return Json({"draw_id": record.get("draw_id"), "records": records(record)}, headers=SOON)


async def qr(request: Request) -> Response:
    """A code that opens the draw's page; there is none while nobody outside could open it."""
    visit = Visit(request)
    if not visit.ports.base_url:
        raise Missing("error.missing")
    one = await visit.draw()
    return Response(
        qr_svg(f"{visit.ports.base_url}/d/{one.draw_id}"), media_type="image/svg+xml", headers=FINAL
    )


def qr_svg(address: str) -> bytes:
    """The QR code of an address as an SVG picture, black on white."""
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="svg", scale=4, border=3, light="#fff")
    return picture.getvalue()


ROUTES = [
    Route("/", index),
    Route("/draws.json", all_draws),
    Route("/d/{draw_id}", draw),
    Route("/d/{draw_id}/now.json", news),
    Route("/d/{draw_id}/proof.json", proof),
    Route("/d/{draw_id}/list.json", entry_list),
    Route("/d/{draw_id}/records.json", every_record),
    Route("/d/{draw_id}/qr.svg", qr),
]
