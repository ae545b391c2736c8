"""The order in which answers are said: a person's line before draw notices, these before answers, timed ones last."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from itertools import count

from bot.outbox.row import QueuedRow

USUAL = 20
"""The priority of an answer that names none (bot.decision.Priority.ANSWER)."""

Place = tuple[int, int, int]


class Waiting:
    """Rows that wait: those not due yet, and those that are. Higher priority first, then the longest due."""

    def __init__(self) -> None:
        self._later: list[tuple[int, int, int, QueuedRow]] = []
        self._count = count()
        self._ready: dict[Place, QueuedRow] = {}

    def __len__(self) -> int:
        return len(self._later) + len(self._ready)

    def put(self, row: QueuedRow, at_ms: int | None = None) -> None:
        """Take a row in; not before `at_ms`, by default when it is due."""
        heapq.heappush(self._later, (row.due_ms if at_ms is None else at_ms, row.id, next(self._count), row))

    def turn(self, now_ms: int) -> None:
        """What has become due by `now_ms` stands ready from now on."""
        while self._later and self._later[0][0] <= now_ms:
            row = heapq.heappop(self._later)[-1]
            self._ready[_place(row)] = row

    def take(self, wanted: Callable[[QueuedRow], bool]) -> QueuedRow | None:
        """The first of the ready rows that is `wanted`, taken out; None when there is none."""
        for place in sorted(self._ready):
            if wanted(self._ready[place]):
                return self._ready.pop(place)
        return None

    def ready(self) -> Iterator[QueuedRow]:
        """Rows that are due and wait for something else."""
        return iter(self._ready.values())

    def next_due(self) -> int | None:
        """When the next of the rows not due yet is; None when there is none."""
        return self._later[0][0] if self._later else None

    def drain(self) -> list[QueuedRow]:
        """All rows, in their order; nothing waits any more."""
        rows = [self._ready[place] for place in sorted(self._ready)]
        while self._later:
            rows.append(heapq.heappop(self._later)[-1])
        self._ready.clear()
        return rows


def _place(row: QueuedRow) -> Place:
    return -(USUAL if row.priority is None else row.priority), row.due_ms, row.id
