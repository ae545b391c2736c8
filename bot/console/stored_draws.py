"""The draws over the store and the rooms' timetables. Reads come from the store; acts go to the room's own draws,
which compute and sign (bot/draws). Nothing here chooses, weighs or repeats anything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from bot.console.publication import publication
from bot.console.stored import in_thread
from bot.console.views import DrawRow
from bot.draws.sheet import to_sheet
from bot.draws.timetable import Draws as RoomDraws
from bot.errors import NotAllowed
from bot.policy import Instruction
from bot.storage import values
from bot.storage.journal import Journal
from lottery.rules import RuleSheet

PUBLISHED = ("commitment", "closed", "drawn", "void")
"""Parts of a stored draw that anybody may read."""


class StoredDraws:
    """`ports.Draws`. `of_room` gives a room's timetable (None when the room is not attached), `session_of` its
    session, `staff_of` the uids that may not enter."""

    def __init__(
        self,
        journal: Journal,
        of_room: Callable[[str], RoomDraws | None],
        instruct: Callable[[str, Instruction], Awaitable[None]],
        now_ms: Callable[[], int],
        *,
        session_of: Callable[[str], str],
        staff_of: Callable[[str], Sequence[str]] = lambda room: (),
    ) -> None:
        self._journal, self._of_room, self._instruct, self._now = journal, of_room, instruct, now_ms
        self._session_of, self._staff_of = session_of, staff_of
        self._done: dict[str, str] = {}

    async def list(self) -> Sequence[DrawRow]:
        return await in_thread(self._list)

    def _list(self) -> Sequence[DrawRow]:
        return [self._row(one) for one in self._journal.load_draws()]

    def _row(self, row: values.DrawRow) -> DrawRow:
        shown = publication(self._record(row))
        return DrawRow(
            row.id, row.room, row.sequence, shown.title, row.state, shown.opens_ms or 0, shown.closes_ms or 0,
            shown.beacon_ms, shown.entries or 0, dict(shown.refused), shown.practice, shown.void_reason,
        )  # fmt: skip

    def _record(self, row: values.DrawRow) -> dict[str, Any]:
        """The public part of a stored draw; while the list is open, the running counts."""
        public: dict[str, Any] = {name: row.body[name] for name in PUBLISHED if name in row.body}
        record: dict[str, Any] = {"draw_id": row.id, "room": row.room, "state": row.state, **public}
        if not record.get("closed"):
            accepted, refused = 0, dict[str, int]()
            for entry in self._journal.draw_entries(row.id, accepted=None):
                if entry.refused is None:
                    accepted += 1
                else:
                    refused[entry.refused] = refused.get(entry.refused, 0) + 1
            record |= {"entries": accepted, "refused": refused}
        drawn = public.get("drawn")
        if isinstance(drawn, Mapping):
            record["winners"] = self._winners(row.id, drawn)
        return record

    def _winners(self, draw_id: str, drawn: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
        """Pseudonyms by position: the list is the accepted entries in ascending order of pseudonym."""
        names = sorted(
            entry.pseudonym.hex() for entry in self._journal.draw_entries(draw_id) if entry.pseudonym is not None
        )
        record = drawn.get("record", {})
        positions = [*record.get("winners", ()), *record.get("reserves", ())]
        return [{"position": at, "pseudonym": names[at]} for at in positions if at < len(names)]

    async def show(self, draw_id: str) -> Mapping[str, object] | None:
        row = await in_thread(partial(self._journal.draw, draw_id))
        return None if row is None else await in_thread(partial(self._record, row))

    async def announce(self, room: str, sheet: Mapping[str, object], *, by: str, key: str) -> str:
        if key in self._done:
            return self._done[key]
        fields = {name: value for name, value in sheet.items() if name != "preset"}
        prizes = fields.get("prizes")
        made = RuleSheet(**fields) if isinstance(prizes, tuple) else to_sheet(fields)  # type: ignore[arg-type]
        draws = self._required(room)
        draw_id, instruction = await in_thread(
            partial(
                draws.announce, made, str(sheet.get("preset", "quick")), self._now(), by=by,
                session=self._session_of(room), staff=self._staff_of(room),
            )
        )
        self._done[key] = draw_id
        await self._instruct(room, instruction)
        return draw_id

    async def void(self, draw_id: str, reason: str, *, by: str, key: str) -> str:
        if key not in self._done:
            draws = await self._draws_of(draw_id)
            # On the event loop: it also puts an instruction into the room's queue.
            draws.void(draw_id, reason, self._now(), by=by)
            self._done[key] = f"draw:{draw_id}:void"
        return self._done[key]

    async def paste_beacon(self, draw_id: str, text: str, *, by: str, key: str) -> str:
        if key not in self._done:
            draws = await self._draws_of(draw_id)
            await in_thread(partial(draws.paste_beacon, draw_id, text, by=by))
            self._done[key] = f"draw:{draw_id}:beacon"
        return self._done[key]

    async def proof_bytes(self, draw_id: str) -> bytes | None:
        row = await in_thread(partial(self._journal.draw, draw_id))
        draws = None if row is None else self._of_room(row.room)
        if draws is None:
            return None
        path = draws.proof_path(draw_id)
        return await in_thread(path.read_bytes) if path.is_file() else None

    def _required(self, room: str) -> RoomDraws:
        draws = self._of_room(room)
        if draws is None:
            raise NotAllowed("That room is not attached; attach it before running a draw in it.")
        return draws

    async def _draws_of(self, draw_id: str) -> RoomDraws:
        row = await in_thread(partial(self._journal.draw, draw_id))
        if row is None:
            raise NotAllowed("There is no such draw.")
        return self._required(row.room)
