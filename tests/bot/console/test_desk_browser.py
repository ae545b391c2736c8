"""Desk and prompter in a real browser: they fit, keep the content policy, and what is pressed at one is at once at the
other."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.desk.cues import SHOWN_MS
from tests.bot.console.show import LINES, ROOM, START, Show, comment, open_show
from tests.bot.console.test_browser import page_of, pytestmark

__all__ = ["pytestmark"]


@pytest.fixture
def shown(tmp_path: Path) -> Show:
    return open_show(tmp_path)


@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_desk_and_prompter_fit_and_keep_the_policy(shown: Show, width: int, lang: str) -> None:
    shown.journal.change_person("operator", by="test", role="admin,compliance,operator,moderator")
    async with page_of(shown, "operator", viewport={"width": width, "height": 800}) as (page, address, wrong):
        await page.context.add_cookies([{"name": "ck_lang", "value": lang, "url": address}])
        for path in ("/desk", "/prompter"):
            await page.goto(address + path)
            await page.wait_for_timeout(150)
            assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
            assert await page.evaluate("document.querySelectorAll('main img, main script').length") == 0
        assert wrong == []
    shown.close()


async def test_five_rows_fit_on_a_prompter_without_scrolling_and_are_large(shown: Show) -> None:
    shown.commit([
        comment(text, f"观众{n}{m}", START + 60_000 + n * 10 + m)
        for n, (_, text, asked) in enumerate(LINES)
        if asked.get("unsure") or asked.get("faq")
        for m in range(3)
    ])  # fmt: skip
    async with page_of(shown, "viewer", viewport={"width": 1280, "height": 800}) as (page, address, wrong):
        await page.goto(address + "/prompter")
        rows = page.locator(".stage-rows li")
        assert 1 <= await rows.count() <= 5
        sizes = await page.evaluate(
            "[...document.querySelectorAll('.stage-rows li')].map((one) => "
            "[parseFloat(getComputedStyle(one).fontSize), one.getBoundingClientRect().bottom])"
        )
        # 7 % of the height: on a 60 cm wide screen about 2.3 cm, more than the 1.2 cm that two metres ask for.
        assert all(size >= 800 * 0.06 for size, _ in sizes)
        assert all(bottom <= 800 for _, bottom in sizes)
        assert wrong == []
    shown.close()


async def test_red_light_kill_switch_and_cue_reach_the_prompter_within_a_second(shown: Show) -> None:
    async with page_of(shown, "operator", viewport={"width": 1440, "height": 900}) as (page, address, wrong):
        host = await page.context.new_page()
        await host.goto(address + "/prompter")
        await host.wait_for_selector('#wire[data-state="live"]', state="attached")
        await page.goto(address + "/desk")
        await page.wait_for_selector('#wire[data-state="live"]')

        began = time.monotonic()
        await page.keyboard.press("a")
        await host.wait_for_selector(".cue-full")
        assert time.monotonic() - began < 1.5
        shown.time[0] += SHOWN_MS
        await host.evaluate("ck.stale()")
        await host.wait_for_selector(".cue-strip")
        await host.click(".cue-form button")
        await host.wait_for_selector(".cue-form", state="detached")

        await page.keyboard.press("r")
        await page.wait_for_selector("#red-dialog[open]")
        began = time.monotonic()
        await page.keyboard.press("2")
        await host.wait_for_selector("[data-red]")
        assert time.monotonic() - began < 1.5
        assert shown.state.red is not None
        await page.click(".red-bar button")
        await host.wait_for_selector("[data-red]", state="detached")

        await page.keyboard.press("k")
        await page.wait_for_selector("#kill-dialog[open]")
        assert shown.state.replies_on
        began = time.monotonic()
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".kill-off")
        assert time.monotonic() - began < 1.5
        assert not shown.state.replies_on
        assert wrong == []
    shown.close()


async def test_keys_change_what_is_on_show_but_not_while_somebody_types(shown: Show) -> None:
    order = [one.id for one in sorted(shown.state.shop.products, key=lambda one: one.slot)]
    async with page_of(shown, "operator", viewport={"width": 1440, "height": 900}) as (page, address, wrong):
        await page.goto(address + "/desk")
        await page.wait_for_selector('#wire[data-state="live"]')
        await page.keyboard.press("]")
        await page.wait_for_selector(f'#pick-product option[value="{order[0]}"][selected]', state="attached")
        await page.keyboard.press("n")
        await page.wait_for_selector(f'#pick-product option[value="{order[1]}"][selected]', state="attached")
        await page.focus("#cue-text")
        await page.keyboard.type("r]ak")
        await page.wait_for_timeout(300)
        assert shown.state.on_show == order[1]
        assert await page.locator("dialog[open]").count() == 0
        await page.fill("#cue-text", "看三号")
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".cue-bar")
        desk = shown.ports.room_desk(ROOM)
        assert desk is not None
        cue = desk.control.cues.current()
        assert cue is not None
        assert cue.text == "看三号"
        assert wrong == []
    shown.close()
