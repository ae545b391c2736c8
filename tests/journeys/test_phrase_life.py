"""The whole life of a phrase as people meet it in Chromium: written, refused by the checks with the law, mended,
approved, said in a practice room, withdrawn, not said again. With two people, alone with two screens, and for a
question of the shop's own. The clock is handed in, so that ten minutes pass at once."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.app.house import open_house
from bot.app.station import Station
from bot.clock import WallClock
from bot.comment import Comment, Event, RoomKey, Viewer
from bot.console.auth import hash_password
from bot.console.ports import wall_ms
from bot.decision import Capabilities, ClockSource, Said
from replies import practice
from replies.phrase import Phrase

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic",
]  # fmt: skip
ROOM = RoomKey("practice", "1")
PASSWORD = "seven kind words"
CLAIM = "全网最低，七天无理由退换。"
MENDED = "支持七天无理由退换。"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Turned(WallClock):
    """The wall's clock, which a test may turn forward."""

    source: ClockSource = "practice"
    ahead_ms = 0

    def now(self) -> int:
        return super().now() + self.ahead_ms


class Parlour:
    """A practice room in which the test talks, and which keeps what was said to it."""

    key = ROOM
    capabilities = Capabilities(reply=True)

    def __init__(self, clock: Turned) -> None:
        self.clock = clock
        self.said: list[str] = []
        self._asked: asyncio.Queue[Comment] = asyncio.Queue()
        self._count = 0

    def ask(self, text: str) -> None:
        """Somebody who has not spoken before asks."""
        self._count += 1
        now = self.clock.now()
        viewer = Viewer(f"viewer-{self._count}", f"观众{self._count}")
        self._asked.put_nowait(Comment(ROOM, viewer, text, now, now))

    async def events(self) -> AsyncIterator[Event]:
        while True:
            yield await self._asked.get()

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        self.said.append(text)
        return Said("sent")

    async def aclose(self) -> None:
        """Nothing is held open."""


class Stage:
    """The assistant with its practice room, and browsers of the people who work there."""

    def __init__(self, station: Station, room: Parlour, clock: Turned, address: str, browser: Any) -> None:
        self.station, self.room, self.clock, self.address, self.browser = (
            station,
            room,
            clock,
            address,
            browser,
        )
        self.wrong: list[str] = []

    async def screen(self, login: str) -> Any:
        """A browser of its own (another screen), logged in as that person."""
        page = await (await self.browser.new_context(viewport={"width": 1280, "height": 900})).new_page()
        page.set_default_timeout(20_000)
        page.on(
            "console",
            lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        token = self.station.house.journal.make_login_link(login, wall_ms())
        await page.goto(f"{self.address}/login/once?t={token}")
        await page.click("button.go")
        await page.wait_for_selector(".menu")
        return page

    async def answered(self, question: str, within_s: float = 20) -> list[str]:
        """What was said after `question` was asked, the first thing at least."""
        before = len(self.room.said)
        self.room.ask(question)
        until = time.monotonic() + within_s
        while len(self.room.said) == before and time.monotonic() < until:
            await asyncio.sleep(0.02)
        return self.room.said[before:]

    async def silent(self, question: str) -> str:
        """Ask; gives the reason for which nothing was said."""
        before, comments = len(self.room.said), self.seat.attachment.comments
        self.room.ask(question)
        while self.seat.attachment.comments == comments:
            await asyncio.sleep(0.02)
        await self.seat.attachment.settled()
        await asyncio.sleep(1.0)
        assert self.room.said[before:] == []
        readings = self.station.house.readings
        (newest,) = readings.comments(self.seat.attachment.state.session, reader="test", limit=1)
        return str(newest.withheld)

    @property
    def seat(self) -> Any:
        return self.station.seats[str(ROOM)]

    def later(self, minutes: float) -> None:
        self.clock.ahead_ms += round(minutes * 60_000)


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    clock = Turned()
    house = await asyncio.to_thread(
        open_house, data=folder / "data", url=None, now=clock.now, clock_source="practice"
    )
    station = Station(house, folder / "data", clock)
    room = Parlour(clock)
    hashed = await hash_password(PASSWORD)
    for login, role in (
        ("writer", "operator"),
        ("second", "compliance"),
        ("admin", "admin"),
        ("moderator", "moderator"),
    ):
        house.journal.add_person(login, login, role, password_hash=hashed)
    seat = station.take(room, room, clock, practice=True, shop=practice.shop().with_on_show(None))
    running = asyncio.create_task(station.run(seat))
    try:
        invitation = await station.open_console("127.0.0.1", 0)
        address = invitation.split("Console: ")[1].split("/login")[0]
        async with playwright.async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            made = Stage(station, room, clock, address, browser)
            try:
                yield made
            finally:
                await browser.close()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await station.close()


async def write(page: Any, stage: Stage) -> None:
    """Written with a claim that the law forbids: refused with the article; mended: sent to review."""
    await page.goto(f"{stage.address}/phrases/edit?intent=returns")
    await page.fill("#text", CLAIM)
    await page.wait_for_selector("#lint .lint-bad mark")
    told = await page.inner_text("#lint")
    assert "广告法" in told
    assert "可能适用的豁免" in told
    await page.click('button[value="submit"]')
    await page.wait_for_selector(".said-refused")
    assert stage.station.house.journal.phrase_versions("in_review") == []
    await page.fill("#text", MENDED)
    await page.wait_for_selector("#lint .lint:not(.lint-bad)")
    assert MENDED in await page.inner_text("#lint .bubble")
    await page.click('button[value="submit"]')
    await page.wait_for_selector(".said-submitted")


async def approve(page: Any, stage: Stage, *, password: bool = True) -> str:
    """All that waits, with the password where it is asked; gives what the page tells of it."""
    await page.goto(f"{stage.address}/review")
    await page.click('[data-tick="clean"]')
    for box in await page.locator('input[name="pick"]:not(:checked)').all():
        await box.check()
    assert (await page.locator('.review-acts input[type="password"]').count() == 1) is password
    if password:
        await page.fill('.review-acts input[type="password"]', PASSWORD)
    await page.click('button[value="approve"]')
    await page.wait_for_selector(".outcomes")
    return str(await page.inner_text(".outcomes"))


async def withdraw(page: Any, stage: Stage) -> None:
    await page.goto(f"{stage.address}/phrases?state=live")
    await page.click(".phrase-live button.danger")
    await page.wait_for_selector(".phrase-withdrawn")


async def test_with_two_people(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        writer = await made.screen("writer")
        await write(writer, made)
        assert "自己写" in await approve(writer, made)
        assert await made.silent("可以退货吗") == "no_phrase"
        second = await made.screen("second")
        assert "在用" in await approve(second, made)
        made.later(2)
        assert await made.answered("可以退货吗") == [MENDED]
        made.later(2)
        assert await made.answered("不合适能退吗") == [MENDED]
        await withdraw(await made.screen("moderator"), made)  # anybody who sees the page
        made.later(2)
        assert await made.silent("可以退货吗") == "no_phrase"
        assert made.wrong == []


async def test_alone_with_a_second_screen_and_ten_minutes(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        admin = await made.screen("admin")
        await admin.goto(f"{made.address}/review")
        await admin.click(".mode-change summary")
        await admin.select_option('select[name="mode"]', "solo")
        await admin.click(".mode-change button")
        await admin.wait_for_selector('.mode strong:has-text("单人")')
        desk, phone = await made.screen("writer"), await made.screen("writer")
        await write(desk, made)
        assert "不到 10 分钟" in await approve(desk, made)
        await desk.click(".solo a")
        await desk.wait_for_selector('text="这就是写它的那块屏幕。请用手机或另一台电脑登录后打开这一页。"')
        assert await desk.locator("main form button.go").count() == 0
        made.later(11)
        assert "另一块屏幕上重读" in await approve(desk, made, password=False)
        await phone.goto(f"{made.address}/review")
        await phone.click(".solo a")
        await phone.click("main form button.go")
        await phone.wait_for_selector(".second-steps p.ok >> nth=1")
        assert "在用" in await approve(desk, made, password=False)
        (row,) = made.station.house.journal.phrase_versions("live")
        assert (row.stamp, row.approved_by) == ("单人审核", "writer")
        assert await made.answered("可以退货吗") == [MENDED]
        await withdraw(desk, made)
        made.later(2)
        assert await made.silent("可以退货吗") == "no_phrase"
        assert made.wrong == []


async def test_a_fact_edited_in_place_is_in_the_next_answer(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        journal = made.station.house.journal
        phrase = Phrase("price-now", "price", "any", None, None, "zh", "现在{price}。")
        row = journal.draft_phrase(phrase, by="writer", screen="desk")
        journal.submit_phrase(row.id, row.digest, by="writer")
        second = await made.screen("second")
        await approve(second, made)
        desk = await made.screen("writer")
        await desk.goto(f"{made.address}/goods")
        number = made.seat.attachment.state.shop.products[0].slot
        price = desk.locator(
            '.good:first-child form:has(input[name="name"][value="price"]) input[name="value"]'
        )
        began = time.monotonic()
        await price.fill("88元")
        await price.press("Enter")
        await desk.wait_for_selector(".fact.saved")
        assert await desk.evaluate("document.activeElement.name") == "value"  # the cursor stays where it was
        assert await made.answered(f"{number}号链接多少钱") == ["现在88元。"]
        assert time.monotonic() - began < 5
        assert made.wrong == []


async def test_a_question_of_the_shops_own_from_three_samples(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        assert await made.silent("你们支持刻字吗") == "unsure"
        writer, second = await made.screen("writer"), await made.screen("second")
        await second.goto(f"{made.address}/review")
        began = time.monotonic()
        await writer.goto(f"{made.address}/questions/edit")
        await writer.fill('input[name="name"]', "刻字")
        await writer.fill('textarea[name="asks"]', "支持刻字吗\n可以帮我刻字么\n刻字要加钱吗")
        await writer.wait_for_selector('.tried-new:has-text("你们支持刻字吗")')
        assert await writer.inner_text(".tried-taken h3 b") == "0"
        await writer.fill('textarea[name="text"]', "可以刻字，下单备注就行。")
        await writer.click('button[value="submit"]')
        await writer.wait_for_selector(".said-box")
        assert "在用" in await approve(second, made)
        assert await made.answered("请问支持刻字吗") == ["可以刻字，下单备注就行。"]
        assert time.monotonic() - began < 60
        assert made.wrong == []
