from __future__ import annotations

import dataclasses
import json
import re

import pytest

from bot.console.words import Words
from tests.bot.console.show import HOSTILE, LINES, ROOM, START, Show, comment, csrf_of


async def test_the_page_and_its_panels(show: Show) -> None:
    client = await show.enter("operator")
    page = (await client.get("/")).text
    for text in ("演练直播间", "演练", "停止自动回复", "C02", "×2", "这个能配明年那台新的吗", "九点整"):
        assert text in page
    for name in ("answers", "cases", "questions", "draw", "status"):
        assert (await client.get(f"/live/part/{name}?room={ROOM}")).status_code == 200
    assert (await client.get("/live/part/secrets")).status_code == 404
    assert (await client.get("/?room=other:9")).status_code == 404


async def test_comments_come_as_json_with_marks_in_code_points(show: Show) -> None:
    client = await show.enter("viewer")
    answer = await client.get("/live/comments")
    rows = json.loads(answer.content)["rows"]
    assert answer.content.isascii()
    assert [row["w"] for row in rows][:2] == ["小满", "橘子汽水"]
    spam = next(row for row in rows if row["m"] and row["m"][0][0] == "D01")
    assert spam["m"] == [["D01", 0, 3, "加微信"]]
    assert len(rows) == len(LINES)


async def test_counters(show: Show) -> None:
    client = await show.enter("viewer")
    columns = (await client.get("/live/counters")).json()
    assert sum(columns["comments"]) == len(LINES)
    assert sum(columns["cases"]) == len(show.readings.open_cases())
    assert len({len(column) for column in columns.values()}) == 1


async def test_hostile_text_is_only_ever_text(show: Show) -> None:
    """On every page where a viewer's words or name can appear."""
    client = await show.enter("moderator")
    auditor = await show.enter("compliance")
    case = next(one for one in show.readings.open_cases() if one.category == "U01")
    token = csrf_of((await auditor.get("/record")).text)
    found = await auditor.post(
        "/record/search", data={"_csrf": token, "q": "有问题吗", "reason": HOSTILE[:40]}
    )
    pages = [
        (await client.get(path)).text
        for path in (
            "/",
            "/cases",
            f"/cases/{case.case_id}",
            "/live/part/answers",
            "/live/part/questions",
            "/live/part/cases",
        )
    ]
    seen = 0
    for page in (*pages, found.text):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "\x1b" not in page
        assert "\u202e" not in page
        assert "\x00" not in page
        assert "49" not in page[page.find("{{7*7}}") :][:9] or "{{7*7}}" not in page
        seen += "&lt;script&gt;" in page
    assert seen >= 5


async def test_the_kill_switch_acts_at_once_and_is_told_to_all(show: Show) -> None:
    client = await show.enter("operator")
    token = csrf_of((await client.get("/")).text)
    watcher = show.feed.broadcast.join({"status"}, ROOM, None)
    answer = await client.post("/live/replies", data={"_csrf": token, "room": ROOM, "on": "0"})
    assert "自动回复已停" in answer.text
    assert show.state.replies_on is False
    assert any(event.topic == "status" for event in watcher.waiting)
    batch = show.commit([comment("3号链接多少钱", "新人", START + 900_000)])
    assert batch.judged[0].decision.withheld == "operator_off"
    assert (
        await client.post("/live/replies", data={"_csrf": token, "room": ROOM, "on": "2"})
    ).status_code == 400


async def test_a_stopped_account_is_told_and_a_person_lets_it_speak_again(show: Show) -> None:
    resumed: list[tuple[str, str]] = []
    ports, reason = show.ports, ["warning"]
    plain = ports.rooms

    async def resume(room: str, by: str) -> None:
        resumed.append((room, by))
        reason[0] = ""

    object.__setattr__(
        ports, "rooms", lambda: [dataclasses.replace(one, stopped=reason[0]) for one in plain()]
    )
    object.__setattr__(ports, "resume", resume)
    client = await show.enter("operator")
    page = (await client.get("/")).text
    assert "平台发出警告" in page
    watcher = await show.enter("viewer")
    form = {"_csrf": csrf_of(page), "room": ROOM}
    own = {"_csrf": csrf_of((await watcher.get("/")).text), "room": ROOM}
    assert (await watcher.post("/live/resume", data=own)).status_code == 403
    assert resumed == []
    assert "平台发出警告" not in (await client.post("/live/resume", data=form)).text
    assert resumed == [(ROOM, "operator")]


@pytest.mark.parametrize(
    ("state", "detail", "told"),
    [("blocked", "stale_fact", "信息已变或过期"), ("blocked", "not_live", "话术未上线或已撤回"),
     ("blocked", "breaker", "账号已停发"), ("expired", "session_over", "本场已结束"), ("expired", "", "")],
)  # fmt: skip
async def test_why_an_answer_was_kept_back_stands_beside_it(
    show: Show, state: str, detail: str, told: str
) -> None:
    phrase = show.journal.phrase_versions("live")[0]
    row = show.journal.outbox_add(
        ROOM, show.state.session, phrase_id=phrase.id, digest=phrase.digest, intent="price", product=None,
        text="就是这句", mode="send", due_ms=START + 60_000, expires_ms=START + 90_000,
    )  # fmt: skip
    show.journal.outbox_finish(row, state, detail)
    client = await show.enter("viewer")
    page = (await client.get(f"/live/part/answers?room={ROOM}")).text
    head = re.search(
        rf'<span class="state state-{state}">([^<]+)</span>(?:(?!answer-head).)*就是这句', page, re.S
    )
    assert head
    assert head[1] == Words("zh").name("outcome", state) + (f" · {told}" if told else "")
    show.journal.outbox_add(
        ROOM, show.state.session, phrase_id=phrase.id, digest=phrase.digest, intent="price", product=None,
        text="这句发了", mode="send", due_ms=START + 61_000, expires_ms=START + 91_000,
    )  # fmt: skip
    sent = max(one.id for one in show.readings.sendings(show.state.session))
    show.journal.outbox_begin(sent)
    show.journal.outbox_finish(sent, "sent", "message 17")
    page = (await client.get(f"/live/part/answers?room={ROOM}")).text
    assert "这句发了" in page
    assert "message 17" not in page  # what the platform said of one it took is no reason


async def test_what_is_on_show(show: Show) -> None:
    client = await show.enter("operator")
    token = csrf_of((await client.get("/")).text)
    product = show.state.shop.products[0].id
    form = {"_csrf": token, "room": ROOM}
    await client.post("/live/on-show", data={**form, "product": product})
    assert show.state.on_show == product
    assert (await client.post("/live/on-show", data={**form, "product": "x'; DROP"})).status_code == 400
    await client.post("/live/on-show", data={**form, "product": ""})
    assert show.state.on_show is None


async def test_said_on_air_leaves_the_teleprompter_and_stands_in_the_record(show: Show) -> None:
    client = await show.enter("operator")
    page = (await client.get("/")).text
    token = csrf_of(page)
    key = page.split('name="question" value="')[1].split('"')[0]
    text = page.split('class="ask"><bdi>')[1].split("<")[0]
    answer = await client.post(
        "/live/said", data={"_csrf": token, "room": ROOM, "question": key, "key": "k1"}
    )
    assert f"<bdi>{text}<" not in answer.text
    said = show.readings.records(ROOM, record_type="said_on_air")
    assert [one.body["data"]["by"] for one in said] == ["operator"]
    assert text not in json.dumps(said[0].body, ensure_ascii=False)


async def test_watching_leaves_no_access_record_but_looking_back_does(show: Show) -> None:
    client = await show.enter("moderator")
    before = show.readings.chains()
    for path in ("/", "/live/comments", "/live/part/questions", "/live/part/answers", "/cases"):
        await client.get(path)
    assert show.readings.chains() == before
    await client.get("/cases/1")
    assert sum(show.readings.chains().values()) > sum(before.values())


async def test_health_tells_no_secrets(show: Show) -> None:
    async with show.client() as client:
        answer = await client.get("/healthz")
    assert answer.json() == {"ok": True, "rooms": {"live": 1}, "streams": 0}


async def test_an_address_that_is_wrong_gets_one_sentence(show: Show) -> None:
    client = await show.enter("compliance")
    answer = await client.get("/record?before=x", headers={"accept": "text/html"})
    assert answer.status_code == 400
    assert "地址里有一处不对" in answer.text
