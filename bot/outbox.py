"""The mouth: says in a room what was decided, at most once, and only what the gate lets through.

A row is committed as `sending` before the platform is called. If the process dies between the two, nobody knows
whether viewers saw it; such a row becomes `unknown` at the next start and is never sent again. The gate stands
here, at the last door, so that it holds whoever queued the row: the phrase version must be approved, unexpired and
unchanged (digest), and filled with today's facts it must still read as it was queued.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterable
from typing import Protocol

import structlog

from bot.comment import RoomKey
from bot.decision import Said, Speaker
from replies.errors import PhraseRefused
from replies.facts import Shop
from replies.library import Library
from replies.selector import spoken

log = structlog.get_logger()


class QueuedRow(Protocol):
    """What the outbox needs of a row; `bot.storage` gives such rows. Times in ms."""

    @property
    def id(self) -> int: ...
    @property
    def session(self) -> str: ...
    @property
    def phrase_id(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def product(self) -> str | None: ...
    @property
    def text(self) -> str: ...
    @property
    def due_ms(self) -> int: ...
    @property
    def expires_ms(self) -> int: ...


class OutboxStore(Protocol):
    """The rows' keeper (the journal). Every call is one committed transaction with its audit record."""

    def outbox_begin(self, id: int) -> bool:
        """queued -> sending; False when the row is no longer queued (somebody stopped it)."""
        ...

    def outbox_finish(self, id: int, state: str, detail: str = "") -> object: ...


def gate(row: QueuedRow, library: Library, shop: Shop, *, practice: bool, now_ms: int) -> None:
    """Raise PhraseRefused unless `row` is an approved, current phrase version, filled with current facts."""
    library.check(row.phrase_id, row.digest, now_ms, practice)
    phrase = library.get(row.phrase_id)
    if phrase is None or spoken(phrase, shop, row.product, now_ms) != row.text:
        raise PhraseRefused("stale_fact", row.phrase_id)


class Outbox:
    """The queue of one room. `library` and `shop` are asked for at the moment of speaking, never remembered.

    `allowed` is the kill switch; `told` hears of every row what became of it.
    """

    def __init__(
        self,
        room: RoomKey,
        speaker: Speaker,
        store: OutboxStore,
        *,
        library: Callable[[], Library],
        shop: Callable[[], Shop],
        practice: bool,
        allowed: Callable[[], bool] = lambda: True,
        told: Callable[[QueuedRow, str], None] = lambda row, state: None,
    ) -> None:
        self.room = room
        self._speaker = speaker
        self._store = store
        self._library = library
        self._shop = shop
        self._practice = practice
        self._allowed = allowed
        self._told = told
        self._rows: list[tuple[int, int, QueuedRow]] = []

    def queue(self, rows: Iterable[QueuedRow]) -> None:
        """Take rows that have been committed as `queued`."""
        for row in rows:
            heapq.heappush(self._rows, (row.due_ms, row.id, row))

    def next_due(self) -> int | None:
        """When the next row may be said, in ms; None when nothing waits."""
        return self._rows[0][0] if self._rows else None

    async def step(self, now_ms: int) -> None:
        """Say everything that is due at `now_ms`; `told` hears of each row what became of it."""
        while self._rows and self._rows[0][0] <= now_ms:
            row = heapq.heappop(self._rows)[2]
            self._told(row, await self._deliver(row, now_ms))

    async def close(self, now_ms: int) -> None:
        """The session is over: what is due is said, what is not is not said any more."""
        await self.step(now_ms)
        while self._rows:
            row = heapq.heappop(self._rows)[2]
            self._told(row, await self._finish(row, "expired", "session_over"))

    async def _deliver(self, row: QueuedRow, now_ms: int) -> str:
        if row.expires_ms <= now_ms:
            return await self._finish(row, "expired")
        if not self._allowed():
            return await self._finish(row, "blocked", "operator_off")
        try:
            gate(row, self._library(), self._shop(), practice=self._practice, now_ms=now_ms)
        except PhraseRefused as refused:
            return await self._finish(row, "blocked", refused.reason)
        if not await asyncio.to_thread(self._store.outbox_begin, row.id):
            return "withdrawn"
        said = await self._say(row)
        return await self._finish(row, said.outcome, said.detail)

    async def _say(self, row: QueuedRow) -> Said:
        try:
            return await self._speaker.say(
                self.room, row.text, key=f"{row.session}/{row.id}", expires_ms=row.expires_ms
            )
        except Exception as error:
            # Whatever it was, the call may have got through: never say it again, and do not stop speaking.
            log.error("speaking failed", room=str(self.room), outbox=row.id, error=type(error).__name__)
            return Said("unknown", type(error).__name__)

    async def _finish(self, row: QueuedRow, state: str, detail: str = "") -> str:
        await asyncio.to_thread(self._store.outbox_finish, row.id, state, detail)
        return state
