"""The page of prizes in a real browser: it fits, keeps the content policy, and a place is handled in a dialog."""

from __future__ import annotations

import pytest

from bot.draws.answers import Delivery
from tests.bot.console.pages.test_prizes import PAGE, staged
from tests.bot.console.show import Show
from tests.bot.console.test_browser import page_of, pytestmark
from tests.bot.draws.prize_stage import COUPONS, GOODS

__all__ = ["pytestmark"]


@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_the_page_fits_and_keeps_the_policy(show: Show, width: int, lang: str) -> None:
    stage = staged(show, (*GOODS, *COUPONS))
    home = Delivery("王" * 60, "1" * 30, "很长的路" * 70)
    stage.book.deliver(stage.draw_id, stage.bound(1), home, stage.now)
    async with page_of(show, "operator", viewport={"width": width, "height": 800}) as (page, address, wrong):
        await page.context.add_cookies([{"name": "ck_lang", "value": lang, "url": address}])
        await page.goto(address + PAGE)
        await page.fill("#sending form[action$=addresses] input[name=reason]", "打包")
        await page.click("#sending form[action$=addresses] button")
        assert await page.locator(".address bdi").first.inner_text() == "王" * 60
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert wrong == []


async def test_a_place_is_dropped_in_its_dialog_after_asking(show: Show) -> None:
    stage = staged(show)
    async with page_of(show, "operator", viewport={"width": 1280, "height": 800}) as (page, address, wrong):
        asked: list[str] = []

        async def yes(dialog: object) -> None:
            asked.append(dialog.message)  # type: ignore[attr-defined]
            await dialog.accept()  # type: ignore[attr-defined]

        page.on("dialog", yes)
        await page.goto(address + PAGE)
        await page.click("[data-open=acts-2]")
        box = page.locator("#acts-2")
        assert await box.get_attribute("open") is not None
        await box.locator("[data-shut]").click()
        assert await box.get_attribute("open") is None
        await page.click("[data-open=acts-2]")
        form = box.locator("form:has(input[value=drop])")
        await form.locator("select[name=why]").select_option("staff")
        await form.locator("input[name=reason]").fill("漏登的员工")
        await form.locator("button").click()
        await page.wait_for_url("**#place-2")
        assert len(asked) == 1
        assert stage.states()[:4] == ["open", "forfeited", "open", "open"]
        assert "工作人员账号" in await page.locator("#place-2").inner_text()
        assert [one.partition(" ")[0] for one in wrong] == ["dialog"]
