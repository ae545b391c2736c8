"""The steps of a draw as changes of its row."""

from __future__ import annotations

import msgspec
import pytest

from bot.draws import steps
from bot.draws.lists import lists_of
from bot.errors import NotAllowed
from lottery.beacon import practice_beacon
from lottery.signed import read_commitment
from tests.bot.draws.stage import CLOSES, DUE, KINDS, LISTED, Stage
from tests.builders import comment


async def challenged(stage: Stage, kind: str = "keyword") -> str:
    draw_id = stage.announce(sheet=KINDS[kind])
    if kind == "keyword":
        stage.enter("a", "b")
    else:
        stage.hear(comment("猜 40", uid="a", at=40_000), comment("猜 39.9", uid="b", at=41_000))
    await stage.until(LISTED)
    return draw_id


async def test_large_lists_get_short_proofs_where_the_rules_allow_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "FULL_UP_TO", 1)
    row = stage.row(await challenged(stage))
    beacon = practice_beacon(read_commitment(row.body["commitment"]).record.beacon.round)
    done = steps.drawn(
        msgspec.structs.replace(row, state="beacon"), lists_of(stage.journal, row), beacon, DUE
    )
    assert done.proof is not None
    assert done.proof.leaves is None


async def test_where_leaves_have_values_the_proof_holds_them_all(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "FULL_UP_TO", 1)
    row = stage.row(await challenged(stage, "guess"))
    beacon = practice_beacon(read_commitment(row.body["commitment"]).record.beacon.round)
    done = steps.drawn(
        msgspec.structs.replace(row, state="beacon"), lists_of(stage.journal, row), beacon, DUE
    )
    assert done.proof is not None
    assert done.proof.leaves is not None


async def test_the_proof_made_again_is_the_same(stage: Stage) -> None:
    draw_id = await challenged(stage)
    row = stage.row(draw_id)
    with pytest.raises(NotAllowed, match="not finished"):
        steps.proof_again(row, lists_of(stage.journal, row))
    await stage.until(DUE)
    row = stage.row(draw_id)
    made = steps.proof_again(row, lists_of(stage.journal, row))
    assert made.to_bytes() == stage.draws.proof_path(draw_id).read_bytes()


def test_winning_is_nobody_before_the_draw(stage: Stage) -> None:
    assert steps.winning(stage.row(stage.announce())) == ()
    assert CLOSES < LISTED
