"""What stands open in the store and a room must be told after a restart.

Draws and polls are stored first and told to the room after that, or the other way round; a stop may come between the
two. What is stored holds.
"""

from __future__ import annotations

import msgspec

from bot.draws import Draws
from bot.policy import Instruction, OpenPoll, RoomState
from bot.storage.journal import Journal

LATEST = 5
"""Polls looked at: only the latest of a room can be open, but several may be of one moment."""


def standing(journal: Journal, draws: Draws, state: RoomState) -> list[Instruction]:
    """The instructions that bring `state`, as it was stored, in line with the room's draws and polls."""
    told = draws.reopened(None if state.draw is None else state.draw.draw_id)
    for row in journal.polls(state.room, None, LATEST):
        if row.closed_ms is None and (state.poll is None or state.poll.poll_id != row.id):
            poll = OpenPoll(row.id, row.question, tuple(row.options))
            told.append(Instruction("poll_open", "poll", {"poll": msgspec.to_builtins(poll)}))
    return told
