"""Long polling that does not end: it outlives the network, reports how it stands, and loses no press.

An update is confirmed (by the offset of the next poll) only after it was taken; one taken twice after a crash is
harmless, because acts carry the query's id as their key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog
from telegram import Update
from telegram.error import RetryAfter
from telegram.ext import Application

from bot.clock import Clock
from bot.escalation.delivery import Health
from bot.escalation.telegram_faults import diagnosis, seconds_asked

log = structlog.get_logger()

UPDATES = ("callback_query", "message")
"""What is asked for: presses, and the service message that tells a group's new id."""

POLL_S = 25
FIRST_DELAY_MS, LAST_DELAY_MS = 1_000, 60_000


class Poller:
    """Polls with the bot of `app`; `healed` is called when it works again after it had not."""

    def __init__(
        self,
        app: Application[Any, Any, Any, Any, Any, Any],
        *,
        wall: Clock,
        health: Health,
        take: Callable[[Update], Awaitable[None]],
        healed: Callable[[], None],
    ) -> None:
        self._app = app
        self._wall = wall
        self._health = health
        self._take = take
        self._healed = healed
        self._offset: int | None = None
        self._polled = False

    async def run(self) -> None:
        """Until cancelled."""
        delay = 0
        while True:
            try:
                updates = await self._poll()
            except RetryAfter as error:
                await self._wall.sleep_until(self._wall.now() + seconds_asked(error) * 1000)
                continue
            except (
                Exception
            ) as error:  # whatever the network or a broken answer throws: report, wait, poll again
                self._polled = False  # the next poll returns at once, so that recovery is seen at once
                self._health.fault("poll", *diagnosis(error))
                delay = min(max(delay * 2, FIRST_DELAY_MS), LAST_DELAY_MS)
                await self._wall.sleep_until(self._wall.now() + delay)
                continue
            delay, self._polled = 0, True
            if self._health.healed("poll"):
                self._healed()
            for update in updates:
                try:
                    await self._take(update)
                except Exception as error:  # one update must not stop all that come after it
                    log.error("update not taken", error=type(error).__name__)
                self._offset = update.update_id + 1

    async def _poll(self) -> tuple[Update, ...]:
        if not self._polled:
            await self._app.initialize()
            await self._app.bot.delete_webhook()  # a webhook left behind would block polling for ever
        wait = timedelta(seconds=POLL_S if self._polled else 0)
        updates: tuple[Update, ...] = await self._app.bot.get_updates(
            offset=self._offset, timeout=wait, allowed_updates=UPDATES
        )
        return updates
