"""The draws of one room, taken through their life on time.

Every step is one transaction: the signed record, its audit record and the new stage together. So the process may
die anywhere and go on at the next start; and since only one process may write a store, no two ever advance a draw.
Nothing here chooses: entries come from the rows, the rest follows from `lottery.life`.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import structlog

from bot.comment import RoomKey
from bot.draws.relay import BeaconSource, no_network
from bot.errors import ChangkongError, NotAllowed
from bot.policy import GRACE_MS, Instruction, OpenDraw
from bot.storage.journal import Journal
from bot.storage.values import DrawRow
from lottery import life
from lottery.beacon import Beacon, parse_relay, practice_beacon, verify
from lottery.commitment import Commitment
from lottery.entry import entry_salt, pseudonym, pseudonym_of
from lottery.errors import LotteryError
from lottery.life import Finished, Place
from lottery.record import ClosedRecord, VoidRecord
from lottery.roster import Exclusions, Roster
from lottery.rules import RuleSheet
from lottery.signed import Signed, read_closed, read_commitment
from lottery.signer import SigningKey
from lottery.states import State, advance, alarm

log = structlog.get_logger()

RETRY_MS = 3_000
"""How long to wait before asking for a late beacon again: one period of the chain."""

RUNNING = frozenset({State.ANNOUNCED, State.OPEN, State.CLOSED, State.CHALLENGE, State.BEACON, State.CLAIM})


class Salts:
    """The secret salts of draws that take entries; gives an entrant's salt and pseudonym."""

    def __init__(self) -> None:
        self._salts: dict[str, bytes] = {}

    def keep(self, draw_id: str, salt: bytes) -> None:
        self._salts[draw_id] = salt

    def entrant(self, draw_id: str, platform: str, uid: str) -> tuple[bytes, bytes]:
        """(entry_salt, pseudonym) of a viewer in a draw (LFD1 section 3.3). KeyError for an unknown draw."""
        salt = entry_salt(self._salts[draw_id], platform, uid)
        return salt, pseudonym(salt, draw_id, platform, uid)


class Draws:
    """An end of one room. `tell_room` hands an instruction to the room's queue; `proofs` is where proof files go."""

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
    ) -> None:
        self.room = room
        self._journal = journal
        self._salts = salts
        self._proofs = proofs
        self._tell_room = tell_room
        self._beacons = beacons
        self._changed = changed
        self._rows: dict[str, DrawRow] = {}
        self._retry_at: dict[str, int] = {}
        # People press in threads of their own while the clock takes its steps: one at a time, each on what is so then.
        self._turn = threading.RLock()
        for row in journal.load_draws(room):
            self._rows[row.id] = row
            if row.secret is not None:
                salts.keep(row.id, bytes.fromhex(row.secret["salt"]))

    def announce(
        self, sheet: RuleSheet, preset: str, now_ms: int, *, by: str, session: str, staff: Sequence[str] = ()
    ) -> tuple[str, Instruction]:
        """Freeze the sheet and store the commitment; gives the draw's id and the instruction that opens the room.

        Raises RuleError with every problem of the sheet, NotAllowed while another draw of the room takes entries.
        """
        with self._turn:
            return self._announce(sheet, preset, now_ms, by, session, staff)

    def _announce(
        self, sheet: RuleSheet, preset: str, now_ms: int, by: str, session: str, staff: Sequence[str]
    ) -> tuple[str, Instruction]:
        taking = [row for row in self._rows.values() if State(row.state) in (State.ANNOUNCED, State.OPEN)]
        if taking:
            raise NotAllowed(
                f"Draw {taking[0].sequence} of this room still takes entries. Wait until it closes."
            )
        last = max(self._rows.values(), key=lambda row: row.sequence, default=None)
        sequence = 1 if last is None else last.sequence + 1
        salt = secrets.token_bytes(32)
        seed = (
            secrets.token_bytes(32)
            if last is None or last.secret is None
            else bytes.fromhex(last.secret["signer"])
        )
        draw_id = f"draw-{sequence}-{secrets.token_hex(4)}"
        prev = {} if last is None else {"prev": last.body["last_hash"]}
        announced = life.announce(
            sheet, draw_id, Place(self.room.platform, self.room.room_id, sequence, **prev), salt,
            SigningKey.from_seed(seed), now_ms, preset, staff,
        )  # fmt: skip
        body = {"commitment": announced.to_json(), "closed": [], "last_hash": announced.hash}
        secret = {"salt": salt.hex(), "signer": seed.hex(), "staff": sorted(staff)}
        row = DrawRow(draw_id, str(self.room), session, sequence, State.ANNOUNCED.value, body, secret)
        self._salts.keep(draw_id, salt)
        self._save(row, announced, by=by)
        return draw_id, self._opening(row, announced.record)

    def reopened(self) -> list[Instruction]:
        """What the room must be told after a restart: draws that still take entries."""
        return [
            self._opening(row, _commitment(row).record)
            for row in self._rows.values()
            if State(row.state) in (State.ANNOUNCED, State.OPEN)
        ]

    def _opening(self, row: DrawRow, commitment: Commitment) -> Instruction:
        terms = commitment.terms
        assert terms is not None
        staff = frozenset((row.secret or {}).get("staff", ()))
        opened = OpenDraw(row.id, terms.keyword, terms.open_at, terms.close_at, staff)
        return Instruction("draw_open", "draw", {"draw": msgspec.to_builtins(opened, enc_hook=sorted)})

    def rows(self) -> list[DrawRow]:
        """All draws of the room, by number."""
        return sorted(self._rows.values(), key=lambda row: row.sequence)

    def next_due(self) -> int | None:
        """When a draw needs attention next, in ms; None when none waits for a clock."""
        return min((at for row in self._rows.values() if (at := self._alarm(row)) is not None), default=None)

    def _alarm(self, row: DrawRow) -> int | None:
        if State(row.state) not in RUNNING:
            return None
        at = alarm(State(row.state), _commitment(row).record)
        if at is None:
            return None
        if State(row.state) is State.OPEN:
            at += GRACE_MS
        return max(at, self._retry_at.get(row.id, at))

    async def step(self, now_ms: int) -> None:
        """Take every step that is due at `now_ms`."""
        for row in list(self._rows.values()):
            try:
                await self._advance(row.id, now_ms)
            except (ChangkongError, LotteryError, OSError) as error:
                log.error("draw step failed", draw=row.id, state=self._rows[row.id].state, error=str(error))
                self._retry_at[row.id] = now_ms + RETRY_MS

    async def _advance(self, draw_id: str, now_ms: int) -> None:
        while True:
            row = self._rows[draw_id]
            at = self._alarm(row)
            if at is None or at > now_ms:
                return
            match State(row.state):
                case State.ANNOUNCED:
                    await asyncio.to_thread(self._take, row, lambda row: self._save(_moved(row, State.OPEN)))
                case State.OPEN | State.CLOSED:
                    await asyncio.to_thread(self._take, row, lambda row: self._close(row, now_ms))
                case State.CHALLENGE:
                    await asyncio.to_thread(
                        self._take, row, lambda row: self._save(_moved(row, State.BEACON))
                    )
                case State.BEACON:
                    beacon = await self._beacon(row)
                    if beacon is None:
                        self._retry_at[draw_id] = now_ms + RETRY_MS
                        return
                    await asyncio.to_thread(
                        self._take, row, partial(self._finish, beacon=beacon, now_ms=now_ms)
                    )
                case _:
                    await asyncio.to_thread(
                        self._take, row, lambda row: self._save(_moved(row, State.ARCHIVED))
                    )

    def _take(self, row: DrawRow, step: Callable[[DrawRow], None]) -> None:
        """Take `step`, unless somebody has moved the draw since it was found due; then it is looked at again."""
        with self._turn:
            if self._rows[row.id] is row:
                step(row)

    def _close(self, row: DrawRow, now_ms: int) -> None:
        self._tell_room(Instruction("draw_close", "draw", {"draw_id": row.id}))
        announced = _commitment(row)
        roster, exclusions = self._lists(row)
        closed = life.close(announced, roster, exclusions, now_ms, _key(row))
        if isinstance(closed.record, VoidRecord):
            self._save_void(row, closed, by="draw")
            return
        body = {**row.body, "closed": [closed.to_json()], "last_hash": closed.hash}
        self._save(_moved(row, State.CLOSED, State.CHALLENGE, body=body), closed)

    def _lists(self, row: DrawRow) -> tuple[Roster, Exclusions]:
        secret = row.secret or {}
        salt = bytes.fromhex(secret["salt"])
        accepted: list[tuple[bytes, int]] = []
        counts: Counter[str] = Counter()
        who: list[tuple[bytes, str]] = []
        for entry in self._journal.draw_entries(row.id, accepted=None):
            if entry.refused is None and entry.pseudonym is not None:
                accepted.append((entry.pseudonym, 1))
            elif entry.refused is not None:
                counts[entry.refused] += 1
                if entry.uid is not None:
                    who.append((pseudonym_of(salt, row.id, self.room.platform, entry.uid), entry.refused))
        return Roster.of(accepted), Exclusions.of(counts, who)

    async def _beacon(self, row: DrawRow) -> Beacon | None:
        commitment = _commitment(row).record
        pasted = row.body.get("pasted_beacon")
        if pasted is not None:
            return parse_relay(pasted)
        if commitment.practice:
            return practice_beacon(commitment.beacon.round)
        return await self._beacons(commitment.beacon.round)

    def _finish(self, row: DrawRow, beacon: Beacon, now_ms: int) -> None:
        closed = _closed(row)
        roster, _ = self._lists(row)
        done = life.finish(_commitment(row), closed, roster, beacon, now_ms, _key(row))
        if not isinstance(done, Finished):
            self._save_void(row, done, by="draw")
            return
        self._write_proof(row.id, done.proof.to_bytes())
        body = {**row.body, "drawn": done.drawn.to_json(), "last_hash": done.drawn.hash}
        self._save(_moved(row, State.DRAWN, State.CLAIM, body=body), done.drawn)

    def _write_proof(self, draw_id: str, content: bytes) -> None:
        self._proofs.mkdir(parents=True, exist_ok=True)
        path = self.proof_path(draw_id)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)

    def proof_path(self, draw_id: str) -> Path:
        """Where the proof file of a finished draw lies (contract: files under the data directory)."""
        if draw_id not in self._rows:
            raise NotAllowed(f"There is no draw {draw_id!r} in this room.")
        return self._proofs / f"{draw_id}.proof.json"

    def paste_beacon(self, draw_id: str, text: str, *, by: str) -> None:
        """Take a relay's JSON from a person; it is verified like any other. Raises BeaconError, NotAllowed."""
        with self._turn:
            row = self._known(draw_id)
            if State(row.state) not in (State.CHALLENGE, State.BEACON):
                raise NotAllowed("This draw does not wait for a beacon.")
            commitment = _commitment(row).record
            verify(parse_relay(text), commitment.beacon.round, commitment.beacon.chain_hash)
            self._retry_at.pop(draw_id, None)
            self._save(_moved(row, body={**row.body, "pasted_beacon": text}), by=by)

    def void(self, draw_id: str, reason: str, now_ms: int, *, by: str) -> None:
        """Declare a draw void; it keeps its number. Raises LifeError when the reason does not fit the stage."""
        with self._turn:
            row = self._known(draw_id)
            entries, _ = self._journal.entry_counts(draw_id)
            announced = _commitment(row)
            void = life.void(
                announced,
                reason,
                State(row.state),
                now_ms,
                _key(row),
                entries,
                row.body["last_hash"],
                _closed(row),
            )
            self._tell_room(Instruction("draw_close", by, {"draw_id": draw_id}))
            self._save_void(row, void, by=by)

    def _known(self, draw_id: str) -> DrawRow:
        if draw_id not in self._rows:
            raise NotAllowed(f"There is no draw {draw_id!r} in this room.")
        return self._rows[draw_id]

    def _save_void(self, row: DrawRow, void: Signed[VoidRecord], *, by: str) -> None:
        body = {**row.body, "void": void.to_json(), "last_hash": void.hash}
        self._save(_moved(row, State.VOID, body=body), void, by=by)

    def _save(self, row: DrawRow, signed: Signed[Any] | None = None, *, by: str = "draw") -> None:
        row = msgspec.structs.replace(row, next_due_ms=self._alarm(row))
        record = {"draw_id": row.id, "state": row.state, "sequence": row.sequence}
        if signed is not None:
            record |= {"kind": signed.record.KIND, "hash": signed.hash}
        self._journal.save_draw(row, by=by, record=record)
        self._rows[row.id] = row
        self._changed(row.id)


def _moved(row: DrawRow, *stages: State, body: dict[str, Any] | None = None) -> DrawRow:
    """`row` taken through `stages`, each of which must follow the one before (LifeError otherwise)."""
    state = State(row.state)
    for stage in stages:
        state = advance(state, stage)
    return msgspec.structs.replace(row, state=state.value, body=row.body if body is None else body)


def _commitment(row: DrawRow) -> Signed[Commitment]:
    return read_commitment(row.body["commitment"])


def _closed(row: DrawRow) -> list[Signed[ClosedRecord]]:
    return [read_closed(one) for one in row.body["closed"]]


def _key(row: DrawRow) -> SigningKey:
    if row.secret is None:
        raise NotAllowed(
            "The secrets of this draw cannot be read; restore the key folder beside the database."
        )
    return SigningKey.from_seed(bytes.fromhex(row.secret["signer"]))
