"""A shop's live room with everything a draw needs: console, public pages, a bridge with viewers on a socket, Chromium,
and a clock that ends at a known round of the beacon.

The clock is handed in: it runs twenty times as fast as the wall, walks where people look, and stands still where
nothing is due, so that a busy machine makes the test slower and not different.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets

from bot.app.house import open_house
from bot.app.seat import Seat
from bot.app.station import Station
from bot.approval import Approver, grant
from bot.clock import WallClock
from bot.comment import RoomKey
from bot.console.ports import wall_ms
from bot.draws.barred import Barred, BarredLists
from bot.rooms.bridge import BridgeRoom
from bot.rooms.bridge_signing import sign
from bot.storage.journal import Journal
from lottery import beacon
from replies.facts import Shop
from replies.phrase import Phrase

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic",
]  # fmt: skip
LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (e) => window.violations.push(e.violatedDirective));
"""
SHOTS = os.environ.get("CHANGKONG_SHOTS")
"""Where pictures of the pages go, for people who want to look; without it none are taken."""

ROUND = 31089008
"""A real round of quicknet whose signature is known: the draw is announced so that it is the one that decides."""
RELAYED = json.dumps({"round": ROUND, "signature": beacon.PRACTICE_SIGNATURES[ROUND]})
"""What a relay answers for it, as a person would paste it."""
DUE_MS = beacon.round_time_ms(ROUND)

FAST, WALK, STAND = 20.0, 1.0, 0.0
PATIENCE_S = 60.0
ROOM = RoomKey("bridge", "shop1")
SECRET = b"s" * 32

NAMES = "橘柚桃梨杏枣莓柿瓜橙柠蕉"
"""Viewers' names begin with one of these: masked, no more than that is shown."""

NOTICES = {
    "announced": "{draw_number}开始：{draw_how}参加，{draw_minutes}分钟截止，规则和校验码看屏幕",
    "closed": "{draw_number}已截止，共{draw_count}人，名单已锁定，等公共随机数开奖",
    "drawn": "{draw_number}已开奖，结果和自己验证的方法看屏幕二维码",
}


class Paced(WallClock):
    """The room's time: from `start_ms` on at `pace` times the speed of the wall."""

    def __init__(self, start_ms: int) -> None:
        self._from_ms, self._since, self._pace = start_ms, time.monotonic(), STAND
        self._goal_ms: int | None = None

    def now(self) -> int:
        now = int(self._from_ms + (time.monotonic() - self._since) * 1000 * self._pace)
        return now if self._goal_ms is None else min(now, self._goal_ms)

    def pace(self, pace: float) -> None:
        """Go on from here at `pace`."""
        self._from_ms, self._since, self._pace = self.now(), time.monotonic(), pace
        self._goal_ms = None

    async def sleep_until(self, at_ms: int) -> None:
        while self.now() < at_ms:
            await asyncio.sleep(0.01)

    async def reach(self, at_ms: int, then: float) -> None:
        """Run until `at_ms`, not a moment further, and go on at the pace `then`."""
        self.pace(FAST)
        self._goal_ms = at_ms
        await self.sleep_until(at_ms)
        self.pace(then)


class Crowd:
    """The viewers: what they type goes through the bridge's socket, and what they hear comes back through it."""

    def __init__(self, socket: Any, clock: Paced) -> None:
        self._socket, self._clock = socket, clock
        self._count = 0
        self.heard: list[str] = []

    async def type(self, uid: str, text: str, role: str = "viewer") -> None:
        self._count += 1
        user = {"id": uid, "name": f"{NAMES[sum(map(ord, uid)) % len(NAMES)]}{uid}", "role": role}
        said = {"kind": "comment", "id": f"c{self._count}", "user": user, "text": text}
        await self._socket.send(json.dumps(said, ensure_ascii=False))

    async def listen(self) -> None:
        """Hear what the room says, and report that it was shown."""
        async for line in self._socket:
            said = json.loads(line)
            if said.get("kind") == "say":
                self.heard.append(said["text"])
                await self._socket.send(json.dumps({"kind": "said", "id": said["id"], "outcome": "accepted"}))


class Stage:
    """The running assistant, the crowd, and one browser."""

    def __init__(
        self, station: Station, clock: Paced, crowd: Crowd, console: str, public: str, browser: Any
    ) -> None:
        self.station, self.clock, self.crowd = station, clock, crowd
        self.console, self.public, self._browser = console, public, browser
        self.journal = station.house.journal
        self.wrong: list[str] = []
        self._pages: list[Any] = []

    @property
    def seat(self) -> Seat:
        return self.station.seats[str(ROOM)]

    async def page(self, **context: Any) -> Any:
        """A page of its own browser context, everything it complains of kept in `wrong`."""
        page = await (await self._browser.new_context(**context)).new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        await page.add_init_script(LISTEN)

        def complained(said: Any) -> None:
            if said.type in ("error", "warning"):
                self.wrong.append(f"{page.url}: {said.text}")

        page.on("console", complained)
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        self._pages.append(page)
        return page

    async def staff(self, login: str, **context: Any) -> Any:
        """A screen on which that person has logged in."""
        page = await self.page(**{"viewport": {"width": 1440, "height": 900}} | context)
        token = self.journal.make_login_link(login, wall_ms())
        await page.goto(f"{self.console}/login/once?t={token}")
        await page.click("button.go")
        await page.wait_for_selector(".menu")
        return page

    async def violations(self) -> list[str]:
        """What the pages' own rules forbade, on every page still open."""
        found = [await page.evaluate("window.violations") for page in self._pages]
        return [one for some in found for one in some]

    async def until(self, what: str, found: Callable[[], bool]) -> None:
        """Wait until `found`; `what` names it when it does not come."""
        until = time.monotonic() + PATIENCE_S
        while not found():
            assert time.monotonic() < until, f"{what} did not come"
            await asyncio.sleep(0.02)

    async def said(self, words: str) -> str:
        """What the room heard with `words` in it."""
        await self.until(f"“{words}” in the room", lambda: any(words in one for one in self.crowd.heard))
        return next(one for one in self.crowd.heard if words in one)


async def shot(page: Any, name: str) -> None:
    """A picture, for whoever asked for some."""
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def approve(journal: Journal, name: str, now_ms: int) -> None:
    """The notice `name` in the shop's library: written by one person, approved by another."""
    phrase = Phrase(f"draw-{name}", f"draw:{name}", "any", None, None, "zh", NOTICES[name])
    row = journal.draft_phrase(phrase, by="writer", screen="desk")
    journal.submit_phrase(row.id, row.digest, by="writer")
    approver = Approver("second", frozenset({"compliance"}), now_ms, "other")
    given = grant(
        journal.phrase_matter(row.id, row.digest, clean=True), approver, "pair", readings=(), now_ms=now_ms
    )
    journal.approve_phrase(row.id, row.digest, grant=given, approver=approver, mode="pair", now_ms=now_ms)


@asynccontextmanager
async def draw_stage(folder: Path, start_ms: int, staff: tuple[str, ...] = ()) -> AsyncIterator[Stage]:
    """The room open for business at `start_ms`, its clock standing; `staff` are uids the shop never lets win."""
    clock = Paced(start_ms)
    house = await asyncio.to_thread(
        open_house, data=folder / "data", url=None, now=clock.now, clock_source="live"
    )
    for login, role in (("writer", "operator"), ("second", "compliance"), ("host", "operator")):
        house.journal.add_person(login, login, role)
    for name in NOTICES:
        approve(house.journal, name, start_ms)
    house.reload_library()
    Barred(house.journal).save(None, BarredLists(tuple(f"bridge:{uid}" for uid in staff)), by="host")
    station = Station(house, folder / "data", clock)
    bridge = BridgeRoom(ROOM, secret=SECRET, clock=clock)
    seat = station.take(bridge, bridge, clock, practice=False, shop=Shop())
    running = asyncio.create_task(station.run(seat))
    try:
        public = await station.open_public("127.0.0.1", 0)
        invitation = await station.open_console("127.0.0.1", 0, bridges={"shop1": bridge})
        console = invitation.split("Console: ")[1].split("/login")[0]
        address = f"{console.replace('http', 'ws', 1)}/bridge/shop1"
        async with websockets.connect(address) as socket, playwright.async_playwright() as driver:
            signature = sign(SECRET, b"shop1", int(time.time()))
            await socket.send(json.dumps({"hello": 1, "can_reply": True, "signature": signature}))
            await socket.recv()
            crowd = Crowd(socket, clock)
            listening = asyncio.create_task(crowd.listen())
            browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            try:
                yield Stage(station, clock, crowd, console, public, browser)
            finally:
                await browser.close()
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await station.close()
