"""The draws as console and public pages may touch them: every seat's timetable behind one door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.app.draw_record import PublicRecord
from bot.app.house import House
from bot.app.seat import Seat
from bot.console import views
from bot.console.draw_port import DrawAside
from bot.draws import steps
from bot.draws.alts import Entrant, Flag, flags
from bot.draws.announcing import untold
from bot.draws.barred import Barred, BarredLists
from bot.draws.book import RUNNING, envelopes_of
from bot.draws.files import Files
from bot.draws.sheet import require_sayable, to_sheet, unsayable
from bot.errors import ChangkongError, InputError, NotAllowed
from bot.storage.values import DrawRow
from lottery.errors import LotteryError
from lottery.record import VOID_REASONS
from lottery.rules import Problem, preflight
from lottery.states import State

BESIDE = ("preset", "staff")
"""What the mapping of a sheet holds beside the fields of `lottery.rules.RuleSheet`."""


class ConsoleDraws:
    """Implements `bot.console.draw_port.Draws` and `bot.public.ports.PublicDraws`. `seats` gives the rooms attached
    just now, by name."""

    def __init__(self, house: House, seats: Callable[[], Mapping[str, Seat]]) -> None:
        self._house = house
        self._seats = seats
        self._files = Files(house.data / "draws")
        self._record = PublicRecord(house.journal)
        self._announced: dict[tuple[str, str, str], str] = {}
        self._announcing = asyncio.Lock()

    # Looking

    async def list(self) -> Sequence[views.DrawRow]:
        return await asyncio.to_thread(self._list)

    def _list(self) -> Sequence[views.DrawRow]:
        return [self._row(row) for row in reversed(self._house.journal.load_draws())]

    def _row(self, row: DrawRow) -> views.DrawRow:
        record = row.body["commitment"]["record"]
        beacon, counts = record["beacon"], self._record.counts(row)
        void = row.body.get("void") or {}
        return views.DrawRow(
            row.id, row.room, row.sequence, record["title"], row.state, record["open_at"], record["close_at"],
            beacon.get("due_at"), counts.accepted, dict(counts.refused), beacon.get("mode") == "practice",
            (void.get("record") or {}).get("reason", ""), record["entry"].get("kind", "keyword"),
        )  # fmt: skip

    async def show(self, draw_id: str) -> Mapping[str, object] | None:
        row = await self._stored(draw_id)
        return None if row is None else await asyncio.to_thread(self._record.of, row)

    async def latest(self, room: str) -> Mapping[str, object] | None:
        return await asyncio.to_thread(self._latest, room)

    def _latest(self, room: str) -> Mapping[str, object] | None:
        seat = self._seats().get(room)
        rows = self._house.journal.load_draws(room) if seat is None else seat.draws.rows()
        return self._record.of(rows[-1]) if rows else None

    async def public_list(self) -> Sequence[Mapping[str, object]]:
        """The public records of all draws, void ones among them, newest first."""
        return await asyncio.to_thread(
            lambda: sorted(
                map(self._record.of, self._house.journal.load_draws()),
                key=lambda one: (-int(one["commitment"]["record"]["announced_at"]), str(one["draw_id"])),
            )
        )

    async def records(self, draw_id: str) -> Sequence[Mapping[str, object]] | None:
        """Every record published so far as it was published, in order; None: no such draw."""
        row = await self._stored(draw_id)
        return None if row is None else envelopes_of(row)

    async def aside(self, draw_id: str) -> DrawAside | None:
        row = await self._stored(draw_id)
        return None if row is None else await asyncio.to_thread(self._aside, row)

    def _aside(self, row: DrawRow) -> DrawAside:
        # Not the count the public sees, which is a moment old: whoever runs the draw is told after each commit.
        accepted, refused = self._house.journal.entry_counts(row.id)
        seat = self._seats().get(row.room)
        voidable: tuple[str, ...] = ()
        if seat is not None and State(row.state) in RUNNING:
            voidable = tuple(
                reason for reason in VOID_REASONS if _may_void(row, reason, seat.clock.now(), accepted)
            )
        waiting = "relays" if row.state == State.BEACON and "pasted_beacon" not in row.body else ""
        told = {} if seat is None or seat.notices is None else seat.notices.told_of(row.id)
        return DrawAside(accepted, dict(refused), voidable, waiting, told)

    async def flags(self, draw_id: str, *, by: str) -> Sequence[Flag]:
        return await asyncio.to_thread(self._flags, draw_id, by)

    def _flags(self, draw_id: str, by: str) -> Sequence[Flag]:
        journal = self._house.journal
        row = journal.draw(draw_id)
        if row is None:
            raise NotAllowed("There is no such draw.")
        told = {"act": "looked for alts", "draw": row.id, "by": by}
        journal.append_record(row.room, "access", told, session=row.session or None)
        return flags(
            Entrant(one.uid, one.name or "", one.at_ms, one.first_seen_ms)
            for one in journal.entrants(draw_id)
            if one.refused is None and one.uid is not None
        )

    # Announcing

    async def check(self, room: str, sheet: Mapping[str, object]) -> Sequence[Problem]:
        return await asyncio.to_thread(self._check, room, sheet)

    def _check(self, room: str, given: Mapping[str, object]) -> Sequence[Problem]:
        try:
            sheet = to_sheet(_fields(given))
        except InputError as error:
            return (Problem("title", "sheet", str(error), str(error)),)
        seat = self._seats().get(room)
        preset = str(given.get("preset", "quick"))
        found = list(preflight(sheet, "practice" if seat is not None and seat.practice else preset))
        found += unsayable(sheet, self._house.judge)
        if seat is None:
            zh, en = "该直播间未接入，请先启动", "this room is not attached; start it first"
            return (*found, Problem("room", "room", zh, en))
        found += untold(sheet, seat.draws.abilities())
        try:
            seat.draws.require_free()
        except NotAllowed as error:
            found.append(Problem("room", "taken", "该直播间上一场抽奖还没有结果，请等它开奖", str(error)))
        return tuple(found)

    async def announce(self, room: str, sheet: Mapping[str, object], *, by: str, key: str) -> str:
        # One after the other: two presses at the same moment must not both find the room free.
        async with self._announcing:
            press = (by, room, key)
            if press not in self._announced:
                self._announced[press] = await self._announce(room, sheet, by)
            return self._announced[press]

    async def _announce(self, room: str, given: Mapping[str, object], by: str) -> str:
        seat = self._seat(room)
        preset = "practice" if seat.practice else str(given.get("preset", "quick"))
        sheet = to_sheet(_fields(given))
        await asyncio.to_thread(require_sayable, sheet, self._house.judge)
        draw_id, instruction = await asyncio.to_thread(
            seat.draws.announce, sheet, preset, seat.clock.now(),
            by=by, session=seat.attachment.state.session, staff=_staff(given),
        )  # fmt: skip
        await seat.attachment.put(instruction)
        return draw_id

    async def barred(self, merchant: str | None) -> BarredLists:
        return await asyncio.to_thread(Barred(self._house.journal).lists, merchant)

    async def save_barred(self, merchant: str | None, lists: BarredLists, *, by: str) -> None:
        await asyncio.to_thread(Barred(self._house.journal).save, merchant, lists, by=by)

    # What may still be done to a draw that runs

    async def void(self, draw_id: str, reason: str, *, by: str, key: str) -> str:
        seat = await self._seat_of(draw_id)
        await asyncio.to_thread(seat.draws.void, draw_id, reason, seat.clock.now(), by=by)
        return draw_id

    async def paste_beacon(self, draw_id: str, text: str, *, by: str, key: str) -> str:
        seat = await self._seat_of(draw_id)
        await asyncio.to_thread(seat.draws.paste_beacon, draw_id, text, by=by)
        return draw_id

    # Files

    async def proof_bytes(self, draw_id: str) -> bytes | None:
        row = await self._stored(draw_id)
        if row is None or "drawn" not in row.body:
            return None
        return await asyncio.to_thread(_read, self._files.proof(row.id))

    async def list_bytes(self, draw_id: str) -> bytes | None:
        """The entry list (`lfd1-list`); None until it is closed."""
        row = await self._stored(draw_id)
        if row is None or not row.body["closed"]:
            return None
        return await asyncio.to_thread(_read, self._files.entries(row.id))

    async def _stored(self, draw_id: str) -> DrawRow | None:
        return await asyncio.to_thread(self._house.journal.draw, draw_id)

    async def _seat_of(self, draw_id: str) -> Seat:
        row = await self._stored(draw_id)
        if row is None:
            raise NotAllowed("There is no such draw.")
        return self._seat(row.room)

    def _seat(self, room: str) -> Seat:
        seat = self._seats().get(room)
        if seat is None:
            raise NotAllowed(f"The room {room} is not attached. Start it first.")
        return seat


def _fields(given: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in given.items() if name not in BESIDE}


def _staff(given: Mapping[str, object]) -> tuple[str, ...]:
    """uids beside the shop's own staff list. Raises InputError."""
    staff = given.get("staff", ())
    if not isinstance(staff, (list, tuple)) or not all(isinstance(one, str) for one in staff):
        raise InputError("The staff of a draw is a list of account ids.")
    return tuple(staff)


def _may_void(row: DrawRow, reason: str, now_ms: int, entries: int) -> bool:
    try:
        steps.voided(row, reason, now_ms, entries)
    except (LotteryError, ChangkongError):
        return False
    return True


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
