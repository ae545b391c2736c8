"""Prizes put together: the console's side and the housekeeping."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.app.prizes import Prizes
from bot.draws.answers import Delivery
from bot.errors import InputError
from tests.bot.draws.prize_stage import COUPONS, DAY, GOODS, PrizeStage, prize_stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[PrizeStage]:
    with prize_stage(tmp_path) as made:
        yield made


def prizes_of(stage: PrizeStage, told: list[str] | None = None) -> Prizes:
    tell = (told if told is not None else []).append
    return Prizes(
        SimpleNamespace(journal=stage.journal), lambda: stage.now,
        refresh=lambda draw_id: tell(f"row {draw_id}"), changed=tell,
    )  # fmt: skip


async def test_the_board_shows_places_prizes_and_masked_names(stage: PrizeStage) -> None:
    told: list[str] = []
    prizes = prizes_of(stage, told)
    board = await prizes.board(stage.draw_id)
    assert board is not None
    assert (board.title, board.number, board.state, board.practice) == ("九点抽奖", 1, "claim", True)
    assert [one.state for one in board.places][:4] == ["open", "open", "open", "waiting"]
    assert set(board.names.values()) == {"名**"}
    assert (board.pools, list(board.prizes)) == ({}, list(GOODS))
    assert told == [f"row {stage.draw_id}", stage.draw_id]
    assert await prizes.board("draw-9-none") is None


async def test_every_act_of_staff_reaches_the_book(stage: PrizeStage) -> None:
    prizes = prizes_of(stage)
    _, view = prizes.book.begin(stage.draw_id)
    why = {"reason": "核对过"}
    await prizes.act(stage.draw_id, 1, "bind", {"code": view.code, **why}, by="amy")
    await prizes.act(stage.draw_id, 1, "unbind", why, by="amy")
    await prizes.act(stage.draw_id, 1, "confirm", why, by="amy")
    await prizes.act(stage.draw_id, 2, "drop", {"outcome": "disqualified", "why": "staff", **why}, by="amy")
    await prizes.act(stage.draw_id, 1, "ship", {"tracking": "SF1"}, by="amy")
    assert stage.states()[:4] == ["shipped", "disqualified", "open", "open"]
    await prizes.act(stage.draw_id, 1, "receive", {}, by="amy")
    assert stage.states()[0] == "received"


async def test_pools_are_named_for_prizes_there_are(tmp_path: Path) -> None:
    with prize_stage(tmp_path, COUPONS) as stage:
        prizes = prizes_of(stage)
        brought = await prizes.add_coupons(" 十二月 ", b"A\nA\nB\n", "c.txt", by="amy")
        assert (brought.pool, brought.added, brought.known, brought.read.repeated) == ("十二月", 2, 0, 1)
        await prizes.name_pool(stage.draw_id, 0, "十二月", by="amy")
        board = await prizes.board(stage.draw_id)
        assert board is not None
        assert board.pools == {0: "十二月"}
        for draw_id, prize in ((stage.draw_id, 1), ("draw-9-none", 0)):
            with pytest.raises(InputError, match="no such prize"):
                await prizes.name_pool(draw_id, prize, "x", by="amy")


async def test_addresses_need_a_reason_and_go_away_by_themselves(stage: PrizeStage) -> None:
    prizes = prizes_of(stage)
    token = stage.bound(1)
    prizes.book.deliver(stage.draw_id, token, Delivery("王", "13800001111", "某路 1 号"), stage.now)
    with pytest.raises(InputError, match="Say why"):
        await prizes.parcels(stage.draw_id, by="amy", reason=" ")
    (parcel,) = await prizes.parcels(stage.draw_id, by="amy", reason="打包")
    assert parcel.fields["name"] == "王"
    assert (await prizes.table(stage.draw_id, by="amy", reason="发货")).startswith(b"\xef\xbb\xbf")
    await prizes.act(stage.draw_id, 1, "receive", {}, by="amy")
    stage.now += 30 * DAY
    assert prizes.sweep() == 0
    prizes.delivery_days = 29
    assert prizes.sweep() == 1
    assert await prizes.parcels(stage.draw_id, by="amy", reason="打包") == []


async def test_tables_come_back_and_receipts_are_handed_over(stage: PrizeStage) -> None:
    prizes = prizes_of(stage)
    back = await prizes.take_back(stage.draw_id, b"draw,place,tracking\nx,1,SF\n", by="amy")
    assert back.shipped == 0
    with pytest.raises(InputError):
        await prizes.receipts(stage.draw_id, "名u1", "20:00", by="amy", reason="")
