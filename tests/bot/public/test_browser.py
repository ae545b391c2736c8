"""The public pages in a real browser: they verify by themselves, say what is wrong, and fetch nothing elsewhere."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from bot.draws.answers import ClaimView, Found
from bot.public.site import export_site
from bot.public.words import catalogue
from lottery.entry import pseudonym_of
from lottery.roster import Roster
from tests.bot.public.fair import Site, furnish, open_site
from tests.bot.public.test_site import exported
from tests.lottery.makers import PRACTICE_NOW, SALT, closed_case, contest_case

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic",
]  # fmt: skip
PHONE = {"width": 390, "height": 844}
WORDS = catalogue("zh")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    # uvicorn and playwright close their pipes in their own time
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@asynccontextmanager
async def served(site: Site) -> AsyncIterator[str]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(site.app, log_level="warning", timeout_graceful_shutdown=2))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, 5)
        listener.close()


@asynccontextmanager
async def phone(**context: Any) -> AsyncIterator[tuple[Any, list[str], list[str]]]:
    """A page of a phone, what the browser complained about, and every address it asked for."""
    wrong: list[str] = []
    asked: list[str] = []
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        given = {"viewport": PHONE, "locale": "zh-CN", "accept_downloads": True} | context
        page = await (await browser.new_context(**given)).new_page()
        page.set_default_timeout(15_000)
        page.on(
            "console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: asked.append(request.url))
        try:
            yield page, wrong, asked
        finally:
            await browser.close()


async def verdict(page: Any, kind: str) -> str:
    await page.wait_for_selector(f"main:not([hidden]) .verdict.{kind}")
    text: str = await page.inner_text("main:not([hidden]) .verdict")
    return text


async def test_a_drawn_draw_verifies_on_a_phone(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    site.draws.finish(contest_case("guess", 30, draw_id="one"))
    record = site.draws.records["one"]
    async with served(site) as address, phone() as (page, wrong, asked):
        await page.goto(f"{address}/d/one")
        await page.click("[data-run]")
        text = await verdict(page, "ok")
        assert WORDS["js.same"] in text
        assert WORDS["js.unexpected"] in text
        assert text.count(WORDS["js.practice"]) == 2
        assert await page.locator(".steps .ok, .steps .note").count() == 15
        assert await page.locator(".winner.checked").count() == 5
        await page.fill("[name=expect]", record["closed"][-1]["hash"][:16].upper())
        await page.click("[data-run]")
        await page.get_by_text(WORDS["js.expected"]).wait_for()
        await page.fill("[name=expect]", record["commitment"]["hash"][:16])
        await page.click("[data-run]")
        await page.get_by_text(WORDS["js.expected_rules"]).wait_for()
        await page.fill("[name=expect]", "0123 4567 89ab cdef")
        await page.click("[data-run]")
        assert WORDS["js.fails.expect"] in await verdict(page, "bad")
        await page.fill("[name=expect]", "0123")
        await page.click("[data-run]")
        await page.get_by_text(WORDS["js.short"]).wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert all(url.startswith((address, "data:")) for url in asked)
        assert wrong == []


@pytest.mark.parametrize(
    ("path", "step"),
    [
        (("commitment", "record", "title"), "commitment"),
        (("beacon", "signature"), "beacon"),
        (("drawn", "record", "seed"), "seed"),
        (("winners", 0, "position"), "winners"),
        (("extra",), "file"),
    ],
)
async def test_one_value_changed_and_the_page_says_which_step_fails(
    tmp_path: Path, path: Any, step: str
) -> None:
    site = open_site(tmp_path)
    site.draws.finish(closed_case(12, draw_id="one"))
    proof = json.loads((site.draws.folder / "one.proof.json").read_bytes())
    place = proof
    for key in path[:-1]:
        place = place[key]
    before = place.get(path[-1]) if isinstance(place, dict) else place[path[-1]]
    hexed = isinstance(before, str) and len(before) > 30
    place[path[-1]] = before[:-1] + "01"[before[-1] == "0"] if hexed else (7 if before != 7 else 8)
    if path[-1] == "title":
        place["title"] = "别的抽奖"
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(proof, ensure_ascii=False), encoding="utf-8")
    async with served(site) as address, phone() as (page, wrong, _):
        await page.goto(f"{address}/d/one")
        await page.set_input_files("[type=file]", str(bad))
        text = await verdict(page, "bad")
        assert await page.locator(".steps .failed").count() == 1
        failed = await page.get_attribute(".steps .failed", "data-step")
        assert WORDS[f"js.fails.{failed}"] in text
        if (
            path[-1] != "seed"
        ):  # the drawn record holds the seed: which of the two is named first is the verifier's
            assert failed == step
        assert await page.locator(".winner.checked").count() == 0
        assert wrong == []


async def test_the_exported_file_verifies_from_the_disk(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    furnish(site.draws)
    site.draws.finish(closed_case(2_000, draw_id="drawn"))
    folder = tmp_path / "site"
    export_site((exported(site.draws, one) for one in site.draws.records), folder, now_ms=PRACTICE_NOW)
    async with phone() as (page, wrong, asked):
        await page.goto((folder / "index.html").as_uri())
        await page.click('a[href="drawn.html"]')
        await page.click("main:not([hidden]) [data-run]")
        assert WORDS["js.same"] in await verdict(page, "ok")
        await page.click('[data-lang="en"]')
        assert await page.evaluate("document.documentElement.lang") == "en"
        await page.click("main:not([hidden]) [data-run]")
        assert catalogue("en")["js.same"] in await verdict(page, "ok")
        async with page.expect_download() as saving:
            await page.click('main:not([hidden]) [data-save="proof"]')
        saved = Path(await (await saving.value).path())
        assert json.loads(saved.read_bytes()) == json.loads(
            (site.draws.folder / "drawn.proof.json").read_bytes()
        )
        await page.goto((folder / "hostile.html").as_uri())
        await page.goto((folder / "contest-quiz.html").as_uri())
        await page.click("main:not([hidden]) [data-run]")
        await verdict(page, "ok")
        assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
        assert wrong == []


async def test_was_i_in_it_is_checked_against_the_published_list(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    case = closed_case(9, draw_id="one")
    site.draws.finish(case)
    mine = pseudonym_of(SALT, "one", "test", "u3")
    site.viewers.found = _found(case.roster, mine)
    async with served(site) as address, phone() as (page, wrong, _):
        await page.goto(f"{address}/d/one")
        await page.fill("[name=text]", "K7QM2")
        await page.click("[data-find] button")
        await page.wait_for_selector(".answer.yes")
        text = await page.inner_text(".answer")
        assert WORDS["js.find.in"] in text
        assert "u3**" in text
        assert mine.hex() in text
        root = case.roster.root.hex()[:16]
        assert WORDS["js.find.proved"].replace("{root}", root) in text
        site.viewers.found = _found(case.roster, mine, lie=True)
        await page.click("[data-find] button")
        await page.wait_for_selector(".answer.bad")
        assert WORDS["js.find.disproved"] in await page.inner_text(".answer")
        await page.check("[value=name]", force=True)
        assert await page.is_visible("[name=minute]")
        assert wrong == []


def _found(roster: Roster, pseudonym: bytes, lie: bool = False) -> Found:
    at = next(n for n, leaf in enumerate(roster.leaves) if leaf[:32] == pseudonym)
    path = tuple(step.hex() for step in roster.tree.path(at))
    leaf = roster.leaves[at].hex()
    if lie:
        path = ("00" * 32, *path[1:])
    return Found("in", at_ms=PRACTICE_NOW, name="u3**", pseudonym=pseudonym.hex(), position=at, leaf=leaf, path=path,
                 size=len(roster.leaves), root=roster.root.hex())  # fmt: skip


async def test_an_open_page_brings_its_news_by_itself(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    case = closed_case(9, draw_id="one")
    finished = dict(site.draws.finish(case))
    running = {**finished, "state": "open", "closed": [], "drawn": None, "winners": [], "entries": 3}
    site.draws.records["one"] = running
    async with served(site) as address, phone() as (page, wrong, _):
        await page.goto(f"{address}/d/one")
        assert await page.is_disabled("[data-run]")
        assert await page.inner_text(".strip [data-count]") == "3"
        site.draws.records["one"] = finished
        site.clock[0] = case.due_ms + 2_000
        await page.wait_for_selector(".winner")
        await page.wait_for_selector(".strip-claim")
        assert await page.is_enabled("[data-run]")
        await page.click("[data-run]")
        assert WORDS["js.same"] in await verdict(page, "ok")
        assert wrong == []


async def test_a_winners_page_waits_for_the_room_and_then_shows_the_prize(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    site.draws.finish(closed_case(9, draw_id="one"))
    async with served(site) as address, phone() as (page, wrong, _):
        await page.goto(f"{address}/d/one")
        await page.click('a[href="/d/one/claim"]')
        await page.click("button.go")
        await page.get_by_text("K7QM2XAP").wait_for()
        assert "ck_claim" not in await page.evaluate("document.cookie")
        site.viewers.view = ClaimView(
            "bound", "K7QM2XAP", 1, "一等奖", "电饭煲", "goods", delivery_wanted=True
        )
        await page.wait_for_selector('[data-state="bound"]')
        await page.fill("[name=name]", "王小明")
        await page.fill("[name=phone]", "13800000000")
        await page.fill("[name=address]", "某市某路 1 号")
        async with page.expect_navigation():
            await page.click('[action$="/deliver"] button')
        assert ("deliver", "t0ken-of-the-winner-page") in site.viewers.asked
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert wrong == []


async def show(page: Any, site: Any, address: str, record: Mapping[str, Any]) -> None:
    """Open the page of draw `one` on another record. The page before it goes first: its last question for news would
    bring the old record back into what the site keeps."""
    await page.goto("about:blank")
    site.draws.records["one"] = record
    site.app.state.house.records._kept.clear()
    site.app.state.house.pages._kept.clear()
    # An address of its own: a browser may show for a second what it was given for the same one.
    await page.goto(f"{address}?{secrets.token_hex(4)}")


async def test_a_page_that_shows_other_winners_or_claims_than_were_signed_is_found_out(
    tmp_path: Path,
) -> None:
    site = open_site(tmp_path)
    outcomes = [(1, "forfeited", "not_claimed"), (2, "confirmed", "")]
    honest = dict(site.draws.finish(closed_case(9, draw_id="one"), outcomes))
    drawn = honest["drawn"]["record"]
    swapped = {**drawn, "winners": drawn["winners"][::-1]}
    site.draws.records["two"] = honest | {"draw_id": "one", "drawn": honest["drawn"] | {"record": swapped}}
    altered = [
        honest["claims"][0],
        {**honest["claims"][1], "record": {**honest["claims"][1]["record"], "place": 3}},
    ]
    async with served(site) as address, phone() as (page, wrong, _):
        for claims, kind, words in (
            (honest["claims"], "ok", WORDS["js.claims"].replace("{n}", "2")),
            (honest["claims"][1:], "bad", WORDS["js.claims_bad"].replace("{n}", "1")),
            (altered, "bad", WORDS["js.claims_bad"].replace("{n}", "2")),
        ):
            await show(page, site, f"{address}/d/one", honest | {"claims": claims})
            await page.click("[data-run]")
            assert words in await verdict(page, kind)
        await show(page, site, f"{address}/d/one", site.draws.records["two"])
        await page.click("[data-run]")
        assert WORDS["js.different"] in await verdict(page, "bad")
        assert await page.locator(".winner.checked").count() == 0
        assert wrong == []


@pytest.mark.parametrize(("scheme", "widths"), [("light", (320, 390)), ("dark", (1440,))])
async def test_every_state_fits_every_width(tmp_path: Path, scheme: str, widths: tuple[int, ...]) -> None:
    site = open_site(tmp_path)
    furnish(site.draws)
    async with served(site) as address, phone(color_scheme=scheme) as (page, wrong, _):
        for width in widths:
            await page.set_viewport_size({"width": width, "height": 900})
            for path in ("/", *(f"/d/{draw_id}" for draw_id in site.draws.records), "/d/drawn/claim"):
                await page.goto(address + path)
                over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert over <= 0, (path, width)
        assert wrong == []
