"""Cues (提示): one line from control to host. It fills the prompter for eight seconds, then stands in a strip until the
host taps it. A preset may hold slots, {stock}: they are filled with the facts of the moment, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.desk.place import Place, plain_line
from bot.errors import NotAllowed
from replies.phrase import SLOT

PRESETS = ("慢一点", "讲尺码", "只剩{stock}件", "换品", "看公屏", "再讲一遍价格")
"""What a new shop begins with."""

LONGEST = 20
MOST = 8
"""Presets at most: one key each."""

SHOWN_MS = 8_000
FORGOTTEN_MS = 120_000
"""A cue nobody tapped is gone after this."""

_LEFT = re.compile(r"只?(?:剩|有)\s*(\d{1,9})\s*(?:件|个|盒|瓶|套|支|包|双)")
"""A claim of how few are left."""

_COUNT = re.compile(r"[0-9]{1,9}")
_TWICE = re.compile(r"(件|个|盒|瓶|套|支|包|双)\1")


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue. `at_ms` when it was given; `tapped_ms` when the host had seen it, None before."""

    id: int
    text: str
    by: str
    at_ms: int
    tapped_ms: int | None = None

    def stage(self, now_ms: int) -> Literal["full", "strip", "gone"]:
        """How it stands on the prompter at `now_ms`."""
        age = now_ms - self.at_ms
        if self.tapped_ms is not None or not 0 <= age < FORGOTTEN_MS:
            return "gone"
        return "full" if age < SHOWN_MS else "strip"


class Cues:
    """The cues of one room."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._cue: Cue | None = None
        self._count = 0
        kept = place.kept("cues", None)
        self.presets: tuple[str, ...] = tuple(map(str, kept)) if isinstance(kept, list) else PRESETS

    def current(self, now_ms: int | None = None) -> Cue | None:
        """The cue the host still has before the eyes; None when there is none."""
        now = self._place.now() if now_ms is None else now_ms
        return None if self._cue is None or self._cue.stage(now) == "gone" else self._cue

    async def give(self, text: str, by: str) -> Cue:
        """Show the host one line, at most LONGEST characters once filled. Raises NotAllowed."""
        line = plain_line(self.filled(text), LONGEST, "A cue")
        self._honest(line)
        self._count += 1
        cue = Cue(self._count, line, by, self._place.now())
        await self._place.record("cue", {"act": "given", "text": line, "by": by})
        self._cue = cue
        self._place.changed()
        return cue

    def filled(self, text: str) -> str:
        """`text` with its slots filled for what is on show. Raises NotAllowed where a fact is missing or stale."""
        state, now = self._place.state(), self._place.now()
        facts = state.shop.facts_for(state.on_show)

        def value(found: re.Match[str]) -> str:
            fact = facts.get(found[1])
            if fact is None or not fact.current(now):
                raise NotAllowed(f"The cue needs {found[1]}, and that is not known now. Put it in first.")
            return fact.value

        # A fact may carry its unit (86件) where the line has it too.
        return _TWICE.sub(r"\1", SLOT.sub(value, text))

    def offered(self) -> list[tuple[str, str | None]]:
        """Each preset as it would be shown now; None where a fact it needs is not known."""
        shown: list[tuple[str, str | None]] = []
        for preset in self.presets:
            try:
                shown.append((preset, self.filled(preset)))
            except NotAllowed:
                shown.append((preset, None))
        return shown

    def _honest(self, line: str) -> None:
        """Nobody is told that fewer are left than there are."""
        state = self._place.state()
        stock = state.shop.facts_for(state.on_show).get("stock")
        claim, known = _LEFT.search(line), _COUNT.match(stock.value.strip()) if stock is not None else None
        if claim is None or stock is None or known is None or not stock.current(self._place.now()):
            return
        if int(claim[1]) != int(known[0]):
            raise NotAllowed(
                f"The stock on record is {stock.value}, not {claim[1]}. Correct the stock or the cue."
            )

    async def tap(self, id: int, by: str) -> None:
        """The host has seen it; an older one changes nothing."""
        cue = self._cue
        if cue is None or cue.id != id or cue.tapped_ms is not None:
            return
        self._cue = replace(cue, tapped_ms=self._place.now())
        await self._place.record("cue", {"act": "tapped", "text": cue.text, "by": by})
        self._place.changed()

    async def edit(self, lines: Sequence[str], by: str) -> None:
        """Other presets for this room: 1 to MOST, each at most LONGEST characters. Raises NotAllowed."""
        presets = [plain_line(line, LONGEST, "A cue") for line in lines if line.strip()]
        if not 1 <= len(presets) <= MOST:
            raise NotAllowed(f"Give 1 to {MOST} cues, one a line.")
        async with self._place.lock:
            await self._place.keep("cues", presets, by)
            self.presets = tuple(presets)
        self._place.changed()
