from __future__ import annotations

import asyncio
import html
import re

import httpx
import pytest

from tests.bot.console.show import START, Show, comment, csrf_of


def fields(page: str, **more: str) -> dict[str, str]:
    version = re.search(r'name="version" value="(\d+)"', page)
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert version
    assert key
    return {"_csrf": csrf_of(page), "version": version[1], "key": key[1], **more}


async def claimed(client: httpx.AsyncClient, case: str = "1") -> str:
    page = (await client.get(f"/cases/{case}")).text
    answer = await client.post(f"/cases/{case}/claim", data=fields(page))
    assert answer.status_code == 303
    assert re.fullmatch(r"practice:1#\d+", answer.headers["x-record-id"])
    return (await client.get(f"/cases/{case}")).text


async def test_two_moderators_never_both_hold(show: Show) -> None:
    one, two = await show.enter("moderator"), await show.enter("moderator2")
    pages = [(await client.get("/cases/1")).text for client in (one, two)]
    answers = await asyncio.gather(
        *(
            client.post("/cases/1/claim", data=fields(page))
            for client, page in zip((one, two), pages, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    loser = next(answer for answer in answers if answer.status_code == 409)
    holder = show.readings.case(1).holder  # type: ignore[union-attr]
    assert holder in ("moderator", "moderator2")
    assert holder in loser.text


async def test_the_same_press_twice_acts_once(show: Show) -> None:
    client = await show.enter("moderator")
    form = fields((await client.get("/cases/1")).text)
    codes = [(await client.post("/cases/1/claim", data=form)).status_code for _ in range(2)]
    assert codes == [303, 303]
    assert len(show.readings.case_history(1)) == 1 + sum(
        one.body["data"].get("act") not in ("claim",) for one in show.readings.case_history(1)
    )


async def test_claim_resolve_and_its_history(show: Show) -> None:
    client = await show.enter("moderator")
    page = await claimed(client)
    assert "误判" in page
    form = fields(page, disposition="answered", note="<b>已回电</b>")
    bad = await client.post("/cases/1/resolve", data={**form, "disposition": "deleted"})
    assert bad.status_code == 400
    assert (await client.post("/cases/1/resolve", data=form)).status_code == 303
    done = (await client.get("/cases/1")).text
    assert "&lt;b&gt;已回电" in done
    assert "<b>小周</b>" in done  # the history names the person, not the login
    assert (await client.get("/cases?tab=closed")).text.count('data-case="1"') == 1
    assert show.readings.case(1).disposition == "answered"  # type: ignore[union-attr]


async def test_only_the_holder_resolves_and_taking_over_needs_a_reason(show: Show) -> None:
    one, two = await show.enter("moderator"), await show.enter("moderator2")
    form = fields(await claimed(one), disposition="no_action")
    other = (await two.get("/cases/1")).text
    assert 'value="no_action"' not in other
    assert (await two.post("/cases/1/resolve", data={**form, "_csrf": csrf_of(other)})).status_code == 409
    take = fields(other)
    assert (await two.post("/cases/1/take-over", data=take)).status_code == 400
    assert (await two.post("/cases/1/take-over", data={**take, "reason": "换班"})).status_code == 303
    assert show.readings.case(1).holder == "moderator2"  # type: ignore[union-attr]
    reasons = show.readings.records("practice:1", record_type="take_over_reason")
    assert [row.body["data"]["reason"] for row in reasons] == ["换班"]


async def test_release_and_tabs(show: Show) -> None:
    client = await show.enter("moderator")
    page = await claimed(client)
    assert (await client.get("/cases?tab=mine")).text.count("case-row") == 1
    assert (await client.post("/cases/1/release", data=fields(page))).status_code == 303
    assert (await client.get("/cases?tab=mine")).text.count("case-row") == 0
    assert 'data-case="1"' in (await client.get("/cases?tab=unassigned")).text
    assert (await client.get("/cases?tab=everything")).status_code == 404


async def test_an_old_version_changes_nothing(show: Show) -> None:
    client = await show.enter("moderator")
    page = await claimed(client)
    form = fields(page, disposition="answered", version="1")
    answer = await client.post("/cases/1/resolve", data=form, headers={"hx-request": "true"})
    assert answer.status_code == 409
    assert answer.headers["content-type"].startswith("text/plain")
    assert show.readings.case(1).state == "claimed"  # type: ignore[union-attr]


async def test_the_detail_shows_words_law_and_neighbours(show: Show) -> None:
    client = await show.enter("moderator")
    case = next(one for one in show.readings.open_cases() if one.category == "D01")
    page = (await client.get(f"/cases/{case.case_id}")).text
    assert '<mark title="D01 引流 → 加微信">加薇❤</mark>' in page
    assert "D01-0007" in page
    assert "主播晚上好呀" in page  # a neighbour
    complaint = next(one for one in show.readings.open_cases() if "C02" in one.codes)
    page = (await client.get(f"/cases/{complaint.case_id}")).text
    assert "投诉：不得隐藏" in page


async def test_nonsense_ids(show: Show) -> None:
    client = await show.enter("moderator")
    token = csrf_of((await client.get("/cases/1")).text)
    for case in ("0", "999", "x", "1e3", "９", "1" * 30):
        assert (await client.get(f"/cases/{case}")).status_code == 404, case
        answer = await client.post(f"/cases/{case}/claim", data={"_csrf": token, "version": "1", "key": case})
        assert answer.status_code in (404, 409), case
    answer = await client.post("/cases/1/claim", data={"_csrf": token, "version": "-1", "key": "k"})
    assert answer.status_code == 400


async def test_a_complaint_is_hidden_by_nobody(show: Show) -> None:
    client = await show.enter("moderator")
    page = await claimed(client)  # C01 alone
    assert 'value="hidden" required disabled' in page
    form = fields(page, disposition="hidden", note="吵")
    answer = await client.post("/cases/1/resolve", data=form)
    assert answer.status_code == 409
    assert "法律不允许隐藏" in answer.text
    assert show.readings.case(1).state == "claimed"  # type: ignore[union-attr]
    spam = next(one for one in show.readings.open_cases() if one.category == "D01")
    page = await claimed(client, str(spam.case_id))
    form = fields(page, disposition="hidden")
    assert (await client.post(f"/cases/{spam.case_id}/resolve", data=form)).status_code == 303


async def test_a_complaint_with_another_code_needs_the_reason(show: Show) -> None:
    client = await show.enter("moderator")
    line = ("甲", "骗子 加薇信", {"negative": ("deception", 2), "hit": ("D01", 3, 6, "加微信")})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.bot.console.show.LINES", (line,))
        show.commit([comment(line[1], line[0], START + 30_000)])
    both = next(one for one in show.readings.open_cases() if {"C04", "D01"} <= set(one.codes))
    page = await claimed(client, str(both.case_id))
    form = fields(page, disposition="hidden")
    assert (await client.post(f"/cases/{both.case_id}/resolve", data=form)).status_code == 409
    form["note"] = "\u200b\u3164"  # nothing anybody could read
    assert (await client.post(f"/cases/{both.case_id}/resolve", data=form)).status_code == 409
    form["note"] = "D01 引流"
    assert (await client.post(f"/cases/{both.case_id}/resolve", data=form)).status_code == 303


def offered(page: str) -> dict[str, str]:
    """The fields of the form that copies the answer."""
    form = page.split("data-case-copy>")[1].split("</form>")[0]
    return {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}


def of_kind(show: Show, code: str) -> str:
    return str(next(one.case_id for one in show.readings.open_cases() if code in one.codes))


async def test_a_complaint_comes_with_its_vetted_answer(show: Show) -> None:
    client = await show.enter("moderator")
    page = (await client.get("/cases/1")).text  # nothing was sent yet
    assert "抱歉久等了，到订单页客服入口可以催件" in page
    assert offered(page)["phrase"] == "complaint-logistics-1"
    health = (await client.get(f"/cases/{of_kind(show, 'C02')}")).text
    assert offered(health)["phrase"] == "complaint-health-1"
    assert "可用的已审答复" not in (await client.get(f"/cases/{of_kind(show, 'D01')}")).text
    assert "data-case-copy" not in (await (await show.enter("viewer")).get("/cases/1")).text


async def test_copying_is_recorded_with_case_and_person_before_the_words_are_given_out(show: Show) -> None:
    client = await show.enter("moderator")
    form = offered((await client.get("/cases/1")).text)
    for _ in range(2):
        answer = await client.post("/cases/1/copy", data=form, headers={"accept": "application/json"})
        assert answer.json() == {"text": form["text"]}
        assert re.fullmatch(r"practice:1#\d+", answer.headers["x-record-id"])
    (record,) = [one for one in show.readings.case_history(1) if one.body["data"]["act"] == "copied"]
    told = record.body["data"]
    assert (told["case"], told["by"], told["phrase"], told["digest"]) == (
        1, "moderator", form["phrase"], form["digest"],
    )  # fmt: skip
    page = (await client.get("/cases/1")).text
    assert "复制了答复" in page
    assert "· <bdi>complaint-logistics-1</bdi>" in page
    plain = await client.post("/cases/1/copy", data=offered(page))
    assert (plain.status_code, plain.headers["location"]) == (303, "/cases/1")


@pytest.mark.parametrize("field", ["text", "digest", "phrase"])
async def test_other_words_than_the_vetted_ones_are_not_copied(show: Show, field: str) -> None:
    client = await show.enter("moderator")
    form = offered((await client.get("/cases/1")).text)
    answer = await client.post("/cases/1/copy", data={**form, field: "假一赔十"})
    assert answer.status_code == 409
    assert "刚有变化" in answer.text
    assert "copied" not in {one.body["data"]["act"] for one in show.readings.case_history(1)}


async def test_an_answer_withdrawn_meanwhile_is_not_copied_and_the_page_says_why(show: Show) -> None:
    client = await show.enter("moderator")
    form = offered((await client.get("/cases/1")).text)
    show.journal.withdraw_phrase(form["phrase"], form["digest"], "operator", "no")
    assert (await client.post("/cases/1/copy", data=form)).status_code == 409
    page = (await client.get("/cases/1")).text
    assert "没有可用的答复" in page
    assert "话术未上线或已撤回" in page
    assert (await (await show.enter("viewer")).post("/cases/1/copy", data=form)).status_code == 403


async def test_a_case_that_is_done_is_answered_no_more(show: Show) -> None:
    client = await show.enter("moderator")
    page = await claimed(client)
    copy = offered(page)
    await client.post("/cases/1/resolve", data=fields(page, disposition="answered"))
    assert "data-case-copy" not in (await client.get("/cases/1")).text
    assert (await client.post("/cases/1/copy", data=copy)).status_code == 409
    assert (await client.post("/cases/999/copy", data=copy)).status_code == 409
