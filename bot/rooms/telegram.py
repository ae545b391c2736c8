"""A Telegram group as a room: official, free and at once, and the only kind here in which we may also moderate.

The bot must be an administrator of the group, with privacy mode off (@BotFather), may delete messages and restrict
members. Updates wait at Telegram for 24 hours: after an outage nothing is missed, and the offset that confirms them
moves on only when the events have been taken (`settled`), so that a crash repeats rather than loses.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import msgspec
import structlog
from telegram import Bot, ChatPermissions, LinkPreviewOptions, Update
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from bot.clock import Clock, WallClock
from bot.comment import Event, RoomKey
from bot.decision import Capabilities, Said
from bot.errors import AuthRefused, RoomError
from bot.rooms.connection import RoomStatus, State
from bot.rooms.seen import Seen
from bot.rooms.telegram_faults import may_have_arrived, remedy, seconds_asked, tame_library, word_of
from bot.rooms.telegram_messages import PLACEHOLDERS, Group, read_update
from bot.rooms.wire import clean

log = structlog.get_logger()

UPDATES = ("message", "edited_message", "chat_member", "my_chat_member")
POLL_S = 25
FIRST_DELAY_MS, LAST_DELAY_MS = 1_000, 60_000
STAFF_MS = 600_000
"""How long the list of administrators is believed; a change of rights is told and asks for it anew."""

PER_MINUTE = 20
"""Messages a bot may send into one group in a minute (FloodLimit); the platform's real word is 429."""

SHORTEST_MUTE_S, LONGEST_MUTE_S = 31, 365 * 86_400
"""Telegram takes less than 30 s, and more than 366 days, as for ever."""


class TelegramRoom:
    """One group. A Speaker and a Moderation too; the events can be walked once.

    `key.room_id` is the chat id of the settings and stays when the group moves; `chat_id` is the present one, handed
    in when an earlier run was told another (`moved` is called with it, to be kept). `offset` is where an earlier run
    stopped; `on_offset` gets the next one. `settled` is awaited before the offset moves on: until everything handed
    over so far is safe; None: an event counts as taken when the next is asked for. `seen` are ids already stored.
    """

    def __init__(
        self,
        key: RoomKey,
        token: str,
        *,
        base_url: str = "https://api.telegram.org/bot",
        clock: Clock | None = None,
        chat_id: int | None = None,
        links_allowed: bool = False,
        offset: int | None = None,
        on_offset: Callable[[int], None] | None = None,
        settled: Callable[[], Awaitable[None]] | None = None,
        moved: Callable[[int], None] | None = None,
        seen: Seen | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        tame_library()
        self.key = key
        self.capabilities = Capabilities(
            reply=True,
            delete=True,
            mute=True,
            links_allowed=links_allowed,
            replays_gaps=True,
            pace=(PER_MINUTE, 60_000),
        )
        self.chat_id = chat_id if chat_id is not None else _chat_id(key)
        self.offset = offset
        self._clock = clock or WallClock()
        self._on_offset = on_offset
        self._settled = settled
        self._moved = moved
        self._seen = seen or Seen()
        self._requests = [
            HTTPXRequest(connect_timeout=timeout_s, read_timeout=timeout_s, write_timeout=timeout_s)
            for _ in range(2)
        ]
        self._bot = Bot(token, base_url, request=self._requests[0], get_updates_request=self._requests[1])
        self._staff: frozenset[int] = frozenset()
        self._staff_until = 0
        self._sent: deque[int] = deque()
        self._stop = asyncio.Event()
        self._polled = False
        self._was_live = False
        self._status = RoomStatus("connecting", self._clock.now())

    @property
    def status(self) -> RoomStatus:
        """State, times and counts for the console."""
        return msgspec.structs.replace(self._status, dropped_duplicates=self._seen.dropped)

    async def aclose(self) -> None:
        """Stop for good; `events` ends. Safe to call twice."""
        self._stop.set()
        self._stand("closed", self._status.trouble)
        for request in self._requests:
            await request.shutdown()

    # reading

    async def events(self) -> AsyncGenerator[Event]:
        """What the group says until `aclose`. Raises AuthRefused when Telegram does not know the token."""
        delay = 0
        try:
            while not self._stop.is_set():
                try:
                    updates = await self._poll()
                except RetryAfter as error:
                    await self._wait(seconds_asked(error) * 1000, "busy")
                    continue
                except InvalidToken:
                    raise AuthRefused(
                        f"Telegram does not know the token of {self.key}. Get a new one from @BotFather."
                    ) from None
                except (
                    Exception
                ) as error:  # whatever the network or a broken answer throws: wait and poll again
                    self._polled = False
                    delay = min(max(delay * 2, FIRST_DELAY_MS), LAST_DELAY_MS)
                    await self._wait(delay, word_of(error))
                    continue
                if self._stop.is_set():
                    break
                delay = 0
                self._live()
                for update in updates:
                    for event in await self._read(update):
                        yield event
                    self.offset = update.update_id + 1
                if updates:
                    await self._confirm()
        finally:
            await self.aclose()

    async def _poll(self) -> tuple[Update, ...]:
        """The next updates; none when told to stop."""
        if not self._polled:
            await self._bot.initialize()
            await self._bot.delete_webhook()  # a webhook left behind would block polling for ever
        await self._know_staff()
        wait = timedelta(seconds=POLL_S if self._polled else 0)
        polling = asyncio.ensure_future(
            self._bot.get_updates(offset=self.offset, timeout=wait, allowed_updates=UPDATES)
        )
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return polling.result() if polling.done() else ()
        finally:
            for task in (polling, stopping):
                task.cancel()
            await asyncio.gather(polling, stopping, return_exceptions=True)

    async def _confirm(self) -> None:
        if self._settled is not None:
            await self._settled()
        if self._on_offset is not None and self.offset is not None:
            await asyncio.to_thread(self._on_offset, self.offset)

    async def _read(self, update: Update) -> list[Event]:
        group = Group(self.key, self.chat_id, self._bot.id, self._staff)
        heard = read_update(update.to_dict(), group, self._clock.now())
        if heard.moved_to is not None:
            self._move(heard.moved_to)
        if heard.rights_changed:
            self._staff_until = 0
        if heard.expelled:
            log.warning("expelled from the group", room=str(self.key))
            self._stand("live", "expelled")
        return [event for event in heard.events if self._seen.first_time(event)]

    async def _know_staff(self) -> None:
        """Whose words are staff's. Without an answer the last list stands."""
        now = self._clock.now()
        if now < self._staff_until:
            return
        self._staff_until = now + STAFF_MS
        try:
            members = await self._bot.get_chat_administrators(self.chat_id)
        except ChatMigrated as error:
            self._move(error.new_chat_id)
            self._staff_until = 0
        except BadRequest as error:
            log.warning("administrators unknown", room=str(self.key), error=type(error).__name__)
        else:
            self._staff = frozenset(member.user.id for member in members)

    def _move(self, chat_id: int) -> None:
        if chat_id != self.chat_id:
            self.chat_id = chat_id
            if self._moved is not None:
                self._moved(chat_id)

    def _live(self) -> None:
        status = self._status
        again = 1 if self._was_live and status.state != "live" else 0
        self._polled = self._was_live = True
        since = status.since_ms if status.state == "live" else self._clock.now()
        trouble = status.trouble if status.trouble == "expelled" and status.state == "live" else ""
        self._status = RoomStatus(
            "live", since, self._clock.now(), status.reconnects + again, self._seen.dropped, trouble=trouble
        )

    def _stand(self, state: State, trouble: str) -> None:
        old = self._status
        self._status = RoomStatus(
            state, self._clock.now(), old.last_frame_ms, old.reconnects, self._seen.dropped, trouble=trouble
        )

    async def _wait(self, ms: int, trouble: str) -> None:
        self._stand("waiting", trouble)
        waits = [
            asyncio.ensure_future(self._clock.sleep_until(self._clock.now() + ms)),
            asyncio.create_task(self._stopped()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _stopped(self) -> None:
        await self._stop.wait()

    # speaking

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        """Say `text` as it is: no markup, no preview. A time-out is `unknown`; a refusal is returned, not raised."""
        now = self._clock.now()
        if room != self.key:
            return Said("refused", "other_room")
        if expires_ms <= now:
            return Said("refused", "expired")
        while self._sent and self._sent[0] <= now - 60_000:
            self._sent.popleft()
        if len(self._sent) >= PER_MINUTE:
            return Said("refused", "pace", (self._sent[0] + 60_000 - now) / 1000)
        self._sent.append(now)
        try:
            await self._send(clean(text))
        except RetryAfter as error:
            return Said("refused", "busy", float(seconds_asked(error)))
        except (BadRequest, Forbidden, InvalidToken, Conflict) as error:
            return Said("refused", word_of(error))
        except TelegramError as error:
            return Said("unknown" if may_have_arrived(error) else "refused", word_of(error))
        return Said("sent")

    async def _send(self, text: str) -> None:
        for last in (False, True):
            try:
                await self._bot.send_message(
                    self.chat_id, text, link_preview_options=LinkPreviewOptions(is_disabled=True)
                )
                return
            except ChatMigrated as error:
                if last:
                    raise
                self._move(error.new_chat_id)

    # moderating

    async def delete(self, room: RoomKey, msg_id: str) -> None:
        """Delete a message; one that is gone already is done. Raises RoomError with what the operator can do."""
        chat, _, number = msg_id.partition(":")
        if not (chat.removeprefix("-").isdecimal() and number.isdecimal()):
            raise RoomError(f"{msg_id!r} is no message of a Telegram group, so it cannot be deleted.")
        try:
            await self._bot.delete_message(int(chat), int(number))
        except BadRequest as error:
            if "not found" not in str(error).lower():
                raise remedy(error, "delete") from None
        except TelegramError as error:
            raise remedy(error, "delete") from None

    async def mute(self, room: RoomKey, uid: str, seconds: int) -> None:
        """Take a member's right to write for `seconds` (31 s to 365 days). Raises RoomError with the remedy."""
        if not uid.isdecimal() or int(uid) in PLACEHOLDERS:
            raise RoomError(
                "This was posted in the name of a chat, so Telegram does not tell who wrote it. Ban that chat in"
                " Telegram itself."
            )
        until = self._clock.now() // 1000 + min(max(seconds, SHORTEST_MUTE_S), LONGEST_MUTE_S)
        with suppress(ChatMigrated):
            return await self._restrict(int(uid), until)
        return await self._restrict(int(uid), until)

    async def _restrict(self, uid: int, until: int) -> None:
        try:
            await self._bot.restrict_chat_member(
                self.chat_id, uid, ChatPermissions.no_permissions(), until_date=until
            )
        except ChatMigrated as error:
            self._move(error.new_chat_id)
            raise
        except TelegramError as error:
            raise remedy(error, "mute") from None


def _chat_id(key: RoomKey) -> int:
    if not key.room_id.removeprefix("-").isdecimal():
        raise RoomError(
            f"The room {key} needs the group's chat id, a whole number such as -1001234567890, as its id."
        )
    return int(key.room_id)
