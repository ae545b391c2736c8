"""The draw of a person, from a preset in the console to the page on a viewer's phone, in Chromium: announced and
pressed 开始, entered through the room's socket, decided by a real round of the beacon, checked by whoever likes,
claimed, and found out when one value of its proof is changed."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.public.words import catalogue
from tests.journeys.draw_stage import (
    CHROMIUM,
    DUE_MS,
    FAST,
    RELAYED,
    ROUND,
    STAND,
    WALK,
    Stage,
    draw_stage,
    shot,
)
from tests.journeys.stage import PATIENCE_S, ROOT, changkong, environment
from tests.lottery.agreement.judges import NODE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    # uvicorn and playwright close their pipes in their own time
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

KEYWORD = "暖冬福利"
WINDOW_S, LEAD_S = 120, 30
CLOSES_MS = DUE_MS - 47_000
"""With the timing `quick` the beacon is the first one 45 s after the closing or later; one comes every 3 s."""
OPENS_MS = CLOSES_MS - WINDOW_S * 1000
ANNOUNCED_MS = OPENS_MS - LEAD_S * 1000
VIEWERS = tuple(f"u{number}" for number in range(1, 13))
PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN", "accept_downloads": True}
ZH, EN = catalogue("zh"), catalogue("en")


async def fill_in(page: Any, stage: Stage) -> None:
    """From the list of draws by the preset 口令3分钟 to the page before 开始: what only the shop knows is added."""
    await page.goto(f"{stage.console}/draws")
    await page.click('a[href="/draws/presets"]')
    await shot(page, "01-presets")
    await page.click('.preset:has-text("口令3分钟") a.go')
    assert await page.input_value('[name="keyword"]') == KEYWORD
    assert await page.input_value('[name="window_s"]') == "180"
    missing = {"prizes", "organiser", "contact"}
    named = await page.eval_on_selector_all("#preflight [data-field]", "all => all.map(e => e.dataset.field)")
    assert set(named) == missing
    assert "规范促销行为暂行规定" in await page.inner_text("#preflight")
    for name, text in (
        ("window_s", str(WINDOW_S)), ("lead_s", str(LEAD_S)), ("organiser", "某某食品有限公司"),
        ("contact", "客服 400-000-0000"), ("prize0_name", "电饭煲"), ("prize0_quantity", "2"),
        ("prize0_value", "60000"),
    ):  # fmt: skip
        await page.fill(f'[name="{name}"]', text)
    await page.wait_for_selector('#preflight :text("五万元")')  # the cap, with the article it stands in
    await shot(page, "02-preflight-refuses")
    await page.fill('[name="prize0_value"]', "299")
    await page.wait_for_selector("#preflight .ok-head")
    await shot(page, "03-preflight-passes")
    assert await page.input_value('[name="preset"]') == "quick"
    await page.click(".final button.go")


async def start(page: Any) -> str:
    """What 开始 fixes for good stands on the page before it; gives the draw's id."""
    await page.wait_for_selector(".final.start")
    assert str(ROUND) in await page.content()
    assert await page.locator(".step-announced .lock, .step-closed .lock, .step-beacon .lock").count() == 3
    await shot(page, "04-confirm")
    await page.click("button.big-go")
    await page.wait_for_selector("#draw-one h1")
    return str(page.url).rsplit("/", 1)[1]


async def digits(overlay: Any, phase: str) -> str:
    """The sixteen hex digits on the picture in the room, once it shows `phase`."""
    await overlay.wait_for_selector(f".board.phase-{phase} .digits")
    groups = await overlay.locator(".board .digits span").all_inner_texts()
    assert [len(one) for one in groups] == [4, 4, 4, 4]
    return "".join(groups)


async def enter(stage: Stage) -> None:
    """Twelve viewers, three of them twice; one of the staff, one who says something else, the host."""
    for uid in VIEWERS:
        await stage.crowd.type(uid, KEYWORD)
    for uid in VIEWERS[:3]:
        await stage.crowd.type(uid, KEYWORD)
    await stage.crowd.type("clerk", KEYWORD)
    await stage.crowd.type("u99", f"{KEYWORD}哪里领")
    await stage.crowd.type("boss", KEYWORD, "host")


def refused(stage: Stage, draw_id: str) -> dict[str, int]:
    return dict(stage.journal.entry_counts(draw_id)[1])


async def announced(stage: Stage, page: Any, overlay: Any) -> tuple[str, str]:
    """Announced in the room and on the picture before anybody may enter."""
    await stage.crowd.type("u98", "大家好")
    await stage.until("the session", lambda: bool(stage.seat.attachment.state.session))
    await fill_in(page, stage)
    draw_id = await start(page)
    stage.clock.pace(WALK)
    assert await stage.said("开始") == f"第1场抽奖开始：发送「{KEYWORD}」参加，2分钟截止，规则和校验码看屏幕"
    committed = await digits(overlay, "soon")
    row = stage.journal.draw(draw_id)
    assert row is not None
    assert row.body["commitment"]["hash"].startswith(committed)
    assert row.body["commitment"]["record"]["beacon"]["round"] == ROUND
    await shot(overlay, "05-overlay-announced")
    return draw_id, committed


async def entered(stage: Stage, draw_id: str, page: Any, overlay: Any) -> None:
    """Entries are taken while the picture keeps showing the commitment, and counted where the operator looks."""
    await stage.clock.reach(OPENS_MS + 2_000, STAND)
    await enter(stage)
    expected = {"duplicate": 3, "staff": 2}
    await stage.until("all entries", lambda: stage.journal.entry_counts(draw_id)[0] == len(VIEWERS))
    await stage.until("all refusals", lambda: refused(stage, draw_id) == expected)
    stage.clock.pace(WALK)
    await page.wait_for_selector(f'.figure:text-is("{len(VIEWERS)}")')
    assert await page.inner_text(".reasons") == "重复参与\n3\n工作人员\n2"
    assert "抽奖·开始\n已排入发送" in await page.inner_text(".told")
    await overlay.wait_for_selector(f'.phase-open [data-live="entries"]:text-is("{len(VIEWERS)}")')
    await shot(page, "06-control-open")
    await shot(overlay, "07-overlay-open")


async def closed(stage: Stage, draw_id: str, page: Any, overlay: Any) -> str:
    """The end comes by itself; who is late is refused and told so in the record. Gives the digits of the list."""
    await stage.clock.reach(CLOSES_MS + 500, STAND)
    await stage.crowd.type("late-comer", KEYWORD)
    await stage.until("the late one's refusal", lambda: refused(stage, draw_id).get("late") == 1)
    await stage.clock.reach(CLOSES_MS + 3_000, WALK)
    assert f"共{len(VIEWERS)}人" in await stage.said("已截止")
    listed = await digits(overlay, "waiting")
    row = stage.journal.draw(draw_id)
    assert row is not None
    assert row.body["closed"][-1]["hash"].startswith(listed)
    await shot(overlay, "08-overlay-closed")
    return listed


async def drawn(stage: Stage, draw_id: str, page: Any, overlay: Any) -> None:
    """No relay can be reached: a person pastes the round's value, a wrong one first."""
    await stage.clock.reach(DUE_MS + 1_000, WALK)
    await page.wait_for_selector(".warn-bar")
    await shot(page, "09-control-waiting")
    wrong = RELAYED.replace("87b3", "97b3")
    await page.fill('textarea[name="beacon"]', wrong)
    await page.click('form[action$="/beacon"] button')
    told = await page.inner_text(".problems")
    assert f"不是第 {ROUND} 轮的值" in told
    (refusal,) = stage.wrong  # the browser tells that the form was refused, and nothing else
    assert "422" in refusal
    stage.wrong.clear()
    await shot(page, "10-beacon-refused")
    await page.fill('textarea[name="beacon"]', RELAYED)
    await page.click('form[action$="/beacon"] button')
    await page.wait_for_selector(".winners tbody tr")
    assert await stage.said("已开奖") == "第1场抽奖已开奖，结果和自己验证的方法看屏幕二维码"
    await overlay.wait_for_selector(".phase-drawn .picks .fresh")
    await shot(overlay, "11-overlay-drawing")
    await overlay.wait_for_selector("[data-done]")
    await shot(overlay, "12-overlay-drawn")
    await shot(page, "13-control-drawn")


async def verdict(page: Any, kind: str) -> str:
    await page.wait_for_selector(f"main:not([hidden]) .verdict.{kind}")
    return str(await page.inner_text("main:not([hidden]) .verdict"))


async def check(page: Any, seen: str, words: Any = ZH, *, early: bool = False) -> None:
    """Verify in the browser with the digits seen in the room: every step holds. `early`: those that stood there before
    entries opened, which say nothing of the list yet, and the page tells so."""
    await page.fill("main:not([hidden]) [name=expect]", seen)
    await page.click("main:not([hidden]) [data-run]")
    told = await verdict(page, "ok")
    await (
        page.locator("main:not([hidden]) .verdict")
        .get_by_text(words["js.expected_rules" if early else "js.expected"])
        .wait_for()
    )
    assert words["js.practice"] not in told
    steps = page.locator("main:not([hidden]) .steps li")
    assert await steps.count() == 15
    assert await page.locator("main:not([hidden]) .steps li.ok").count() == 15 - early
    assert await page.locator("main:not([hidden]) .winner.checked").count() == 5
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


async def claimed(stage: Stage, draw_id: str, phone: Any) -> None:
    """The winner's page shows a code; typed from the winning account it is that winner's page,
    and whoever copies it afterwards gets nothing."""
    await phone.click(f'a[href="/d/{draw_id}/claim"]')
    await phone.click("button.go")
    code = (await phone.inner_text(".big-code")).split()[-1]
    await shot(phone, "20-claim-code-390")
    chosen = [stage.journal.uid_of(one.subject_id) for one in stage.journal.claims(draw_id)]
    assert chosen[0] in VIEWERS
    await stage.crowd.type(str(chosen[0]), f"兑奖 {code}")
    await stage.crowd.type(next(uid for uid in VIEWERS if uid not in chosen), f"兑奖 {code}")
    await phone.wait_for_selector('[data-state="bound"]')
    await shot(phone, "21-claim-bound-390")
    for name, text in (("name", "王小明"), ("phone", "13800000000"), ("address", "某省某市某路 1 号")):
        await phone.fill(f"[name={name}]", text)
    await phone.click('[action$="/deliver"] button')
    await phone.wait_for_selector('[data-state="confirmed"]')
    assert "某路" not in await phone.inner_text("main")
    await shot(phone, "22-claim-confirmed-390")


def tampered(proof: dict[str, Any], way: str) -> tuple[dict[str, Any], str]:
    """The proof with one value changed, and the step that must find it."""
    match way:
        case "prize":
            proof["commitment"]["record"]["prizes"][0]["name"] = "电风扇"
            return proof, "commitment"
        case "winner":
            proof["winners"][0]["position"] = (proof["winners"][0]["position"] + 1) % len(VIEWERS)
            return proof, "winners"
        case _:
            signature = proof["beacon"]["signature"]
            proof["beacon"]["signature"] = signature[:-1] + ("0" if signature[-1] != "0" else "1")
            return proof, "beacon"


async def found_out(phone: Any, folder: Path, proof: bytes, way: str) -> None:
    changed, step = tampered(json.loads(proof), way)
    path = folder / f"{way}.json"
    path.write_text(json.dumps(changed, ensure_ascii=False), encoding="utf-8")
    await phone.set_input_files("[type=file]", str(path))
    told = await verdict(phone, "bad")
    assert await phone.locator(".steps .failed").count() == 1
    assert await phone.get_attribute(".steps .failed", "data-step") == step
    assert ZH[f"js.fails.{step}"] in told


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, words)], cwd=ROOT, env=environment(), capture_output=True, encoding="utf-8", timeout=PATIENCE_S
    )  # fmt: skip


async def on_paper(stage: Stage, folder: Path, draw_id: str, expect: str, proof: bytes) -> Path:
    """The other two verifiers say the same of the file, and the site is written while the assistant runs."""
    path = folder / f"{draw_id}.proof.json"
    path.write_bytes(proof)
    told = await asyncio.to_thread(
        run, sys.executable, "-m", "lottery", "verify", path, "--real", "--expect", expect
    )
    assert told.returncode == 0, told.stdout + told.stderr
    if NODE is not None:
        node = await asyncio.to_thread(
            run, NODE, ROOT / "lottery" / "verifiers" / "verify.js", path, "--real", "--expect", expect
        )
        assert node.returncode == 0, node.stdout + node.stderr
    site = folder / "site"
    ended = await asyncio.to_thread(changkong, "draw", "export", "--site", site, "--data", folder / "data")
    assert ended.code == 0, ended.err
    return site


async def test_from_a_preset_to_the_page_on_a_phone(tmp_path: Path) -> None:
    async with draw_stage(tmp_path, ANNOUNCED_MS, staff=("clerk",)) as stage:
        page = await stage.staff("host")
        overlay = await stage.page(viewport={"width": 1280, "height": 720})
        token = await stage.seat.control.overlays.make("OBS", "host")
        await overlay.goto(f"{stage.console}/overlay/draw?token={token}")
        draw_id, committed = await announced(stage, page, overlay)
        await entered(stage, draw_id, page, overlay)
        assert await digits(overlay, "open") == committed
        listed = await closed(stage, draw_id, page, overlay)
        await drawn(stage, draw_id, page, overlay)
        stage.clock.pace(FAST)
        pocket = await stage.staff("host", viewport=PHONE["viewport"], color_scheme="dark")
        await pocket.goto(f"{stage.console}/draws/{draw_id}")
        await pocket.click("text=English")
        await pocket.wait_for_selector('h2:text-is("Winners")')
        assert await pocket.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        await shot(pocket, "18-control-dark-en-390")

        phone = await stage.page(**PHONE)
        await phone.goto(f"{stage.public}/d/{draw_id}")
        await shot(phone, "14-public-390")
        await check(phone, listed)
        await shot(phone, "15-verified-390")
        await phone.reload()
        await check(phone, committed, early=True)
        proof = await (await phone.request.get(f"{stage.public}/d/{draw_id}/proof.json")).body()
        for way in ("prize", "winner", "beacon"):
            await found_out(phone, tmp_path, proof, way)
        await shot(phone, "16-tampered-390")
        await phone.reload()
        await claimed(stage, draw_id, phone)

        site = await on_paper(stage, tmp_path, draw_id, listed, proof)
        desk = await stage.page(viewport={"width": 1440, "height": 900}, color_scheme="dark", locale="en-US")
        await desk.goto((site / f"{draw_id}.html").as_uri())
        await desk.click('[data-lang="en"]')
        await check(desk, listed, EN)
        await shot(desk, "17-site-dark-en-1440")

        assert await stage.violations() == []
        assert stage.wrong == []
