"""The draws as the console may touch them: every seat's timetable behind one door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.app.house import House
from bot.app.seat import Seat
from bot.console import views
from bot.draws.sheet import require_sayable, to_sheet
from bot.errors import NotAllowed
from bot.storage.values import DrawRow


class ConsoleDraws:
    """Implements `bot.console.ports.Draws`. `seats` gives the rooms attached just now, by name."""

    def __init__(self, house: House, seats: Callable[[], Mapping[str, Seat]]) -> None:
        self._house = house
        self._seats = seats
        self._announced: dict[tuple[str, str, str], str] = {}
        self._announcing = asyncio.Lock()

    async def list(self) -> Sequence[views.DrawRow]:
        rows = await asyncio.to_thread(self._house.journal.load_draws)
        return [await asyncio.to_thread(self._row, row) for row in reversed(rows)]

    def _row(self, row: DrawRow) -> views.DrawRow:
        record = row.body["commitment"]["record"]
        beacon = record["beacon"]
        entries, refused = self._house.journal.entry_counts(row.id)
        void = row.body.get("void") or {}
        return views.DrawRow(
            row.id, row.room, row.sequence, record["title"], row.state, record["open_at"], record["close_at"],
            beacon.get("due_at"), entries, refused, beacon.get("mode") == "practice",
            (void.get("record") or {}).get("reason", ""),
        )  # fmt: skip

    async def show(self, draw_id: str) -> Mapping[str, object] | None:
        row = await asyncio.to_thread(self._house.journal.draw, draw_id)
        return None if row is None else await asyncio.to_thread(self._public, row)

    def _public(self, row: DrawRow) -> dict[str, object]:
        entries, refused = self._house.journal.entry_counts(row.id)
        body: dict[str, Any] = row.body
        public: dict[str, object] = {
            "draw_id": row.id,
            "room": row.room,
            "state": row.state,
            "practice": body["commitment"]["record"]["beacon"].get("mode") == "practice",
            "entries": entries,
            "refused": refused,
            "commitment": body["commitment"],
            "closed": body["closed"],
        }
        for name in ("drawn", "void"):
            if name in body:
                public[name] = body[name]
        if "drawn" in body:
            drawn = body["drawn"]["record"]
            leaves = self._house.journal.entry_pseudonyms(row.id)
            positions = [*drawn["winners"], *drawn["reserves"]]
            public["winners"] = [{"position": at, "pseudonym": leaves[at].hex()} for at in positions]
        return public

    async def announce(self, room: str, sheet: Mapping[str, object], *, by: str, key: str) -> str:
        # One after the other: two presses at the same moment must not both find the room free.
        async with self._announcing:
            press = (by, room, key)
            if press not in self._announced:
                self._announced[press] = await self._announce(room, sheet, by)
            return self._announced[press]

    async def _announce(self, room: str, sheet: Mapping[str, object], by: str) -> str:
        seat = self._seat(room)
        fields = {name: value for name, value in sheet.items() if name != "preset"}
        preset = "practice" if seat.practice else str(sheet.get("preset", "quick"))
        rules = to_sheet(fields)
        await asyncio.to_thread(require_sayable, rules, self._house.judge)
        draw_id, instruction = await asyncio.to_thread(
            seat.draws.announce, rules, preset, seat.clock.now(),
            by=by, session=seat.attachment.state.session,
        )  # fmt: skip
        await seat.attachment.put(instruction)
        return draw_id

    async def void(self, draw_id: str, reason: str, *, by: str, key: str) -> str:
        seat = await self._seat_of(draw_id)
        await asyncio.to_thread(seat.draws.void, draw_id, reason, seat.clock.now(), by=by)
        return draw_id

    async def paste_beacon(self, draw_id: str, text: str, *, by: str, key: str) -> str:
        seat = await self._seat_of(draw_id)
        await asyncio.to_thread(seat.draws.paste_beacon, draw_id, text, by=by)
        return draw_id

    async def proof_bytes(self, draw_id: str) -> bytes | None:
        row = await asyncio.to_thread(self._house.journal.draw, draw_id)
        if row is None or "drawn" not in row.body:
            return None
        path = self._house.data / "draws" / f"{row.id}.proof.json"
        return await asyncio.to_thread(path.read_bytes) if path.exists() else None

    async def _seat_of(self, draw_id: str) -> Seat:
        row = await asyncio.to_thread(self._house.journal.draw, draw_id)
        if row is None:
            raise NotAllowed("There is no such draw.")
        return self._seat(row.room)

    def _seat(self, room: str) -> Seat:
        seat = self._seats().get(room)
        if seat is None:
            raise NotAllowed(f"The room {room} is not attached. Start it first.")
        return seat
