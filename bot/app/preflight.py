"""The check before a show: everything that would otherwise be found out on air."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import time
from collections.abc import AsyncIterator, Iterator
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from bot.errors import ChangkongError
from bot.settings import BilibiliRoom, PracticeRoomSettings, Settings, TelegramRoom
from bot.storage.clearance import ClearanceRows
from classifiers.errors import JudgementError
from lottery.beacon import QUICKNET
from replies.errors import RepliesError

DISK_LOW = 2 * 1024**3
DISK_FULL = 200 * 1024**2
"""Bytes. An eight-hour show of two comments a second needs about 150 MB."""

CLOCK_SKEW_S = 30
"""Signed requests are refused beyond about a minute; half of that is reported."""

REACH_S = 5.0


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at. `state`: ok, warning (the show can go on), failed. `detail` says what and the remedy."""

    name: str
    state: str
    detail: str


async def preflight(settings: Settings) -> list[Finding]:
    """Look at everything; never raises for what it finds."""
    findings = [*_disk(settings), *_ports(settings), *_judging(settings)]
    findings += await asyncio.to_thread(_store, settings)
    async with httpx.AsyncClient(timeout=REACH_S, follow_redirects=False) as client:
        findings += [found async for found in _telegram(settings, client)]
        findings += [found async for found in _rooms(settings, client)]
        findings += [await _beacon(client)]
    return findings


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.data
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    try:
        free = shutil.disk_usage(existing).free
    except OSError as error:
        yield Finding(
            "disk", "failed", f"{existing} cannot be read ({error.strerror}). Choose another `data` folder."
        )
        return
    state = "failed" if free < DISK_FULL else "warning" if free < DISK_LOW else "ok"
    advice = "" if state == "ok" else " Make room, or move `data` to a larger disk."
    yield Finding("disk", state, f"{free / 1024**3:.1f} GiB free at {existing}.{advice}")
    if existing.is_file() or (folder.exists() and not folder.is_dir()):
        yield Finding("data folder", "failed", f"{folder} is a file. Set `data` to a folder.")


def _ports(settings: Settings) -> Iterator[Finding]:
    yield from _port("console", settings.console.host, settings.console.port)
    public = settings.public
    if public.enabled and public.base_url:  # on this machine alone any free port will do
        yield from _port("public", public.host, public.port)


def _port(section: str, host: str, port: int) -> Iterator[Finding]:
    if port == 0:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        try:
            probe.bind((host, port))
        except OSError as error:
            remedy = f"Stop the other program, or set another `{section}.port`."
            yield Finding(
                f"{section} port", "failed", f"{host}:{port} cannot be used ({error.strerror}). {remedy}"
            )
            return
    yield Finding(f"{section} port", "ok", f"{host}:{port} is free.")


def _judging(settings: Settings) -> Iterator[Finding]:
    from bot.learning import shelf
    from classifiers import proof, rulebook

    try:
        packs, again = settings.judgement.packs, settings.judgement.second_reader
        cascade = shelf.load(settings.data, packs=packs, second_reader=again)
        # The shipped rules were proved when they were shipped; the house's own are proved here, before the show.
        problems = proof.check(rulebook.SHIPPED, packs) if packs else rulebook.check(rulebook.SHIPPED)
    except (JudgementError, ChangkongError) as error:
        yield Finding("judgement", "failed", str(error))
        return
    if problems:
        yield Finding("rule book", "failed", f"{len(problems)} problem(s); the first: {problems[0]}")
    versions = cascade.versions
    yield Finding("judgement", "ok", f"model {versions.model}, rule book {versions.rulebook}")


def _store(settings: Settings) -> list[Finding]:
    from bot.app.house import phrase_of
    from bot.storage.engine import open_store
    from bot.storage.phrase_rows import one_each
    from bot.storage.phrasebook import PhraseRows
    from replies.library import Library

    url = settings.database.url.get_secret_value() if settings.database.url else None
    if url is None and not (settings.data / "changkong.db").exists():
        return [Finding("database", "ok", f"none yet in {settings.data}; it is made at the first start.")]
    try:
        store = open_store(
            settings.data if url is None else None, url, keys=settings.keys, create=False, read_only=True
        )
    except ChangkongError as error:
        return [Finding("database", "failed", str(error))]
    with contextlib.closing(store):
        try:
            phrases = Library(
                phrase_of(row) for row in one_each(PhraseRows(store, _wall_ms).phrase_versions())
            )
        except (ChangkongError, RepliesError) as error:
            return [Finding("phrase library", "failed", str(error))]
        real = sum(1 for one in phrases if one.state == "live" and one.signed != "practice")
        state = "ok" if real or not settings.rooms else "warning"
        detail = f"{real} approved phrase(s) for real rooms, {len(phrases)} in all."
        advice = "" if state == "ok" else " Without approved phrases the assistant stays silent."
        found = [Finding("database", "ok", store.name), Finding("phrase library", state, detail + advice)]
        return found + list(_accounts(settings, ClearanceRows(store, _wall_ms)))


def _accounts(settings: Settings, rows: ClearanceRows) -> Iterator[Finding]:
    """Accounts that were stopped in an earlier show say nothing in the next one either."""
    for key in settings.room_keys():
        if reason := rows.account_stopped(str(key)):
            why = "the platform's refusals" if reason == "refusals" else "a warning of the platform"
            yield Finding(
                f"account of {key}", "warning",
                f"stopped after {why}; it says nothing until somebody resumes it on the live page.",
            )  # fmt: skip


async def _telegram(settings: Settings, client: httpx.AsyncClient) -> AsyncIterator[Finding]:
    uses = [
        (f"Telegram room {room.id}", room.base_url, room.token)
        for room in settings.rooms
        if isinstance(room, TelegramRoom)
    ]
    if settings.telegram is not None:
        uses.append(("Telegram cards", settings.telegram.base_url, settings.telegram.token))
    for name, base_url, token in uses:
        try:
            answer = await client.post(f"{base_url}{token.get_secret_value()}/getMe")
        except httpx.HTTPError as error:
            yield Finding(
                name, "failed", f"Telegram cannot be reached ({type(error).__name__}). Check the network."
            )
            continue
        if answer.status_code in (401, 404):
            yield Finding(name, "failed", "Telegram refuses the token. Ask @BotFather for the present one.")
        elif answer.status_code != 200:
            yield Finding(name, "failed", f"Telegram answered {answer.status_code}. Try again in a minute.")
        else:
            yield Finding(name, "ok", "the token is good.")


async def _rooms(settings: Settings, client: httpx.AsyncClient) -> AsyncIterator[Finding]:
    if not settings.rooms:
        yield Finding("rooms", "warning", "no room is configured; see docs/operators.md.")
    for room in settings.rooms:
        if not isinstance(room, BilibiliRoom | PracticeRoomSettings):
            continue
        url = room.base_url if isinstance(room, BilibiliRoom) else room.url
        name = f"{room.platform} room {room.id}"
        try:
            answer = await client.get(url)
        except httpx.HTTPError as error:
            yield Finding(
                name, "failed", f"{url} cannot be reached ({type(error).__name__}). Check the network."
            )
            continue
        yield Finding(name, "ok", f"{url} answers.")
        with contextlib.suppress(KeyError, ValueError, TypeError):
            skew = abs(parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time())
            if skew > CLOCK_SKEW_S:
                advice = "Set this machine's clock; signed requests will be refused."
                yield Finding("clock", "failed", f"This clock is {skew:.0f} s off from {url}. {advice}")


async def _beacon(client: httpx.AsyncClient) -> Finding:
    from bot.draws.relay import RELAYS

    for relay in RELAYS:
        with contextlib.suppress(httpx.HTTPError):
            answer = await client.get(f"{relay}/{QUICKNET.hash}/public/latest")
            if answer.status_code == 200:
                return Finding("beacon relays", "ok", f"{relay} answers.")
    return Finding(
        "beacon relays",
        "warning",
        "none can be reached; real draws will need the beacon pasted by hand on the draw page.",
    )


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def failed(findings: list[Finding]) -> bool:
    """Whether anything stands in the way of a show."""
    return any(found.state == "failed" for found in findings)
