"""From the word typed in the room to the parcel: every kind of draw, through the real pipeline, over restarts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.draws.answers import Delivery, Query
from bot.draws.claims import ClaimBook
from bot.draws.lookup import Finder
from bot.draws.prize_desk import PrizeDesk
from bot.draws.warehouse import export
from bot.storage.audit import verify
from lottery.entry import receipt
from lottery.roster import Shown
from tests.bot.draws.stage import CLOSES, DUE, KINDS, Stage, staged
from tests.builders import NOON, ROOM, comment

UIDS = tuple(f"viewer-{number}" for number in range(6))
SAID = {
    "keyword": ("好运",) * 6,
    "quiz": ("B", "B", "b", "B", "A", "C"),
    "guess": ("猜40", "猜39", "猜39.9", "猜1", "猜2", "猜3"),
}


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Stage, ClaimBook]]:
    """The store as a fresh process finds it."""
    with staged(folder) as stage:
        stage.state = stage.journal.load_state(ROOM) or stage.state
        book = ClaimBook(stage.journal, refresh=stage.draws.refresh)
        stage.draws.claims = book
        yield stage, book


def enter(stage: Stage, kind: str) -> None:
    if kind == "purchase":
        stage.order(*UIDS)
    elif kind == "rain":
        stage.hear(*(comment("红包一", uid=uid, name=uid, at=31_000 + at) for at, uid in enumerate(UIDS)))
        stage.hear(*(comment("红包二", uid=uid, name=uid, at=61_000 + at) for at, uid in enumerate(UIDS[:3])))
    else:
        said = zip(UIDS, SAID[kind], strict=True)
        stage.hear(*(comment(text, uid=uid, name=uid, at=40_000 + at) for at, (uid, text) in enumerate(said)))


def uid_of(stage: Stage, draw_id: str, place: int) -> str:
    subject = stage.journal.claims(draw_id)[place - 1].subject_id
    assert subject is not None
    uid = stage.journal.uid_of(subject)
    assert uid is not None
    return uid


@pytest.mark.parametrize("kind", ["keyword", "quiz", "guess", "rain", "purchase"])
async def test_the_way_of_a_prize(tmp_path: Path, kind: str) -> None:
    with opened(tmp_path) as (stage, book):
        draw_id = stage.announce(sheet=KINDS[kind])
        enter(stage, kind)
        await stage.until(DUE)
        assert stage.stage_of(draw_id) == "claim"
        token, view = book.begin(draw_id)
        typed = f"兑奖 {view.code[:4].lower()} {view.code[4:]}"
        stage.hear(comment(typed, uid=uid_of(stage, draw_id, 1), at=DUE - NOON + 1_000))
    with opened(tmp_path) as (stage, book):  # the process died before anybody looked
        now = DUE + 2_000
        seen = book.view(draw_id, token, now)
        assert seen is not None
        assert (seen.state, seen.place) == ("bound", 1)
    with opened(tmp_path) as (stage, book):
        book.deliver(draw_id, token, Delivery("王小明", "13800001111", "某省某市某路 1 号"), now)
    with opened(tmp_path) as (stage, book):
        PrizeDesk(book).ship(draw_id, 1, "SF1", by="amy", now_ms=now)
        assert "王小明" in export(book, draw_id, by="amy", reason="发货", now_ms=now).decode("utf-8-sig")
        await stage.until(now + 400 * 86_400_000)
        assert stage.stage_of(draw_id) == "archived"
        states = [row.state for row in stage.journal.claims(draw_id)]
        assert states[0] == "shipped"
        assert set(states[1:]) == {"forfeited"}
        body: dict[str, Any] = stage.row(draw_id).body
        assert body["claims"][0]["record"]["place"] == 1
        assert book.received(draw_id, token, now).state == "received"
        assert verify(stage.journal.store, words=True).verified


@pytest.mark.parametrize("kind", ["keyword", "quiz", "guess", "rain", "purchase"])
async def test_everybody_finds_out_and_can_check_it(tmp_path: Path, kind: str) -> None:
    with opened(tmp_path) as (stage, _):
        draw_id = stage.announce(sheet=KINDS[kind])
        enter(stage, kind)
        stage.hear(comment("查询 lucky7", uid=UIDS[0], at=70_000))
        finder = Finder(stage.journal)
        receipts = [receipt(salt) for _, salt in stage.journal.entry_salts(draw_id, 0)]
        assert finder.find(draw_id, Query("receipt", receipts[0]), "c", NOON).state == "wait"
        await stage.until(CLOSES + 10_000)
        record = stage.row(draw_id).body["closed"][-1]["record"]
        answers = [finder.find(draw_id, Query("receipt", one), "c", NOON) for one in receipts[:6]]
        wrong = {"quiz": ["in"] * 4 + ["refused"] * 2}
        assert [one.state for one in answers] == wrong.get(kind, ["in"] * 6)
        for one in answers:
            shown = Shown(one.position or 0, bytes.fromhex(one.leaf), tuple(map(bytes.fromhex, one.path)))
            shown.verify(one.size, bytes.fromhex(record["excluded_root"] if one.excluded else record["root"]))
        if kind == "quiz":
            assert {one.reason for one in answers[4:]} == {"wrong_answer"}
        mine = finder.find(draw_id, Query("code", "LUCKY7"), "c", NOON)
        assert (mine.state, mine.pseudonym) == ("in", answers[0].pseudonym)
