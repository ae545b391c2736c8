"""The demonstration: a practice room as a process of its own, the assistant attached to it, the console beside.

Nothing here is the demo's alone: the room speaks the real protocol over a real socket, the assistant is the one
that `run` starts. The only thing added is the practice operator, who starts a draw when the show's cue says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import structlog

from bot.app.feeding import Cue
from bot.app.seat import Seat
from bot.app.station import Station
from bot.app.tally import Tally
from bot.clock import ShowClock
from bot.comment import RoomKey
from bot.errors import InputError, RoomError
from bot.rooms.bilibili_session import Credentials
from bot.rooms.practice import PracticeRoom
from bot.rooms.show import builtin
from bot.storage.audit import verify
from lottery.rules import Prize, RuleSheet

log = structlog.get_logger()

ROOM_ID = "1"
"""The practice room's number; one room is enough to practise in."""

START_S = 20
"""How long the practice room may take to open its doors."""


async def demo(
    *,
    data: Path,
    speed: str,
    headless: bool,
    until_end: bool,
    host: str,
    port: int,
    attach: Path | None,
    announce: Callable[[str], None],
) -> dict[str, object] | None:
    """Run the practice show. `attach` names a file with the line that a running `changkong practice` printed; None
    starts one. `announce` is told what a person should read (the console's address). Gives the summary once the
    show has ended, None when it was stopped before."""
    async with _practice_room(data, speed, attach, loop=not until_end) as door, httpx.AsyncClient() as client:
        clock = ShowClock("practice")
        station = await Station.open(data=data, url=None, clock=clock)
        try:
            shop = station.house.seed_practice()
            tally = Tally()
            room = practice_room(door, client)
            seat = station.take(
                room,
                room,
                clock,
                practice=True,
                shop=shop.with_on_show(None),
                lossless=speed == "max",
                tally=tally,
            )
            if not headless:
                draws = await station.open_public("127.0.0.1", 0)
                announce(f"{await station.open_console(host, port)}\nDraws 抽奖公示: {draws}")
            await station.run(
                seat,
                cues=[Cue(row.t_ms, row.cue) for row in builtin() if row.cue is not None],
                on_cue=Operator(station, seat),
                until_end=until_end,
                end_session=attach is None,
            )
            return await _summary(station, seat, tally)
        finally:
            await station.close()


def practice_room(door: dict[str, Any], client: httpx.AsyncClient) -> PracticeRoom:
    """The adapter for the room behind `door`, the line it printed. Raises InputError when it is no such line."""
    try:
        credentials = Credentials(door["app_id"], door["access_key"], door["secret"], door["code"])
        base_url = str(door["http"])
    except (KeyError, TypeError):
        raise InputError("That is not the line which `changkong practice` prints at its start.") from None
    return PracticeRoom(RoomKey("practice", ROOM_ID), credentials, client, base_url=base_url)


class Operator:
    """The practice operator: does what the show's cues say."""

    def __init__(self, station: Station, seat: Seat) -> None:
        self._station = station
        self._seat = seat

    async def __call__(self, cue: Cue, now_ms: int) -> None:
        if cue.data.get("cue") != "draw":
            log.warning("unknown cue", cue=cue.data.get("cue"))
            return
        attachment = self._seat.attachment
        session = attachment.state.session
        if any(row.session == session for row in self._seat.draws.rows()):
            return  # already begun before a restart
        _, instruction = await asyncio.to_thread(
            self._seat.draws.announce,
            practice_sheet(cue.data),
            "practice",
            now_ms,
            by="practice",
            session=session,
        )
        await attachment.put(instruction)


def practice_sheet(cue: dict[str, Any]) -> RuleSheet:
    """A complete rule sheet from a cue's title, keyword, prize, quantity, value_fen, reserves, lead_s, window_s."""
    prize = Prize("奖品", str(cue["prize"]), int(cue["quantity"]), int(cue["value_fen"]))
    return RuleSheet(
        title=str(cue["title"]),
        prizes=(prize,),
        keyword=str(cue["keyword"]),
        entry_conditions="本直播间观众均可参加，每个账号一次；主播与工作人员不参加",
        entry_method=f"在开放时间内发送评论“{cue['keyword']}”",
        claim_conditions="中奖账号本人",
        claim_method="开奖后七日内在直播间登记",
        delivery="登记后七日内寄出，包邮",
        forfeiture="七日内未登记视为放弃，按候补顺序递补",
        organiser="练习直播间",
        contact="练习直播间客服",
        minors="未满十八周岁须经监护人同意",
        price_basis="开奖当日练习店铺标价",
        window_s=int(cue["window_s"]),
        lead_s=int(cue["lead_s"]),
        reserves=int(cue["reserves"]),
    )


async def _summary(station: Station, seat: Seat, tally: Tally) -> dict[str, object]:
    house = station.house
    await asyncio.to_thread(house.journal.checkpoint, force=True)
    report = await asyncio.to_thread(verify, house.store)
    attachment = seat.attachment
    summary = tally.summary(
        files=["builtin"],
        format_name="practice",
        comments=attachment.comments,
        dropped=attachment.dropped,
        records=report.records,
        verified=report.verified,
        versions=house.versions(),
    )
    summary["draws"] = [
        {"id": row.id, "state": row.state, "proof": str(seat.draws.proof_path(row.id))}
        for row in seat.draws.rows()
        if row.session in tally.sessions or seat.assembly.resumed
    ]
    return summary


@contextlib.asynccontextmanager
async def _practice_room(
    data: Path, speed: str, attach: Path | None, *, loop: bool
) -> AsyncIterator[dict[str, Any]]:
    """The door of a practice room: of the one running already, or of one started for as long as we need it."""
    if attach is not None:
        yield _read_door(attach)
        return
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    log_file = data / "practice-replies.jsonl"
    words = [
        sys.executable,
        "-m",
        "bot",
        "practice",
        "--port",
        "0",
        "--speed",
        speed,
        "--replies-log",
        str(log_file),
    ]
    if loop:
        words += ["--loop", "1000"]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_S)
        except TimeoutError:
            raise RoomError("The practice room did not open within 20 s. Start the demo again.") from None
        if not line:
            raise RoomError("The practice room could not be started; its own message stands above.")
        yield json.loads(line)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 5)


def _read_door(path: Path) -> dict[str, Any]:
    try:
        door: dict[str, Any] = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    except (OSError, ValueError, IndexError):
        raise InputError(
            f"{path} does not hold the line that `changkong practice` prints at its start. Save it there first."
        ) from None
    return door
