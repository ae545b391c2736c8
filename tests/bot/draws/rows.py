"""Draws as stored, at any stage of their life, made by the protocol itself."""

from __future__ import annotations

import dataclasses
from typing import Any

from bot.app.demo import practice_sheet
from bot.storage.values import DrawRow
from lottery import life
from lottery.beacon import practice_beacon
from lottery.entry import pseudonym_of
from lottery.life import Finished, Place
from lottery.roster import Exclusions, Roster
from lottery.rules import PRESETS
from lottery.signer import SigningKey
from lottery.states import State

SALT, KEY = b"s" * 32, SigningKey.from_seed(b"k" * 32)
SHEET = practice_sheet(
    {"title": "抽洁面乳", "keyword": "好运", "prize": "洁面乳", "quantity": 1, "value_fen": 5900, "reserves": 1,
     "lead_s": 10, "window_s": 180}
)  # fmt: skip
STARTED = 1_790_000_000_000
OPENS, CLOSES = STARTED + 10_000, STARTED + 190_000
DUE = CLOSES + PRESETS["practice"].delay_s * 1000


def row_at(state: State, *, sequence: int = 3, **sheet: Any) -> DrawRow:
    """A practice draw of room practice:1, with three entrants once it is closed."""
    announced = life.announce(
        dataclasses.replace(SHEET, **sheet), f"draw-{sequence}", Place("practice", "1", sequence), SALT, KEY, STARTED,
        "practice",
    )  # fmt: skip
    body: dict[str, Any] = {
        "commitment": announced.to_json(),
        "closed": [],
        "last_hash": announced.hash,
    }
    if state is State.VOID:
        body["void"] = life.void(announced, "cancelled", State.OPEN, OPENS + 1_000, KEY).to_json()
    elif state not in (State.ANNOUNCED, State.OPEN, State.CLOSED):
        names = [pseudonym_of(SALT, announced.record.draw_id, "practice", uid) for uid in "甲乙丙"]
        roster = Roster.of((name, 1) for name in names)
        closed = life.close(announced, roster, Exclusions.of({}), CLOSES + 500, KEY)
        body["closed"] = [closed.to_json()]
        if state not in (State.CHALLENGE, State.BEACON):
            beacon = practice_beacon(announced.record.beacon.round)
            done = life.finish(announced, [closed], roster, beacon, DUE + 500, KEY)  # type: ignore[list-item]
            assert isinstance(done, Finished)
            body["drawn"] = done.drawn.to_json()
    return DrawRow(announced.record.draw_id, "practice:1", "s1", sequence, state.value, body)
