from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.draws.answers import SPENT, ClaimView, Delivery, TurnedAway
from bot.public.pages.claiming import COOKIE
from tests.bot.public.fair import TOKEN, Site, open_site
from tests.lottery.makers import PRACTICE_NOW, closed_case

BOUND = ClaimView("bound", "K7QM2XAP", 1, "一等奖", "电饭煲<b>", "goods", PRACTICE_NOW, delivery_wanted=True)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = open_site(tmp_path, kept_days=21)
    made.draws.finish(closed_case(7, draw_id="one"))
    return made


async def test_a_browser_gets_one_code_and_a_secret_nobody_else_reads(site: Site) -> None:
    async with site.client() as client:
        before = (await client.get("/d/one/claim")).text
        assert "取兑奖码" in before
        answer = await client.post("/d/one/claim/begin")
        assert (answer.status_code, answer.headers["location"]) == (303, "/d/one/claim")
        cookie = answer.headers["set-cookie"]
        for part in (f"{COOKIE}={TOKEN}", "HttpOnly", "SameSite=strict", "Path=/d/one", "Max-Age="):
            assert part in cookie
        page = await client.get("/d/one/claim")
        assert "兑奖 K7QM2XAP" in page.text
        assert TOKEN not in page.text
        assert page.headers["cache-control"] == "no-store"
        again = await client.post("/d/one/claim/begin")
        assert "set-cookie" not in again.headers
    assert [one[0] for one in site.viewers.asked] == ["begin"]


async def test_a_browser_whose_code_is_of_no_use_any_more_gets_another(site: Site) -> None:
    spent = ClaimView("waiting", "K7QM2XAP", reason=SPENT)
    page = await with_cookie(site, spent)
    assert "重新取码" in page
    assert 'action="/d/one/claim/begin"' in page
    assert "K7QM2XAP" not in page
    async with site.client() as client:
        client.cookies.set(COOKIE, TOKEN)
        assert "set-cookie" in (await client.post("/d/one/claim/begin")).headers


async def test_over_tls_the_secret_goes_over_tls_only(tmp_path: Path) -> None:
    site = open_site(tmp_path, hosts=("draws.example",), base_url="https://draws.example")
    site.draws.finish(closed_case(7, draw_id="one"))
    async with site.client(base_url="http://draws.example") as client:
        assert "Secure" in (await client.post("/d/one/claim/begin")).headers["set-cookie"]


async def with_cookie(site: Site, view: ClaimView, path: str = "/d/one/claim") -> str:
    site.viewers.view = view
    async with site.client() as client:
        client.cookies.set(COOKIE, TOKEN)
        return (await client.get(path)).text


async def test_each_state_shows_what_is_to_be_done_and_nothing_else(site: Site) -> None:
    bound = await with_cookie(site, BOUND)
    assert "电饭煲&lt;b&gt;" in bound
    assert 'action="/d/one/claim/deliver"' in bound
    assert "21 天" in bound
    assert "claim/coupon" not in bound
    coupon = ClaimView("bound", "K7QM2XAP", 2, "二等奖", "优惠券", "coupon")
    page = await with_cookie(site, coupon)
    assert 'action="/d/one/claim/coupon"' in page
    assert "claim/deliver" not in page
    empty = ClaimView("bound", "K7QM2XAP", 2, "二等奖", "优惠券", "coupon", coupon_waiting=True)
    page = await with_cookie(site, empty)
    assert "正在补充" in page
    assert 'action="/d/one/claim/coupon"' in page  # taking it now keeps the place though the code comes later
    virtual = ClaimView("bound", "K7QM2XAP", 3, "三等奖", "会员", "virtual", delivery_wanted=True)
    page = await with_cookie(site, virtual)
    assert 'action="/d/one/claim/accept"' in page
    assert "可不填" in page
    sent = ClaimView(
        "confirmed", "K7QM2XAP", 1, "一等奖", "电饭煲", "goods", delivered=True, masked_to="王** …0000"
    )
    page = await with_cookie(site, sent)
    assert "…0000" in page
    assert "修改收货信息" in page
    revealed = ClaimView("received", "K7QM2XAP", 2, "二等奖", "优惠券", "coupon", coupon="SAVE-5")
    page = await with_cookie(site, revealed)
    assert "SAVE-5" in page
    assert "claim/coupon" not in page
    shipped = ClaimView(
        "shipped", "K7QM2XAP", 1, "一等奖", "电饭煲", "goods", tracking="YT77", delivered=True
    )
    page = await with_cookie(site, shipped)
    assert "YT77" in page
    assert 'action="/d/one/claim/received"' in page
    gone = ClaimView("forfeited", "K7QM2XAP", 1, "一等奖", "电饭煲", "goods", reason="not_claimed")
    page = await with_cookie(site, gone)
    assert "逾期未领" in page
    assert "<form" not in page


async def test_the_part_alone_is_what_the_page_asks_for_while_it_waits(site: Site) -> None:
    part = await with_cookie(site, BOUND, "/d/one/claim/part")
    assert part.lstrip().startswith("<section")
    assert 'data-state="bound"' in part


async def test_acts_go_to_the_page_behind_the_secret(site: Site) -> None:
    site.viewers.view = BOUND
    async with site.client() as client:
        client.cookies.set(COOKIE, TOKEN)
        for act in ("accept", "coupon", "received"):
            assert (await client.post(f"/d/one/claim/{act}")).status_code == 303
        where = {"name": " 王小明 ", "phone": "13800000000", "address": "某市某路 1 号"}
        assert (await client.post("/d/one/claim/deliver", data=where)).status_code == 303
        assert (await client.post("/d/one/claim/decline")).status_code == 409  # not without saying so twice
        assert (await client.post("/d/one/claim/decline", data={"sure": "yes"})).status_code == 303
        assert (await client.post("/d/one/claim/redraw")).status_code == 404
    assert site.viewers.asked == [
        ("accept", TOKEN), ("coupon", TOKEN), ("received", TOKEN),
        ("delivery", Delivery("王小明", "13800000000", "某市某路 1 号")), ("deliver", TOKEN), ("decline", TOKEN),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("name", "王" * 61, "收件人"), ("phone", "1" * 31, "电话"), ("address", "x" * 301, "地址")],
)
async def test_a_wrong_field_comes_back_with_the_rest_as_it_was(
    site: Site, field: str, value: str, said: str
) -> None:
    site.viewers.view = BOUND
    where = {"name": "<王>", "phone": "13800000000", "address": "某市某路 1 号", field: value}
    async with site.client() as client:
        client.cookies.set(COOKIE, TOKEN)
        answer = await client.post("/d/one/claim/deliver", data=where)
    assert answer.status_code == 409
    problem = re.search(r'class="problem" role="alert">([^<]*)<', answer.text)
    assert problem is not None
    assert said in problem[1]
    if field != "name":
        assert 'value="&lt;王&gt;"' in answer.text
    assert site.viewers.asked == []


async def test_what_the_store_says_no_to_is_said_on_the_page(site: Site) -> None:
    site.viewers.view, site.viewers.away = BOUND, TurnedAway("pool_empty")
    async with site.client() as client:
        client.cookies.set(COOKIE, TOKEN)
        answer = await client.post("/d/one/claim/coupon")
    assert answer.status_code == 409
    assert "券码暂时用完" in answer.text


async def test_without_the_secret_there_is_nothing(site: Site) -> None:
    site.viewers.view = BOUND
    async with site.client() as client:
        assert (await client.post("/d/one/claim/accept")).status_code == 409
        client.cookies.set(COOKIE, "another-browsers-token")
        page = (await client.get("/d/one/claim")).text
        assert "K7QM2XAP" not in page
        client.cookies.set(COOKIE, "<>" * 40)
        assert (await client.get("/d/one/claim")).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"files": {"name": ("x.png", b"x")}},
        {"content": b"name=a&name=b", "headers": {"content-type": "application/x-www-form-urlencoded"}},
        {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
    ],
)
async def test_a_form_that_is_none_is_refused(site: Site, body: dict[str, object]) -> None:
    site.viewers.view = BOUND
    async with site.client() as client:
        client.cookies.set(COOKIE, TOKEN)
        assert (await client.post("/d/one/claim/deliver", **body)).status_code == 400  # type: ignore[arg-type]
    assert site.viewers.asked == []


async def test_before_the_draw_and_where_claims_are_not_taken_the_page_says_so(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    site.draws.announce("soon")
    off = open_site(tmp_path, viewers=None)
    off.draws.finish(closed_case(7, draw_id="one"))
    async with site.client() as client, off.client() as other:
        assert "还没有中奖者" in (await client.get("/d/soon/claim")).text
        assert "/claim" not in (await client.get("/d/soon")).text
        assert "联系客服" in (await other.get("/d/one/claim")).text
        assert (await other.post("/d/one/claim/begin")).status_code == 404
