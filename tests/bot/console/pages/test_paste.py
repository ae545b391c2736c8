from __future__ import annotations

from tests.bot.console.show import HOSTILE, Show, csrf_of

TEXT = (
    "开票/发票抬头/专票|可以开票，下单备注税号。|能开电子发票。\n"
    "会员|会员有积分\n"
    "没有竖线\n"
    "#注释\n"
    "<b>x</b>/yy/zz|<script>alert(1)</script>\n"
)


NAMES = ["<b>x<", "开票"]
"""Of TEXT: three words each (the slash in the markup parts words too)."""


async def test_first_a_table_then_drafts(show: Show) -> None:
    client = await show.enter("operator")
    page = (await client.get("/paste")).text
    form = {"_csrf": csrf_of(page), "key": "k", "text": TEXT, "then": "look"}
    table = (await client.post("/paste", data=form)).text
    assert "第 3 行" in table
    assert "还差 2 种问法" in table
    assert "&lt;script&gt;" in table
    assert "<script>alert" not in table
    assert show.journal.phrase_versions("draft") == []
    for _ in range(2):
        done = await client.post("/paste", data={**form, "then": "take"})
        assert "4 条话术" in done.text
    drafts = show.journal.phrase_versions("draft")
    assert len(drafts) == 4
    assert {one.author for one in drafts} == {"operator"}
    # Three ways of asking make a question; a single word waits for more.
    assert sorted(one.body["name"] for one in show.journal.own_questions()) == NAMES
    assert "/questions/edit?slug=" in done.text


async def test_nothing_and_too_much(show: Show) -> None:
    client = await show.enter("operator")
    page = (await client.get("/paste")).text
    form = {"_csrf": csrf_of(page), "key": "k", "then": "look"}
    assert (await client.post("/paste", data={**form, "text": "  "})).status_code == 400
    assert (await client.post("/paste", data={**form, "text": "字" * 200_001})).status_code == 400
    hostile = await client.post("/paste", data={**form, "text": HOSTILE.replace("\ud800", "") + "|x"})
    assert hostile.status_code == 200
    assert "<img src=x" not in hostile.text
