"""After a stop at the worst moment the room is told what stands open in the store."""

from __future__ import annotations

from pathlib import Path

from bot.app.standing import standing
from bot.policy import Instruction, obey
from tests.bot.draws.stage import LISTED, Stage, staged
from tests.builders import NOON, ROOM


def after_restart(stage: Stage) -> list[Instruction]:
    stage.state = stage.journal.load_state(ROOM) or stage.state
    return standing(stage.journal, stage.draws, stage.state)


async def test_a_draw_that_closed_without_the_room_knowing(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        draw_id = stage.announce()
        assert [one.kind for one in after_restart(stage)] == ["draw_open"]
        await stage.draws.step(LISTED)
        assert after_restart(stage) == [Instruction("draw_close", "draw", {"draw_id": draw_id})]
        stage.hear(*after_restart(stage))
        assert after_restart(stage) == []


def test_a_poll_that_opened_without_the_room_knowing(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        assert after_restart(stage) == []
        opened = stage.journal.open_poll(ROOM, "s1", "想看哪个？", ["红", "蓝"], at_ms=NOON, by="mei")
        (told,) = after_restart(stage)
        assert obey(told, stage.state).poll == opened
        stage.hear(told)
        assert after_restart(stage) == []
        stage.journal.close_poll(opened.poll_id, at_ms=NOON + 1, by="mei")
        assert after_restart(stage) == []
