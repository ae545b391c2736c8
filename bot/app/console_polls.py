"""The polls as the console may touch them: rows in the store, and the instruction that lets a room count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import msgspec

from bot.app.desking import tell
from bot.app.seat import Seat
from bot.console.poll_port import PollBoard
from bot.errors import NotAllowed
from bot.policy import Instruction
from bot.storage.journal import Journal
from bot.storage.values import PollRow


class ConsolePolls:
    """Implements `bot.console.poll_port.Polls`. `seats` gives the rooms attached just now, by name."""

    def __init__(self, journal: Journal, seats: Callable[[], Mapping[str, Seat]]) -> None:
        self._journal = journal
        self._seats = seats
        self._turn = asyncio.Lock()

    async def running(self, room: str) -> PollBoard | None:
        newest = next(iter(await self.past(room, 1)), None)
        return newest if newest is not None and newest.closed_ms is None else None

    async def past(self, room: str | None, limit: int) -> Sequence[PollBoard]:
        rows = await asyncio.to_thread(self._journal.polls, room, None, max(limit, 5))
        # Two of one moment (a show's clock stands still between comments): the open one is the newer.
        newest = sorted(rows, key=lambda row: (-row.opened_ms, row.closed_ms is not None))
        return [_board(row) for row in newest[:limit]]

    async def start(self, room: str, question: str, options: Sequence[str], *, by: str) -> str:
        seat = self._seat(room)
        async with self._turn:
            opened = await asyncio.to_thread(
                self._journal.open_poll, room, seat.attachment.state.session, question, tuple(options),
                at_ms=seat.clock.now(), by=by,
            )  # fmt: skip
            try:
                await tell(
                    seat.attachment, Instruction("poll_open", by, {"poll": msgspec.to_builtins(opened)})
                )
            except NotAllowed:
                # Nobody would ever be counted: the question is not left open in the record.
                await asyncio.to_thread(
                    self._journal.close_poll, opened.poll_id, at_ms=seat.clock.now(), by=by
                )
                raise
        return opened.poll_id

    async def close(self, room: str, poll_id: str, *, by: str) -> None:
        seat = self._seat(room)
        async with self._turn:
            row = await asyncio.to_thread(self._journal.poll, poll_id)
            if row is None or row.room != room:
                raise NotAllowed("There is no such poll in this room.")
            if row.closed_ms is not None:
                raise NotAllowed("This poll is closed already.")
            # First the room: votes that wait to be judged are counted before the result is written down.
            await tell(seat.attachment, Instruction("poll_close", by, {"poll_id": poll_id}))
            await asyncio.to_thread(self._journal.close_poll, poll_id, at_ms=seat.clock.now(), by=by)

    def _seat(self, room: str) -> Seat:
        seat = self._seats().get(room)
        if seat is None:
            raise NotAllowed(f"The room {room} is not attached. Start it first.")
        return seat


def _board(row: PollRow) -> PollBoard:
    return PollBoard(
        row.id,
        row.room,
        row.question,
        tuple(row.options),
        tuple(row.votes),
        row.opened_ms,
        row.closed_ms,
        row.by,
    )
