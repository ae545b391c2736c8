from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.bot.console.show import ROOM, Show, csrf_of


async def test_each_search_is_an_access_record_with_its_reason_and_without_the_words(show: Show) -> None:
    client = await show.enter("compliance")
    token = csrf_of((await client.get("/record")).text)
    page = await client.post("/record/search", data={"_csrf": token, "q": "发货", "reason": "工单 12"})
    assert "买了两盒 还没发货 客服也不回" in page.text
    records = show.readings.records("house", limit=1000)
    reasons = [one for one in records if one.record_type == "access_reason"]
    assert [(one.body["data"]["by"], one.body["data"]["reason"]) for one in reasons] == [
        ("compliance", "工单 12")
    ]
    assert any(one.record_type == "access" for one in show.readings.records(limit=10_000))
    assert all("发货" not in str(one.body) for one in records)
    missing = await client.post("/record/search", data={"_csrf": token, "q": "发货", "reason": " "})
    assert missing.status_code == 400


async def test_paging_through_a_chain(show: Show) -> None:
    client = await show.enter("compliance")
    total = show.readings.chains()[ROOM]
    page = (await client.get(f"/record?chain={ROOM}")).text
    assert f'<td class="num">{total - 1}</td>' in page
    older = (await client.get(f"/record?chain={ROOM}&before=3")).text
    assert '<td class="num">2</td>' in older
    assert '<td class="num">0</td>' in older
    assert '<td class="num">3</td>' not in older.split('class="records"')[1].split("</table>")[0]
    assert (await client.get("/record?chain=nothing")).status_code == 404


async def test_verify_passes_and_names_the_first_bad_record(show: Show, tmp_path: Path) -> None:
    client = await show.enter("compliance")
    token = csrf_of((await client.get("/record")).text)
    good = (await client.post("/record/verify", data={"_csrf": token})).text
    assert good.count('<li class="ok">') == 2
    assert 'class="broken"' not in good
    with sqlite3.connect(tmp_path / "changkong.db") as file:
        file.execute("DROP TRIGGER IF EXISTS audit_record_no_update")
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f'DROP TRIGGER "{name}"')
        file.execute(
            "UPDATE audit_record SET body = replace(body, 'practice', 'practise') WHERE chain = ? AND seq = 4",
            (ROOM,),
        )
    bad = (await client.post("/record/verify", data={"_csrf": token}, headers={"hx-request": "true"})).text
    assert 'class="broken"' in bad
    assert "第 4 条" in bad


async def test_sessions_have_their_counters(show: Show) -> None:
    client = await show.enter("compliance")
    page = (await client.get("/record")).text
    assert "进行中" in page
    assert f'<td class="num">{show.readings.counts().comments}</td>' in page


async def test_a_place_no_chain_has_is_an_answer_and_no_fault(show: Show) -> None:
    client = await show.enter("compliance")
    for before in ("9" * 30, "-1", "x"):
        assert (await client.get(f"/record?before={before}")).status_code == 400


async def test_a_reason_nobody_can_see_is_none(show: Show) -> None:
    client = await show.enter("compliance")
    token = csrf_of((await client.get("/record")).text)
    for reason in ("\u200b\u200d", "\u3164", "\u2800\u2060"):
        answer = await client.post("/record/search", data={"_csrf": token, "q": "发货", "reason": reason})
        assert answer.status_code == 400
    assert all(one.record_type != "access_reason" for one in show.readings.records("house", limit=1000))
