"""The draws of one room as they are kept: rows, lists and files, and the one way in which a draw moves on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from bot.comment import RoomKey
from bot.draws import steps
from bot.draws.book import salt_of
from bot.draws.files import Files
from bot.draws.lists import Lists, Shelf, fits
from bot.draws.salts import Salts
from bot.draws.steps import Step
from bot.errors import DrawMoved, NotAllowed
from bot.storage.journal import Journal
from bot.storage.values import DrawRow
from lottery.proof import EntryList
from lottery.states import State


class Kept:
    """Rows, lists and files of a room's draws. `changed` hears the id of a draw whenever it has moved.

    Whoever moves a draw holds `turn` while he does: people press in threads of their own while the clock takes its
    steps. Another process is kept out by the comparison in the store.
    """

    def __init__(
        self, room: RoomKey, journal: Journal, salts: Salts, folder: Path, changed: Callable[[str], None]
    ) -> None:
        self.room = room
        self.journal = journal
        self.turn = threading.RLock()
        self.files = Files(folder)
        self.shelf = Shelf(journal)
        self._salts = salts
        self._changed = changed
        self._rows: dict[str, DrawRow] = {}
        self.read()

    def read(self) -> None:
        """Read all draws of the room afresh."""
        for row in self.journal.load_draws(self.room):
            self._take_in(row)

    def _take_in(self, row: DrawRow) -> None:
        self._rows[row.id] = row
        if row.secret is not None:
            self._salts.keep(row.id, salt_of(row))

    def rows(self) -> list[DrawRow]:
        """All draws of the room, by number."""
        return sorted(self._rows.values(), key=lambda row: row.sequence)

    def get(self, draw_id: str) -> DrawRow | None:
        """One of them; None when this room has no such draw."""
        return self._rows.get(draw_id)

    def row(self, draw_id: str) -> DrawRow:
        """One of them. Raises NotAllowed when this room has no such draw."""
        row = self._rows.get(draw_id)
        if row is None:
            raise NotAllowed(f"There is no draw {draw_id!r} in this room.")
        return row

    def refresh(self, draw_id: str) -> None:
        """Read a draw again that somebody else has saved."""
        with self.turn:
            stored = self.journal.draw(draw_id)
            if stored is not None and draw_id in self._rows:
                self._take_in(stored)

    def lists(self, draw_id: str) -> Lists:
        """The lists of a draw; those of a closed one are kept with their Merkle levels. Raises NotAllowed."""
        with self.turn:
            return self.shelf.of(self.row(draw_id))

    def require_there(self, before: DrawRow) -> None:
        """Raise DrawMoved when another process has taken `before` further: whoever is overtaken must not write over the
        files of the result that counts."""
        stored = self.journal.draw(before.id)
        if stored is None or stored.state != before.state:
            raise DrawMoved(
                f"Draw {before.id} has been advanced meanwhile. Read it again and go on from there."
            )

    def _proof_stands(self, row: DrawRow) -> bool:
        """Whether the proof is there and, while prizes are claimed, tells of the result that counts: a process that was
        overtaken and killed at once may have left its own."""
        path = self.files.proof(row.id)
        if not path.exists() or State(row.state) is not State.CLAIM:
            return path.exists()
        return str(row.body["drawn"]["hash"]).encode("ascii") in path.read_bytes()

    def save(self, before: DrawRow | None, step: Step, next_due_ms: int | None, *, by: str = "draw") -> None:
        """Store a step, if the stored draw still is `before` (None: there is none yet). Raises DrawMoved otherwise."""
        row = msgspec.structs.replace(step.row, next_due_ms=next_due_ms)
        record: dict[str, object] = {"draw_id": row.id, "state": row.state, "sequence": row.sequence}
        if step.signed is not None:
            record |= {"kind": step.signed.record.KIND, "hash": step.signed.hash}
        if before is None and row.secret is not None:
            self._salts.keep(row.id, salt_of(row))  # before anybody may enter
        self.journal.save_draw(row, by=by, record=record, before=before)
        self._rows[row.id] = row
        self._changed(row.id)

    def save_pressed(self, before: DrawRow, step: Step, next_due_ms: int | None, by: str) -> None:
        """Store what a person has asked for. Raises NotAllowed when the draw has moved on meanwhile."""
        try:
            self.save(before, step, next_due_ms, by=by)
        except DrawMoved:
            self.refresh(before.id)
            raise NotAllowed("The draw has moved on meanwhile. Look at it again.") from None

    def write_list(self, row: DrawRow, lists: Lists) -> None:
        """Put the entry list of `row` in its place. Raises OSError."""
        content = EntryList.of(row.id, lists.roster, lists.exclusions).to_bytes()
        self.files.write(self.files.entries(row.id), content)

    def mend(self, draw_id: str, again: bool = False) -> None:
        """After a stop: make again the files that a published record promises and that are not there; `again`: also
        those that are.

        A list that no longer is the one of its record is not written: the record stands, the file would contradict it.
        """
        with self.turn:
            row = self.row(draw_id)
            if not row.body["closed"]:
                return
            stale = again or State(row.state) in (
                State.CHALLENGE,
                State.BEACON,
            )  # one may have been on its way
            no_list = stale or not self.files.entries(row.id).exists()
            no_proof = "drawn" in row.body and (again or not self._proof_stands(row))
            if not (no_list or no_proof):
                return
            lists = self.shelf.of(row)
            if no_proof:
                self.files.write(self.files.proof(row.id), steps.proof_again(row, lists).to_bytes())
            if no_list:
                if not fits(row, lists):
                    raise NotAllowed(
                        f"The stored entries of draw {row.id} are not those of its published list."
                    )
                self.write_list(row, lists)
