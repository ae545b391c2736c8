"""`changkong run --witness`: listen to draws that somebody else runs, keep a list of one's own, and compare.

Nothing is said and nothing is drawn here. What a comment is to a draw is judged by the published commitment; what was
heard before the commitment came to hand is looked at again, as far back as the memory goes.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import structlog

from bot.app.attachment import Attachment
from bot.comment import Comment, Happening
from bot.draws.comparing import Comparison, compare
from bot.draws.files import Files
from bot.draws.following import Published, Source
from bot.draws.witness import Gap, Listener, Noted, OwnList, from_lines, lines_of, read_own
from bot.news import ordered
from bot.pipeline import Batch
from bot.storage.values import Committed

log = structlog.get_logger()

LOOK_S = 3.0
"""How often, in wall time, is looked for what is newly published."""

REMEMBERED = 100_000
"""Comments and orders of a room that are remembered for a commitment that comes to hand late."""

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)

Heard = tuple[Comment | Happening, str, int]
"""What was heard, the product where it was an order, and the room's time then (ms)."""


class Ear:
    """One room, remembered. `since_ms` is when the listening began; None before the first thing was heard. Rooms are
    heard and publications looked at in threads of their own: `turn` keeps them apart."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.since_ms: int | None = None
        self.heard: deque[Heard] = deque(maxlen=REMEMBERED)
        self.listeners: dict[str, Listener] = {}
        self.seen: dict[
            tuple[str, int], str
        ] = {}  # what was published first: ("", number) or (draw, revision), hash


class Witnessing:
    """All draws listened to. Lists go to `folder`; `announce` is told one line for each draw that was compared."""

    def __init__(
        self, folder: Path, sources: Sequence[Source], now: Callable[[], int], announce: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._files = Files(folder)
        self._sources = sources
        self._now = now
        self._announce = announce
        self._ears: dict[str, Ear] = {}
        self._compared: dict[str, int] = {}
        self._passed_over: set[str] = set()
        self._doubled: set[str] = set()

    def attach(self, attachment: Attachment) -> None:
        """Listen to a room from now on."""
        ear = self._ears[str(attachment.room)] = Ear()

        async def after_commit(batch: Batch, committed: Committed, waits_ms: Sequence[float]) -> None:
            await self.heard(ear, batch)

        attachment.after_commit.append(after_commit)

    async def heard(self, ear: Ear, batch: Batch) -> None:
        """Take in one batch of a room."""
        things: list[Heard] = [(one.comment, "", one.now_ms) for one in batch.judged]
        for placed in batch.happenings:
            if placed.happening.kind in ("order", "gap"):
                product = ordered(placed.happening.data, batch.state.shop)
                things.append((placed.happening, product, placed.now_ms))
        await asyncio.to_thread(self._hear, ear, things, batch.now_ms)

    def _hear(self, ear: Ear, things: Sequence[Heard], now_ms: int) -> None:
        with ear.turn:
            if ear.since_ms is None:
                ear.since_ms = min((at_ms for _, _, at_ms in things), default=now_ms)
            ear.heard.extend(things)
            for listener in ear.listeners.values():
                self._listen(listener, things)

    def _listen(self, listener: Listener, things: Sequence[Heard]) -> None:
        noted = [one for thing in things if (one := _noted(listener, thing)) is not None]
        if noted:
            with self._running(listener.own.draw_id).open("ab") as file:
                file.write(lines_of(noted))
                file.flush()
                os.fsync(file.fileno())

    async def run(self) -> None:
        """Follow what is published until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Look once: new commitments are followed, new lists compared."""
        for source in self._sources:
            for published in await source():
                try:
                    await asyncio.to_thread(self._take, published)
                except OSError as error:
                    log.error("a witness's list cannot be kept", error=str(error))

    def _take(self, published: Published) -> None:
        ear = self._ears.get(published.room)
        if ear is None or published.announced.hash in self._passed_over:
            return
        with ear.turn:
            self._look_at(ear, published)

    def _contradicted(self, ear: Ear, published: Published) -> None:
        """What is published twice and differs, of which one is to be shown and the other forgotten: two draws under one
        number of the room; two lists under one revision, the second of which may have been made after the beacon."""
        record = published.announced.record
        assert record.terms is not None
        number = record.terms.sequence
        told = [
            (
                ("", number),
                published.announced.hash,
                f"第 {number} 场",
                "rules",
                f"number {number} of the room",
            )
        ]
        told += [
            (
                (record.draw_id, one.record.rev),
                one.hash,
                record.draw_id,
                "lists",
                f"revision {one.record.rev} of it",
            )
            for one in published.closed
        ]
        for key, published_hash, zh, what, en in told:
            if (
                ear.seen.setdefault(key, published_hash) != published_hash
                and published_hash not in self._doubled
            ):
                self._doubled.add(published_hash)
                kind = "规则" if what == "rules" else "名单"
                self._announce(
                    f"见证 {zh}：公布了两份不同的{kind}，请留证 | {record.draw_id}: two different {what} under {en}"
                )

    def _look_at(self, ear: Ear, published: Published) -> None:
        draw_id = published.announced.record.draw_id
        listener = ear.listeners.get(draw_id)
        if listener is None or listener.announced.hash == published.announced.hash:
            self._contradicted(ear, published)
        if listener is None:
            listener = self._follow(ear, published)
            if listener is None:
                return
        if listener.announced.hash != published.announced.hash:
            self._passed_over.add(published.announced.hash)
            self._announce(
                f"见证 {draw_id}：同一编号公布了两份不同的规则，请留证 | two different commitments under one id"
            )
            return
        if published.closed and published.closed[-1].record.rev != self._compared.get(draw_id):
            self._compare(listener, published)

    def _follow(self, ear: Ear, published: Published) -> Listener | None:
        """A listener for a new commitment; None when its window was over before anything was heard."""
        record = published.announced.record
        terms = record.terms
        assert terms is not None
        since = self._now() if ear.since_ms is None else ear.since_ms
        kept = self._kept(published)
        if kept is None and (since >= terms.close_at or not _FILE_NAME.fullmatch(record.draw_id)):
            self._passed_over.add(published.announced.hash)
            return None
        own = kept or OwnList(record.draw_id, published.room, published.announced.hash, secrets.token_hex(16))
        listener = Listener(published.announced, own)
        deaf_from = max((one.at_ms for one in own.noted), default=terms.open_at)
        if since > deaf_from and since > terms.open_at and deaf_from < terms.close_at:
            listener.deaf(Gap(deaf_from, since, "late" if kept is None else "restart"))
        self._files.write(self._own(record.draw_id), _encoded(listener.own))
        ear.listeners[record.draw_id] = listener
        self._listen(listener, list(ear.heard))
        return listener

    def _kept(self, published: Published) -> OwnList | None:
        """The list begun before a restart; None when there is none, or of another commitment."""
        draw_id = published.announced.record.draw_id
        if not _FILE_NAME.fullmatch(draw_id) or not self._own(draw_id).is_file():
            return None
        try:
            own = read_own(self._own(draw_id).read_bytes())
        except msgspec.MsgspecError:
            return None
        if own.commit_hash != published.announced.hash:
            return None
        running = self._running(draw_id)
        noted = tuple(from_lines(running.read_bytes())) if running.is_file() else ()
        return msgspec.structs.replace(own, noted=noted)

    def _compare(self, listener: Listener, published: Published) -> None:
        own, closed = listener.own, published.closed[-1].record
        found = compare(own, published.announced.record, closed)
        self._files.write(self._own(own.draw_id), _encoded(own))
        self._files.write(self._folder / f"{own.draw_id}.result.json", msgspec.json.encode(found) + b"\n")
        self._compared[own.draw_id] = closed.rev
        self._announce(line_of(found))

    def _own(self, draw_id: str) -> Path:
        return self._folder / f"{draw_id}.json"

    def _running(self, draw_id: str) -> Path:
        return self._folder / f"{draw_id}.heard.jsonl"


def _noted(listener: Listener, thing: Heard) -> Noted | None:
    heard, product, now_ms = thing
    if isinstance(heard, Comment):
        return listener.comment(heard, now_ms)
    if heard.kind == "gap":
        seconds = heard.data.get("seconds", 0)
        length = int(float(seconds) * 1000) if isinstance(seconds, (int, float)) else 0
        listener.deaf(Gap(heard.at_ms - length, heard.at_ms, str(heard.data.get("reason", ""))[:100]))
        return None
    return listener.order(heard, product, now_ms)


def _encoded(own: OwnList) -> bytes:
    return msgspec.json.encode(own) + b"\n"


def line_of(found: Comparison) -> str:
    """What a person reads of a comparison, in one line: numbers alone, which do not tell one account from another."""
    published, heard = found.entries
    zh = "数目一致" if found.agrees else "数目不一致，请核对"
    en = "the numbers agree" if found.agrees else "the numbers DIFFER, look into it"
    gaps = f"，漏听 {found.gaps} 段" if found.gaps else ""
    return (
        f"见证 {found.draw_id}：公布 {published} 个，听到 {heard} 个{gaps}，{zh} | "
        f"published {published}, heard {heard}, {found.gaps} gaps: {en}"
    )
