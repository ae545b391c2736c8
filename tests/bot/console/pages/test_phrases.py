from __future__ import annotations

from tests.bot.console.show import Show, csrf_of


async def test_the_library_by_question_with_who_stands_behind_it(show: Show) -> None:
    client = await show.enter("operator")
    page = (await client.get("/phrases")).text
    assert page.count('class="phrase phrase-live"') == len(show.journal.phrase_versions())
    assert "演练" in page
    assert (await client.get("/phrases?state=withdrawn")).text.count('class="phrase ') == 0


async def test_withdrawing_takes_one_press(show: Show) -> None:
    client = await show.enter("operator")
    token = csrf_of((await client.get("/phrases")).text)
    one = show.journal.phrase_versions()[0]
    form = {"_csrf": token, "id": one.id, "digest": one.digest, "reason": "价格变了", "key": "k"}
    assert (await client.post("/phrases/withdraw", data=form)).status_code == 303
    now = show.journal.phrase_version(one.id, one.digest)
    assert now is not None
    assert (now.state, now.changed_by) == ("withdrawn", "operator")
    wrong = await client.post("/phrases/withdraw", data={**form, "digest": "0" * 64})
    assert wrong.status_code == 409


async def test_a_moderator_sees_but_does_not_withdraw(show: Show) -> None:
    client = await show.enter("moderator")
    page = (await client.get("/phrases")).text
    assert "/phrases/withdraw" not in page
    one = show.journal.phrase_versions()[0]
    form = {"_csrf": csrf_of(page), "id": one.id, "digest": one.digest, "key": "k"}
    assert (await client.post("/phrases/withdraw", data=form)).status_code == 403
