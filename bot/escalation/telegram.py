"""Cases in the moderators' Telegram group: one message per case, edited in place, with buttons.

Three tasks run: one delivers the cards that are out of date (`card_queue.py` says which and when), one polls for
presses, one looks up cards whose time is over. None of them ends because Telegram does not answer: the case stays
in the console, its card says `undelivered`, and the queue tries again. What may have been shown is never sent twice.

Two clocks are handed in: `clock` is the cases' (a show clock in a rehearsal), `wall` paces what Telegram counts.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Update
from telegram.error import BadRequest, ChatMigrated, RetryAfter, TelegramError
from telegram.ext import AIORateLimiter, Application, CallbackQueryHandler, ContextTypes
from telegram.request import HTTPXRequest

from bot.clock import Clock, WallClock
from bot.errors import ChangkongError
from bot.escalation.button import button_data
from bot.escalation.card import OPEN_STATES, Face, face
from bot.escalation.card_queue import CardQueue, Waiting
from bot.escalation.case_desk import CaseDesk
from bot.escalation.categories import Lang
from bot.escalation.deadlines import Deadlines, either
from bot.escalation.delivery import CHANNEL, CardState, Health, Standing
from bot.escalation.press import ANSWERS, Pressed, press
from bot.escalation.telegram_faults import diagnosis, may_have_arrived, seconds_asked, tame_library
from bot.escalation.telegram_poller import Poller
from bot.storage.values import Card, Case

log = structlog.get_logger()

_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")


class TelegramCards:
    """The cards of one group. `start` returns at once, whether Telegram answers or not."""

    def __init__(
        self,
        desk: CaseDesk,
        *,
        token: str,
        chat_id: int,
        secret: bytes,
        clock: Clock,
        wall: Clock | None = None,
        thread_id: int | None = None,
        base_url: str = "https://api.telegram.org/bot",
        aliases: Mapping[str, str] | None = None,
        sample: Callable[[int], str | None] | None = None,
        open_url: Callable[[int], str | None] = lambda case_id: None,
        lang: Lang = "zh",
        changed: Callable[[int], Awaitable[None]] | None = None,
        moved: Callable[[int], None] | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        """`secret` signs buttons and must outlive a restart. `aliases` maps a room (`platform:id`) to what it is
        called outside. `sample` gives a comment's words for a case: hand it in only when full text is allowed.
        `open_url` gives a case's page in the console, None when that cannot be reached from a phone. `changed` is
        told after a press has changed a case; `moved` the group's new id, to be kept. `lang` is the group's."""
        tame_library()
        self.chat_id = chat_id
        self._desk = desk
        self._secret = secret
        self._clock = clock
        self._wall = wall or WallClock()
        self._thread_id = thread_id
        self._aliases = aliases or {}
        self._sample = sample
        self._open_url = open_url
        self._lang: Lang = lang
        self._changed = changed
        self._moved = moved
        self._queue = CardQueue()
        self._faces: dict[int, Face] = {}
        self._work: dict[int, tuple[str, str | None, int]] = {}
        self._stirred = asyncio.Event()
        self._health = Health(self._wall.now)
        self._deadlines = Deadlines(clock, self._overdue)
        self._tasks: list[asyncio.Task[None]] = []
        self._requests = [
            HTTPXRequest(connect_timeout=timeout_s, read_timeout=timeout_s, write_timeout=timeout_s)
            for _ in range(2)
        ]
        self._app: Application[Any, Any, Any, Any, Any, Any] = (
            Application.builder()
            .token(token)
            .base_url(base_url)
            .updater(None)
            .rate_limiter(AIORateLimiter())
            .request(self._requests[0])
            .get_updates_request(self._requests[1])
            .build()
        )
        self._app.add_handler(CallbackQueryHandler(self._on_press))
        self._app.add_error_handler(_note_failure)
        self._poller = Poller(
            self._app, wall=self._wall, health=self._health, take=self._take, healed=self._reopen
        )

    @property
    def state(self) -> Standing:
        """How Telegram stands, for the console's status line."""
        return self._health.standing

    async def start(self) -> None:
        """Begin to deliver and to poll. For open cases of an earlier run call `case_opened` again: a card that is
        there is edited, one that is missing is sent."""
        self._health.set("starting")
        for work in (self._deliver, self._poller.run, self._deadlines.run):
            self._tasks.append(asyncio.create_task(work(), name=f"telegram {work.__qualname__}"))

    async def stop(self) -> None:
        """Stop at once. A card in flight stays `sending` and is `unknown` to the next run."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        with contextlib.suppress(TelegramError):
            await self._app.shutdown()
        for request in self._requests:
            await request.shutdown()
        self._health.set("off")

    async def case_opened(self, case: Case) -> None:
        """A case needs a card. Harmless when it has one."""
        card = await self._card(case.case_id)
        if card is None:
            await self._save(case.case_id, None, "queued" if self._health.well else "undelivered")
        self._watch(case)
        self._add(case, is_new=card is None or card.state in ("queued", "undelivered"), urgent=True)

    async def case_changed(self, case_id: int) -> None:
        """The case has moved on: more comments, another holder, closed. Many of these become one edit."""
        case = await asyncio.to_thread(self._desk.case, case_id)
        self._watch(case)
        self._add(case, is_new=False, urgent=self._work.get(case_id) != _work_of(case))

    def _add(self, case: Case, *, is_new: bool, urgent: bool) -> None:
        self._queue.add(case.case_id, case.severity, self._wall.now(), is_new=is_new, urgent=urgent)
        self._stirred.set()

    def _watch(self, case: Case) -> None:
        if case.state in OPEN_STATES:
            self._deadlines.watch(case.case_id, case.sla_due_ms)

    async def _overdue(self, case_id: int) -> None:
        try:
            case = await asyncio.to_thread(self._desk.case, case_id)
        except ChangkongError as error:
            log.warning("deadline not shown", case=case_id, error=type(error).__name__)
            return
        if case.state in OPEN_STATES:
            self._add(case, is_new=False, urgent=True)

    def _reopen(self) -> None:
        self._queue.reopen()
        self._stirred.set()

    # delivering

    async def _deliver(self) -> None:
        while True:
            self._stirred.clear()
            taken = self._queue.take(self._wall.now())
            if not isinstance(taken, Waiting):
                await either(self._stirred, self._wall, taken)
                continue
            try:
                await self._show(taken)
            except Exception as error:  # a case that cannot be shown must not silence the others
                log.error("card not shown", case=taken.case_id, error=type(error).__name__)
                self._queue.give_back(taken)
                self._queue.back_off(self._wall.now())

    async def _show(self, one: Waiting) -> None:
        case = await asyncio.to_thread(self._desk.case, one.case_id)
        card = await self._card(one.case_id)
        if card is not None and card.state == "sending" and card.message_id is None:
            await self._save(one.case_id, None, "unknown")  # left by a run that died
            card = await self._card(one.case_id)
        shown = await self._face(case)
        if card is not None and card.message_id is not None:
            if self._faces.get(one.case_id) == shown:
                return self._queue.unspend()
            return await self._edit(one, case, card.message_id, shown)
        if card is not None and card.state == "unknown":
            return self._queue.unspend()
        if case.state not in OPEN_STATES:
            await self._save(one.case_id, None, "skipped")
            return self._queue.unspend()
        return await self._send(one, case, shown)

    async def _send(self, one: Waiting, case: Case, shown: Face) -> None:
        await self._save(one.case_id, None, "sending")
        try:
            message = await self._app.bot.send_message(
                self.chat_id, shown.text, message_thread_id=self._thread_id, reply_markup=self._markup(case, shown),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )  # fmt: skip
        except TelegramError as error:
            if may_have_arrived(error):
                self._health.fault("send", "down", "timeout")
                await self._save(one.case_id, None, "unknown")
                return
            await self._save(one.case_id, None, "undelivered")
            await self._failed(one, error)
            return
        await self._save(one.case_id, str(message.message_id), "delivered")
        self._done(case, shown)

    async def _edit(self, one: Waiting, case: Case, message_id: str, shown: Face) -> None:
        try:
            await self._app.bot.edit_message_text(
                shown.text, self.chat_id, int(message_id), reply_markup=self._markup(case, shown),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )  # fmt: skip
        except BadRequest as error:
            reason = str(error).lower()
            if "not modified" not in reason:
                if not any(word in reason for word in _GONE):
                    return await self._failed(one, error)
                await self._save(one.case_id, None, "queued")  # somebody deleted it: the case still needs one
                self._add(case, is_new=True, urgent=True)
                return None
        except TelegramError as error:
            return await self._failed(one, error)
        self._done(case, shown)
        return None

    def _done(self, case: Case, shown: Face) -> None:
        self._health.healed("send")
        self._queue.shown(case.case_id, self._wall.now())
        self._faces[case.case_id] = shown
        self._work[case.case_id] = _work_of(case)
        if case.state not in OPEN_STATES:
            self._queue.forget(case.case_id)
            self._faces.pop(case.case_id, None)
            self._work.pop(case.case_id, None)

    async def _failed(self, one: Waiting, error: TelegramError) -> None:
        """Surely not shown: keep its place, wait as long as is asked for or twice as long as last time."""
        now = self._wall.now()
        if isinstance(error, ChatMigrated):
            self._queue.give_back(one)
            return await self._move(error.new_chat_id)
        self._queue.give_back(one)
        if isinstance(error, RetryAfter):
            self._queue.hold(now + seconds_asked(error) * 1000)
            return None
        self._health.fault("send", *diagnosis(error))
        self._queue.back_off(now)
        for other in self._queue.waiting():
            if other.is_new and other.case_id != one.case_id:
                await self._save(other.case_id, None, "undelivered")
        return None

    async def _move(self, chat_id: int) -> None:
        """The group became a supergroup: messages of the old one cannot be edited, so open cases get new cards."""
        if chat_id == self.chat_id:
            return
        shown = list(self._work)
        for case_id in {*shown, *(one.case_id for one in self._queue.waiting())}:
            if (card := await self._card(case_id)) is not None:
                await self._save(case_id, card.message_id, "skipped")
        self.chat_id = chat_id
        if self._moved is not None:
            self._moved(chat_id)
        for case_id in shown:
            self._faces.pop(case_id, None)
            await self.case_opened(await asyncio.to_thread(self._desk.case, case_id))

    async def _face(self, case: Case) -> Face:
        login = case.resolved_by if case.state == "resolved" else case.holder
        person = await asyncio.to_thread(self._desk.by_login, login) if login else None
        words = await asyncio.to_thread(self._sample, case.case_id) if self._sample else None
        return face(
            case, alias=self._aliases.get(case.room, "房间" if self._lang == "zh" else "room"),
            holder=person.name if person else login, now_ms=self._clock.now(), lang=self._lang, sample=words,
            url=self._open_url(case.case_id),
        )  # fmt: skip

    def _markup(self, case: Case, shown: Face) -> InlineKeyboardMarkup | None:
        rows = [
            [
                InlineKeyboardButton(button.label, url=button.url)
                if button.action is None
                else InlineKeyboardButton(
                    button.label, callback_data=button_data(self._secret, case.case_id, button.action)
                )
                for button in row
            ]
            for row in shown.rows
        ]
        return InlineKeyboardMarkup(rows) if rows else None

    async def _card(self, case_id: int) -> Card | None:
        cards = await asyncio.to_thread(self._desk.cards, case_id)
        return next(
            (one for one in cards if (one.channel, one.chat_id) == (CHANNEL, str(self.chat_id))), None
        )

    async def _save(self, case_id: int, message_id: str | None, state: CardState) -> None:
        card = Card(case_id, CHANNEL, str(self.chat_id), message_id, state, self._wall.now())
        await asyncio.to_thread(self._desk.save_card, card)

    # presses

    async def _take(self, update: Update) -> None:
        message = update.message
        if message is not None and message.migrate_to_chat_id and message.chat.id == self.chat_id:
            await self._move(message.migrate_to_chat_id)
        await self._app.process_update(update)

    async def _on_press(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        assert query is not None
        pressed = Pressed("forged", ANSWERS["forged"][self._lang != "zh"], True)
        message = query.message
        if message is not None and message.chat.id == self.chat_id and query.data:
            try:
                pressed = await asyncio.to_thread(
                    press, self._desk, self._secret, data=query.data, telegram_id=str(query.from_user.id),
                    query_id=query.id, now_ms=self._clock.now(), lang=self._lang,
                )  # fmt: skip
            except Exception as error:  # the store failed: the person must hear it, the poller must live
                log.error("press failed", error=type(error).__name__)
                pressed = Pressed("failed", ANSWERS["failed"][self._lang != "zh"], True)
        try:
            await query.answer(pressed.text, show_alert=pressed.alert)
        except TelegramError as error:  # too old, or Telegram is down: the card will show what became of it
            log.info("press not answered", error=type(error).__name__)
        log.info("press", case=pressed.case_id, outcome=pressed.code)
        if pressed.case_id is not None and message is not None:
            await self._after(pressed.case_id, message.message_id)

    async def _after(self, case_id: int, message_id: int) -> None:
        try:
            case = await asyncio.to_thread(self._desk.case, case_id)
        except ChangkongError:
            return
        card = await self._card(case_id)
        if card is not None and card.state == "unknown" and card.message_id is None:
            await self._save(case_id, str(message_id), "delivered")  # the press proves that it was shown
        self._add(case, is_new=False, urgent=True)
        if self._changed is not None:
            await self._changed(case_id)


def _work_of(case: Case) -> tuple[str, str | None, int]:
    """What makes an edit urgent when it changes."""
    return (case.state, case.holder, case.severity)


async def _note_failure(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    log.error("press failed", error=type(context.error).__name__)
