"""Hiding on the platform what the policy wants gone, where the platform gives us that right.

The policy asks (a `Mask`, never for a comment that also complains); this is where it is done, after the commit, and
what became of it is recorded. A comment that is gone already, or a right we lost, is an outcome like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence

import structlog

from bot.comment import RoomKey
from bot.decision import Judged, Moderation
from bot.errors import RoomError
from bot.pipeline import Batch
from bot.storage.journal import Journal
from bot.storage.values import Committed

log = structlog.get_logger()


class Hiding:
    """An `Attachment.after_commit` listener. `spawn` runs the work beside the room: a slow platform stops nothing."""

    def __init__(
        self, platform: Moderation, journal: Journal, spawn: Callable[[Coroutine[object, object, None]], None]
    ) -> None:
        self._platform = platform
        self._journal = journal
        self._spawn = spawn

    async def after_commit(self, batch: Batch, committed: Committed, waits_ms: Sequence[float]) -> None:
        """Hide every comment of the batch that is to be hidden."""
        for judged, comment_id in zip(batch.judged, committed.comment_ids, strict=True):
            if judged.decision.mask is not None and judged.comment.msg_id is not None:
                self._spawn(self._hide(batch.room, judged, judged.comment.msg_id, comment_id))

    async def _hide(self, room: RoomKey, judged: Judged, msg_id: str, comment_id: str) -> None:
        mask = judged.decision.mask
        assert mask is not None
        outcome = "hidden"
        try:
            await self._platform.delete(room, msg_id)
        except RoomError as error:
            outcome = "refused"
            log.warning("not hidden", room=str(room), comment=comment_id, error=str(error))
        data = {"comment": comment_id, "code": mask.code, "outcome": outcome, "executor": "auto"}
        await asyncio.to_thread(
            self._journal.append_record, str(room), "hide", data, session=judged.session, at_ms=judged.now_ms
        )
