"""Steps on time: after a kill at any moment, with two at work, live beside the other ends."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.draws import steps
from bot.draws.book import closed_of, commitment_of
from bot.draws.clockwork import BUSY_MS, RETRY_MS
from bot.draws.lists import Lists
from bot.errors import NotAllowed, StoreError
from bot.storage.audit import verify as verify_record
from lottery.beacon import Beacon, practice_beacon
from lottery.command import verify_file
from lottery.proof import parse, parse_list
from tests.bot.draws.stage import DUE, LISTED, OPENS, Stage, staged
from tests.builders import NOON

REAL_ROUND = 31089008


def kinds_of(stage: Stage, draw_id: str) -> list[str]:
    """The records of a draw in its chain, in order."""
    body = stage.row(draw_id).body
    return ["commit", *("closed" for _ in body["closed"]), *(one for one in ("drawn", "void") if one in body)]


class Killed(BaseException):
    """The process ends at once: nothing may catch it."""


def killing(save: Callable[..., None], at: int, after: bool) -> Callable[..., None]:
    """`save` of the journal, but the process dies at the `at`-th, before it or just after it was committed."""
    count = 0

    def slain(*given: Any, **named: Any) -> None:
        nonlocal count
        count += 1
        if count == at and not after:
            raise Killed
        save(*given, **named)
        if count == at:
            raise Killed

    return slain


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
async def test_killed_at_any_step_it_goes_on_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    with staged(tmp_path) as first:
        draw_id = first.announce()
        first.enter("a", "b", "c", "d")
        monkeypatch.setattr(first.journal, "save_draw", killing(first.journal.save_draw, at, after))
        with pytest.raises(Killed):
            await first.until(DUE)
    with staged(tmp_path) as second:
        await second.until(DUE)
        assert second.stage_of(draw_id) == "claim"
        assert kinds_of(second, draw_id) == ["commit", "closed", "drawn"]
        proof = second.draws.proof_path(draw_id)
        assert verify_file(str(proof), None, False, None, False, io.StringIO(), io.StringIO()) == 0
        assert second.draws.list_path(draw_id).exists()
        assert verify_record(second.journal.store).verified


async def test_two_at_work_never_both_take_a_step(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        draw_id = stage.announce()
        stage.enter("a", "b", "c", "d")
        rival = stage.new_draws()
        for now in (OPENS, LISTED, DUE - 10_000, DUE, DUE + RETRY_MS):
            await asyncio.gather(stage.until(now), stage.until(now, rival))
            await stage.until(now)
        assert kinds_of(stage, draw_id) == ["commit", "closed", "drawn"]
        assert [one.rows()[0].state for one in (stage.draws, rival)] == ["claim", "claim"]
        assert verify_record(stage.journal.store).verified


async def test_a_step_that_another_has_taken_is_not_taken_again(stage: Stage) -> None:
    stage.announce()
    stage.enter("a", "b")
    rival = stage.new_draws()
    await stage.until(DUE)
    told = len(stage.told)
    await stage.until(OPENS, rival)
    assert rival.rows()[0].body == stage.draws.rows()[0].body, "it has read what the other made"
    assert len(stage.told) == told
    fresh = stage.new_draws()
    stage.draws.settle(fresh.rows()[0].id, 1, "confirmed", "", DUE + 1, by="amy")
    with pytest.raises(NotAllowed, match="moved on"):
        fresh.settle(fresh.rows()[0].id, 2, "confirmed", "", DUE + 2, by="bea")


async def test_entries_that_reach_the_store_while_the_list_is_made_are_late(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_id = stage.announce()
    stage.enter("a", "b")
    listed = stage.journal.entry_lists

    def slow(*given: Any, **named: Any) -> Any:
        stage.enter("c")
        return listed(*given, **named)

    monkeypatch.setattr(stage.journal, "entry_lists", slow)
    await stage.until(LISTED)
    (closed,) = stage.row(draw_id).body["closed"]
    assert closed["record"]["entries"] == 2
    accepted, refused = stage.journal.entry_counts(draw_id)
    assert (accepted, refused["late"]) == (2, 1)


async def test_a_list_that_took_too_long_is_not_published(stage: Stage) -> None:
    draw_id = stage.announce("quick")
    stage.enter("a")
    now = [LISTED]
    draws = stage.new_draws(clock=lambda: now[0])
    make = stage.journal.entry_lists

    def slow(*given: Any, **named: Any) -> Any:
        now[0] = LISTED + 60_000
        return make(*given, **named)

    stage.journal.entry_lists = slow  # type: ignore[method-assign]
    for at in (OPENS, LISTED):
        await draws.step(at)
        await draws.settled()
    row = stage.row(draw_id)
    assert (row.state, row.body["closed"]) == ("void", [])
    assert row.body["void"]["record"]["reason"] == "closed_late"


async def test_live_a_step_runs_beside_and_is_looked_at_again(tmp_path: Path) -> None:
    opened = asyncio.Event()

    async def source(number: int) -> Beacon | None:
        await opened.wait()
        return practice_beacon(number)

    with staged(tmp_path, source) as stage, pytest.MonkeyPatch.context() as patch:
        from lottery.beacon import round_time_ms

        start = round_time_ms(REAL_ROUND) - 135_000
        draw_id = stage.announce("quick", at_ms=start)
        patch.setattr("tests.builders.NOON", start)
        stage.enter("a", "b")
        draws = stage.new_draws(clock=lambda: start)
        for at in (30_000, 92_000, 125_000, 135_000):
            await draws.step(start + at)
            if at < 135_000:
                await draws.settled()
        assert draws.rows()[0].state == "beacon", "the value is asked for beside"
        assert draws.next_due() == start + 135_000 + BUSY_MS
        opened.set()
        await draws.settled()
        assert stage.row(draw_id).state == "claim"


async def test_claims_that_cannot_be_read_hold_up_nobody(stage: Stage) -> None:
    draw_id = stage.announce()
    stage.enter("a", "b")
    await stage.until(DUE)
    draws = stage.new_draws()

    class Broken:
        def opened(self, draw_id: str) -> None:
            raise StoreError("gone")

        def next_due(self, draw_id: str) -> int | None:
            raise StoreError("gone")

        def due(self, draw_id: str, now_ms: int) -> None:
            raise StoreError("gone")

    draws.claims = Broken()
    claim_by = stage.row(draw_id).body["commitment"]["record"]["claim_by"]
    assert draws.next_due() == claim_by
    await draws.step(claim_by)
    assert draws.rows()[0].state == "claim"
    assert draws.next_due() == claim_by + RETRY_MS


async def test_claims_that_run_out_and_are_not_settled_are_tried_again_later(stage: Stage) -> None:
    stage.announce()
    stage.enter("a", "b")
    await stage.until(DUE)

    class Idle:
        def opened(self, draw_id: str) -> None: ...

        def next_due(self, draw_id: str) -> int | None:
            return DUE + 1

        def due(self, draw_id: str, now_ms: int) -> None: ...

    draws = stage.new_draws()
    draws.claims = Idle()
    await asyncio.wait_for(draws.step(DUE + 1), 10)
    assert draws.next_due() == DUE + 1 + RETRY_MS


def test_nothing_is_deleted() -> None:
    """A draw has to be shown for three years: no part of the draws knows how to delete one."""
    import bot.draws

    folder = Path(bot.draws.__file__).parent
    for path in folder.glob("*.py"):
        words = path.read_text(encoding="utf-8").casefold()
        assert "delete from draw" not in words, path.name
        assert "delete_draw" not in words, path.name


async def test_many_rooms_threads_and_presses_do_not_lock_up(stage: Stage) -> None:
    draw_id = stage.announce()
    stage.enter("a", "b", "c")
    stop = threading.Event()

    def press() -> None:
        while not stop.is_set():
            stage.draws.refresh(draw_id)
            stage.draws.lists(draw_id)

    pressing = threading.Thread(target=press)
    pressing.start()
    try:
        await asyncio.wait_for(stage.until(DUE), 30)
    finally:
        stop.set()
        pressing.join(10)
    assert not pressing.is_alive()
    assert stage.row(draw_id).state == "claim"
    assert NOON < DUE


async def test_live_a_mistake_of_ours_is_tried_again_later_and_not_at_once(stage: Stage) -> None:
    stage.announce()
    draws = stage.new_draws(clock=lambda: OPENS)
    tries: list[int] = []

    def broken(*given: Any, **named: Any) -> None:
        tries.append(1)
        raise KeyError("nobody thought of this")

    stage.journal.save_draw = broken  # type: ignore[method-assign]
    await draws.step(OPENS)
    await draws.settled()
    assert draws.next_due() == OPENS + RETRY_MS
    await draws.step(OPENS + RETRY_MS - 1)
    assert len(tries) == 1


async def test_who_was_overtaken_leaves_the_files_of_the_record_that_counts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_id = stage.announce()
    stage.enter("a", "b", "c")
    rival = stage.new_draws()
    save, listed = stage.journal.save_draw, stage.journal.entry_lists
    overtaken: list[str] = []
    his: list[Lists] = []

    def one_more(*given: Any, **named: Any) -> Any:
        """He reads the entries first; then somebody is refused; then we read them."""
        if not his:
            monkeypatch.setattr(stage.journal, "entry_lists", listed)
            rival.refresh(draw_id)
            his.append(rival.lists(draw_id))
            stage.enter("too late", at=99_000)
        return listed(*given, **named)

    def overtake(row: Any, **named: Any) -> None:
        """Just before we store a record, the other process stores its own for the same step."""
        kind = named["record"].get("kind")
        if kind in ("closed", "drawn") and kind not in overtaken:
            overtaken.append(kind)
            rival.refresh(draw_id)
            stale = rival.rows()[0]
            if kind == "closed":
                rival._save(stale, steps.closed(stale, his[0], LISTED + 7))
            else:
                value = practice_beacon(commitment_of(stale).record.beacon.round)
                rival._save(stale, steps.drawn(stale, rival.lists(draw_id), value, DUE + 7))
        save(row, **named)

    monkeypatch.setattr(stage.journal, "save_draw", overtake)
    monkeypatch.setattr(stage.journal, "entry_lists", one_more)
    await stage.until(DUE + RETRY_MS)
    row = stage.row(draw_id)
    assert overtaken == ["closed", "drawn"]
    assert row.body["drawn"]["record"]["drawn_at"] == DUE + 7
    record = closed_of(row)[-1].record
    assert record.issued_at == LISTED + 7
    assert parse_list(stage.draws.list_path(draw_id).read_bytes()).exclusions(record)
    proof = stage.draws.proof_path(draw_id).read_bytes()
    assert parse(proof).drawn.to_json() == row.body["drawn"]


async def test_live_the_list_waits_for_what_reached_the_room_in_time(stage: Stage) -> None:
    draw_id = stage.announce()
    stage.enter("a")
    queued = ["b", "c"]

    async def heard_out() -> None:
        stage.enter(*queued, at=80_000)  # a long queue is worked off

    draws = stage.new_draws(clock=lambda: LISTED, heard_out=heard_out)
    for at in (OPENS, LISTED):
        await draws.step(at)
        await draws.settled()
    (closed,) = stage.row(draw_id).body["closed"]
    assert closed["record"]["entries"] == 3
    assert closed["record"]["excluded"] == {}


async def test_live_a_room_that_is_stuck_does_not_hold_up_the_list(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.draws.clockwork.HEARD_OUT_S", 0.01)
    draw_id = stage.announce()
    stage.enter("a")
    draws = stage.new_draws(clock=lambda: LISTED, heard_out=asyncio.Event().wait)
    for at in (OPENS, LISTED):
        await draws.step(at)
        await draws.settled()
    assert stage.row(draw_id).state == "challenge"
