"""The draws of a room as they are kept: read again, saved once, files made good."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bot.draws.kept import Kept
from bot.draws.salts import Salts
from bot.draws.steps import Step
from bot.errors import DrawMoved, NotAllowed
from tests.bot.draws.stage import DUE, LISTED, SHEET, Stage, staged
from tests.builders import NOON, ROOM


def kept_of(stage: Stage) -> Kept:
    return Kept(ROOM, stage.journal, Salts(), stage.folder / "draws", stage.changed.append)


@pytest.mark.parametrize("kind", ["list", "proof"])
async def test_a_missing_file_is_made_again_the_same(tmp_path: Path, kind: str) -> None:
    with staged(tmp_path) as first:
        draw_id = first.announce()
        first.enter("a", "b", "a", "c")
        await first.until(DUE)
        path = first.draws.list_path(draw_id) if kind == "list" else first.draws.proof_path(draw_id)
        content = path.read_bytes()
        path.unlink()
    with staged(tmp_path) as second:
        await second.draws.step(DUE)
        assert path.read_bytes() == content


async def test_a_list_that_is_behind_its_record_is_made_again(tmp_path: Path) -> None:
    with staged(tmp_path) as first:
        draw_id = first.announce()
        first.enter("a", "b")
        await first.until(LISTED)
        content = first.draws.list_path(draw_id).read_bytes()
        first.draws.list_path(draw_id).write_bytes(b"stale")
    with staged(tmp_path) as second:
        await second.draws.step(LISTED)
        assert second.draws.list_path(draw_id).read_bytes() == content


async def test_a_list_that_contradicts_its_record_is_not_written(stage: Stage) -> None:
    draw_id = stage.announce()
    stage.enter("a", "b")
    await stage.until(DUE)
    row = stage.row(draw_id)
    other = {**row.body, "closed": [{**row.body["closed"][0]}]}
    other["closed"][0]["record"] = {**other["closed"][0]["record"], "excluded_root": "00" * 32}
    stage.journal.save_draw(msgspec.structs.replace(row, body=other), by="test")
    kept = kept_of(stage)
    kept.files.entries(draw_id).unlink()
    with pytest.raises(NotAllowed, match="not those of its published list"):
        kept.mend(draw_id)
    assert not kept.files.entries(draw_id).exists()


async def test_a_step_made_for_another_row_is_not_stored(stage: Stage) -> None:
    draw_id = stage.announce()
    stale = kept_of(stage)
    before = stale.row(draw_id)
    await stage.until(LISTED)
    with pytest.raises(DrawMoved):
        stale.save(before, Step(before), None)
    with pytest.raises(NotAllowed, match="moved on"):
        stale.save_pressed(before, Step(before), None, "amy")
    assert stale.row(draw_id).state == "challenge", "it has read what is stored"


def test_the_salt_is_known_before_anybody_may_enter(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[bool] = []
    save = stage.journal.save_draw

    def looked(*given: object, **named: object) -> None:
        row = given[0]
        stage.salts.entrant(row.id, "practice", "a")  # type: ignore[attr-defined]
        known.append(True)
        save(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(stage.journal, "save_draw", looked)
    stage.draws.announce(SHEET, "practice", NOON, by="amy", session="s1")
    assert known == [True]
