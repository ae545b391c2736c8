"""The draws of one room, taken through their life on time.

Every step is one transaction: the signed record, its audit record and the new stage together, and only if the stored
draw is still the one the step was made for. So the process may die anywhere and go on at the next start, and two
that run at once never both advance a draw. Nothing here chooses: entries come from the rows, the rest follows from
`lottery.life`. A draw is never deleted: it has to be shown for three years and more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from bot.comment import RoomKey
from bot.decision import Capabilities
from bot.draws import announcing, steps
from bot.draws.barred import Barred
from bot.draws.book import TAKING, UNDECIDED, commitment_of, moved
from bot.draws.claiming import RecordClaims
from bot.draws.clockwork import Clockwork, at_once
from bot.draws.kept import Kept
from bot.draws.lists import Lists
from bot.draws.relay import BeaconSource, no_network
from bot.draws.salts import Salts
from bot.draws.steps import Step
from bot.draws.winners import DAY_MS, winners_since
from bot.errors import DrawMoved, NotAllowed
from bot.policy import Instruction
from bot.storage.journal import Journal
from bot.storage.values import DrawRow
from lottery.beacon import parse_relay, verify
from lottery.claim import ClaimRecord
from lottery.law import LAW
from lottery.rules import RuleSheet
from lottery.signed import Signed
from lottery.states import State

ALL_TOLD = Capabilities(tells_follow=True, tells_fan_level=True, tells_level=True, tells_orders=True)


class Draws(Clockwork):
    """An end of one room. `tell_room` hands an instruction to the room's queue; `proofs` is where the files go.

    `abilities`: what the room tells of its viewers just now; `rooms`: the names of the rooms of the same shop.
    `clock`: live, the wall's: then the steps run beside the other ends, and what could not be stored in time is not
    published; `heard_out` waits until the room has stored all that reached it. `witness`: this assistant only listens
    and draws nothing. `claims` keeps the winners' claims; unless another keeper is put there, the records alone do.
    """

    def __init__(
        self,
        room: RoomKey,
        journal: Journal,
        salts: Salts,
        proofs: Path,
        *,
        tell_room: Callable[[Instruction], None],
        beacons: BeaconSource = no_network,
        changed: Callable[[str], None] = lambda draw_id: None,
        merchant: str | None = None,
        abilities: Callable[[], Capabilities] = lambda: ALL_TOLD,
        rooms: Callable[[], Sequence[str]] | None = None,
        clock: Callable[[], int] | None = None,
        witness: bool = False,
        heard_out: Callable[[], Awaitable[None]] = at_once,
    ) -> None:
        kept = Kept(room, journal, salts, proofs, changed)
        super().__init__(kept, RecordClaims(kept.get, self.settle), tell_room, beacons, clock, heard_out)
        self.room = room
        self.merchant = merchant
        self.abilities = abilities
        self._journal = journal
        self._shop_rooms = rooms or (lambda: (str(room),))
        self._witness = witness

    # Announcing

    def announce(
        self, sheet: RuleSheet, preset: str, now_ms: int, *, by: str, session: str, staff: Sequence[str] = ()
    ) -> tuple[str, Instruction]:
        """Freeze the sheet and store the commitment; gives the draw's id and the instruction that opens the room.

        `staff` are uids beside those of the shop's own list. Raises RuleError with every problem of the sheet, or
        with what this room does not tell; NotAllowed while another draw of the room takes entries.
        """
        with self._kept.turn:
            self.require_free()
            announcing.require_told(sheet, self.abilities())
            last = max(self._kept.rows(), key=lambda row: row.sequence, default=None)
            shut = self._shut(sheet, preset, now_ms, staff)
            row, signed = announcing.announced(sheet, preset, now_ms, self.room, session, last, shut)
            try:
                self._kept.save(None, Step(row, signed), self._due(row), by=by)
            except DrawMoved:
                self._kept.read()
                raise NotAllowed("Somebody else has just announced a draw here. Look at it first.") from None
            return row.id, announcing.opening(row)

    def require_free(self) -> None:
        """Raise NotAllowed where nothing may be announced now."""
        if self._witness:
            raise NotAllowed("This assistant runs as a witness: it listens and draws nothing itself.")
        for row in self._kept.rows():
            if State(row.state) in TAKING:
                raise NotAllowed(
                    f"Draw {row.sequence} of this room still takes entries, and its rules stand as announced "
                    f"({LAW['frozen'].en}). Wait until it closes."
                )
            if (
                State(row.state) in UNDECIDED
            ):  # the next commitment names the hash of the record that ended this one
                raise NotAllowed(
                    f"Draw {row.sequence} of this room has no result yet, and the next one follows its record. "
                    "Wait until its winners are drawn."
                )

    def _shut(self, sheet: RuleSheet, preset: str, now_ms: int, staff: Sequence[str]) -> announcing.Shut:
        own, blacklist = Barred(self._journal).lists(self.merchant).of(self.room.platform)
        previous: tuple[str, ...] = ()
        if sheet.exclude_previous_days > 0:
            since = now_ms - sheet.exclude_previous_days * DAY_MS
            rooms = self._shop_rooms()
            previous = winners_since(self._journal, rooms, since, practice=preset == "practice")
        return announcing.Shut((*staff, *own), previous, blacklist)

    def reopened(self, open_in_room: str | None = None) -> list[Instruction]:
        """What the room must be told after a restart: draws that still take entries; and that `open_in_room`, the draw
        its stored state holds open, has ended, when it has. A stop may come between the two."""
        taking = [row for row in self._kept.rows() if State(row.state) in TAKING]
        told = [announcing.opening(row) for row in taking]
        if open_in_room is not None and open_in_room not in {row.id for row in taking}:
            told.insert(0, Instruction("draw_close", "draw", {"draw_id": open_in_room}))
        return told

    # Looking

    def rows(self) -> list[DrawRow]:
        """All draws of the room, by number."""
        return self._kept.rows()

    def refresh(self, draw_id: str) -> None:
        """Read a draw again that somebody else has saved."""
        self._kept.refresh(draw_id)

    def lists(self, draw_id: str) -> Lists:
        """The lists of a draw; those of a closed one are kept with their Merkle levels. Raises NotAllowed."""
        return self._kept.lists(draw_id)

    def proof_path(self, draw_id: str) -> Path:
        """Where the proof file of a finished draw lies (contract: files under the data directory)."""
        return self._kept.files.proof(self._kept.row(draw_id).id)

    def list_path(self, draw_id: str) -> Path:
        """Where the entry list of a closed draw lies."""
        return self._kept.files.entries(self._kept.row(draw_id).id)

    # What people may do

    def paste_beacon(self, draw_id: str, text: str, *, by: str) -> None:
        """Take a relay's JSON from a person; it is verified like any other. Raises BeaconError, NotAllowed."""
        with self._kept.turn:
            row = self._kept.row(draw_id)
            if State(row.state) not in (State.CHALLENGE, State.BEACON):
                raise NotAllowed("This draw does not wait for a beacon.")
            commitment = commitment_of(row).record
            verify(parse_relay(text), commitment.beacon.round, commitment.beacon.chain_hash)
            self._retry_at.pop(draw_id, None)
            step = Step(moved(row, body={**row.body, "pasted_beacon": text}))
            self._kept.save_pressed(row, step, self._due(step.row), by)

    def void(self, draw_id: str, reason: str, now_ms: int, *, by: str) -> None:
        """Declare a draw void; it keeps its number. Raises LifeError when the reason does not fit the stage."""
        with self._kept.turn:
            row = self._kept.row(draw_id)
            entries, _ = self._journal.entry_counts(draw_id)
            self._kept.save_pressed(row, steps.voided(row, reason, now_ms, entries), None, by)
            # Not before it is so: a room that stops listening to a draw that goes on would lose entries.
            self._tell_room(Instruction("draw_close", by, {"draw_id": draw_id}))

    def settle(
        self, draw_id: str, place: int, outcome: str, reason: str, now_ms: int, *, by: str
    ) -> Signed[ClaimRecord]:
        """Record what became of one drawn entry (`lottery.claim.settle`). Raises LifeError, NotAllowed."""
        with self._kept.turn:
            row = self._kept.row(draw_id)
            step, signed = steps.settled(row, place, outcome, reason, now_ms)
            self._kept.save_pressed(row, step, row.next_due_ms, by)
            return signed
