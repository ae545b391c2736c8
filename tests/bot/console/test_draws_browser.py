"""Draws in a real browser: pages fit and keep the content policy, a person gets from a preset to a running draw, and
the picture on the overlay goes through the proof in its order."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.bot.console.show import ROOM, SHEET, START, Show, open_show
from tests.bot.console.test_browser import page_of, pytestmark

__all__ = ["pytestmark"]


@pytest.fixture
def shown(tmp_path: Path) -> Show:
    made = open_show(tmp_path, lines=())
    made.draws.add(dataclasses.replace(SHEET, reserves=2), "draw-1", finish=True)
    made.draws.add(SHEET, "draw-2")
    object.__setattr__(made.ports, "public_site", "https://draws.example.com")
    return made


@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_the_pages_fit_and_keep_the_policy(shown: Show, width: int, lang: str) -> None:
    async with page_of(shown, "operator", viewport={"width": width, "height": 800}) as (page, address, wrong):
        await page.context.add_cookies([{"name": "ck_lang", "value": lang, "url": address}])
        for path in (
            "/draws", "/draws/presets", "/draws/new?from=guess-price", "/draws/new?from=red-rain", "/draws/draw-1",
            "/draws/draw-2", "/draws/barred", "/polls",
        ):  # fmt: skip
            await page.goto(address + path)
            assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        assert wrong == []
    shown.close()


async def test_a_person_gets_from_a_preset_to_a_running_draw(shown: Show) -> None:
    async with page_of(shown, "operator", viewport={"width": 1440, "height": 900}) as (page, address, wrong):
        await page.goto(address + "/draws")
        await page.click("text=新抽奖")
        await page.click('a[href="/draws/new?from=quiz"]')
        assert await page.locator("#preflight .findings li").count() >= 5
        assert await page.locator("[data-name].wrong").count() == 0  # an empty sheet is no mistake yet
        await page.fill("[name=prize0_name]", "五元券")
        await page.fill("[name=prize0_value]", "60000")
        await page.wait_for_selector("#preflight :text('五万元')")
        for name, text in {
            "prize0_value": "5", "question": "山茶花什么时候开？", "answers": "B", "organiser": "示例小店",
            "contact": "a@b.c",
        }.items():  # fmt: skip
            await page.fill(f"[name={name}]", text)
        await page.wait_for_selector("#preflight .ok-head")
        await page.click(".final .go")
        await page.wait_for_selector(".big-go")
        first = await page.inner_text("[data-at-offset='0']")
        await page.wait_for_selector(f"[data-at-offset='0']:not(:text-is('{first}'))")
        await page.click(".big-go")
        await page.wait_for_selector(".count-box .figure")
        assert page.url.endswith("/draws/draw-3")
        assert await page.locator(".lock").count() == 3
        entry = shown.draws.records["draw-3"]["commitment"]["record"]["entry"]  # type: ignore[index]
        assert (entry["kind"], entry["contest"]["options"]) == ("quiz", ["A", "B", "C"])
        assert wrong == []
    shown.close()


async def overlay_of(show: Show, address: str, kind: str = "draw", more: str = "") -> str:
    desk = show.ports.room_desk(ROOM)
    assert desk is not None
    return f"{address}/overlay/{kind}?token={await desk.control.overlays.make('x', 'operator')}{more}"


ORDER = """() => new Promise((done) => {
  const seen = [];
  const look = () => {
    document.querySelectorAll(".picks li:not([hidden])").forEach((one) => {
      const at = one.querySelector(".at").textContent.match(/\\d+/)[0];
      if (!seen.includes(at)) seen.push(at);
    });
    if (document.querySelector("[data-done]")) done(seen);
    else requestAnimationFrame(look);
  };
  look();
})"""
"""The positions in the order in which they appeared, once the picture has come to its end."""


async def test_the_picture_reveals_the_positions_in_the_order_drawn(shown: Show) -> None:
    shown.draws.add(SHEET, "draw-3", close=True)
    shown.time[0] = START + 61_000
    async with page_of(shown, "operator", viewport={"width": 1920, "height": 1080}) as (page, address, wrong):
        await page.goto(await overlay_of(shown, address))
        await page.wait_for_selector(".phase-waiting")
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"
        before = await page.inner_text(".clock")
        await page.wait_for_selector(f".clock:not(:text-is('{before}'))")
        shown.draws.add(dataclasses.replace(SHEET, reserves=2), "draw-4", finish=True)
        shown.time[0] = START + 76_000
        await page.wait_for_selector(".phase-drawn")
        seen = await page.evaluate(ORDER)
        drawn = shown.draws.records["draw-4"]["drawn"]["record"]  # type: ignore[index]
        assert [int(at) for at in seen] == [*drawn["winners"], *drawn["reserves"]]
        marks = await page.evaluate(
            "[...document.querySelectorAll('.mark')].map((one) => one.getAttribute('cx'))"
        )
        assert [float(x) for x in marks] == [(at + 0.5) * 25 for at in map(int, seen)]
        assert wrong == []
    shown.close()


@pytest.mark.parametrize("how", ["still", "reduced"])
async def test_where_motion_is_unwanted_the_end_stands_there_at_once(shown: Show, how: str) -> None:
    shown.draws.add(dataclasses.replace(SHEET, reserves=2), "draw-3", finish=True)
    shown.time[0] = START + 76_000
    motion = {"reduced_motion": "reduce"} if how == "reduced" else {}
    async with page_of(shown, "operator", viewport={"width": 640, "height": 360}, **motion) as (
        page,
        address,
        wrong,
    ):
        await page.goto(await overlay_of(shown, address, more="&still=1" if how == "still" else ""))
        assert await page.locator(".picks li:not([hidden])").count() == 5
        await page.wait_for_selector("[data-done]", timeout=1000)
        assert wrong == []
    shown.close()


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (480, 270)])
async def test_the_picture_fits_its_window_from_before_the_opening_to_the_end(
    shown: Show, size: tuple[int, int]
) -> None:
    width, height = size
    async with page_of(shown, "operator", viewport={"width": width, "height": height}) as (
        page,
        address,
        wrong,
    ):
        for at, phase, more in ((0, "soon", {}), (30_000, "open", {}), (61_000, "waiting", {"close": True})):
            shown.draws.add(dataclasses.replace(SHEET, lead_s=20 if not more else 0), f"d-{phase}", **more)  # type: ignore[arg-type]
            shown.time[0] = START + at
            await page.goto(await overlay_of(shown, address))
            await page.wait_for_selector(f".phase-{phase}")
            right, bottom = await page.evaluate(
                "(() => { const box = document.querySelector('.board').getBoundingClientRect();"
                " return [box.right, box.bottom]; })()"
            )
            assert right <= width, (phase, right)
            assert bottom <= height, (phase, bottom)
            assert await page.evaluate(
                "[...document.querySelectorAll('.board *')].every((one) => one.scrollWidth <= one.clientWidth + 1"
                " || getComputedStyle(one).overflow !== 'visible' || !one.clientWidth)"
            )
        assert wrong == []
    shown.close()


async def test_poll_bars_move_without_the_picture_being_built_anew(shown: Show) -> None:
    from tests.bot.console.show import comment

    shown.commit([comment("晚上好", "甲", START, "u0")])
    await shown.ports.polls.start(ROOM, "想看哪个？", ["红", "蓝"], by="operator")
    async with page_of(shown, "operator", viewport={"width": 1280, "height": 720}) as (page, address, wrong):
        await page.goto(await overlay_of(shown, address, "poll"))
        await page.evaluate("document.querySelector('.bars').dataset.same = 'yes'")
        shown.commit([comment("2", f"甲{n}", START + n, f"u{n}") for n in range(3)])
        await page.wait_for_selector("[data-live=v2]:text('3')")
        assert await page.get_attribute("rect[data-live=w2]", "width") == "100"
        assert await page.evaluate("document.querySelector('.bars').dataset.same") == "yes"
        assert wrong == []
    shown.close()
