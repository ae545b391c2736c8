"""What one room hears of its draws: the notices of `bot.draws.notices`, said by approved phrases through the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.comment import Comment
from bot.decision import Priority
from bot.desk import Place
from bot.desk.timers import Voice
from bot.draws import notices
from bot.draws.notices import Notice
from bot.storage.values import DrawRow
from replies.errors import PhraseRefused
from replies.facts import Fact
from replies.lengths import limit_of
from replies.phrase import Phrase
from replies.selector import spoken

AGAIN_MS = 2_000
"""When it is tried again to say what the room could not take just then."""


class DrawVoice:
    """Tells one room of its draws; an `End` of its attachment. `draws` gives the room's draws by number."""

    def __init__(
        self, place: Place, voice: Voice, draws: Callable[[], Sequence[DrawRow]], lang: str = "zh"
    ) -> None:
        self._place, self._voice, self._draws, self._lang = place, voice, draws, lang
        kept = place.kept("draw_notices", {})
        self._draw: str = str(kept.get("draw", "")) if isinstance(kept, dict) else ""
        self._told: list[str] = list(kept.get("told", [])) if isinstance(kept, dict) else []
        self._calmed_ms: int | None = kept.get("calmed_ms") if isinstance(kept, dict) else None
        self._doubted = False
        self._not_before = 0
        self._last: tuple[str, dict[str, str]] = "", {}

    def facts(self) -> Mapping[str, Fact]:
        """The facts of the latest draw; none where there was no draw yet."""
        row = self._latest()
        return {} if row is None else notices.facts(row, self._lang)

    def told_of(self, draw_id: str) -> Mapping[str, str]:
        """What came of each notice of the latest draw, since the program was started: 'said', or the reason why it was
        not. Nothing for any other draw."""
        told_draw, told = self._last
        return dict(told) if draw_id == told_draw else {}

    def _latest(self) -> DrawRow | None:
        rows = self._draws()
        return rows[-1] if rows else None

    def heard(self, comments: Sequence[Comment]) -> None:
        """After a commit: does anybody say that the draw is rigged?"""
        if any(one.viewer.role == "viewer" and notices.doubts(one.text) for one in comments):
            self._doubted = True

    def next_due(self) -> int | None:
        row, now = self._latest(), self._place.now()
        if row is None:
            return None
        if self._waiting(row, now) is not None:
            return max(now, self._not_before)
        return notices.next_due(row, now)

    def _waiting(self, row: DrawRow, now_ms: int) -> Notice | None:
        """What is to be said now: the stage's own notice first, then calm."""
        notice = notices.due(row, now_ms)
        if notice is not None and (row.id != self._draw or notice.name not in self._told):
            return notice
        if not self._doubted:
            return None
        calm = notices.calm(row, now_ms)
        if calm is None or (self._calmed_ms is not None and abs(now_ms - self._calmed_ms) < notices.CALM_MS):
            self._doubted = False
            return None
        return calm

    async def step(self, now_ms: int) -> None:
        """Say what is due at `now_ms`."""
        row = self._latest()
        notice = None if row is None else self._waiting(row, now_ms)
        if row is None or notice is None or now_ms < self._not_before:
            return
        reason = await self._say(notice, row, now_ms)
        if row.id != self._last[0]:
            self._last = row.id, {}
        self._last[1][notice.name] = reason or "said"
        if reason is not None and reason != "no_phrase":
            self._not_before = now_ms + AGAIN_MS
            return
        await self._note(row, notice, now_ms)

    async def _note(self, row: DrawRow, notice: Notice, now_ms: int) -> None:
        """Remember, over a restart as well, that this was said or has nothing to say it with."""
        if row.id != self._draw:
            self._draw, self._told = row.id, []
        if notice.name.startswith("calm"):
            self._doubted, self._calmed_ms = False, now_ms
        else:
            self._told.append(notice.name)
        body = {"draw": self._draw, "told": self._told, "calmed_ms": self._calmed_ms}
        async with self._place.lock:
            await self._place.keep("draw_notices", body, "draw")
        self._place.changed()

    async def _say(self, notice: Notice, row: DrawRow, now_ms: int) -> str | None:
        """Queue the notice; the reason why not, None when it is queued."""
        state = self._place.state()
        if not state.session or state.closed:
            return "not_live"
        if state.silence is not None:
            return state.silence
        found = self._phrase(notice, row, now_ms)
        if found is None:
            return "no_phrase"
        phrase, text = found
        if (barred := state.bars(phrase, text, None)) is not None:
            return barred
        number = await asyncio.to_thread(
            lambda: self._place.store.outbox_add(
                self._place.room, state.session, phrase_id=phrase.id, digest=phrase.digest, intent=phrase.intent,
                product=None, text=text, mode="send" if self._voice.can_send() else "suggest", due_ms=now_ms,
                expires_ms=notice.expires_ms, priority=int(Priority.NOTICE),
            )
        )  # fmt: skip
        await self._voice.say(number)
        return None

    def _phrase(self, notice: Notice, row: DrawRow, now_ms: int) -> tuple[Phrase, str] | None:
        """The fullest phrase of this notice that is live here and fits the platform, in the room's language if there is
        one; in practice only one that says so."""
        room = self._place.room
        limit = limit_of(room.partition(":")[0])
        shop = self._place.state().shop
        shop = replace(shop, facts={**shop.facts, **notices.facts(row, self._lang)})
        practice = "mode" in row.body["commitment"]["record"]["beacon"]
        fitting = []
        for phrase in self._voice.library():
            if phrase.intent != notice.intent or phrase.platform not in (None, "", room.partition(":")[0]):
                continue
            if practice and "draw_number" not in phrase.slots:
                continue
            try:
                self._voice.library().check(
                    phrase.id,
                    phrase.digest,
                    now_ms,
                    self._voice.practice,
                    room=room,
                    merchant=self._voice.merchant,
                )
                text = spoken(phrase, shop, None, now_ms)
            except PhraseRefused:
                continue
            if phrase.scope == "any" and limit.size(text) <= limit.count:
                fitting.append((phrase.lang == self._lang, len(text), phrase.id, phrase, text))
        if not fitting:
            return None
        *_, phrase, text = max(fitting, key=lambda one: one[:3])
        return phrase, text
