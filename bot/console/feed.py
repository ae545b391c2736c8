"""What has just been committed, kept for the pages: the last comments of each room and counts per ten seconds.

The application calls `announce` after each COMMIT, on the event loop. Watching a room go by is what its viewers do
too; so the live page is fed from here and only looks further back are reads of the record.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.console.stream import Broadcast
from bot.console.views import CommentRow, Tally
from bot.console.wire import comment_row, wire
from bot.pipeline import Batch

STEP_MS = 10_000
KEEP = 1500
STEPS = 360


class Feed:
    """The rooms' recent past in memory, and the streams that tell the pages. Lives on one event loop."""

    def __init__(self, broadcast: Broadcast | None = None) -> None:
        self.broadcast = broadcast or Broadcast()
        self._rows: dict[str, deque[CommentRow]] = {}
        self._tallies: dict[str, OrderedDict[int, Tally]] = {}
        self._cases: dict[str, set[int]] = {}

    def announce(self, batch: Batch, case_ids: Iterable[int] = ()) -> None:
        """Keep what `batch` brought and tell the pages. `case_ids` are the cases it opened or added to."""
        room = str(batch.room)
        if any(change.closed_ms is None for change in batch.sessions):
            self._rows.pop(room, None)
            self._tallies.pop(room, None)
            self._cases.pop(room, None)
        # Of a big batch only what a page can hold is told; counts and the kept rows are of all of it.
        rows = [comment_row(one) for one in batch.judged]
        self._rows.setdefault(room, deque(maxlen=KEEP)).extend(rows)
        known = self._cases.setdefault(room, set())
        new_cases = [one for one in case_ids if one not in known]
        known.update(new_cases)
        self._count(room, rows, len(new_cases), batch.now_ms)
        self._tell(room, batch, rows, bool(new_cases))

    def _count(self, room: str, rows: Sequence[CommentRow], cases: int, now_ms: int) -> None:
        found = self._tallies.setdefault(room, OrderedDict())
        for row in rows:
            self._add(found, row.at_ms, comments=1, answers=int(row.outcome in ("answered", "suggested")))
        if cases:
            self._add(found, now_ms, cases=cases)
        while len(found) > STEPS:
            del found[min(found)]

    @staticmethod
    def _add(
        found: OrderedDict[int, Tally], at_ms: int, *, comments: int = 0, answers: int = 0, cases: int = 0
    ) -> None:
        at = at_ms - at_ms % STEP_MS
        old = found.get(at) or Tally(at)
        found[at] = replace(
            old, comments=old.comments + comments, answers=old.answers + answers, cases=old.cases + cases
        )

    def _tell(self, room: str, batch: Batch, rows: Sequence[CommentRow], new_cases: bool) -> None:
        publish = self.broadcast.publish
        if rows:
            # Nobody watching: only a mark, so that who comes back fetches everything anew.
            told = [wire(row) for row in rows[-200:]] if self.broadcast.clients else None
            publish("comments", told, room)
            publish("counters", None, room)
            if any(row.outcome for row in rows):
                publish("answers", None, room)
            if any(one.decision.vote is not None for one in batch.judged):
                publish("desk", None, room)
        if any(row.entry for row in rows) or any(one.entry is not None for one in batch.happenings):
            publish("draw", None, room)
        if new_cases or any(one.decision.escalation for one in batch.judged):
            publish("cases", None, room)
        if batch.instructions or batch.sessions or batch.happenings:
            publish("status", None, room)
        steered = {one.instruction.kind for one in batch.instructions}
        if steered & {"draw_open", "draw_close"}:
            publish("draw", None, room)
        if steered & {"poll_open", "poll_close"}:
            publish("desk", None, room)

    def rows(self, room: str) -> Sequence[CommentRow]:
        """The last comments of the room since it was attached, oldest first; at most KEEP."""
        return tuple(self._rows.get(room, ()))

    def find(self, room: str, key: str) -> CommentRow | None:
        """One of those comments; None when it went by too long ago."""
        return next((row for row in self._rows.get(room, ()) if row.key == key), None)

    def tallies(self, room: str, steps: int) -> Sequence[Tally]:
        """Counts per STEP_MS, oldest first, without gaps, the last `steps` of them."""
        found = self._tallies.get(room)
        if not found:
            return ()
        last = max(found)
        first = max(min(found), last - (steps - 1) * STEP_MS)
        return [found.get(at) or Tally(at) for at in range(first, last + 1, STEP_MS)]
