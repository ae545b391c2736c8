"""The real store, journal, gate and outbox, a platform that only listens, and processes that may die.

One store serves many histories. A history is a matter of order, not of threads: what is handed to a thread runs at
once.
"""

from __future__ import annotations

import asyncio
import copy
import random
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import event, text

from bot.app.stored import phrase_of, stored_shop
from bot.comment import RoomKey
from bot.decision import Said
from bot.errors import ChangkongError
from bot.outbox import Account, Gate, Outbox, Rules
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from bot.storage.phrase_rows import one_each
from replies.facts import Shop
from replies.library import Library
from tests.builders import hit
from tests.journeys.oracle import DIRTY, MERCHANT, PEOPLE, ROOM, Oracle

LIMIT = 28
ALLOWANCE = (2, 4_000)
SPACING_MS = 30_000
TABLES = ("outbox", "phrase_version", "approval", "reading", "fact", "product")


class Killed(BaseException):
    """The process dies in the middle of a call."""


class Inline(ThreadPoolExecutor):
    """Runs what is handed to a thread at once: a history is a matter of order, not of threads."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


class Mouth:
    """The platform's end of one running process: hears, and answers as the world's mood is."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.messages: list[int] = []
        self.texts: dict[str, int] = {}

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        oracle, mood = self.world.oracle, self.world.mood
        if mood == "refused":  # nothing is shown, yet it has to be allowed to be asked
            if oracle.stopped or oracle.silent:
                oracle.leaks.append(f"asked while stopped: {text!r}")
            oracle.refused()
            return Said("refused", "50007")
        oracle.hear(text, key, self)
        if mood == "killed":
            raise Killed
        if mood == "broken":
            raise OSError("broken pipe")
        return Said("unknown", "timeout") if mood == "unknown" else Said("sent")

    def too_soon(self, text: str, now: int) -> bool:
        before = self.texts.get(text)
        return before is not None and abs(now - before) < SPACING_MS and not text.startswith("(")

    def too_fast(self, now: int) -> bool:
        count, per_ms = ALLOWANCE
        return sum(abs(now - at) < per_ms for at in self.messages) >= count


class Process:
    """One running assistant: what it remembers of the shop may be old."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.library, self.shop = Library(), Shop()
        self.outbox = self.made()
        self.reload()

    def made(self) -> Outbox:
        world = self.world
        self.mouth = Mouth(world)
        gate = Gate(lambda: self.library, lambda: self.shop, False, str(ROOM), MERCHANT, world.speech)
        rules = Rules(
            silence=lambda: "operator_off" if world.oracle.silent else None,
            limit=LIMIT, allowance=lambda: ALLOWANCE, spacing_ms=SPACING_MS,
        )  # fmt: skip
        return Outbox(
            ROOM,
            self.mouth,
            world.journal,
            gate,
            now=lambda: world.oracle.now,
            rules=rules,
            account=world.account,
        )

    def reload(self) -> None:
        """Learn how phrases and goods stand in the store."""
        journal = self.world.journal
        with suppress(ChangkongError):
            self.library = Library(phrase_of(row) for row in one_each(journal.phrase_versions()))
        self.shop = stored_shop(journal.products(), journal.facts(), MERCHANT)[0]

    async def step(self) -> None:
        await self.outbox.step(self.world.oracle.now)

    def restart(self) -> None:
        """Die, and start again on the same store."""
        self.world.journal.outbox_recover()
        self.world.log_in()
        self.outbox = self.made()
        self.reload()
        rows = self.world.journal.outbox_due(ROOM, 2**53, 10_000)
        self.world.oracle.rows |= {row.id: row for row in rows}
        self.outbox.queue(rows)


class World:
    """One store for many histories; each begins with empty shelves."""

    def __init__(self, folder: Path) -> None:
        self.oracle = Oracle()
        self.store = open_store(folder)
        event.listen(self.store.engine, "connect", _hasty)
        self.store.engine.dispose()
        self.journal = Journal(self.store, lambda: self.oracle.now, clock_source="practice")
        for login, role in PEOPLE.items():
            self.journal.add_person(login, login.title(), role)
        self.mood = "sent"
        self.processes: list[Process] = []
        self._openings: dict[int, tuple[dict[str, list[Any]], dict[str, Any]]] = {}
        self.loop = asyncio.new_event_loop()
        self.loop.set_default_executor(Inline(1))
        self.heard = 0

    def close(self) -> None:
        self.loop.close()
        self.journal.close()
        self.store.close()

    def speech(self, text: str) -> list[Any]:
        """A rule book of three words."""
        return [hit("A01", word) for word in DIRTY if word in text]

    def open(self, opening: int, play: Callable[[random.Random], None]) -> None:
        """Empty shelves, then an opening: played once through the journal, afterwards put back as it was."""
        self.oracle.__init__()  # type: ignore[misc]
        self.mood = "sent"
        self.journal.__dict__.pop("outbox_begin", None)
        kept = self._openings.get(opening)
        with self.store.write() as conn:
            for table in TABLES:
                conn.exec_driver_sql(f"DELETE FROM {table}")
            conn.exec_driver_sql("DELETE FROM house_setting WHERE key LIKE 'breaker.%'")
            if kept is not None:
                for table, rows in kept[0].items():
                    marks = ", ".join("?" * len(rows[0]))
                    conn.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", rows)
        if kept is None:
            play(random.Random(-opening - 1))
            with self.store.read() as conn:
                rows = {
                    one: [tuple(row) for row in conn.exec_driver_sql(f"SELECT * FROM {one}")]
                    for one in TABLES
                }
            kept = self._openings[opening] = (
                {one: found for one, found in rows.items() if found}, copy.deepcopy(self.oracle.__dict__)
            )  # fmt: skip
        self.oracle.__dict__.update(copy.deepcopy(kept[1]))
        self.processes = []
        self.log_in()

    def log_in(self) -> None:
        """The account as a program just started knows it: stopped if the store says so, its refusals forgotten."""
        self.account = Account("acc", stopped=self.journal.account_stopped("acc"))
        self.oracle.refusals = []
        for process in self.processes:
            process.outbox.account = self.account
            process.mouth.messages.clear()  # the new one has not counted them

    def outcomes(self) -> list[str]:
        """What became of the rows of the last history: state and reason."""
        with self.store.read() as conn:
            return [
                f"{state} {detail}"
                for state, detail in conn.exec_driver_sql("SELECT state, detail FROM outbox")
            ]

    def sql(self, statement: str, **values: Any) -> None:
        """Somebody writes into the database behind the program's back."""
        with self.store.write() as conn:
            conn.execute(text(statement), values)


def _hasty(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")
