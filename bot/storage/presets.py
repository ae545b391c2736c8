"""Presets of draws: rule sheets that a shop keeps for its next shows. A preset is only a sheet: nothing of a draw is
fixed before 开始 is pressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import text

from bot.errors import NotAllowed
from bot.storage.canonical import Commitment, clean, cleaned, json_text
from bot.storage.chain import HOUSE
from bot.storage.ledger import Ledger

MOST = 60
"""Presets one shop may keep."""

_PRESETS = "SELECT id, merchant, name, kind, body, changed_ms, by FROM draw_preset "


@dataclass(frozen=True, slots=True)
class PresetRow:
    """One preset. `merchant` "" for the whole house; `kind` of the contest; `body` the sheet and its timing as
    `bot.draws.presets` writes them; `changed_ms` since 1970 UTC, `by` a login."""

    id: int
    merchant: str
    name: str
    kind: str
    body: Mapping[str, Any]
    changed_ms: int
    by: str


class PresetRows(Ledger):
    """The presets' part of the journal."""

    def draw_presets(self, merchant: str | None) -> list[PresetRow]:
        """The presets a shop may use: its own and those of the house, by name. None: all there are."""
        where = "" if merchant is None else "WHERE merchant IN ('', :merchant) "
        values = {} if merchant is None else {"merchant": merchant}
        with self.store.read() as conn:
            return [_row(one) for one in conn.execute(text(_PRESETS + where + "ORDER BY name, id"), values)]

    def draw_preset(self, id: int) -> PresetRow | None:
        """One preset; None when there is none of that number."""
        with self.store.read() as conn:
            row = conn.execute(text(_PRESETS + "WHERE id = :id"), {"id": id}).first()
            return None if row is None else _row(row)

    def save_draw_preset(
        self, merchant: str, name: str, kind: str, body: Mapping[str, Any], *, by: str, now_ms: int
    ) -> int:
        """Keep a preset; the same name in the same shop is replaced. Gives its number.

        Raises NotAllowed when the shop has MOST of them already."""
        row = {
            "merchant": clean(merchant), "name": clean(name), "kind": clean(kind), "body": json_text(cleaned(body)),
            "changed_ms": now_ms, "by": clean(by),
        }  # fmt: skip
        with self.deed() as deed:
            asked = text("SELECT id, name FROM draw_preset WHERE merchant = :merchant ORDER BY id")
            there = {found: id for id, found in deed.conn.execute(asked, {"merchant": row["merchant"]})}
            if row["name"] not in there and len(there) >= MOST:
                raise NotAllowed(f"There are {MOST} presets already. Take one away first.")
            id = there.get(row["name"]) or deed.next_id("draw_preset")
            commitment = deed.save("draw_preset", {"id": id, **row})
            told = {"preset": id} | {name: row[name] for name in ("merchant", "name", "kind", "by")}
            deed.record(HOUSE, "draw_preset", told, [commitment])
        return int(id)

    def remove_draw_preset(self, id: int, *, by: str) -> None:
        """Take a preset away. Draws announced from it keep their own sheets. Raises NotAllowed when there is none."""
        with self.deed() as deed:
            if deed.fetch("draw_preset", id=id) is None:
                raise NotAllowed("There is no such preset. Somebody may have taken it away already.")
            deed.conn.execute(text("DELETE FROM draw_preset WHERE id = :id"), {"id": id})
            gone: list[Commitment] = [("draw_preset", str(id), None)]
            deed.record(HOUSE, "draw_preset", {"act": "deleted", "preset": id, "by": clean(by)}, gone)


def _row(row: Any) -> PresetRow:
    id, merchant, name, kind, body, changed_ms, by = row
    return PresetRow(id, merchant, name, kind, msgspec.json.decode(body), changed_ms, by)
