"""A stage for tests of draws: a real store, a room's state as an attachment keeps it, and sheets of each kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from bot.app.demo import practice_sheet
from bot.comment import RoomKey, Viewer
from bot.draws import Draws, Salts
from bot.draws.relay import BeaconSource, no_network
from bot.pipeline import Batch
from bot.policy import GRACE_MS, Instruction, RoomState
from bot.storage.journal import Journal
from bot.storage.values import DrawRow
from lottery.beacon import practice_beacon
from lottery.rules import PRESETS, Prize, RuleSheet, WaveSheet
from tests.bot.stores import commit, journal_in
from tests.builders import NOON, ROOM, SHOP, comment, happening

SHEET = practice_sheet(
    {"title": "抽洁面乳", "keyword": "好运", "prize": "洁面乳", "quantity": 2, "value_fen": 5900, "reserves": 1,
     "lead_s": 30, "window_s": 60}
)  # fmt: skip
OPENS, CLOSES = NOON + 30_000, NOON + 90_000
LISTED = CLOSES + GRACE_MS
DUE = CLOSES + PRESETS["practice"].delay_s * 1000


class Stage:
    """Draws of one room on a real store, with the room's state kept as an attachment would keep it."""

    def __init__(
        self, journal: Journal, salts: Salts, folder: Path, beacons: BeaconSource = no_network
    ) -> None:
        self.journal, self.salts, self.folder, self.beacons = journal, salts, folder, beacons
        self.told: list[Instruction] = []
        self.changed: list[str] = []
        self.state = RoomState(ROOM, shop=SHOP)
        self.draws = self.new_draws()

    def new_draws(self, room: RoomKey = ROOM, **more: Any) -> Draws:
        return Draws(
            room, self.journal, self.salts, self.folder / "draws", tell_room=self.told.append,
            beacons=self.beacons, changed=self.changed.append, **more,
        )  # fmt: skip

    def announce(
        self,
        preset: str = "practice",
        staff: tuple[str, ...] = (),
        sheet: RuleSheet = SHEET,
        at_ms: int | None = None,
    ) -> str:
        draw_id, opening = self.draws.announce(
            sheet, preset, NOON if at_ms is None else at_ms, by="amy", session="s1", staff=staff
        )
        self.hear(opening)
        return draw_id

    def hear(self, *inputs: object) -> Batch:
        batch, _ = commit(self.journal, self.state, *inputs)  # type: ignore[arg-type]
        self.state = batch.state
        return batch

    def enter(self, *uids: str, at: int = 40_000) -> None:
        self.hear(*(comment("好运", uid=uid, at=at + number) for number, uid in enumerate(uids)))

    def order(self, *uids: str, at: int = 40_000, product: str = "P1") -> None:
        self.hear(*(
            msgspec.structs.replace(
                happening("order", at=at + number, product=product, state="paid"), viewer=Viewer(uid)
            )
            for number, uid in enumerate(uids)
        ))  # fmt: skip

    async def until(self, now_ms: int, draws: Draws | None = None) -> None:
        """Take every step up to `now_ms`, each at its own time."""
        draws = draws or self.draws
        while (due := draws.next_due()) is not None and due <= now_ms:
            await draws.step(due)

    def row(self, draw_id: str) -> DrawRow:
        found = self.journal.draw(draw_id)
        assert found is not None
        return found

    def stage_of(self, draw_id: str) -> str:
        return next(row.state for row in self.draws.rows() if row.id == draw_id)


@contextmanager
def staged(folder: Path, beacons: BeaconSource = no_network) -> Iterator[Stage]:
    salts = Salts()
    with journal_in(folder, salts.entrant) as journal:
        yield Stage(journal, salts, folder, beacons)


def of_kind(kind: str, **fields: Any) -> RuleSheet:
    """The sheet of SHEET as another kind of contest."""
    return dataclasses.replace(SHEET, kind=kind, **({} if kind == "keyword" else {"keyword": ""}), **fields)


KINDS: dict[str, RuleSheet] = {
    "keyword": SHEET,
    "quiz": of_kind("quiz", question="几点开播？", options=("A", "B", "C"), answers=("B",)),
    "guess": of_kind(
        "guess", question="到手价是多少？", prefix="猜", decimals=2, least=1, most=100_000, answers=("39.90",)
    ),
    "rain": of_kind(
        "rain", prizes=(Prize("第一波", "红包", 1, 100), Prize("第二波", "红包", 1, 100)),
        waves=(WaveSheet("红包一", 0, 20), WaveSheet("红包二", 30, 30)),
    ),
    "purchase": of_kind("purchase", product="P1"),
}  # fmt: skip
"""One sheet of each kind; entries are taken from OPENS to CLOSES."""


def relay_text(number: int) -> str:
    """What a relay answers for one of the known rounds."""
    beacon = practice_beacon(number)
    return f'{{"round": {beacon.round}, "signature": "{beacon.signature.hex()}"}}'
