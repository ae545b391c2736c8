"""The satisfaction question: now and then one viewer who was answered is asked whether that helped.

Off unless the setting `replies.satisfaction` is on. What is asked is an approved phrase, said through library, gate and
outbox like any other, after everything else. A chance that is missed is missed: the next answer brings another.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from bot.decision import Judged, Priority
from bot.desk.place import Place
from bot.desk.timers import Voice
from replies.selector import Choice, choose
from replies.sheet import SATISFACTION

DELAY_MS = 20_000
"""The question comes this long after the answer was sent."""

GAP_MS = 600_000
"""Between two questions in one room, whoever they are for."""

WITHIN_MS = 60_000
"""So long after the question a 1 or 2 of who was asked is taken to answer it."""

LIFE_MS = 5_000
"""A question that found no place within this is dropped: the room may look quite different by then."""

POLL, POLL_MS = 3, 60_000
"""So many bare figures of viewers within so many ms: the host has a poll running (红色扣1), which no platform tells."""

MOST_VIEWERS, MOST_ANSWERS = 20_000, 500
"""Most viewers remembered as not to be asked in this show, and most answers whose sending is waited for."""

YES_NO = {"1": "yes", "2": "no"}


@dataclass(frozen=True, slots=True)
class Turn:
    """Whom to ask, and when (ms). `answer`: the outbox id of what had answered `uid`."""

    answer: int
    uid: str
    due_ms: int


class Satisfaction:
    """The question of one room; an `End` of its attachment. `lang`: the language of the room's phrases.

    It begins with a show: of one that was under way when the program started it is not known who has been asked.
    """

    def __init__(self, place: Place, voice: Voice, lang: str = "zh") -> None:
        self._place, self._voice, self._lang = place, voice, lang
        state = place.state()
        self._session = state.session
        self._rests = bool(state.session) and not state.closed
        self._answers: dict[int, str] = {}
        self._spared: set[str] = set()
        self._figures: deque[int] = deque(maxlen=POLL)
        self._turn: Turn | None = None
        self._asked: tuple[int, Turn] | None = None
        self._until: int | None = None
        self._last: int | None = None

    # what the room and the outbox tell

    async def heard(self, judged: Sequence[Judged], rows: Sequence[int]) -> None:
        """Comments after their commit; `rows` are the outbox ids of their replies, in order."""
        self._begin(self._place.state().session)
        replies = iter(rows)
        for one in judged:
            row = None if one.decision.reply is None else next(replies)
            viewer = one.comment.viewer
            if one.session != self._session or one.comment.mirrored or viewer.role != "viewer":
                continue
            if _figure(one.comment.text):
                self._figures.append(one.now_ms)
            if viewer.uid is None:
                continue
            if one.verdict.negative.kind is not None or one.decision.escalation is not None:
                self._spare(viewer.uid)
            if row is not None:
                self._answers[row] = viewer.uid
                if len(self._answers) > MOST_ANSWERS:
                    del self._answers[next(iter(self._answers))]
            await self._count(one, viewer.uid)

    async def _count(self, one: Judged, uid: str) -> None:
        """Keep a yes or no; the first is the one that counts."""
        if self._asked is None or self._until is None or one.now_ms > self._until:
            return
        turn, text = self._asked[1], one.comment.text
        said = YES_NO.get(unicodedata.normalize("NFKC", text[:2]))
        if said is None or uid != turn.uid or one.decision.entry is not None:
            return
        self._asked = None
        await self._place.record("satisfaction", {"outbox": turn.answer, "answer": said})

    def told(self, row: int, state: str) -> None:
        """What became of a row of the outbox: an answer that was sent may be asked about, a question that was sent be
        answered."""
        now, uid = self._place.now(), self._answers.pop(row, None)
        if self._asked is not None and self._asked[0] == row:
            self._until = now + WITHIN_MS if state == "sent" else None
        elif uid is not None and state == "sent" and self._turn is None:
            self._turn = Turn(row, uid, now + DELAY_MS)

    def _begin(self, session: str) -> None:
        """Another show begins anew; only the room's rest goes on."""
        if session != self._session:
            self._session, self._rests = session, False
            self._answers.clear()
            self._spared.clear()
            self._figures.clear()
            self._turn = self._asked = self._until = None

    def _spare(self, uid: str) -> None:
        """Not to be asked in this show. When no more can be remembered, nobody is."""
        self._spared.add(uid)
        self._rests = self._rests or len(self._spared) >= MOST_VIEWERS

    # the turn

    def next_due(self) -> int | None:
        """When the question is to be asked, in ms; None when nobody is to be."""
        return None if self._turn is None else self._turn.due_ms

    async def step(self, now_ms: int) -> None:
        """Ask, if its time has come and the room as it stands allows it."""
        turn = self._turn
        if turn is None or turn.due_ms > now_ms:
            return
        self._turn = None
        if self._barred(turn.uid, now_ms) or (choice := self._chosen(turn.uid, now_ms)) is None:
            return
        self._spare(turn.uid)
        self._last = now_ms
        phrase, text = choice.phrase, choice.text
        row = await asyncio.to_thread(
            lambda: self._place.store.outbox_add(
                self._place.room, self._session, phrase_id=phrase.id, digest=phrase.digest, intent=SATISFACTION,
                product=None, text=text, mode="send", due_ms=now_ms, expires_ms=now_ms + LIFE_MS,
                priority=int(Priority.TIMED),
            )
        )  # fmt: skip
        self._asked, self._until = (row, turn), None
        await self._voice.say(row)

    def _barred(self, uid: str, now_ms: int) -> bool:
        """Whether the room or the viewer is to be left alone now."""
        state = self._place.state()
        return (
            self._rests
            or state.session != self._session
            or state.closed
            or state.silence is not None
            or state.platform_draw is not None
            or state.draw is not None
            or (len(self._figures) == POLL and now_ms - self._figures[0] < POLL_MS)
            or (self._last is not None and abs(now_ms - self._last) < GAP_MS)
            or uid in self._spared
            or uid in state.aggrieved
            or not self._voice.can_send()
        )

    def _chosen(self, uid: str, now_ms: int) -> Choice | None:
        """The words; None when no approved ones may be said here now."""
        state = self._place.state()
        choice = choose(
            self._voice.library(), state.shop, SATISFACTION, None, tone_needed="neutral",
            platform=self._place.room.partition(":")[0], practice=self._voice.practice, now_ms=now_ms, last_used={},
            viewer_key=uid, lang=self._lang, room=self._place.room, merchant=self._voice.merchant,
            on_duty=state.on_duty,
        )  # fmt: skip
        if (
            not isinstance(choice, Choice)
            or state.bars(choice.phrase, choice.text, None, timed=True) is not None
        ):
            return None
        return choice


def _figure(text: str) -> bool:
    """Whether a comment is one of the figures people vote with, however often it is typed: 1, 22, １１１."""
    plain = unicodedata.normalize("NFKC", text[:20]).strip()
    return len(set(plain)) == 1 and plain[0] in "123"
