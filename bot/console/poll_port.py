"""The polls (扣1) as the console may touch them: one runs in a room at a time, the first vote of an account counts,
and nothing is won."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

MOST_OPTIONS = 6


@dataclass(frozen=True, slots=True)
class PollBoard:
    """A poll with its votes so far, one number an option. Times in ms; `closed_ms` None while it runs."""

    id: str
    room: str
    question: str
    options: tuple[str, ...]
    votes: tuple[int, ...]
    opened_ms: int
    closed_ms: int | None
    by: str = ""

    @property
    def total(self) -> int:
        """All votes."""
        return sum(self.votes)

    @property
    def bars(self) -> tuple[tuple[str, int, int], ...]:
        """Option, votes, and its part of all in per cent (0 to 100)."""
        total = self.total or 1
        return tuple(
            (option, votes, round(100 * votes / total))
            for option, votes in zip(self.options, self.votes, strict=True)
        )

    @property
    def most(self) -> int:
        """Votes of the option that leads; 0 without votes."""
        return max(self.votes, default=0)


class Polls(Protocol):
    """All that may be done with polls. Errors are ChangkongError with one plain sentence."""

    async def running(self, room: str) -> PollBoard | None:
        """The room's open poll; None when there is none."""
        ...

    async def past(self, room: str | None, limit: int) -> Sequence[PollBoard]:
        """Polls of a room, or of all, newest first, open ones among them."""
        ...

    async def start(self, room: str, question: str, options: Sequence[str], *, by: str) -> str:
        """Ask the room; gives the poll's id. Raises NotAllowed for no question, for no or too many options, or
        while another runs."""
        ...

    async def close(self, room: str, poll_id: str, *, by: str) -> None:
        """Count no more. Raises NotAllowed when it is closed already or of another room."""
        ...
