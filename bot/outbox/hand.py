"""The hand channel: where nobody may send by program, a person pastes what the gate lets through.

    suggested ──copy──► copied ──second press, or the text seen in the stream──► by_hand
        └──► expired | blocked

A copy passes the same gate as a message, at the moment of the press, and is recorded before the words are given out.
A text seen in the stream from the shop's side within two minutes of the copy was said by whoever copied it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress

import msgspec

from bot.comment import Comment
from bot.errors import NotAllowed
from bot.outbox.echo import ours, plain
from bot.outbox.gate import Gate, Passed
from bot.outbox.queue import USUAL
from bot.outbox.row import Clearance, HandRow, OutboxStore, QueuedRow
from bot.outbox.rules import Rules
from replies.errors import PhraseRefused

SEEN_MS = 120_000
"""How long after it was copied (or suggested) a text in the stream counts as that one."""
TAKEN_MS = 30_000
"""How long a text copied by one is kept from another."""
KEPT = 500


class CopyRefused(NotAllowed):
    """The text may not be copied, or not be said to have been said. `reason` is a short code; `detail` a login."""

    def __init__(self, reason: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.detail = detail


class Suggested(msgspec.Struct, frozen=True):
    """A suggestion as the desk shows it. Times in ms. `state`: suggested or copied, by `person`. `refusal`: why a copy
    would be refused at this moment, None when it would not."""

    id: int
    session: str
    intent: str
    product: str | None
    phrase_id: str
    text: str
    at_ms: int
    expires_ms: int
    state: str
    person: str | None
    priority: int
    comment_id: str | None
    refusal: str | None


class _Held(msgspec.Struct):
    """One row in hand. `at_ms`: when it came to be as it is."""

    row: HandRow
    state: str
    person: str | None
    at_ms: int


async def _unheard(row: QueuedRow, reason: str) -> None:
    return None


class Hand:
    """The suggestions of one room. `now` is the room's time. `told` hears what became of each, as of the outbox's."""

    def __init__(
        self,
        store: OutboxStore,
        gate: Gate,
        *,
        now: Callable[[], int],
        rules: Rules | None = None,
        account: str = "",
        told: Callable[[QueuedRow, str], None] = lambda row, state: None,
        alarm: Callable[[QueuedRow, str], Awaitable[None]] = _unheard,
    ) -> None:
        self._store = store
        self._gate = gate
        self._now = now
        self._rules = rules or Rules()
        self._account = account
        self._told = told
        self._alarm = alarm
        self._held: dict[int, _Held] = {}
        self._press = asyncio.Lock()

    def take(self, rows: Iterable[HandRow]) -> None:
        """Take rows that have been committed as `suggested` (or, after a restart, `copied`)."""
        for row in rows:
            self._held[row.id] = _Held(row, row.state, row.person, row.updated_ms)
        while len(self._held) > KEPT:
            del self._held[next(iter(self._held))]

    def open(self, now_ms: int | None = None) -> list[Suggested]:
        """What the desk shows: not expired, not said yet; the highest priority first, then the oldest."""
        now = self._now() if now_ms is None else now_ms
        shown = [
            self._shown(one, now)
            for one in self._held.values()
            if one.state == "copied" or one.row.expires_ms > now
        ]
        return sorted(shown, key=lambda one: (-one.priority, one.at_ms, one.id))

    def _shown(self, one: _Held, now_ms: int) -> Suggested:
        row = one.row
        return Suggested(
            row.id, row.session, row.intent, row.product, row.phrase_id, row.text, row.due_ms, row.expires_ms,
            one.state, one.person, USUAL if row.priority is None else row.priority, row.comment_id,
            self._refusal(row, now_ms),
        )  # fmt: skip

    def _refusal(self, row: HandRow, now_ms: int) -> str | None:
        """The gate without the store: cheap enough for every look of the page."""
        if row.expires_ms <= now_ms:
            return "expired"
        if (hush := self._rules.silence()) is not None:
            return hush
        try:
            passed = self._gate.look(row, now_ms)
        except PhraseRefused as refused:
            return refused.reason
        return self._rules.bars(passed.phrase, row)

    # what a person does

    async def copy(self, row_id: int, by: str) -> str:
        """The words for the clipboard, recorded as copied by `by` before they are given out. Raises CopyRefused."""
        async with self._press:
            one, now = self._found(row_id), self._now()
            if one.state == "copied" and one.person != by and now - one.at_ms < TAKEN_MS:
                raise CopyRefused("taken", f"{one.person} has just copied this one.", one.person or "")
            await self._open_to(one, now)
            if one.state == "suggested":
                await self._change(one, "copied", by=by)
            elif one.person != by:
                await asyncio.to_thread(self._store.outbox_note, row_id, None, person=by)
            one.state, one.person, one.at_ms = "copied", by, now
            return one.row.text

    async def sent(self, row_id: int, by: str) -> None:
        """`by` has said it. Raises CopyRefused when it was not copied first: nobody knows then what was said."""
        async with self._press:
            one = self._found(row_id)
            if one.state != "copied":
                raise CopyRefused("not_copied", "Copy the text first; then say that it was sent.")
            await self._said(one, by)

    def _found(self, row_id: int) -> _Held:
        one = self._held.get(row_id)
        if one is None:
            raise CopyRefused("unknown_row", "This suggestion is gone: said, run out, or of another room.")
        return one

    async def _open_to(self, one: _Held, now_ms: int) -> None:
        """The gate, as for a message. What can never pass again is done with. Raises CopyRefused."""
        if one.row.expires_ms <= now_ms:
            await self._drop(one, "expired", "")
            raise CopyRefused("expired", "This answer is too old. Wait for the next one.")
        if (hush := self._rules.silence()) is not None:
            raise CopyRefused(hush, "Nothing is said in this room now.")
        try:
            passed = await asyncio.to_thread(self._pass, one.row, now_ms)
        except PhraseRefused as refused:
            await self._drop(one, "blocked", refused.reason)
            await self._alarm(one.row, refused.reason)
            raise CopyRefused(refused.reason, str(refused)) from refused
        if (barred := self._rules.bars(passed.phrase, one.row)) is not None:
            raise CopyRefused(barred, "This phrase is held back just now.")

    def _pass(self, row: HandRow, now_ms: int) -> Passed:
        clearance: Clearance = self._store.clearance(
            row.phrase_id, row.digest, product=row.product, merchant=self._gate.merchant, account=self._account,
            practice=self._gate.practice, now_ms=now_ms,
        )  # fmt: skip
        return self._gate.check(row, clearance, now_ms)

    async def _drop(self, one: _Held, state: str, detail: str) -> None:
        if one.state == "suggested":  # one already copied may still turn up in the stream
            await self._change(one, state, detail)
            self._held.pop(one.row.id, None)

    async def _said(self, one: _Held, by: str | None) -> None:
        await self._change(one, "by_hand", by=by)
        self._held.pop(one.row.id, None)

    async def _change(self, one: _Held, state: str, detail: str = "", by: str | None = None) -> None:
        try:
            await asyncio.to_thread(self._store.outbox_finish, one.row.id, state, detail, by=by)
        except NotAllowed as error:  # another process was first
            self._held.pop(one.row.id, None)
            raise CopyRefused("unknown_row", str(error)) from error
        self._told(one.row, state)

    # what is heard, and what runs out

    async def heard(self, comments: Sequence[Comment]) -> None:
        """Comments of the room, after their commit: a text of ours among them was said by hand."""
        if not self._held:
            return
        own = self._rules.own_uid()
        for comment in comments:
            if ours(comment, own) and (one := self._match(comment)) is not None:
                async with self._press:
                    if one.row.id in self._held:
                        with suppress(CopyRefused):  # another process was first
                            await self._said(one, one.person)
                            await asyncio.to_thread(self._store.outbox_note, one.row.id, "seen")

    def _match(self, comment: Comment) -> _Held | None:
        """The row whose words these are; one that was copied before one that was only shown."""
        words, now = plain(comment.text), self._now()
        found = [
            one for one in self._held.values() if plain(one.row.text) == words and now - one.at_ms <= SEEN_MS
        ]
        return min(found, key=lambda one: (one.state != "copied", one.at_ms), default=None)

    def next_due(self) -> int | None:
        """When the next suggestion runs out, or a copied one is given up; None when there is none."""
        return min((_end(one) for one in self._held.values()), default=None)

    async def step(self, now_ms: int) -> None:
        """Let go of what has run out by `now_ms`."""
        for one in [one for one in self._held.values() if _end(one) <= now_ms]:
            async with self._press:
                if one.row.id not in self._held or _end(one) > now_ms:
                    continue
                if one.state == "suggested":
                    with suppress(CopyRefused):
                        await self._change(one, "expired")
                self._held.pop(one.row.id, None)

    async def close(self, now_ms: int) -> None:
        """The session is over: suggestions nobody copied run out."""
        for one in list(self._held.values()):
            if one.state == "suggested":
                with suppress(CopyRefused):
                    await self._change(one, "expired", "session_over")
        self._held.clear()


def _end(one: _Held) -> int:
    return one.row.expires_ms if one.state == "suggested" else one.at_ms + SEEN_MS + 1
