"""The draws as the console may touch them."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app.console_draws import ConsoleDraws
from bot.app.house import RecordingSink
from bot.app.seat import Seat
from bot.app.station import Station
from bot.clock import ShowClock
from bot.draws.barred import BarredLists
from bot.errors import InputError, NotAllowed
from tests.bot.app.test_station import Adapter, opened, seated
from tests.bot.draws.test_sheet import SHEET
from tests.builders import NOON, comment, happening

FIELDS = {**json.loads(json.dumps(dataclasses.asdict(SHEET))), "lead_s": 0}
CLOSES = NOON + 60_000


@asynccontextmanager
async def practised(folder: Path, *uids: str) -> AsyncIterator[tuple[Station, Seat, ConsoleDraws, str]]:
    """A practice show in which a draw is announced at its begin and entered by `uids`."""
    async with opened(folder) as station:
        seat = seated(station, Adapter([happening("live_start")]))
        await station.run(seat)
        draws = ConsoleDraws(station.house, lambda: station.seats)
        draw_id = await draws.announce("practice:1", FIELDS, by="amy", key="k1")
        entries = [comment("好运", uid=uid, at=5_000 + number) for number, uid in enumerate(uids)]
        seat.adapter.shows.append(list(entries))  # type: ignore[attr-defined]
        await station.run(seat)
        yield station, seat, draws, draw_id


async def test_a_draw_is_announced_once_per_press(tmp_path: Path) -> None:
    async with practised(tmp_path, "a", "b") as (_, _, draws, draw_id):
        assert await draws.announce("practice:1", FIELDS, by="amy", key="k1") == draw_id
        (row,) = await draws.list()
        assert (row.title, row.entries, row.refused) == ("抽洁面乳", 2, {})
        with pytest.raises(NotAllowed):
            await draws.announce("practice:1", FIELDS, by="amy", key="k2")


async def test_a_wrong_sheet_or_room_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path) as station:
        seated(station, Adapter())
        draws = ConsoleDraws(station.house, lambda: station.seats)
        with pytest.raises(InputError, match="winner"):
            await draws.announce("practice:1", {**FIELDS, "winner": "me"}, by="amy", key="k")
        with pytest.raises(NotAllowed, match="not attached"):
            await draws.announce("practice:9", FIELDS, by="amy", key="k")
        for act in (
            draws.void("draw-9", "cancelled", by="amy", key="k"),
            draws.paste_beacon("draw-9", "{}", by="a", key="k"),
        ):
            with pytest.raises(NotAllowed, match="no such draw"):
                await act
        assert await draws.show("draw-9") is None
        assert await draws.proof_bytes("draw-9") is None
        assert await draws.proof_bytes("../../changkong.db") is None


async def test_what_is_public_holds_no_secret_and_no_uid(tmp_path: Path) -> None:
    async with practised(tmp_path, "viewer-a", "viewer-a", "viewer-b") as (station, seat, draws, draw_id):
        row = station.house.journal.draw(draw_id)
        assert row is not None
        assert row.secret is not None
        shown = json.dumps(await draws.show(draw_id))
        assert row.secret["salt"] not in shown
        assert "viewer-a" not in shown
        public = await draws.show(draw_id)
        assert public is not None
        assert (public["entries"], public["refused"], public["practice"]) == (2, {"duplicate": 1}, True)
        assert await draws.proof_bytes(draw_id) is None
        while (due := seat.draws.next_due()) is not None and due < CLOSES + 60_000:
            await seat.draws.step(due)
        done = await draws.show(draw_id)
        assert done is not None
        assert len(done["winners"]) == 2  # type: ignore[arg-type]
        assert "viewer-" not in json.dumps(done)
        proof = await draws.proof_bytes(draw_id)
        assert proof is not None
        assert json.loads(proof)


async def test_a_draw_without_entries_may_be_cancelled_from_the_console(tmp_path: Path) -> None:
    async with practised(tmp_path) as (_, _, draws, draw_id):
        await draws.void(draw_id, "cancelled", by="amy", key="k3")
        (row,) = await draws.list()
        assert row.state == "void"


async def test_two_presses_at_the_same_moment_announce_one_draw(tmp_path: Path) -> None:
    async with opened(tmp_path) as station:
        seat = seated(station, Adapter([happening("live_start")]))
        await station.run(seat)
        draws = ConsoleDraws(station.house, lambda: station.seats)
        ids = await asyncio.gather(
            *(draws.announce("practice:1", FIELDS, by="amy", key="k1") for _ in range(5))
        )
        assert len(set(ids)) == 1
        assert len(await draws.list()) == 1


async def test_the_public_page_holds_up_no_writer_and_opens_no_uid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with practised(tmp_path, "a", "a", "b") as (station, _, draws, draw_id):
        monkeypatch.setattr(station.house.journal, "draw_entries", None)
        public = await draws.show(draw_id)
        assert public is not None
        assert (public["entries"], public["refused"]) == (2, {"duplicate": 1})
        (row,) = await draws.list()
        assert (row.entries, row.refused) == (2, {"duplicate": 1})


async def test_what_announcing_would_refuse_is_told_beforehand(tmp_path: Path) -> None:
    async with opened(tmp_path) as station:
        seat = seated(station, Adapter([happening("live_start")]))
        await station.run(seat)
        draws = ConsoleDraws(station.house, lambda: station.seats)
        assert list(await draws.check("practice:1", FIELDS)) == []
        found = await draws.check(
            "practice:1", {**FIELDS, "organiser": "", "keyword": "加微信", "follow": True}
        )
        assert {"organiser", "keyword", "follow"} <= {one.field for one in found}
        assert [one.field for one in await draws.check("practice:9", FIELDS)] == ["room"]
        assert [one.code for one in await draws.check("practice:1", {**FIELDS, "winner": "me"})] == ["sheet"]
        assert [one.field for one in found] == [one.field for one in await draws.check("practice:1", {
            **FIELDS, "organiser": "", "keyword": "加微信", "follow": True,
        })]  # fmt: skip
        await draws.announce("practice:1", FIELDS, by="amy", key="k")
        assert [one.code for one in await draws.check("practice:1", FIELDS)] == ["taken"]


async def test_staff_named_with_the_sheet_may_not_win(tmp_path: Path) -> None:
    async with opened(tmp_path) as station:
        seat = seated(station, Adapter([happening("live_start")]))
        await station.run(seat)
        draws = ConsoleDraws(station.house, lambda: station.seats)
        with pytest.raises(InputError, match="list of account ids"):
            await draws.announce("practice:1", {**FIELDS, "staff": "boss"}, by="amy", key="k0")
        draw_id = await draws.announce("practice:1", {**FIELDS, "staff": ["boss"]}, by="amy", key="k")
        row = station.house.journal.draw(draw_id)
        assert row is not None
        assert (row.secret or {})["staff"] == ["boss"]


async def test_staff_see_what_may_still_be_done(tmp_path: Path) -> None:
    async with practised(tmp_path) as (_, _, draws, draw_id):
        aside = await draws.aside(draw_id)
        assert aside is not None
        assert "cancelled" in aside.voidable
        assert await draws.aside("draw-9") is None
    async with practised(tmp_path / "two", "a") as (_, seat, draws, draw_id):
        aside = await draws.aside(draw_id)
        assert aside is not None
        assert (aside.entries, "cancelled" in aside.voidable) == (1, False)
        latest = await draws.latest("practice:1")
        assert latest == await draws.show(draw_id)
        assert await draws.latest("practice:9") is None
        assert seat.draws.rows()


async def test_records_and_list_are_public_once_they_are_out(tmp_path: Path) -> None:
    async with practised(tmp_path, "a", "b") as (_, seat, draws, draw_id):
        assert await draws.list_bytes(draw_id) is None
        assert await draws.records("draw-9") is None
        while (due := seat.draws.next_due()) is not None and due < CLOSES + 60_000:
            await seat.draws.step(due)
        records = await draws.records(draw_id)
        assert records is not None
        assert [one["record"].get("kind", "commit") for one in records] == ["commit", "closed", "drawn"]  # type: ignore[attr-defined]
        listed = await draws.list_bytes(draw_id)
        assert listed is not None
        assert json.loads(listed)["draw_id"] == draw_id
        (public,) = await draws.public_list()
        assert public["draw_id"] == draw_id


async def test_a_look_for_several_accounts_in_one_hand_is_recorded(tmp_path: Path) -> None:
    async with practised(tmp_path, "1001", "1002", "1003") as (station, _, draws, draw_id):
        (flag, *_) = await draws.flags(draw_id, by="amy")
        assert flag.code == "uids_in_a_row"
        with pytest.raises(NotAllowed, match="no such draw"):
            await draws.flags("draw-9", by="amy")
        seen = json.dumps([one.body for one in station.house.readings.records("practice:1", limit=50)])
        assert "looked for alts" in seen


async def test_the_shops_lists_are_kept(tmp_path: Path) -> None:
    async with opened(tmp_path) as station:
        draws = ConsoleDraws(station.house, lambda: station.seats)
        lists = BarredLists(("practice:boss",), ("practice:cheat",))
        await draws.save_barred(None, lists, by="amy")
        assert await draws.barred(None) == lists
        assert await draws.barred("other") == BarredLists()


async def test_whoever_runs_it_sees_every_entry_and_what_the_room_was_told(tmp_path: Path) -> None:
    async with practised(tmp_path, "a") as (station, seat, draws, draw_id):
        assert (await draws.show(draw_id) or {})["entries"] == 1
        seat.adapter.shows.append([comment("好运", uid="b", at=6_000)])  # type: ignore[attr-defined]
        await station.run(seat)
        aside = await draws.aside(draw_id)
        assert aside is not None
        assert aside.entries == 2  # though the public count is kept for a second
        assert aside.told == {"announced": "said"}
        row = station.house.journal.outbox_row(1)
        assert row is not None
        assert (row.intent, row.state) == ("draw:announced", "sent")


async def test_a_witness_tells_the_room_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as station:
        shop = station.house.seed_practice()
        clock = ShowClock("practice")
        seat = station.take(Adapter(), RecordingSink(), clock, practice=True, shop=shop, listening=True)
        assert seat.notices is None
