from __future__ import annotations

import dataclasses
import re

import httpx
import pytest

from bot.sheets import file_of
from bot.storage.values import FactRow, ProductRow
from tests.bot.console.show import Show, csrf_of

DAY = 86_400_000


def stocked(show: Show) -> None:
    show.journal.save_products([
        ProductRow("p1", {"name": "洁面&乳", "slot": 3, "klass": "cosmetic", "aliases": ["洗面奶"]}),
        ProductRow("p2", {"name": "面霜", "slot": 1, "klass": "cosmetic"}),
    ], by="admin")  # fmt: skip
    show.journal.save_facts([
        FactRow("p1", "price", "59元", "shop", None), FactRow("p1", "stock", "20", "bridge", show.wall[0] - 3 * DAY),
        FactRow("", "courier", "顺丰", "shop", None),
    ], by="admin")  # fmt: skip


def fact(show: Show, product: str, name: str) -> FactRow:
    return next(one for one in show.journal.facts() if (one.product, one.name) == (product, name))


async def test_what_is_true_and_what_is_out_of_date(show: Show) -> None:
    stocked(show)
    page = (await (await show.enter("operator")).get("/goods")).text
    assert page.index("面霜") < page.index("洁面&amp;乳")  # by link number
    assert "已过期 3 天" in page
    assert "1 项已过期" in page
    assert "顺丰" in page
    assert "bridge" in page


async def test_one_fact_edited_in_place(show: Show) -> None:
    stocked(show)
    client = await show.enter("operator")
    form = {"_csrf": csrf_of((await client.get("/goods")).text), "key": "k", "product": "p1", "name": "stock"}
    answer = await client.post("/goods/fact", data={**form, "value": "12"}, headers={"hx-request": "true"})
    assert answer.status_code == 200
    assert 'value="12"' in answer.text
    assert "到本场结束" in answer.text
    assert fact(show, "p1", "stock") == FactRow("p1", "stock", "12", "desk", None, True)
    assert show.goods_told == [1]
    assert (await client.post("/goods/fact", data={**form, "value": "11"})).status_code == 303
    for wrong in ({"value": ""}, {"value": "<b>"}, {"value": "x" * 61}):
        assert (await client.post("/goods/fact", data={**form, **wrong})).status_code == 400
    for wrong in ({"product": "p9"}, {"name": "colour_of_the_sky"}, {"name": "product"}):
        assert (await client.post("/goods/fact", data={**form, "value": "1", **wrong})).status_code == 409
    assert fact(show, "p1", "stock").value == "11"
    house = {**form, "product": "", "name": "courier", "value": "=cmd|'/C calc'!A0"}
    await client.post("/goods/fact", data=house)
    assert fact(show, "", "courier").value == "=cmd|'/C calc'!A0"


async def test_all_renewed_after_a_look(show: Show) -> None:
    stocked(show)
    client = await show.enter("operator")
    page = (await client.get("/goods/renew")).text
    assert re.findall(r'name="fact" value="([^"]+)" checked', page) == ["stock p1"]
    assert "<!doctype" in page
    part = (await client.get("/goods/renew", headers={"hx-request": "true"})).text
    assert "<!doctype" not in part
    form = {"_csrf": csrf_of(page), "key": "k"}
    await client.post("/goods/renew", data=form)  # nothing ticked, nothing renewed
    assert fact(show, "p1", "stock").valid_until_ms is not None
    assert (
        await client.post("/goods/renew", data={**form, "fact": ["stock p1", "price p1", "x"]})
    ).status_code == 303
    assert fact(show, "p1", "stock") == FactRow("p1", "stock", "20", "bridge", None, True)
    assert fact(show, "p1", "price").show_end is None  # was not out of date
    assert "都有效" not in page
    assert "不用更新" in (await client.get("/goods/renew")).text


async def test_a_press_renews_all_though_not_all_are_listed(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.console.pages.goods.LISTED", 2)
    stocked(show)
    over = show.wall[0] - DAY
    names = ("stock", "coupon", "ship_time", "ship_fee")
    show.journal.save_facts([FactRow("p1", name, "5", "shop", over) for name in names], by="admin")
    client = await show.enter("operator")
    page = (await client.get("/goods/renew")).text
    listed = re.findall(r'name="fact" value="([^"]+)" checked', page)
    shown = re.search(r'name="shown" value="([^"]+)"', page)
    assert len(listed) == 2
    assert shown
    assert shown[1].split("\n") == [*listed, ""]
    assert "更新 4 项" in page
    assert "另有 2 项" in page
    kept, unticked = (one.partition(" ")[0] for one in listed)
    form = {"_csrf": csrf_of(page), "key": "k", "fact": listed[:1]}
    lines = shown[1].replace("\n", "\r\n")  # as a browser sends them
    assert (await client.post("/goods/renew", data={**form, "shown": lines})).status_code == 303
    renewed = {name for name in names if fact(show, "p1", name).valid_until_ms is None}
    assert renewed == set(names) - {unticked}
    assert kept in renewed


async def test_goods_of_a_practice_room_are_changed_in_that_room(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the store has no goods, those of the practice room are shown; a fact goes to the room alone."""
    told: list[tuple[object, ...]] = []

    async def set_in_room(*fact: object) -> None:
        told.append(fact)

    shelf = show.ports.shelf
    sources = dataclasses.replace(
        shelf._at, practice=lambda: {"practice:1": show.state.shop}, set_in_room=set_in_room
    )
    monkeypatch.setattr(shelf, "_at", sources)
    client = await show.enter("operator")
    page = (await client.get("/goods")).text
    assert "演练直播间的商品" in page
    one = show.state.shop.products[0]
    assert one.name in page
    form = {"_csrf": csrf_of(page), "key": "k", "product": one.id, "name": "stock", "value": "5"}
    assert (await client.post("/goods/fact", data=form)).status_code == 303
    assert told == [("practice:1", one.id, "stock", "5", True, "operator")]
    assert show.journal.facts() == []


async def read(client: httpx.AsyncClient, data: bytes, name: str = "货.csv") -> httpx.Response:
    form = {"_csrf": csrf_of((await client.get("/goods")).text), "key": "i"}
    return await client.post("/goods/import", data=form, files={"file": (name, data, "text/csv")})


SHEET = [
    ["编号", "名称", "链接号", "价格", "库存"],
    ["p1", "洁面", "3", "49元", "20"],
    ["p3", "精华&露", "5", "99元", "=1+1"],
]


async def test_a_sheet_is_looked_at_then_taken_in(show: Show) -> None:
    stocked(show)
    client = await show.enter("operator")
    for name in ("货.csv", "货.xlsx"):
        page = (await read(client, file_of(SHEET, name), name)).text
        assert "<del><bdi>59元</bdi></del>" in page
        assert "<ins><bdi>49元</bdi></ins>" in page
        assert "精华&amp;露" in page
    assert fact(show, "p1", "price").value == "59元"
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    form = {"_csrf": csrf_of(page), "key": "t", "token": token[1]}
    other = await show.enter("admin")
    stolen = {**form, "_csrf": csrf_of((await other.get("/goods")).text)}
    assert (await other.post("/goods/take", data=stolen)).status_code == 409
    for _ in range(2):
        assert (await client.post("/goods/take", data=form)).status_code == 303
    assert fact(show, "p1", "price").value == "49元"
    assert {one.id for one in show.journal.products()} == {"p1", "p2", "p3"}
    assert (await client.post("/goods/take", data={**form, "key": "again"})).status_code == 409
    assert "没有要改的" in (await read(client, file_of(SHEET, "a.csv"), "a.csv")).text


async def test_goods_changed_since_the_preview_are_looked_at_again(show: Show) -> None:
    stocked(show)
    client = await show.enter("operator")
    page = (await read(client, file_of(SHEET, "a.csv"))).text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    show.journal.save_fact(FactRow("p1", "price", "55元", "shop", None), by="admin")
    form = {"_csrf": csrf_of(page), "key": "t", "token": token[1]}
    assert (await client.post("/goods/take", data=form)).status_code == 409
    assert fact(show, "p1", "price").value == "55元"


async def test_broken_lines_are_named_and_broken_files_refused(show: Show) -> None:
    client = await show.enter("operator")
    page = (await read(client, file_of([*SHEET, ["p4", "", "x", "1元", "1"]], "a.csv"))).text
    assert "第 4 行" in page
    assert "不会导入" in page
    for data in (b"", b"\x00\x01\x02", b"a,b\n1,2", b"PK\x03\x04nothing", b"\xd0\xcf\x11\xe0old"):
        answer = await read(client, data)
        assert answer.status_code == 422, data
        assert "problems" in answer.text
    form = {"_csrf": csrf_of(page), "key": "n"}
    assert (await client.post("/goods/import", data=form)).status_code == 422
    assert show.journal.products() == []


async def test_too_large_a_file_is_refused(show: Show) -> None:
    client = await show.enter("operator")
    answer = await read(client, b"x" * 17_000_000)
    assert answer.status_code == 422
    assert "文件太大" in answer.text
