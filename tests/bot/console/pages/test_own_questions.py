from __future__ import annotations

import re

from tests.bot.console.show import HOSTILE, START, Show, comment, csrf_of

ASKS = "能开专票吗\n可以开增值税专用发票吗\n开票能开公司抬头的专票吗"


def form_in(page: str, **more: str) -> dict[str, str]:
    key = re.search(r'name="key" value="([^"]+)"><input type="hidden" name="slug" value="([^"]+)"', page)
    assert key
    return {
        "_csrf": csrf_of(page), "key": key[1], "slug": key[2], "name": "专票", "asks": ASKS, "must": "", "must_not": "",
        "scope": "any", **more,
    }  # fmt: skip


async def test_three_asks_and_it_works(show: Show) -> None:
    client = await show.enter("operator")
    form = form_in(
        (await client.get("/questions/edit")).text, text="可以开专票，下单备注税号。", then="submit"
    )
    for _ in range(2):
        answer = await client.post("/questions/edit", data=form)
        assert answer.status_code == 303
    (row,) = show.journal.own_questions("live")
    assert (row.slug, row.body["name"], len(row.body["asks"])) == (form["slug"], "专票", 3)
    (phrase,) = show.journal.phrase_versions("in_review")
    assert phrase.body["intent"] == f"own:{row.slug}"
    assert "回答已送审" in (await client.get(answer.headers["location"])).text
    assert "专票" in (await client.get("/questions")).text
    assert show.questions_told == [1]


async def test_the_answers_id_is_none_of_the_forms_making(show: Show) -> None:
    """The key comes from the browser; what stands in it stands in no id."""
    client = await show.enter("operator")
    page = (await client.get("/questions/edit")).text
    form = form_in(page, key="a /?", text="可以开专票，下单备注税号。")
    assert (await client.post("/questions/edit", data=form)).status_code == 303
    (phrase,) = show.journal.phrase_versions("draft")
    assert re.fullmatch(rf"{form['slug']}-[0-9a-f]{{6}}", phrase.id)


async def test_fewer_are_named_in_words(show: Show) -> None:
    client = await show.enter("operator")
    page = (await client.get("/questions/edit")).text
    answer = await client.post("/questions/edit", data=form_in(page, asks="能开票吗\n能开票吗"))
    assert answer.status_code == 422
    assert "至少要 3 种不同的问法" in answer.text
    assert show.journal.own_questions() == []
    assert (await client.post("/questions/edit", data=form_in(page, slug="../x"))).status_code == 400


async def test_tried_on_the_last_show_rightly_and_wrongly(show: Show) -> None:
    show.commit([comment("你们能开专票吗", "甲", START + 30_000), comment("晚上好", "乙", START + 30_100)])
    client = await show.enter("operator")
    page = (await client.get("/questions/edit")).text
    tried = (await client.post("/questions/try", data=form_in(page))).text
    assert re.search(r"<b>1</b> 条原来没人答", tried)
    assert "你们能开专票吗" in tried
    assert re.search(r"<b>0</b> 条会从别的问题抢过来", tried)
    price = "多少钱\n3号链接多少钱\n这个多少钱"
    taken = (await client.post("/questions/try", data=form_in(page, asks=price, must="多少钱"))).text
    assert re.search(r"<b>1</b> 条会从别的问题抢过来", taken)
    assert "3号链接多少钱" in taken
    assert show.journal.own_questions() == []
    few = (await client.post("/questions/try", data=form_in(page, asks="能开票吗"))).text
    assert "写满 3 种问法" in few
    same = (
        await client.post("/questions/try", data=form_in(page, asks="能开票吗\n能开票吗？\n能开票吗！"))
    ).text
    assert "归一化后不足" in same


async def test_words_out_of_the_store_are_a_recorded_look(show: Show) -> None:
    show.feed._rows.clear()  # the show went by before this console was started
    client = await show.enter("operator")
    before = len(show.readings.records(record_type="access", limit=999))
    page = (await client.get("/questions/edit")).text
    await client.post("/questions/try", data=form_in(page))
    looks = show.readings.records(record_type="access", limit=999)
    assert len(looks) == before + 1
    assert "operator" in str(looks[-1].body["data"])


async def test_switched_off_and_on(show: Show) -> None:
    show.journal.save_own_question("box", {"name": "<b>盒</b>", "asks": ASKS.split("\n")}, by="operator")
    client = await show.enter("operator")
    page = (await client.get("/questions")).text
    assert "&lt;b&gt;盒" in page
    form = {"_csrf": csrf_of(page), "slug": "box", "on": "0", "key": "k"}
    for _ in range(2):
        assert (await client.post("/questions/switch", data=form)).status_code == 303
    assert show.journal.own_questions()[0].state == "off"
    reader = await show.enter("moderator")
    assert "/questions/switch" not in (await reader.get("/questions")).text


async def test_hostile_text_in_every_field(show: Show) -> None:
    client = await show.enter("operator")
    words = HOSTILE.replace("\ud800", "")
    page = (await client.get("/questions/edit", params={"name": words, "example": words})).text
    assert "<script>alert(1)" not in page
    form = form_in(
        page, name=words, asks=f"{words}\n{words}a\n{words}b", must=words, merchant="=1+1", text=words
    )
    answer = await client.post("/questions/edit", data=form, follow_redirects=True)
    assert "<script>alert(1)" not in answer.text
    assert "<script>alert(1)" not in (await client.get("/questions")).text
