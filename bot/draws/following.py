"""Reading what others publish about their draws: from the public pages of another assistant, or from a folder of files.

What is read is believed in nothing: a commitment is followed only when its hash and signature hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog

from bot.errors import InputError
from lottery.canonical import loads
from lottery.commitment import Commitment
from lottery.errors import LotteryError
from lottery.record import ClosedRecord, VoidRecord
from lottery.signed import Signed, read_closed, read_commitment, read_void

log = structlog.get_logger()

LARGEST = 4_000_000
"""Bytes of one answer or file that are read; a list of draws or the records of one are far smaller."""

MOST_DRAWS = 200
TIMEOUT_S = 5.0
ENDED = frozenset({"claim", "archived", "void", "drawn"})


@dataclass(frozen=True, slots=True)
class Published:
    """What is published of one draw so far: the commitment, its closed records by revision, and its end if it is
    void. Hashes and signatures hold."""

    announced: Signed[Commitment]
    closed: tuple[Signed[ClosedRecord], ...] = ()
    void: Signed[VoidRecord] | None = None

    @property
    def room(self) -> str:
        """The room as `platform:room_id`."""
        terms = self.announced.record.terms
        return "" if terms is None else f"{terms.platform}:{terms.room}"


Source = Callable[[], Awaitable[Sequence[Published]]]
"""Gives all that is published just now and sound."""


def sources(follow: Sequence[str], client: httpx.AsyncClient, rooms: Sequence[str]) -> list[Source]:
    """One source for each address or folder in `follow`; only draws of `rooms` are looked at. Raises InputError."""
    found: list[Source] = []
    for place in follow:
        parts = urlsplit(place)
        if parts.scheme in ("http", "https") and parts.netloc:
            found.append(Pages(client, place.rstrip("/"), rooms))
        elif Path(place).is_dir():
            found.append(Folder(Path(place), rooms))
        else:
            raise InputError(
                f"{place!r} is neither the address of public pages nor a folder. Check --follow."
            )
    return found


class Pages:
    """The public pages at `base`: `/draws.json`, and each draw's records. What does not change is read once."""

    def __init__(self, client: httpx.AsyncClient, base: str, rooms: Sequence[str]) -> None:
        self._client = client
        self._base = base
        self._rooms = frozenset(rooms)
        self._done: dict[str, Published | None] = {}

    async def __call__(self) -> Sequence[Published]:
        listed = await self._json("/draws.json")
        draws = listed.get("draws") if isinstance(listed, dict) else None
        found = []
        for one in draws[:MOST_DRAWS] if isinstance(draws, list) else ():
            if not isinstance(one, dict) or str(one.get("room")) not in self._rooms:
                continue
            draw_id = str(one.get("draw_id"))
            if not draw_id.replace("-", "").replace("_", "").isalnum():
                continue
            if draw_id not in self._done:
                published = read_records(await self._json(f"/d/{draw_id}/records.json"))
                if published is not None and str(one.get("state")) in ENDED:
                    self._done[draw_id] = published
                found.append(published)
            else:
                found.append(self._done[draw_id])
        return [one for one in found if one is not None]

    async def _json(self, path: str) -> object:
        try:
            async with self._client.stream("GET", self._base + path, timeout=TIMEOUT_S) as answer:
                answer.raise_for_status()
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > LARGEST:
                        log.warning("what is published is too large to follow", base=self._base, path=path)
                        return None
            return loads(body)
        except (httpx.HTTPError, LotteryError) as error:
            log.info(
                "what is published cannot be read", base=self._base, path=path, error=type(error).__name__
            )
            return None


class Folder:
    """A folder of files (`*.json`): a draw's records, single envelopes, or proofs."""

    def __init__(self, folder: Path, rooms: Sequence[str]) -> None:
        self._folder = folder
        self._rooms = frozenset(rooms)

    async def __call__(self) -> Sequence[Published]:
        envelopes = await asyncio.to_thread(self._envelopes)
        by_draw: dict[str, list[Mapping[str, Any]]] = {}
        for one in envelopes:
            record = one.get("record")
            if isinstance(record, dict):
                by_draw.setdefault(str(record.get("draw_id")), []).append(one)
        found = [read_records({"records": records}) for records in by_draw.values()]
        return [one for one in found if one is not None and one.room in self._rooms]

    def _envelopes(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                if path.stat().st_size <= LARGEST:
                    found += envelopes_in(loads(path.read_bytes()))
            except (OSError, LotteryError) as error:
                log.info("a file cannot be followed", file=path.name, error=type(error).__name__)
        return found


def envelopes_in(value: object) -> list[Mapping[str, Any]]:
    """The envelopes of a file: of a draw's records, of a proof, or the one that it is itself."""
    if not isinstance(value, dict):
        return []
    if "record" in value:
        return [value]
    if "records" in value:
        listed = value["records"]
        return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    closed = value.get("closed")
    ones = [value.get("commitment"), *(closed if isinstance(closed, list) else ())]
    return [one for one in ones if isinstance(one, dict)]


def read_records(value: object) -> Published | None:
    """The commitment, closed records and end of one draw; None when there is no sound commitment among them. Records
    that do not belong to it, or whose hash or signature does not hold, are left out."""
    announced: Signed[Commitment] | None = None
    rest = []
    for one in envelopes_in(value):
        if "kind" in (one.get("record") or {}):
            rest.append(one)
        elif announced is None:
            announced = _commitment(one)
    if announced is None or announced.record.terms is None:
        return None
    signer, closed, void = announced.record.terms.signer, [], None
    for one in rest:
        try:
            kind = one["record"]["kind"]
            signed: Signed[Any] | None = (
                read_closed(one) if kind == "closed" else read_void(one) if kind == "void" else None
            )
            if signed is None:
                continue
            signed.verify(signer)
        except LotteryError as error:
            log.warning("a published record does not hold", error=str(error))
            continue
        if signed.record.commit_hash != announced.hash:
            continue
        if isinstance(signed.record, ClosedRecord):
            closed.append(signed)
        else:
            void = signed
    closed.sort(key=lambda one: one.record.rev)
    return Published(announced, tuple(closed), void)


def _commitment(envelope: Mapping[str, Any]) -> Signed[Commitment] | None:
    try:
        announced = read_commitment(envelope)
        terms = announced.record.terms
        if terms is None:
            return None
        announced.record.check()
        announced.verify(terms.signer)
    except LotteryError as error:
        log.warning("a published commitment does not hold", error=str(error))
        return None
    return announced
