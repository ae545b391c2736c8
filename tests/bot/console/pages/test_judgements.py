"""Saying at the desk whether a comment was judged right: the form shows the verdict, saving it is a record."""

from __future__ import annotations

import re

import httpx

from bot.learning.judgement import Labels, judgements
from bot.storage.lessons import LessonReadings
from tests.bot.console.pages.test_cases import claimed, fields
from tests.bot.console.show import Show, csrf_of


def key_of(page: str) -> dict[str, str]:
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    return {"_csrf": csrf_of(page), "key": found[1]}


def told(show: Show) -> list[tuple[str, str, Labels, str, str]]:
    found = judgements(LessonReadings(show.store, show.journal))
    return [(one.comment, one.said, one.labels, one.by, one.role) for one in found]


def at(show: Show, text: str) -> str:
    rows = show.readings.comments("show1", reader="test", limit=100)
    return next(one.id for one in rows if one.words is not None and one.words.text == text)


async def test_a_wrong_answer_is_corrected_and_recorded(show: Show) -> None:
    client = await show.enter("moderator")
    comment = at(show, "多少米 3号")
    page = (await client.get(f"/comments/{comment}/judgement")).text
    assert '<option value="price" selected>' in page
    form = {**key_of(page), "faq": "", "purchase": "1", "negative": "", "severity": "0"}
    for _ in range(2):  # the same press twice records once
        answer = await client.post(f"/comments/{comment}/judgement", data=form)
        assert answer.status_code == 303
        assert re.fullmatch(r"practice:1#\d+", answer.headers["x-record-id"])
    assert told(show) == [(comment, "wrong_answer", Labels(None, (), 1), "moderator", "moderator")]
    assert "答错了" in (await client.get(f"/comments/{comment}/judgement")).text


async def test_saving_without_a_change_says_right(show: Show) -> None:
    client = await show.enter("operator")
    comment = at(show, "拍了拍了 今天能发吗")
    page = (await client.get(f"/comments/{comment}/judgement")).text
    form = {**key_of(page), "faq": "shipping_time", "purchase": "3", "negative": "", "severity": "0"}
    assert (await client.post(f"/comments/{comment}/judgement", data=form)).status_code == 303
    assert told(show)[0][1:] == ("right", Labels("shipping_time", (), 3), "operator", "operator")


async def test_after_a_false_positive_the_form_is_filled_without_it(show: Show) -> None:
    client = await show.enter("moderator")
    case = next(one for one in show.readings.open_cases() if one.category == "D01")
    page = await claimed(client, str(case.case_id))
    link = re.search(r'href="(/comments/[^"]+/judgement\?case=\d+)"', page)
    assert link
    before = (await client.get(link[1])).text
    assert 'name="hit_0" value="1" checked' in before
    done = await client.post(
        f"/cases/{case.case_id}/resolve", data=fields(page, disposition="false_positive")
    )
    assert done.status_code == 303
    after = (await client.get(link[1])).text
    assert 'name="hit_0" value="1">' in after
    form = {**key_of(after), "faq": "", "purchase": "0", "negative": "", "severity": "0"}
    assert (await client.post(link[1].partition("?")[0], data=form)).status_code == 303
    assert told(show)[0][1:3] == ("false_positive", Labels())


async def test_nonsense_is_refused_and_nothing_recorded(show: Show) -> None:
    client = await show.enter("moderator")
    comment = at(show, "3号链接多少钱")
    page = (await client.get(f"/comments/{comment}/judgement")).text
    good = {**key_of(page), "faq": "price", "purchase": "0", "negative": "", "severity": "0"}
    for wrong, status in (
        ({"faq": "<b>"}, 409), ({"purchase": "4"}, 400), ({"negative": "quality"}, 409), ({"severity": "2"}, 409),
        ({"hit_0": "1"}, 409), ({"also_0": "nonsense"}, 409), ({"key": ""}, 400),
    ):  # fmt: skip
        answer = await client.post(f"/comments/{comment}/judgement", data=good | wrong)
        assert answer.status_code == status, wrong
    for nobody in ("show1-999", "x", "..%2f..", "' OR 1=1 --"):
        assert (await client.get(f"/comments/{nobody}/judgement")).status_code == 404
        assert (await client.post(f"/comments/{nobody}/judgement", data=good)).status_code in (404, 409)
    assert told(show) == []


async def test_hostile_words_stay_words_and_the_look_is_recorded(show: Show) -> None:
    client = await show.enter("compliance")
    rows = show.readings.comments("show1", reader="test", limit=100)
    comment = next(one.id for one in rows if one.words is not None and "<script>" in one.words.text)
    page: httpx.Response = await client.get(f"/comments/{comment}/judgement")
    assert "<script>alert" not in page.text
    looks = show.readings.records("practice:1", record_type="access", session="show1", limit=1000)
    assert ("compliance", "judgement") in {
        (one.body["data"]["reader"], one.body["data"]["purpose"]) for one in looks
    }


async def test_answers_link_to_their_comment(show: Show) -> None:
    client = await show.enter("moderator")
    part = (await client.get("/live/part/answers?room=practice:1")).text
    assert "/judgement" in part
    viewer = await show.enter("viewer")
    assert "/judgement" not in (await viewer.get("/live/part/answers?room=practice:1")).text
