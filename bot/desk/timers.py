"""Timed phrases every so many minutes, and phrases that an event brings: a follow, a gift, another product, the start
of the show, an order.

A timer queues approved phrases and nothing else; the gate of the outbox asks the same of them as of any answer. None
is queued while the room is to be silent, while the platform runs a draw, or while its product is held back. A turn
that is missed is missed: it is not made up for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from random import random as chance
from typing import Any, Literal, get_args

from bot.comment import Happening
from bot.decision import Priority
from bot.desk.place import Place
from bot.errors import NotAllowed
from replies.errors import PhraseRefused
from replies.library import Library
from replies.phrase import Phrase
from replies.selector import spoken

On = Literal["follow", "gift", "product", "live_start", "order"]
EVENTS: tuple[On, ...] = get_args(On)

LEAST_S, MOST_S = 60, 4 * 3600
"""The shortest and the longest time between two turns."""

JITTER = 0.2
"""How much earlier or later a turn comes, as a part of its interval: a metronome sounds like a robot."""

GAP_MS = 60_000
"""Between two phrases of the same event: ten gifts in a row are one thank-you."""

DELAY_MS = 1_500
"""An event's phrase comes this long after it."""

LIFE_MS = 60_000
"""A timed phrase that found no place within this is dropped."""

MOST = 30


@dataclass(frozen=True, slots=True)
class Timer:
    """One phrase to come by itself: every `every_s` seconds, or `on` an event (then `every_s` is the least time
    between two). `until_ms` None: until switched off."""

    id: int
    phrase: str
    every_s: int
    on: On | None = None
    running: bool = True
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """How a timer speaks: which phrases there are, how to say a row that is in the store, and who may speak here.

    `can_send`: whether the room takes messages from us now; where it does not, a person says it."""

    library: Callable[[], Library]
    say: Callable[[int], Awaitable[None]]
    can_send: Callable[[], bool]
    practice: bool
    merchant: str | None = None


class Timers:
    """The timers of one room; an `End` of its attachment. `last` tells of each timer what came of its last turn:
    'said', 'waits' for nothing yet, or the reason why it was passed over."""

    def __init__(self, place: Place, voice: Voice, random: Callable[[], float] = chance) -> None:
        self._place, self._voice, self._random = place, voice, random
        self.rows: tuple[Timer, ...] = _timers(place.kept("timers", []))
        self.last: dict[int, str] = {}
        self._session = place.state().session
        self._due: dict[int, int] = {}
        self._told = _told(place.kept("timers", []), self._session)

    # what people set

    def sayable(self) -> list[Phrase]:
        """Phrases that may be said in this room now."""
        return sorted(
            (one for one in self._voice.library() if self._refusal(one) is None),
            key=lambda one: (one.intent, one.id),
        )

    def _refusal(self, phrase: Phrase) -> str | None:
        if phrase.platform not in (None, "", self._place.room.partition(":")[0]):
            return "other_room"
        try:
            self._voice.library().check(
                phrase.id, phrase.digest, self._place.now(), self._voice.practice, room=self._place.room,
                merchant=self._voice.merchant,
            )  # fmt: skip
        except PhraseRefused as refused:
            return refused.reason
        return None

    async def add(
        self, phrase: str, every_s: int, by: str, *, on: str | None = None, until_ms: int | None = None
    ) -> Timer:
        """One more, running at once. Raises NotAllowed for a phrase that may not be said here, an unknown event, an
        interval out of LEAST_S…MOST_S."""
        async with self._place.lock:
            timer = self._sound(self.rows, phrase, every_s, on, until_ms)
            await self._keep((*self.rows, timer), by)
            return timer

    async def promise(
        self, phrase: str, every_s: int, by: str, *, until_ms: int, instead: int | None = None
    ) -> Timer:
        """Say a phrase now, by a person's word, and again every `every_s` until `until_ms`; the timer `instead` goes.

        Raises NotAllowed as `add` does, and when it cannot be said now; then nothing is said and nothing changed."""
        async with self._place.lock:
            rows = tuple(one for one in self.rows if one.id != instead)
            timer = self._sound(rows, phrase, every_s, None, until_ms)
            if (reason := await self.say(phrase, by=by, until_ms=until_ms)) is not None:
                raise NotAllowed(f"The phrase cannot be said now ({reason}).")
            await self._keep((*rows, timer), by)
            return timer

    def _sound(
        self, rows: Sequence[Timer], phrase: str, every_s: int, on: str | None, until_ms: int | None
    ) -> Timer:
        """A timer that may stand beside `rows`."""
        found = self._voice.library().get(phrase)
        if found is None or self._refusal(found) is not None:
            raise NotAllowed("Only a phrase that is live in this room can be timed.")
        if (on is not None and on not in EVENTS) or not LEAST_S <= every_s <= MOST_S:
            raise NotAllowed(
                f"A timed phrase comes every {LEAST_S // 60} to {MOST_S // 60} minutes, or on an event."
            )
        if len(rows) >= MOST:
            raise NotAllowed(f"There are {MOST} timed phrases already. Take one away first.")
        return Timer(max((one.id for one in self.rows), default=0) + 1, phrase, every_s, on, True, until_ms)

    async def remove(self, id: int, by: str) -> None:
        async with self._place.lock:
            await self._keep(tuple(one for one in self.rows if one.id != id), by)

    async def switch(self, id: int, running: bool, by: str) -> None:
        async with self._place.lock:
            await self._keep(
                tuple(replace(one, running=running) if one.id == id else one for one in self.rows), by
            )

    async def run_only(self, ids: Sequence[int], by: str) -> None:
        """These run, all others rest: what a scene asks for. One with an end of its own goes on to its end."""
        async with self._place.lock:
            rows = tuple(
                one if one.until_ms is not None else replace(one, running=one.id in ids) for one in self.rows
            )
            if rows != self.rows:
                await self._keep(rows, by)

    async def _write(self, rows: Sequence[Timer], by: str) -> None:
        """Keep `rows`, each with its last turn: an event's gap must hold over a restart."""
        body = [
            {"id": one.id, "phrase": one.phrase, "every_s": one.every_s, "on": one.on, "running": one.running,
             "until_ms": one.until_ms, "session": self._session, "told_ms": self._told.get(one.id)}
            for one in rows
        ]  # fmt: skip
        await self._place.keep("timers", body, by)

    async def _keep(self, rows: tuple[Timer, ...], by: str) -> None:
        await self._write(rows, by)
        self.rows = rows
        known = {one.id for one in rows}
        self._told = {id: at for id, at in self._told.items() if id in known}
        going = {one.id for one in rows if one.running}
        self._due = {id: at for id, at in self._due.items() if id in going}
        self._plan(self._place.now())
        self._place.changed()

    # what time and the room bring

    def _begin(self, session: str) -> None:
        """Another show begins anew: its clock may even stand before the last one's."""
        if session != self._session:
            self._session = session
            self._due.clear()
            self._told.clear()

    def _plan(self, now_ms: int) -> None:
        """Give every running timer its next turn."""
        for one in self.rows:
            if one.running and one.on is None and one.id not in self._due:
                self._due[one.id] = now_ms + self._wait(one)

    def _wait(self, timer: Timer) -> int:
        return int(timer.every_s * 1000 * (1 + JITTER * (2 * self._random() - 1)))

    def heard(self, kinds: Sequence[str], now_ms: int) -> None:
        """Events of the room, after their commit: each brings its phrase, not oftener than its gap allows."""
        self._begin(self._place.state().session)
        for one in self.rows:
            if not one.running or one.on is None or one.on not in kinds or one.id in self._due:
                continue
            told = self._told.get(one.id)
            # A turn further ahead is of a clock that was set back.
            if told is None or abs(now_ms - told) >= max(one.every_s * 1000, GAP_MS):
                self._due[one.id] = now_ms + DELAY_MS

    def next_due(self) -> int | None:
        """When the next turn comes, in ms; None when nothing is to come, or no show is on."""
        state = self._place.state()
        if not state.session or state.closed:
            return None
        self._begin(state.session)
        self._plan(max(self._place.now(), state.now_ms))
        return min(self._due.values(), default=None)

    async def step(self, now_ms: int) -> None:
        """Take every turn that has come by `now_ms`."""
        for one in self.rows:
            due = self._due.get(one.id)
            if due is None or due > now_ms:
                continue
            del self._due[one.id]
            if one.until_ms is not None and now_ms >= one.until_ms:
                await self.remove(one.id, "timer")
                continue
            self.last[one.id] = await self.say(one.phrase, until_ms=one.until_ms) or "said"
            self._told[one.id] = now_ms
            if one.on is not None:
                async with self._place.lock:
                    await self._write(self.rows, "timer")
            self._plan(now_ms)
            self._place.changed()

    async def say(self, phrase_id: str, *, by: str | None = None, until_ms: int | None = None) -> str | None:
        """Queue a phrase now; the reason why not, None when it is queued. A person's word (`by`) goes first. After
        `until_ms` it may not be said any more, even if it still waits; None: it waits its LIFE_MS."""
        state, now = self._place.state(), self._place.now()
        expires_ms = now + LIFE_MS if until_ms is None else min(now + LIFE_MS, until_ms)
        phrase = self._voice.library().get(phrase_id)
        if phrase is None:
            return "unknown"
        if (reason := self._refusal(phrase) or self._silence()) is not None:
            return reason
        product, fits = _about(phrase, state.on_show, state.shop.product(state.on_show))
        if not fits:
            return "other_product"
        try:
            text = spoken(phrase, state.shop, product, now)
        except PhraseRefused as refused:
            return refused.reason
        if (barred := state.bars(phrase, text, product, timed=by is None)) is not None:
            return barred
        row = await asyncio.to_thread(
            lambda: self._place.store.outbox_add(
                self._place.room, state.session, phrase_id=phrase.id, digest=phrase.digest, intent=phrase.intent,
                product=product, text=text, mode="send" if self._voice.can_send() else "suggest", due_ms=now,
                expires_ms=expires_ms, by=by,
                priority=int(Priority.TIMED if by is None else Priority.PERSON),
            )
        )  # fmt: skip
        await self._voice.say(row)
        return None

    def _silence(self) -> str | None:
        state = self._place.state()
        if not state.session or state.closed:
            return "not_live"
        return state.silence or ("platform_draw" if state.platform_draw is not None else None)


def kinds_of(happenings: Sequence[Happening]) -> list[str]:
    """The events among happenings that may bring a phrase."""
    return [one.kind for one in happenings if one.kind in EVENTS]


def _about(phrase: Phrase, on_show: str | None, product: Any) -> tuple[str | None, bool]:
    """What the phrase is said about, and whether that is what is on show."""
    if phrase.scope == "product":
        return phrase.product, on_show == phrase.product
    if phrase.scope == "class":
        return on_show, product is not None and product.klass == phrase.product
    return on_show, True


def _timers(kept: Any) -> tuple[Timer, ...]:
    rows = kept if isinstance(kept, list) else []
    return tuple(
        Timer(
            int(one["id"]), str(one["phrase"]), int(one["every_s"]), one.get("on"), bool(one["running"]),
            one.get("until_ms"),
        )
        for one in rows
        if isinstance(one, dict) and one.get("on") in (None, *EVENTS)
    )  # fmt: skip


def _told(kept: Any, session: str) -> dict[int, int]:
    """When each timer last had its turn in this show, by its id."""
    rows = kept if isinstance(kept, list) else []
    return {
        int(one["id"]): int(one["told_ms"])
        for one in rows
        if isinstance(one, dict) and one.get("told_ms") is not None and one.get("session") == session
    }
