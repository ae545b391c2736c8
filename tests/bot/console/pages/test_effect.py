from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.console.pages.effect import percent, times, write_link
from bot.learning.clusters import Cluster
from tests.bot.console.show import HOSTILE, ROOM, START, Show, comment, open_show


def cluster(intent: str | None, *examples: str) -> Cluster:
    return Cluster(intent, None, examples, 1, 1, 0, 0, 0, {"unsure": 1})


def say(show: Show, session: str, group_of: dict[str, int]) -> None:
    """Answers of the practice library's two discount phrases, said so many times each."""
    rows = {row.id: row for row in show.journal.phrase_versions()}
    for number, (id, count) in enumerate(group_of.items()):
        for n in range(count):
            outbox = show.journal.outbox_add(
                ROOM, session, phrase_id=id, digest=rows[id].digest, intent="discount", product="P1", text="券",
                mode="send", due_ms=START + n * 1_000 + number, expires_ms=START + 900_000,
                comment_id=f"{session}-{n % 3}",
            )  # fmt: skip
            show.journal.outbox_begin(outbox)
            show.journal.outbox_finish(outbox, "sent")


async def test_what_was_asked_in_vain_and_a_click_to_answer_it(show: Show) -> None:
    client = await show.enter("operator")
    page = (await client.get("/phrases/effect")).text
    assert "这个能配明年那台新的吗" in page
    assert "2 人问了 2 次" in page
    assert "/questions?example=" in page
    records = show.readings.records(ROOM, record_type="access", limit=1000)
    assert ("operator", "unanswered") in {
        (one.body["data"]["reader"], one.body["data"]["purpose"]) for one in records
    }
    assert "还没有说过话术" not in page  # the show has queued answers
    assert "/phrases/effect" in (await client.get("/phrases")).text


async def test_hostile_words_are_words_on_the_page_and_in_its_links(show: Show) -> None:
    show.commit([comment(HOSTILE + "吗", "阿一", START + 60_000)])
    page = (await (await show.enter("operator")).get("/phrases/effect")).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    for name in (None, "price"):
        link = write_link(cluster(name, HOSTILE, "能洗吗\n</a>"))
        assert set('<>"\n ').isdisjoint(link)


async def test_a_beside_b_in_plain_words(show: Show) -> None:
    session = show.state.session
    say(show, session, {"discount-1": 31, "discount-2": 30})
    client = await show.enter("moderator")
    page = (await client.get("/phrases/effect")).text
    assert "还看不出差别" in page
    assert page.count('class="whisker"') >= 4
    assert "/phrases/edit?intent" not in page  # a moderator writes no phrases
    client.cookies.set("ck_lang", "en")
    assert "no difference yet" in (await client.get("/phrases/effect")).text


async def test_too_few_answers_say_nothing(show: Show) -> None:
    say(show, show.state.session, {"discount-1": 29, "discount-2": 40})
    page = (await (await show.enter("operator")).get("/phrases/effect")).text
    assert "次数还不够" in page
    assert "还看不出差别" not in page


async def test_how_many_of_those_asked_said_it_helped(show: Show) -> None:
    session = show.state.session
    client = await show.enter("operator")
    say(show, session, {"discount-1": 5})
    assert "问过，解决了" not in (await client.get("/phrases/effect")).text
    rows = [one.id for one in show.readings.sendings(session) if one.phrase_id == "discount-1"]
    for row, answer in zip(rows, ("yes", "yes", "no", "yes"), strict=False):
        body = {"outbox": row, "answer": answer}
        show.journal.append_record(ROOM, "satisfaction", body, session=session)
    page = (await client.get("/phrases/effect")).text
    assert page.count("问过，解决了") == 1
    assert "30 %–95 %（3/4）" in page


async def test_who_may_not_see_phrases_may_not_see_this(show: Show) -> None:
    assert (await (await show.enter("viewer")).get("/phrases/effect")).status_code == 403


async def test_an_empty_house(tmp_path: Path) -> None:
    show = open_show(tmp_path, lines=())
    try:
        page = (await (await show.enter("operator")).get("/phrases/effect")).text
    finally:
        show.close()
    assert "还没有说过话术" in page
    assert "没有没答上的问题" in page


async def test_a_product_named_keeps_questions_apart(show: Show) -> None:
    show.commit([comment("三号链接能用吗", "阿一", START + 60_000)])
    found = await show.ports.effect.unanswered(by="operator")
    assert sum(one.count for one in found) == len(
        [row for row in show.readings.unanswered(show.state.session, reader=None, limit=100)]
    )


@pytest.mark.parametrize(("intent", "path"), [("price", "/phrases/edit"), (None, "/questions")])
def test_the_examples_come_along(intent: str | None, path: str) -> None:
    link = urlsplit(write_link(cluster(intent, "能洗吗", "能不能洗")))
    asked = parse_qs(link.query)
    assert link.path == path
    assert asked["example"] == (["能洗吗 ／ 能不能洗"] if intent else ["能洗吗", "能不能洗"])


def test_figures_in_words() -> None:
    assert (percent(0.126), percent(1), times(float("inf")), times(1.26)) == ("13 %", "100 %", "∞", "1.3")
