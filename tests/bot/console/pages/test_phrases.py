from __future__ import annotations

import html
import re

import pytest

from bot.console.pages.phrases import MOST_DRAFTS
from bot.console.pages.writing import new_id
from replies import starter
from replies.phrase import Phrase
from tests.bot.console.pages.test_review import BAD, GOOD, picks
from tests.bot.console.show import HOSTILE, Show, csrf_of


def boxes(page: str, more: str = "") -> list[str]:
    """What the boxes of drafts on the page would send; with ` data-clean` those of the clean ones."""
    found = re.findall(rf'form="drafts" name="pick" value="([^"]+)"{more}', page)
    return [html.unescape(one) for one in found]


def state(show: Show, phrase: Phrase) -> str:
    row = show.journal.phrase_version(phrase.id, phrase.digest)
    assert row is not None
    return row.state


async def test_the_library_by_question_with_who_stands_behind_it(show: Show) -> None:
    client = await show.enter("operator")
    page = (await client.get("/phrases")).text
    assert page.count('class="phrase phrase-live"') == len(show.journal.phrase_versions())
    assert "演练" in page
    assert (await client.get("/phrases?state=withdrawn")).text.count('class="phrase ') == 0
    assert (await client.get("/phrases/list")).text.count('class="phrase phrase-live"') > 20


async def test_a_long_library_is_searched_and_paged(show: Show) -> None:
    for n in range(130):
        phrase = Phrase(f"long-{n}", "price", "any", None, None, "zh", f"第{n}条，请看链接。")
        show.journal.draft_phrase(phrase, by="operator", screen="s1")
    client = await show.enter("operator")
    first, last, beyond = [
        (await client.get(f"/phrases?q=long-&page={page}")).text for page in ("0", "1", "99999999999")
    ]
    assert first.count('class="phrase ') == 120 == beyond.count('class="phrase ')
    assert last.count('class="phrase ') == 10
    drafts = (await client.get("/phrases?state=draft")).text
    assert drafts.count('class="phrase ') == 130 == len(boxes(drafts))
    found = (await client.get("/phrases", params={"q": "第77条"})).text
    assert found.count('class="phrase ') == 1
    by_question = (await client.get("/phrases", params={"q": "退换"})).text
    assert by_question.count('class="phrase ') >= 2
    hostile = (await client.get("/phrases", params={"q": '"><script>alert(1)</script>'})).text
    assert "<script>alert" not in hostile


async def test_a_library_of_drafts_reaches_review_in_two_presses(show: Show) -> None:
    library = list(starter.library())
    assert len(library) >= 120
    for phrase in library:
        show.journal.draft_phrase(phrase, by="operator", screen="s1")
    client = await show.enter("operator")
    page = (await client.get("/phrases?state=draft")).text
    clean = boxes(page, " data-clean")  # the first press ticks these, in the browser
    assert len(clean) == len(library)
    form = {"_csrf": csrf_of(page), "key": "k1", "pick": clean}
    for _ in range(2):  # a double press is one press
        done = await client.post("/phrases/submit?state=draft", data=form)
        assert done.status_code == 200
        assert f"已送审 {len(library)} 条" in done.text
        assert 'class="no"' not in done.text
    assert len(show.journal.phrase_versions("in_review")) == len(library)
    told = show.readings.records("house", record_type="phrase", limit=9999)
    assert [row.body["data"]["act"] for row in told].count("submitted") == len(library)
    waiting = {one for n in "01" for one in picks((await client.get(f"/review?page={n}")).text)}
    assert {one.rsplit(" ", 2)[0] for one in waiting} == {phrase.id for phrase in library}


async def test_what_cannot_be_sent_is_named_and_the_others_go(show: Show) -> None:
    missing = Phrase("gift-x", "gift", "any", None, None, "zh", "随单送小样。", exemptions=("99",))
    away = Phrase("away-1", "gift", "any", None, None, "zh", "送收纳袋。")
    for phrase in (GOOD, BAD, missing, away):
        show.journal.draft_phrase(phrase, by="operator", screen="s1")
    client = await show.enter("operator")
    page = (await client.get("/phrases?state=draft")).text
    found = boxes(page)
    assert len(found) == 4
    assert sorted(boxes(page, " data-clean")) == sorted(f"{one.digest} {one.id}" for one in (GOOD, away))
    show.journal.withdraw_phrase(away.id, away.digest, "moderator", "no")
    hostile = f"{'0' * 64} <script>alert(1)</script>"
    form = {"_csrf": csrf_of(page), "key": "k1", "pick": [*found, hostile, found[0]]}
    told = (await client.post("/phrases/submit?state=draft", data=form)).text
    assert state(show, GOOD) == "in_review"
    assert [state(show, one) for one in (BAD, missing, away)] == ["draft", "draft", "withdrawn"]
    refused = dict(re.findall(r'<li class="no"><code>([^<]+)</code> ([^<]+)</li>', told))
    assert set(refused) == {BAD.id, missing.id, away.id, "&lt;script&gt;alert(1)&lt;/script&gt;"}
    assert "检查有拒绝项" in refused[BAD.id]
    assert "已不是草稿" in refused[away.id]
    assert refused[missing.id].strip()
    assert "已送审 1 条" in told


@pytest.mark.parametrize("wrong", [[], ["nothing"], [f"{'0' * 64} n{n}" for n in range(MOST_DRAFTS + 1)]])
async def test_nothing_or_too_much_at_a_press_is_refused(show: Show, wrong: list[str]) -> None:
    show.journal.draft_phrase(GOOD, by="operator", screen="s1")
    client = await show.enter("operator")
    token = csrf_of((await client.get("/phrases")).text)
    known = [f"{GOOD.digest} {GOOD.id}"] if len(wrong) > 1 else []
    form = {"_csrf": token, "key": "k1", "pick": [*known, *wrong]}
    answer = await client.post("/phrases/submit", data=form)
    assert answer.status_code == 400
    assert ("一次最多 500 条" if known else "先勾选") in answer.text
    assert state(show, GOOD) == "draft"


async def test_as_many_as_a_press_takes_are_taken_also_from_a_script(show: Show) -> None:
    show.journal.draft_phrase(GOOD, by="operator", screen="s1")
    client = await show.enter("operator")
    token = csrf_of((await client.get("/phrases")).text)
    many = [f"{GOOD.digest} {GOOD.id}", *(f"{'0' * 64} n{n}" for n in range(MOST_DRAFTS - 1))]
    told = await client.post(
        "/phrases/submit", data={"key": "k1", "pick": many}, headers={"x-csrf-token": token}
    )
    assert told.text.count('<li class="no">') == MOST_DRAFTS - 1
    assert state(show, GOOD) == "in_review"


async def test_who_does_not_write_has_no_boxes(show: Show) -> None:
    show.journal.draft_phrase(GOOD, by="operator", screen="s1")
    client = await show.enter("moderator")
    page = (await client.get("/phrases?state=draft")).text
    assert GOOD.text in page
    assert 'name="pick"' not in page
    assert "/phrases/submit" not in page
    form = {"_csrf": csrf_of(page), "key": "k1", "pick": f"{GOOD.digest} {GOOD.id}"}
    assert (await client.post("/phrases/submit", data=form)).status_code == 403
    assert state(show, GOOD) == "draft"


async def test_withdrawing_takes_one_press_by_anybody_who_sees_the_page(show: Show) -> None:
    client = await show.enter("moderator")
    page = (await client.get("/phrases")).text
    assert "/phrases/withdraw" in page
    assert "/phrases/edit" not in page
    one = show.journal.phrase_versions()[0]
    form = {"_csrf": csrf_of(page), "id": one.id, "digest": one.digest, "reason": "价格变了", "key": "k"}
    for _ in range(2):  # a double press is one press
        assert (await client.post("/phrases/withdraw", data=form)).status_code == 303
    now = show.journal.phrase_version(one.id, one.digest)
    assert now is not None
    assert (now.state, now.changed_by) == ("withdrawn", "moderator")
    told = [row for row in show.readings.records("house", record_type="phrase", limit=9999)]
    assert [row.body["data"]["act"] for row in told].count("withdrawn") == 1
    wrong = await client.post("/phrases/withdraw", data={**form, "digest": "0" * 64})
    assert wrong.status_code == 409


async def test_the_history_of_a_phrase_and_hostile_words(show: Show) -> None:
    phrase = Phrase(new_id("price"), "price", "any", None, None, "zh", HOSTILE)
    row = show.journal.draft_phrase(phrase, by="operator", screen="s1")
    client = await show.enter("moderator")
    page = (await client.get("/phrases/history", params={"id": row.id})).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "写成草稿" in page
    assert "<script>alert(1)" not in (await client.get("/phrases")).text
    assert (await client.get("/phrases/history?id=none")).status_code == 404


async def test_the_stamp_of_who_worked_alone_is_shown(show: Show) -> None:
    from tests.bot.console.pages.test_review import in_solo

    await in_solo(show)
    page = (await (await show.enter("moderator")).get("/phrases")).text
    assert "单人审核" in page
