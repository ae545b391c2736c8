"""A witness at work: it hears, keeps its list over restarts, compares, and says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from bot.app.attachment import Attachment
from bot.app.witnessing import Ear, Witnessing
from bot.clock import ShowClock
from bot.draws.book import closed_of, commitment_of, envelopes_of, key_of
from bot.draws.comparing import Comparison
from bot.draws.following import Published, read_records
from bot.draws.witness import read_own
from bot.pipeline import Batch, fold
from bot.policy import RoomState
from lottery.beacon import practice_round
from lottery.signed import Signed
from tests.bot.draws.stage import DUE, LISTED, Stage, staged
from tests.bot.stores import judge
from tests.builders import NOON, ROOM, SHOP, comment, handbook


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as made:
        yield made


class Beside:
    """A witness beside the stage of a draw: `hear` gives it what the room says."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self.folder = folder
        self.lines: list[str] = []
        self.state = RoomState(ROOM, shop=SHOP)
        self.start()

    def start(self) -> None:
        self.witnessing = Witnessing(self.folder, [self.published], lambda: NOON, self.lines.append)
        self.ear = Ear()
        self.witnessing._ears[str(ROOM)] = self.ear

    async def published(self) -> Sequence[Published]:
        found = [read_records({"records": envelopes_of(row)}) for row in self.stage.journal.load_draws()]
        return [one for one in found if one is not None]

    def _batch(self, *said: object) -> Batch:
        batch = fold(
            self.state, said, judge=judge, handbook=handbook(), new_id=lambda: "w1",  # type: ignore[arg-type]
            clock_source="practice",
        )  # fmt: skip
        self.state = batch.state
        return batch

    async def hear(self, *said: object) -> None:
        await self.witnessing.heard(self.ear, self._batch(*said))


async def test_it_follows_hears_and_agrees(stage: Stage, tmp_path: Path) -> None:
    beside = Beside(stage, tmp_path / "witness")
    draw_id = stage.announce()
    await beside.hear(comment("hello", at=0))
    await beside.witnessing.look()
    said = [comment("好运", uid=uid, at=40_000 + number) for number, uid in enumerate("abca")]
    stage.hear(*said)
    await beside.hear(*said)
    await stage.until(LISTED)
    await beside.witnessing.look()
    await beside.witnessing.look()
    (line,) = beside.lines
    assert "一致" in line
    assert "published 3, heard 3" in line
    own = read_own((tmp_path / "witness" / f"{draw_id}.json").read_bytes())
    assert len(own.noted) == 4
    assert own.gaps == ()
    result = msgspec.json.decode(
        (tmp_path / "witness" / f"{draw_id}.result.json").read_bytes(), type=Comparison
    )
    assert result.agrees


async def test_what_was_said_before_the_commitment_came_to_hand_is_looked_at_again(
    stage: Stage, tmp_path: Path
) -> None:
    beside = Beside(stage, tmp_path / "witness")
    draw_id = stage.announce()
    said = [comment("hello", at=0), comment("好运", uid="a", at=40_000)]
    stage.hear(*said)
    await beside.hear(*said)
    await beside.witnessing.look()
    await stage.until(LISTED)
    await beside.witnessing.look()
    assert "一致" in beside.lines[0]
    assert (tmp_path / "witness" / f"{draw_id}.heard.jsonl").exists()


async def test_a_dropped_entry_is_told(stage: Stage, tmp_path: Path) -> None:
    beside = Beside(stage, tmp_path / "witness")
    stage.announce()
    await beside.hear(comment("hello", at=0))
    await beside.witnessing.look()
    stage.enter("a")
    await beside.hear(comment("好运", uid="a", at=40_000), comment("好运", uid="dropped", at=41_000))
    await stage.until(LISTED)
    await beside.witnessing.look()
    assert "不一致" in beside.lines[0]
    assert "DIFFER" in beside.lines[0]


async def test_a_restart_keeps_the_list_and_is_a_gap(stage: Stage, tmp_path: Path) -> None:
    beside = Beside(stage, tmp_path / "witness")
    draw_id = stage.announce()
    await beside.hear(comment("hello", at=0))
    await beside.witnessing.look()
    first = comment("好运", uid="a", at=40_000)
    stage.hear(first)
    await beside.hear(first)
    beside.start()
    second = [comment("好运", uid="a", at=50_000), comment("好运", uid="b", at=51_000)]
    stage.hear(*second)
    await beside.hear(*second)
    await stage.until(LISTED)
    await beside.witnessing.look()
    own = read_own((tmp_path / "witness" / f"{draw_id}.json").read_bytes())
    assert [one.refused for one in own.noted] == [None, "duplicate", None]
    assert [(one.from_ms - NOON, one.until_ms - NOON, one.reason) for one in own.gaps] == [
        (40_000, 50_000, "restart")
    ]
    assert "漏听 1 段" in beside.lines[0]


async def test_a_draw_that_was_over_before_it_listened_is_passed_over(stage: Stage, tmp_path: Path) -> None:
    draw_id = stage.announce()
    stage.enter("a")
    await stage.until(DUE)
    beside = Beside(stage, tmp_path / "witness")
    await beside.hear(comment("hello", at=200_000))
    await beside.witnessing.look()
    assert beside.lines == []
    assert not (tmp_path / "witness" / f"{draw_id}.json").exists()


async def test_rooms_it_does_not_listen_to_are_left_alone(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        stage.announce()
        beside = Beside(stage, tmp_path / "witness")
        beside.witnessing._ears.clear()
        await beside.witnessing.look()
        assert not (tmp_path / "witness").exists()


def test_it_hangs_on_what_a_room_commits(stage: Stage, tmp_path: Path) -> None:
    witnessing = Witnessing(tmp_path, [], lambda: NOON, print)
    attachment = Attachment(
        ROOM, journal=stage.journal, judge=judge, handbook=handbook, clock=ShowClock("practice")
    )
    witnessing.attach(attachment)
    assert len(attachment.after_commit) == 1


async def test_two_draws_under_one_number_are_told(stage: Stage, tmp_path: Path) -> None:
    beside = Beside(stage, tmp_path / "witness")
    first = stage.announce()
    await beside.hear(comment("hello", at=0))
    await beside.witnessing.look()
    assert beside.lines == []
    row = stage.row(first)
    record = commitment_of(row).record
    beacon = replace(record.beacon, round=practice_round("draw-1-other"))
    other = Signed.seal(replace(record, draw_id="draw-1-other", beacon=beacon), key_of(row))
    hidden = read_records({"records": [other.to_json()]})
    assert hidden is not None
    beside.witnessing._take(hidden)
    beside.witnessing._take(hidden)
    (line,) = beside.lines
    assert "two different rules under number 1" in line


async def test_a_list_that_was_exchanged_after_the_beacon_is_told(stage: Stage, tmp_path: Path) -> None:
    beside = Beside(stage, tmp_path / "witness")
    draw_id = stage.announce()
    await beside.hear(comment("hello", at=0))
    stage.enter("a", "b", "c")
    await stage.until(LISTED)
    await beside.witnessing.look()
    beside.lines.clear()
    row = stage.row(draw_id)
    record = closed_of(row)[-1].record
    exchanged = Signed.seal(replace(record, root="ab" * 32), key_of(row))
    envelopes = [row.body["commitment"], exchanged.to_json()]
    swapped = read_records({"records": envelopes})
    assert swapped is not None
    beside.witnessing._take(swapped)
    beside.witnessing._take(swapped)
    (line,) = beside.lines
    assert "two different lists under revision 1" in line
