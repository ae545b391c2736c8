from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest

from bot.console.pages.writing import phrase_of
from bot.storage.values import FactRow, ProductRow
from replies.phrase import Phrase
from replies.sheet import EMERGENCIES
from tests.bot.console.show import HOSTILE, Show, csrf_of

GOOD = "支持七天无理由退换，运费我们承担。"
BEST = "全网最低，放心买。"


def form_in(page: str, **more: str) -> dict[str, str]:
    found = re.search(
        r'id="writing">.*?name="key" value="([^"]+)".*?name="id" value="([^"]+)"', page, re.DOTALL
    )
    assert found, page[:500]
    return {
        "_csrf": csrf_of(page), "key": found[1], "id": found[2], "intent": "returns", "text": GOOD, "lang": "zh",
        "scope": "any", "tone": "neutral", **more,
    }  # fmt: skip


async def written(client: httpx.AsyncClient, **more: str) -> httpx.Response:
    form = form_in((await client.get("/phrases/edit")).text, **more)
    return await client.post("/phrases/edit", data=form)


async def test_a_draft_then_in_review(show: Show) -> None:
    client = await show.enter("operator")
    form = form_in((await client.get("/phrases/edit")).text)
    answers = [await client.post("/phrases/edit", data=form) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    (row,) = show.journal.phrase_versions("draft")
    assert (row.author, row.body["text"], row.body["intent"]) == ("operator", GOOD, "returns")
    page = (await client.get(answers[0].headers["location"])).text
    assert "草稿已保存" in page
    sent = await client.post("/phrases/edit", data=form_in(page, then="submit", text=GOOD))
    assert "submitted" in sent.headers["location"]
    assert [one.state for one in show.journal.phrase_versions() if one.id == row.id] == ["in_review"]


async def test_lint_while_writing_names_the_law_and_the_exemption(show: Show) -> None:
    client = await show.enter("operator")
    form = form_in((await client.get("/phrases/edit")).text, text=BEST)
    page = (await client.post("/phrases/lint", data=form, headers={"hx-request": "true"})).text
    assert "不能送审" in page
    assert "<mark" in page
    assert "广告法" in page
    assert "可能适用的豁免" in page
    assert "<meter" in page
    assert show.journal.phrase_versions("draft") == []
    clean = (await client.post("/phrases/lint", data={**form, "text": GOOD})).text
    assert "不能送审" not in clean
    assert GOOD in clean


async def test_what_lint_refuses_is_kept_but_not_sent(show: Show) -> None:
    client = await show.enter("operator")
    answer = await written(client, text=BEST, then="submit")
    assert "said=refused" in answer.headers["location"]
    assert [one.body["text"] for one in show.journal.phrase_versions("draft")] == [BEST]
    assert "检查有拒绝项" in (await client.get(answer.headers["location"])).text
    assert show.journal.phrase_versions("in_review") == []


async def test_the_preview_is_filled_with_todays_facts(show: Show) -> None:
    show.journal.save_products(
        [ProductRow("p1", {"name": "洁面", "slot": 3, "klass": "保健食品"})], by="admin"
    )
    show.journal.save_fact(FactRow("p1", "price", "59元", "shop", None), by="admin")
    client = await show.enter("operator")
    form = form_in(
        (await client.get("/phrases/edit")).text, text="{product}到手{price}", scope="product", product="p1"
    )
    page = (await client.post("/phrases/lint", data=form)).text
    assert "洁面到手59元" in page
    assert 'data-disclosure="本品不能代替药物"' in page
    lacking = (await client.post("/phrases/lint", data={**form, "text": "还有{stock}"})).text
    assert "{stock}" in lacking
    assert "过期" in lacking


async def test_files_are_evidence_by_their_hash(show: Show) -> None:
    client = await show.enter("operator")
    form = form_in((await client.get("/phrases/edit")).text)
    files = [("files", ("检测报告.txt", "合格".encode(), "text/plain"))]
    answer = await client.post("/phrases/edit", data=form, files=files)
    assert answer.status_code == 303, answer.text
    (file,) = show.journal.evidence_files()
    (row,) = show.journal.phrase_versions("draft")
    assert row.body["evidence"] == [file.sha256]
    page = (await client.get(answer.headers["location"])).text
    assert f'value="{file.sha256}" checked' in page
    back = await client.get(f"/evidence/{file.sha256}")
    assert back.content == "合格".encode()
    assert back.headers["content-disposition"].startswith("attachment")
    assert (await client.get("/evidence/" + "0" * 64)).status_code == 404
    script = [("files", ("x.svg", b"<svg onload=alert(1)>", "image/svg+xml"))]
    assert (await client.post("/phrases/edit", data={**form, "key": "k2"}, files=script)).status_code == 409


async def test_the_satisfaction_question_can_be_written(show: Show) -> None:
    client = await show.enter("operator")
    assert '<option value="satisfaction">满意度</option>' in (await client.get("/phrases/edit")).text
    assert (await written(client, intent="satisfaction", text="解决了扣1，没解决扣2")).status_code == 303
    (row,) = show.journal.phrase_versions("draft")
    assert row.body["intent"] == "satisfaction"


@pytest.mark.parametrize("name", EMERGENCIES)
async def test_emergency_scripts_can_be_written(show: Show, name: str) -> None:
    client = await show.enter("operator")
    assert f'<option value="emergency:{name}">应急·' in (await client.get("/phrases/edit")).text
    assert (await written(client, intent=f"emergency:{name}", text="这款卖完了，先收藏")).status_code == 303
    (row,) = show.journal.phrase_versions("draft")
    assert row.body["intent"] == f"emergency:{name}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("intent", "nothing"), ("intent", "emergency:fire"),
        ("text", ""), ("text", "x" * 501), ("lang", "fr"), ("tone", "rude"), ("scope", "all"),
        ("valid_until", "tomorrow"), ("id", "<b>"), ("id", "a b"), ("group", "C"),
    ],
)  # fmt: skip
async def test_a_wrong_field_is_named_and_nothing_is_kept(show: Show, name: str, value: str) -> None:
    client = await show.enter("operator")
    answer = await written(client, **{name: value})
    assert answer.status_code == 422
    assert "没有填好" in answer.text
    assert show.journal.phrase_versions("draft") == []


async def test_hostile_text_in_every_field(show: Show) -> None:
    client = await show.enter("operator")
    page = (await client.get("/phrases/edit", params={"example": HOSTILE.replace("\ud800", "")})).text
    assert "<script>alert(1)" not in page
    sayable = HOSTILE.replace("\ud800", "")
    fields = {
        name: sayable for name in ("text", "disclosure", "merchant", "room", "platform", "product", "klass")
    }
    answer = await client.post("/phrases/lint", data=form_in(page, scope="class", **fields))
    assert answer.status_code == 200
    assert "<script>alert(1)" not in answer.text
    assert "不能送审" in answer.text
    formula = await client.post("/phrases/lint", data=form_in(page, text="=cmd|'/C calc'!A0"))
    assert "formula" in formula.text


async def test_a_practice_phrase_is_edited_under_an_id_of_its_own(show: Show) -> None:
    client = await show.enter("operator")
    shipped = next(one for one in show.journal.phrase_versions() if one.body["intent"] == "returns")
    page = (await client.get(f"/phrases/edit?id={shipped.id}")).text
    form = form_in(page)
    assert form["id"] != shipped.id
    assert (await client.post("/phrases/edit", data=form)).status_code == 303
    kept = show.journal.phrase_version(shipped.id, shipped.digest)
    assert kept is not None
    assert kept.state == "live"


async def test_an_exemption_is_asked_for_with_evidence(show: Show) -> None:
    client = await show.enter("operator")
    sha = show.journal.keep_evidence("证书".encode(), "证书.txt", "text/plain", by="operator")
    answer = await written(client, text=BEST)
    page = (await client.get(answer.headers["location"])).text
    rule = re.search(r'<select name="rule" required><option value="([^"]+)"', page)
    assert rule
    id = show.journal.phrase_versions("draft")[0].id
    form = {"_csrf": csrf_of(page), "key": "x1", "id": id, "rule": rule[1], "reason": "只和自家比较"}
    assert (await client.post("/phrases/exemption", data=form)).status_code == 409  # no evidence
    assert (await client.post("/phrases/exemption", data={**form, "evidence": sha})).status_code == 303
    (asked,) = show.journal.exemptions(id)
    assert (asked.state, asked.rule, asked.evidence) == ("draft", rule[1], (sha,))


async def test_a_request_taken_back_is_no_error(show: Show) -> None:
    """While somebody types, the browser may give up a check it has asked for."""
    client = await show.enter("operator")
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    scope = {
        "type": "http", "method": "POST", "path": "/phrases/lint", "raw_path": b"/phrases/lint", "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode()),
                    (b"content-type", b"application/x-www-form-urlencoded")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "scheme": "http", "http_version": "1.1",
    }  # fmt: skip
    said: list[int] = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            said.append(message["status"])

    await show.app(scope, receive, send)
    assert said == [400]


def test_beijing_time_and_scope() -> None:
    form = {
        "id": "a-1", "intent": "own:box", "text": "有", "scope": "product", "product": "p1",
        "valid_until": "2026-11-22T20:00",
    }  # fmt: skip
    phrase = phrase_of(form, ["f" * 64, "f" * 64], [])
    assert phrase == Phrase(
        "a-1",
        "own:box",
        "product",
        "p1",
        None,
        "zh",
        "有",
        valid_until_ms=1_795_348_800_000,
        evidence=("f" * 64,),
    )
