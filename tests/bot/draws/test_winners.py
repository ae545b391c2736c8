"""Who has won lately."""

from __future__ import annotations

import msgspec

from bot.draws.winners import winners_since
from tests.bot.draws.stage import DUE, Stage
from tests.builders import NOON, ROOM

ROOMS = (str(ROOM),)


async def drawn(stage: Stage) -> tuple[str, list[str]]:
    """A finished practice draw and its chosen accounts in order: two winners, one reserve."""
    draw_id = stage.announce()
    stage.enter("a", "b", "c", "d")
    await stage.until(DUE)
    chosen = stage.row(draw_id).body["chosen"]
    rows = [stage.journal.entry_at(draw_id, bytes.fromhex(one["pseudonym"])) for one in chosen]
    return draw_id, [str(row[0].uid) for row in rows]


async def test_winners_stand_until_they_drop_out_and_reserves_when_they_move_up(stage: Stage) -> None:
    draw_id, (first, second, reserve) = await drawn(stage)
    assert winners_since(stage.journal, ROOMS, NOON, practice=True) == (first, second)
    stage.draws.settle(draw_id, 1, "forfeited", "declined", DUE + 5, by="amy")
    assert winners_since(stage.journal, ROOMS, NOON, practice=True) == (second, reserve)


async def test_time_room_and_rehearsal_matter(stage: Stage) -> None:
    await drawn(stage)
    assert winners_since(stage.journal, ROOMS, DUE + 1, practice=True) == ()
    assert winners_since(stage.journal, ROOMS, NOON) == (), "a rehearsal does not count for a real draw"
    assert winners_since(stage.journal, ("practice:2",), NOON, practice=True) == ()


async def test_a_draw_of_an_earlier_version_counts_as_well(stage: Stage) -> None:
    draw_id, (first, second, _) = await drawn(stage)
    row = stage.row(draw_id)
    body = {name: value for name, value in row.body.items() if name != "chosen"}
    stage.journal.save_draw(msgspec.structs.replace(row, body=body), by="test")
    assert winners_since(stage.journal, ROOMS, NOON, practice=True) == (first, second)


async def test_who_was_erased_is_not_known_any_more(stage: Stage) -> None:
    _, (first, second, _) = await drawn(stage)
    stage.journal.erase_subject("practice", first, by="amy")
    assert winners_since(stage.journal, ROOMS, NOON, practice=True) == (second,)
