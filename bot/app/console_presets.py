"""The presets of draws as the console may touch them: those that come along, and the shop's own from the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from bot.console.draw_port import KeptPreset
from bot.draws.presets import SHIPPED, DrawPreset, from_body, to_body
from bot.errors import InputError, NotAllowed
from bot.storage.journal import Journal
from bot.storage.presets import PresetRow
from lottery.rules import RuleSheet

log = structlog.get_logger()


class ConsolePresets:
    """Implements `bot.console.draw_port.Presets`. `now` is the wall clock in ms."""

    def __init__(self, journal: Journal, now: Callable[[], int]) -> None:
        self._journal = journal
        self._now = now

    async def offered(self, merchant: str) -> Sequence[KeptPreset]:
        rows = await asyncio.to_thread(self._journal.draw_presets, merchant)
        kept = [found for row in rows if (found := _kept(row)) is not None]
        return [*kept, *(KeptPreset(one) for one in SHIPPED.values())]

    async def preset(self, id: str) -> KeptPreset | None:
        shipped = SHIPPED.get(id)
        if shipped is not None:
            return KeptPreset(shipped)
        number = _number(id)
        row = None if number is None else await asyncio.to_thread(self._journal.draw_preset, number)
        return None if row is None else _kept(row)

    async def save(self, merchant: str, name: str, sheet: RuleSheet, timing: str, *, by: str) -> str:
        number = await asyncio.to_thread(
            self._journal.save_draw_preset, merchant, name, sheet.kind, to_body(sheet, timing),
            by=by, now_ms=self._now(),
        )  # fmt: skip
        return str(number)

    async def remove(self, id: str, *, by: str) -> None:
        number = _number(id)
        if number is None:
            raise NotAllowed("That preset came with the assistant and cannot be taken away.")
        await asyncio.to_thread(self._journal.remove_draw_preset, number, by=by)


def _number(id: str) -> int | None:
    """The number of a stored preset; None for what is none."""
    return int(id) if id.isascii() and id.isdigit() and len(id) < 16 else None


def _kept(row: PresetRow) -> KeptPreset | None:
    """The preset of a row; None, with a line in the log, for one that this version cannot read."""
    try:
        sheet, timing = from_body(row.body)
    except InputError as error:
        log.warning("preset cannot be read", preset=row.id, error=str(error))
        return None
    return KeptPreset(
        DrawPreset(str(row.id), row.name, row.name, timing, sheet), True, row.changed_ms, row.by
    )
