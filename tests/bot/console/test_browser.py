"""The pages in a real browser: nothing breaks the content policy, comments arrive, nothing moves under the pointer."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn

from tests.bot.console.show import SHEET, START, Show, comment, open_show

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic",
]  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    # uvicorn and playwright close their pipes in their own time
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@asynccontextmanager
async def served(show: Show) -> AsyncIterator[str]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(show.app, log_level="warning", timeout_graceful_shutdown=2))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        show.feed.broadcast.close()  # open streams must not hinder the stop
        server.should_exit = True
        await asyncio.wait_for(task, 5)
        listener.close()


@asynccontextmanager
async def page_of(show: Show, login: str, **context: object) -> AsyncIterator[tuple[object, str, list[str]]]:
    """A logged-in page, the address, and everything the browser complained about."""
    wrong: list[str] = []
    async with served(show) as address, playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await (await browser.new_context(**context)).new_page()
        page.on(
            "console",
            lambda message: (
                wrong.append(f"{message.text} {message.location.get('url', '')}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(f"dialog {dialog.message}"))
        token = show.journal.make_login_link(login, show.ports.wall_ms())
        await page.goto(f"{address}/login/once?t={token}")
        assert token not in page.url
        await page.click("button.go")
        await page.wait_for_selector("#wire")
        try:
            yield page, address, wrong
        finally:
            await browser.close()


@pytest.fixture
def shown(tmp_path: Path) -> Show:
    made = open_show(tmp_path)
    made.draws.add(SHEET, "draw-1", finish=True)
    return made


@pytest.mark.parametrize("width", [1440, 1024, 390])
async def test_every_page_fits_and_keeps_the_policy(shown: Show, width: int) -> None:
    shown.journal.change_person("compliance", by="test", role="compliance,operator,moderator")
    async with page_of(shown, "compliance", viewport={"width": width, "height": 800}) as (
        page,
        address,
        wrong,
    ):
        for path in (
            "/",
            "/cases",
            "/cases/1",
            "/phrases",
            "/phrases/edit?intent=price",
            "/phrases/effect",
            "/phrases/history?id=price-1",
            "/review",
            "/questions",
            "/questions/edit",
            "/paste",
            "/goods",
            "/goods/renew",
            "/account/password",
            "/draws",
            "/draws/new",
            "/draws/draw-1",
            "/record",
        ):
            await page.goto(address + path)
            await page.wait_for_timeout(150)
            over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert over <= 0, path
            assert await page.evaluate("document.querySelectorAll('main img, main script').length") == 0
        assert wrong == []
    shown.close()


async def test_comments_arrive_and_do_not_move_under_the_pointer(shown: Show) -> None:
    async with page_of(shown, "operator", viewport={"width": 1440, "height": 900}) as (page, _, wrong):
        await page.wait_for_selector("#comments .row")
        await page.wait_for_selector("#chart canvas")
        texts = await page.locator("#comments .said").all_inner_texts()
        assert any("<script>alert(1)</script>" in text for text in texts)
        assert await page.locator("#comments mark").count() >= 2
        shown.commit([comment("刚刚到的", "甲", START + 40_000)])
        await page.get_by_text("刚刚到的").wait_for()
        await page.hover("#comments")
        before = await page.locator("#comments .row").count()
        shown.commit([comment(f"后来的{n}号", f"乙{n}", START + 41_000 + n) for n in range(12)])
        await page.wait_for_selector("#fresh:not([hidden])")
        assert "12" in await page.inner_text("#fresh")
        assert await page.locator("#comments .row").count() == before
        await page.keyboard.press(".")
        await page.get_by_text("后来的11号").wait_for()
        await page.mouse.move(5, 5)
        for n in range(3):
            shown.commit(
                [comment(f"第{n}批{i}", f"丙{n}{i}", START + 50_000 + n * 200 + i) for i in range(150)]
            )
        await page.get_by_text("第2批149").wait_for()
        assert await page.locator("#comments .row").count() <= 200
        assert wrong == []
    shown.close()


async def test_near_equal_comments_fold(shown: Show) -> None:
    async with page_of(shown, "operator", viewport={"width": 1440, "height": 900}) as (page, _, _wrong):
        await page.wait_for_selector("#comments .row")
        shown.commit([comment("有大码的么", f"甲{n}", START + 40_000 + n) for n in range(7)])
        row = page.locator("#comments .row", has_text="有大码的么")
        await row.locator(".times", has_text="×7").wait_for()
        assert await row.count() == 1
    shown.close()


async def test_the_kill_switch_reaches_every_open_page_within_a_second(shown: Show) -> None:
    async with page_of(shown, "operator", viewport={"width": 1440, "height": 900}) as (page, address, _):
        other = await page.context.new_page()
        await other.goto(address)
        await other.wait_for_selector('#wire[data-state="live"]')
        await page.wait_for_selector('#wire[data-state="live"]')
        await page.click(".kill button")
        await other.wait_for_selector(".hushed", timeout=1000)
        assert shown.state.replies_on is False
        assert (shown.told[-1].kind, shown.told[-1].by) == ("replies_off", "operator")
    shown.close()


async def test_a_case_from_queue_to_resolved_by_keyboard_alone(shown: Show) -> None:
    async with page_of(shown, "moderator", viewport={"width": 1440, "height": 900}) as (page, address, wrong):
        await page.goto(f"{address}/cases")
        first = await page.get_attribute(".case-row >> nth=0", "data-case")
        for key in ("j", "Enter"):
            await page.keyboard.press(key)
        await page.wait_for_selector('#detail [data-act="claim"]')
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.press("c")
        await page.wait_for_selector('#detail [data-act="resolve"]')
        await page.keyboard.press("5")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#detail .resolved")
        found = shown.readings.case(int(str(first)))
        assert found is not None
        assert (found.state, found.disposition, found.resolved_by) == (
            "resolved",
            "false_positive",
            "moderator",
        )
        assert wrong == []
    shown.close()


async def test_single_keys_can_be_switched_off(shown: Show) -> None:
    async with page_of(shown, "moderator") as (page, address, _):
        await page.goto(f"{address}/cases")
        await page.keyboard.press("?")
        await page.wait_for_selector("dialog[open]")
        await page.uncheck("#keys-on")
        await page.keyboard.press("Escape")
        await page.keyboard.press("j")
        assert await page.locator(".case-row.chosen").count() == 0
    shown.close()


async def test_the_answer_of_a_case_goes_to_the_clipboard_after_it_is_recorded(shown: Show) -> None:
    granted = ["clipboard-read", "clipboard-write"]
    async with page_of(shown, "moderator", viewport={"width": 1440, "height": 900}, permissions=granted) as (
        page,
        address,
        wrong,
    ):
        await page.goto(f"{address}/cases/1")
        words = await page.inner_text(".case-answer .words")
        await page.click(".case-answer button")
        await page.wait_for_selector('form[data-state="copied"]')
        assert await page.evaluate("navigator.clipboard.readText()") == words
        told = [one.body["data"] for one in shown.readings.case_history(1)]
        assert [(one["by"], one["phrase"]) for one in told if one["act"] == "copied"] == [
            ("moderator", "complaint-logistics-1")
        ]
        assert wrong == []
        row = next(one for one in shown.journal.phrase_versions("live") if one.id == "complaint-logistics-1")
        shown.journal.withdraw_phrase(row.id, row.digest, "operator", "no")
        await page.click(".case-answer button")
        await page.wait_for_selector(".toast.bad, .bad")
        assert len(shown.readings.case_history(1)) == len(told), "what is withdrawn is not given out"
    shown.close()
