"""Writing, review, own questions and goods in a real browser: by keyboard, with a name for every field."""

from __future__ import annotations

import pytest

from bot.storage.values import FactRow, ProductRow
from replies.phrase import Phrase
from tests.bot.console.pages.test_review import BAD, GOOD, HASHED, PASSWORD, state, submitted
from tests.bot.console.show import Show
from tests.bot.console.test_browser import page_of, pytestmark, shown

__all__ = ["pytestmark", "shown"]

PATHS = (
    "/phrases", "/phrases/edit?intent=price", "/phrases/history?id=price-1", "/review", "/review/second/returns-own",
    "/questions", "/questions/edit?slug=box", "/paste", "/goods", "/goods/renew", "/account/password",
)  # fmt: skip

NAMELESS = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a")]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.labels?.length || one.getAttribute("aria-label") || one.title || one.textContent.trim()))
  .map((one) => one.outerHTML.slice(0, 120))"""
TWICE = """() => { const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  return ids.filter((one, at) => ids.indexOf(one) !== at); }"""
SMALL = """() => [...document.querySelectorAll("main button, main .button, main summary")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 20)
  .map((one) => one.outerHTML.slice(0, 120))"""


def stocked(show: Show) -> None:
    show.journal.save_products(
        [ProductRow("p1", {"name": "洁面", "slot": 3, "klass": "cosmetic"})], by="admin"
    )
    show.journal.save_facts(
        [
            FactRow("p1", "stock", "20", "bridge", show.wall[0] - 1),
            FactRow("", "courier", "顺丰", "shop", None),
        ],
        by="admin",
    )
    asks = ["能开专票吗", "可以开增值税专用发票吗", "专票怎么开"]
    show.journal.save_own_question("box", {"name": "专票", "asks": asks}, by="operator")
    show.journal.change_person("operator", by="operator", password_hash=HASHED)
    show.journal.change_person("admin", by="admin", password_hash=HASHED)


@pytest.mark.parametrize("width", [1440, 390])
async def test_every_field_has_a_name_and_nothing_is_cut_off(shown: Show, width: int) -> None:
    stocked(shown)
    submitted(shown, GOOD)
    submitted(shown, BAD)
    shown.journal.change_person("operator", by="admin", role="operator,admin")
    async with page_of(shown, "operator", viewport={"width": width, "height": 900}) as (page, address, wrong):
        for path in PATHS:
            await page.goto(address + path)
            await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
            assert await page.evaluate(NAMELESS) == [], path
            assert await page.evaluate(TWICE) == [], path
            assert await page.evaluate(SMALL) == [], path
            assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
            assert await page.locator("h1").count() == 1, path
        assert wrong == []
    shown.close()


async def test_a_slot_goes_where_the_cursor_stands_and_is_checked(shown: Show) -> None:
    async with page_of(shown, "operator", viewport={"width": 1280, "height": 900}) as (page, address, wrong):
        await page.goto(f"{address}/phrases/edit?intent=price")
        await page.fill("#text", "现在，看链接。")
        await page.evaluate("document.getElementById('text').setSelectionRange(2, 2)")
        await page.focus('[data-slot="price"]')
        await page.keyboard.press("Enter")
        assert await page.input_value("#text") == "现在{price}，看链接。"
        await page.wait_for_selector('#lint :text("price-basis")')
        await page.click('[data-disclosure="本品不能代替药物"]')
        assert await page.input_value("#disclosure") == "本品不能代替药物"
        await page.select_option('select[name="scope"]', "class")
        await page.fill('input[name="klass"]', "health_food")
        await page.fill("#disclosure", "")
        await page.wait_for_selector("#lint [data-disclosure]")  # offered where the class asks for it
        assert wrong == []
    shown.close()


async def test_only_clean_ones_are_ticked_and_enter_presses_the_button_beside(shown: Show) -> None:
    stocked(shown)
    submitted(shown, GOOD, by="compliance")
    submitted(shown, BAD, by="compliance")
    other = Phrase("gift-own", "gift", "any", None, None, "zh", "随单送小样。")
    async with page_of(shown, "operator", viewport={"width": 1280, "height": 900}) as (page, address, _):
        await page.goto(f"{address}/review")
        await page.click('[data-tick="clean"]')
        assert await page.locator('input[name="pick"]:checked').count() == 1
        assert "已勾选 1" in await page.inner_text(".review-bar")
        await page.fill('.review-acts input[type="password"]', PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".outcomes .ok")
        assert (state(shown, GOOD), state(shown, BAD)) == ("live", "in_review")
        submitted(shown, other, by="compliance")
        await page.goto(f"{address}/review")  # the sitting runs: a slip must not approve
        await page.check(f'input[name="pick"][value^="{other.id} "]')
        await page.fill('input[name="reason"]', "写短一点")
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".outcomes .ok")
        assert state(shown, other) == "draft"
    shown.close()


async def test_facts_are_renewed_in_a_dialog(shown: Show) -> None:
    stocked(shown)
    async with page_of(shown, "operator", viewport={"width": 1280, "height": 900}) as (page, address, wrong):
        await page.goto(f"{address}/goods")
        await page.click(".page-acts .go")
        await page.wait_for_selector("dialog#renew[open]")
        await page.click("dialog [data-close]")
        assert await page.locator("dialog#renew[open]").count() == 0
        await page.click(".page-acts .go")
        await page.click("dialog#renew[open] button.go")
        await page.wait_for_selector("text=到本场结束 >> nth=0")
        assert await page.locator(".fact.stale").count() == 0
        await page.fill('.good input[name="value"] >> nth=0', "1")
        await page.keyboard.press("Escape")
        assert await page.input_value('.good input[name="value"] >> nth=0') == ""
        assert wrong == []
    shown.close()


async def test_drafts_are_ticked_and_sent_with_two_presses(shown: Show) -> None:
    for phrase in (GOOD, BAD):
        shown.journal.draft_phrase(phrase, by="operator", screen="s1")
    async with page_of(shown, "operator", viewport={"width": 390, "height": 900}) as (page, address, wrong):
        await page.goto(f"{address}/phrases?state=draft")
        await page.click('[data-tick="clean"]')
        assert await page.text_content("[data-ticked]") == "已勾选 1"
        await page.evaluate("document.querySelector('#drafts [name=key]').setAttribute('value', 'old')")
        await page.evaluate("htmx.trigger('#library', 'refresh')")
        await page.wait_for_selector("#drafts [name=key]:not([value=old])", state="attached")
        await page.wait_for_selector("[data-clean]:checked", state="attached")
        assert await page.text_content("[data-ticked]") == "已勾选 1"  # ticks outlast the list
        assert await page.evaluate(NAMELESS) == []
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        await page.click("#drafts button.go")
        await page.wait_for_selector(".outcomes .ok")
        assert (state(shown, GOOD), state(shown, BAD)) == ("in_review", "draft")
        assert wrong == []
    shown.close()
