from __future__ import annotations

from bot.console.pages.writing import new_id
from replies.phrase import Phrase
from tests.bot.console.show import HOSTILE, Show, csrf_of


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
        (await client.get(f"/phrases?state=draft&page={page}")).text for page in ("0", "1", "99999999999")
    ]
    assert first.count('class="phrase ') == 120 == beyond.count('class="phrase ')
    assert last.count('class="phrase ') == 10
    found = (await client.get("/phrases", params={"q": "第77条"})).text
    assert found.count('class="phrase ') == 1
    by_question = (await client.get("/phrases", params={"q": "退换"})).text
    assert by_question.count('class="phrase ') >= 2
    hostile = (await client.get("/phrases", params={"q": '"><script>alert(1)</script>'})).text
    assert "<script>alert" not in hostile


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
