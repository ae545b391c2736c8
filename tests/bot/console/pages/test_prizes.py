"""The page of a draw's prizes: what is seen, by whom, what may be done, and what is recorded."""

from __future__ import annotations

import dataclasses
import re

import httpx
import msgspec
import pytest

from bot.app.prizes import Prizes
from bot.console.visit import House
from bot.draws.answers import Delivery
from tests.bot.console.show import HOSTILE, Show, csrf_of
from tests.bot.draws.prize_stage import COUPONS, GOODS, PrizeStage

PAGE = "/draws/draw-1-aaaa/prizes"
HOME = Delivery("王小明", "13800001111", "某省某市某路 1 号")


@pytest.fixture
def stage(show: Show) -> PrizeStage:
    return staged(show)


def staged(show: Show, prizes: object = GOODS) -> PrizeStage:
    stage = PrizeStage(show.journal, prizes, refused={"boss": "staff"})  # type: ignore[arg-type]
    desk = Prizes(show, lambda: stage.now)
    stage.book = desk.book
    house: House = show.app.state.house
    show.app.state.house = dataclasses.replace(house, ports=dataclasses.replace(house.ports, prizes=desk))
    return stage


async def form(client: httpx.AsyncClient, **fields: str) -> dict[str, str]:
    page = (await client.get(PAGE)).text
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    return {"_csrf": csrf_of(page), "key": key[1], **fields}


def records(show: Show, kind: str) -> list[dict[str, object]]:
    with show.store.read() as conn:
        found = conn.exec_driver_sql(
            f"SELECT body FROM audit_record WHERE record_type = '{kind}' ORDER BY seq"
        )
        return [msgspec.json.decode(row[0])["data"] for row in found]


async def test_the_places_are_seen_by_all_who_see_draws_and_changed_by_few(
    show: Show, stage: PrizeStage
) -> None:
    stage.book.deliver(stage.draw_id, stage.bound(1), HOME, stage.now)
    page = (await (await show.enter("moderator")).get(PAGE)).text
    assert "大衣" in page
    assert "名**" in page
    assert f"名{stage.uid(1)}" not in page
    assert "王小明" not in page
    assert "/prizes/place" not in page
    client = await show.enter("moderator")
    for path in ("place", "pool", "coupons", "addresses", "table", "tracking", "receipt"):
        answer = await client.post(f"{PAGE}/{path}", data={"_csrf": csrf_of((await client.get("/")).text)})
        assert answer.status_code == 403, path
    assert (await (await show.enter("operator")).get("/draws/draw-9-none/prizes")).status_code == 404


async def test_before_the_draw_there_are_no_places(show: Show) -> None:
    stage = PrizeStage(show.journal, drawn=False)
    house: House = show.app.state.house
    desk = Prizes(show, lambda: stage.now)
    show.app.state.house = dataclasses.replace(house, ports=dataclasses.replace(house.ports, prizes=desk))
    page = await (await show.enter("operator")).get(PAGE)
    assert page.status_code == 200
    assert "还没有开奖" in page.text


async def test_a_console_without_prizes_has_no_such_page(show: Show) -> None:
    assert (await (await show.enter("operator")).get(PAGE)).status_code == 404


async def test_a_code_told_in_private_is_entered_with_a_reason(show: Show, stage: PrizeStage) -> None:
    client = await show.enter("operator")
    _, view = stage.book.begin(stage.draw_id)
    fields = await form(client, act="bind", place="2", code=view.code, reason="私信核对了账号")
    answer = await client.post(f"{PAGE}/place", data=fields)
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("#place-2")
    assert stage.states()[1] == "bound"
    assert (
        records(show, "claim")[-1] | {"by": "operator", "reason": "私信核对了账号"}
        == records(show, "claim")[-1]
    )
    assert (await client.post(f"{PAGE}/place", data=fields)).status_code == 303  # the same press again
    wrong = await client.post(
        f"{PAGE}/place", data=await form(client, act="bind", place="1", code="ABCDEFGH", reason="x")
    )
    assert wrong.status_code == 422
    assert "claim code" in wrong.text
    for bad in ({"act": "redraw", "place": "1"}, {"act": "confirm", "place": "x"}):
        assert (await client.post(f"{PAGE}/place", data=await form(client, **bad))).status_code == 400


async def test_dropping_out_shows_its_published_reason(show: Show, stage: PrizeStage) -> None:
    client = await show.enter("operator")
    fields = await form(
        client, act="drop", place="1", outcome="disqualified", why="staff", reason="漏登的员工"
    )
    assert (await client.post(f"{PAGE}/place", data=fields)).status_code == 303
    page = (await client.get(PAGE)).text
    assert "工作人员账号" in page
    assert stage.states()[:4] == ["disqualified", "open", "open", "open"]
    again = await form(client, act="drop", place="1", outcome="forfeited", why="declined", reason="x1")
    assert (await client.post(f"{PAGE}/place", data=again)).status_code == 422


async def test_sending_step_by_step(show: Show, stage: PrizeStage) -> None:
    stage.book.deliver(stage.draw_id, stage.bound(1), HOME, stage.now)
    client = await show.enter("operator")
    await client.post(f"{PAGE}/place", data=await form(client, act="confirm", place="2", reason="到店"))
    await client.post(f"{PAGE}/place", data=await form(client, act="ship", place="1", tracking="SF<1>"))
    assert stage.states()[:2] == ["shipped", "confirmed"]
    assert "SF&lt;1&gt;" in (await client.get(PAGE)).text
    await client.post(f"{PAGE}/place", data=await form(client, act="receive", place="1"))
    assert stage.states()[0] == "received"


async def test_addresses_are_shown_and_taken_out_only_with_a_recorded_reason(
    show: Show, stage: PrizeStage
) -> None:
    hostile = Delivery("<b>=1+1</b>", "13800001111", "'><script>alert(1)</script>")
    stage.book.deliver(stage.draw_id, stage.bound(1), hostile, stage.now)
    client = await show.enter("operator")
    before = len(records(show, "claim"))
    assert (await client.post(f"{PAGE}/addresses", data=await form(client, reason=" "))).status_code == 400
    page = (await client.post(f"{PAGE}/addresses", data=await form(client, reason="打包"))).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    table = await client.post(f"{PAGE}/table", data=await form(client, reason="发货"))
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"] == 'attachment; filename="draw-1-aaaa-prizes.csv"'
    assert table.content.startswith(b"\xef\xbb\xbf")
    told = records(show, "claim")[before:]
    assert [(one["act"], one["by"], one["reason"]) for one in told] == [
        ("addresses looked at", "operator", "打包"), ("addresses taken out", "operator", "发货")
    ]  # fmt: skip
    lines = table.content.decode("utf-8-sig").replace(",confirmed,", ",confirmed,SF77")
    sent = await client.post(
        f"{PAGE}/tracking", data=await form(client), files={"file": ("t.csv", lines.encode())}
    )
    assert "新标记发货 1 个" in sent.text
    assert stage.states()[0] == "shipped"
    bad = await client.post(
        f"{PAGE}/tracking", data=await form(client), files={"file": ("t.csv", b"a,b\n1,2\n")}
    )
    assert bad.status_code == 422
    assert (await client.post(f"{PAGE}/tracking", data=await form(client))).status_code == 400


async def test_coupons_come_in_and_a_low_pool_is_told(show: Show) -> None:
    stage = staged(show, COUPONS)
    client = await show.enter("operator")
    assert "还没有指定券池" in (await client.get(PAGE)).text
    fields = await form(client, pool="十元券", codes="AAA\nAAA\nB\u200bB\nCCC")
    page = (await client.post(f"{PAGE}/coupons", data=fields)).text
    assert "新增 2 张" in page
    assert "AAA" not in page
    assert "剩 2 / 共 2 张" in page
    assert 'class="warned">剩 2' in page
    more = await client.post(
        f"{PAGE}/coupons", data=await form(client, pool="十二月"), files={"file": ("c.csv", b"X1\nX2\n")}
    )
    assert "新增 2 张" in more.text
    await client.post(f"{PAGE}/pool", data=await form(client, prize="0", pool="十二月"))
    assert stage.book.reveal(stage.draw_id, stage.bound(1), stage.now).coupon == "X1"
    assert (
        await client.post(f"{PAGE}/pool", data=await form(client, prize="7", pool="x"))
    ).status_code == 422
    empty = await client.post(f"{PAGE}/coupons", data=await form(client, pool="x", codes=" \n"))
    assert empty.status_code == 422
    assert (await client.post(f"{PAGE}/coupons", data=await form(client, codes="A"))).status_code == 400


async def test_a_receipt_is_handed_over_with_a_reason(show: Show, stage: PrizeStage) -> None:
    client = await show.enter("operator")
    minute = _minute(stage)
    fields = await form(client, name="名u3", minute=minute, reason="私信询问")
    page = (await client.post(f"{PAGE}/receipt", data=fields)).text
    assert re.search(r'<code class="receipt">[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}</code>', page)
    refused = await form(client, name="名boss", minute=minute, reason="私信询问")
    assert "未计入: 工作人员" in (await client.post(f"{PAGE}/receipt", data=refused)).text
    nobody = await form(client, name="路人", minute=minute, reason="私信询问")
    assert "没有这个昵称" in (await client.post(f"{PAGE}/receipt", data=nobody)).text
    late = await form(client, name="名u3", minute="03:00", reason="私信询问")
    assert (await client.post(f"{PAGE}/receipt", data=late)).status_code == 422
    assert [one["by"] for one in records(show, "lookup")] == ["operator"] * 3


def _minute(stage: PrizeStage) -> str:
    from bot.printing import clock
    from tests.builders import NOON

    return clock(NOON + 40_000, "%H:%M")


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_hostile_words_stay_words_in_both_languages(show: Show, stage: PrizeStage, lang: str) -> None:
    client = await show.enter("operator")
    client.cookies.set("ck_lang", lang)
    fields = await form(client, act="confirm", place="1", reason=HOSTILE)
    answer = await client.post(
        f"{PAGE}/place", data={name: one.encode("utf-8", "replace").decode() for name, one in fields.items()}
    )
    assert answer.status_code == 303
    await client.post(
        f"{PAGE}/place", data=await form(client, act="ship", place="1", tracking="<img src=x onerror=a()>")
    )
    page = (await client.get(PAGE)).text
    assert "<img src=x" not in page
    assert "{{" not in page.replace("{{7*7}}", "")
