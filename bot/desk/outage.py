"""断网: the line was cut, and viewers with it. One press gives the host a line, shows what was missed and what is still
asked, and lets an approved phrase of compensation be said, again and again until its end time."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.comment import Happening
from bot.desk.place import Place, plain_line
from bot.desk.timers import LEAST_S, Timers
from bot.errors import NotAllowed

HOST_LINE = "刚才网络断了一下，现在回来了，我把没听到的再讲一遍。"
"""What the host may say; each shop may write its own."""

LONGEST = 60
AGAIN_S = 180
"""How often a compensation is told while it holds."""

LONGEST_MINUTES = 120

KEPT_MS = LONGEST_MINUTES * 60_000
"""One begun longer ago is not taken up again after a restart."""


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage. `since_ms`: when viewers were lost; `at_ms`: when 断网 was pressed. `timer`: what repeats the
    compensation, which ends at `until_ms`; None without one."""

    since_ms: int
    at_ms: int
    by: str
    line: str
    phrase: str = ""
    timer: int | None = None
    until_ms: int | None = None


class Outages:
    """The outage of one room; at most one at a time. It is kept over a restart."""

    def __init__(self, place: Place, timers: Timers) -> None:
        self._place, self._timers = place, timers
        kept = place.kept("outage_line", HOST_LINE)
        self.line: str = kept if isinstance(kept, str) else HOST_LINE
        self.current: Outage | None = _outage(place.kept("outage", None), place.now())
        self._turn = asyncio.Lock()
        """One press at a time, or two would promise twice and keep one."""
        self.lost_since: int | None = None
        """When the last gap in what we receive began; None when there was none."""

    def heard(self, happenings: list[Happening]) -> None:
        """Gaps the adapter has noticed: they say since when."""
        for one in happenings:
            seconds = one.data.get("seconds", 0)
            if one.kind == "gap" and isinstance(seconds, int | float) and 0 <= seconds < 86_400:
                self.lost_since = one.at_ms - int(seconds * 1000)

    async def begin(
        self, by: str, *, since_ms: int | None = None, phrase: str = "", minutes: int = 0
    ) -> Outage:
        """断网, one press. With `phrase` (live in this room) and `minutes` until it ends, it is said now and repeated.

        Raises NotAllowed when that phrase may not be said; then nothing is begun."""
        now = self._place.now()
        if phrase and not 1 <= minutes <= LONGEST_MINUTES:
            raise NotAllowed(f"A compensation needs an end: 1 to {LONGEST_MINUTES} minutes from now.")
        since = since_ms if since_ms is not None else self.lost_since
        begun = Outage(min(since if since is not None else now, now), now, by, self.line)
        async with self._turn:
            if phrase:
                begun = await self._compensated(begun, phrase, minutes, by)
            body = {
                "act": "begun",
                "since_ms": begun.since_ms,
                "phrase": begun.phrase,
                "until_ms": begun.until_ms,
                "by": by,
            }
            await self._place.record("outage", body)
            await self._keep(begun, by)
            return begun

    async def _compensated(self, outage: Outage, phrase: str, minutes: int, by: str) -> Outage:
        until = self._place.now() + minutes * 60_000
        found = next((one for one in self._timers.sayable() if one.id == phrase), None)
        if found is None:
            raise NotAllowed("Only a phrase that is live in this room may promise a compensation.")
        if found.valid_until_ms is not None:
            until = min(until, found.valid_until_ms)
        timer = await self._timers.promise(
            phrase, max(AGAIN_S, LEAST_S), by, until_ms=until, instead=self._running()
        )
        return replace(outage, phrase=phrase, timer=timer.id, until_ms=until)

    def _running(self) -> int | None:
        """The timer of the last compensation, of which there is one at a time; None when it has ended: its number may
        be another's by now."""
        last = self.current
        if last is None or last.timer is None:
            return None
        mark = (last.timer, last.until_ms)
        return next((one.id for one in self._timers.rows if (one.id, one.until_ms) == mark), None)

    async def end(self, by: str) -> None:
        """All is well again. The compensation goes on until its own end."""
        async with self._turn:
            if self.current is not None:
                await self._place.record("outage", {"act": "over", "by": by})
                await self._keep(None, by)

    async def _keep(self, outage: Outage | None, by: str) -> None:
        async with self._place.lock:
            await self._place.keep("outage", None if outage is None else asdict(outage), by)
            self.current = outage
        self._place.changed()

    async def write(self, line: str, by: str) -> None:
        """Another line for the host. Raises NotAllowed."""
        told = plain_line(line, LONGEST, "The line")
        async with self._place.lock:
            await self._place.keep("outage_line", told, by)
            self.line = told
        self._place.changed()


def _outage(kept: Any, now_ms: int) -> Outage | None:
    if not isinstance(kept, dict) or not 0 <= now_ms - int(kept["at_ms"]) < KEPT_MS:
        return None
    return Outage(
        int(kept["since_ms"]), int(kept["at_ms"]), str(kept["by"]), str(kept["line"]), str(kept.get("phrase", "")),
        kept.get("timer"), kept.get("until_ms"),
    )  # fmt: skip
