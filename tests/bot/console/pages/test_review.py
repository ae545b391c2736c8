from __future__ import annotations

import dataclasses
import re

import httpx
import pytest

from bot.console.auth import SCREEN_COOKIE, _hasher
from bot.console.pages.review import diff_pieces
from bot.console.shelf_views import Waiting
from replies.facts import Shop
from replies.phrase import Phrase
from tests.bot.console.show import HOSTILE, Show, csrf_of

PASSWORD = "correct horse"
HASHED = _hasher.hash(PASSWORD)
GOOD = Phrase("returns-own", "returns", "any", None, None, "zh", "支持七天无理由退换。")
BAD = Phrase("price-own", "price", "any", None, None, "zh", "全网最低，放心买。")
MINUTE = 60_000


def submitted(show: Show, phrase: Phrase, by: str = "operator", screen: str = "desk-1") -> None:
    row = show.journal.draft_phrase(phrase, by=by, screen=screen)
    show.journal.submit_phrase(row.id, row.digest, by=by)


async def reviewer(show: Show, login: str = "compliance") -> httpx.AsyncClient:
    show.journal.change_person(login, by=login, password_hash=HASHED)
    return await show.enter(login)


def picks(page: str) -> list[str]:
    return re.findall(r'name="pick" value="([^"]+)"', page)


def form_of(page: str, **more: object) -> dict[str, object]:
    key = re.search(r'id="review"><input[^>]+><input type="hidden" name="key" value="([^"]+)"', page)
    assert key, page[:1500]
    return {"_csrf": csrf_of(page), "key": key[1], "pick": picks(page), "act": "approve", **more}


def state(show: Show, phrase: Phrase) -> str:
    row = show.journal.phrase_version(phrase.id, phrase.digest)
    assert row is not None
    return row.state


async def in_solo(show: Show) -> httpx.AsyncClient:
    """The operator alone: written, read again on another screen, ten minutes gone, approved."""
    show.journal.set_duty_mode("solo", by="admin")
    submitted(show, GOOD)
    show.wall[0] += 5 * MINUTE
    client = await reviewer(show, "operator")
    page = (await client.get(f"/review/second/{GOOD.id}")).text
    form = {"_csrf": csrf_of(page), "key": "s1", "digest": GOOD.digest}
    early = await client.post(
        "/review/approve", data=form_of((await client.get("/review")).text, password=PASSWORD)
    )
    assert "不到 10 分钟" in early.text
    show.wall[0] += 6 * MINUTE
    unread = await client.post("/review/approve", data=form_of((await client.get("/review")).text))
    assert "另一块屏幕上重读" in unread.text
    assert (await client.post(f"/review/second/{GOOD.id}", data=form)).status_code == 303
    assert "已在另一块屏幕重读" in (await client.get(f"/review/second/{GOOD.id}")).text
    done = await client.post("/review/approve", data=form_of((await client.get("/review")).text))
    assert state(show, GOOD) == "live", done.text
    return client


async def test_one_password_a_sitting(show: Show) -> None:
    submitted(show, GOOD)
    client = await reviewer(show)
    page = (await client.get("/review")).text
    assert GOOD.text in page
    missing = await client.post("/review/approve", data=form_of(page))
    assert missing.status_code == 400
    assert "请输入密码" in missing.text
    assert " checked" in missing.text  # what was ticked stays ticked
    wrong = await client.post("/review/approve", data=form_of(page, password="nope"))
    assert wrong.status_code == 403
    assert state(show, GOOD) == "in_review"
    form = form_of(page, password=PASSWORD)
    for _ in range(2):
        assert (await client.post("/review/approve", data=form)).status_code == 200
    row = show.journal.phrase_version(GOOD.id, GOOD.digest)
    assert row is not None
    assert (row.state, row.approved_by, row.stamp) == ("live", "compliance", "双人审核")
    assert len(show.journal.approvals("phrase", GOOD.id)) == 1
    other = Phrase("gift-own", "gift", "any", None, None, "zh", "随单送小样。")
    submitted(show, other)
    page = (await client.get("/review")).text
    assert 'type="password"' not in page
    await client.post("/review/approve", data=form_of(page))
    assert state(show, other) == "live"
    show.wall[0] += 16 * MINUTE
    submitted(show, Phrase("gift-2", "gift", "any", None, None, "zh", "送收纳袋。"))
    page = (await client.get("/review")).text
    assert 'type="password"' in page
    assert (await client.post("/review/approve", data=form_of(page))).status_code == 400


async def test_a_sitting_is_of_one_login_alone(show: Show) -> None:
    submitted(show, GOOD)
    one, two = await reviewer(show), await show.enter("compliance")
    page = (await one.get("/review")).text
    await one.post("/review/approve", data=form_of(page, password=PASSWORD))
    submitted(show, Phrase("gift-own", "gift", "any", None, None, "zh", "随单送小样。"))
    assert 'type="password"' in (await two.get("/review")).text


async def test_guessing_the_password_is_limited(show: Show) -> None:
    submitted(show, GOOD)
    client = await reviewer(show)
    page = (await client.get("/review")).text
    codes = [
        (await client.post("/review/approve", data=form_of(page, password=f"no {n}"))).status_code
        for n in range(9)
    ]
    assert codes == [403] * 8 + [429]


async def test_nobody_approves_his_own_in_pair_and_the_reason_is_told(show: Show) -> None:
    submitted(show, GOOD)
    client = await reviewer(show, "operator")
    answer = await client.post(
        "/review/approve", data=form_of((await client.get("/review")).text, password=PASSWORD)
    )
    assert "自己写或改过的不能自己审" in answer.text
    assert state(show, GOOD) == "in_review"


async def test_an_edit_after_the_page_was_loaded_is_noticed(show: Show) -> None:
    submitted(show, GOOD)
    client = await reviewer(show)
    form = form_of((await client.get("/review")).text, password=PASSWORD)
    changed = Phrase(**{**{name: getattr(GOOD, name) for name in GOOD.__slots__}, "tone": "sales"})
    assert changed.digest == GOOD.digest
    submitted(show, changed)
    answer = await client.post("/review/approve", data=form)
    assert "又改了" in answer.text
    assert state(show, GOOD) == "in_review"


async def test_only_clean_rows_are_ticked_together_and_the_unclean_is_refused(show: Show) -> None:
    submitted(show, GOOD)
    submitted(show, BAD)
    client = await reviewer(show)
    page = (await client.get("/review")).text
    boxes = re.findall(r'<input type="checkbox" name="pick" value="(\S+)[^>]*?>', page)
    clean = re.findall(r'name="pick" value="(\S+) [^"]+" data-clean', page)
    assert sorted(boxes) == ["price-own", "returns-own"]
    assert clean == ["returns-own"]
    answer = await client.post("/review/approve", data=form_of(page, password=PASSWORD))
    assert "检查有拒绝项" in answer.text
    assert (state(show, GOOD), state(show, BAD)) == ("live", "in_review")


async def test_sent_back_with_a_reason(show: Show) -> None:
    submitted(show, GOOD)
    client = await reviewer(show)
    page = (await client.get("/review")).text
    assert (await client.post("/review/return", data=form_of(page))).status_code == 422
    answer = await client.post("/review/return", data=form_of(page, reason="<b>太长</b>"))
    assert answer.status_code == 200
    assert state(show, GOOD) == "draft"
    history = (await client.get(f"/phrases/history?id={GOOD.id}")).text
    assert "&lt;b&gt;太长" in history
    nothing = await client.post("/review/return", data={**form_of(page, reason="x"), "pick": [], "key": "z"})
    assert nothing.status_code == 400


async def test_a_long_queue_comes_in_pages_and_keeps_its_ticks(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.console.pages.review.PAGE", 2)
    many = [
        Phrase(f"returns-{n}", "returns", "any", None, None, "zh", f"支持{n}天无理由退换。") for n in range(5)
    ]
    for one in many:
        submitted(show, one)
        show.wall[0] += 1
    client = await reviewer(show)
    pages = [(await client.get(f"/review?page={n}")).text for n in ("", 1, 2, 9, "x")]
    ids = [[one.split(" ")[0] for one in picks(page)] for page in pages]
    first, last = ["returns-0", "returns-1"], ["returns-4"]
    assert ids == [first, ["returns-2", "returns-3"], last, last, first]
    assert re.findall(r'href="/review\?page=(\d)" aria-current', pages[3]) == ["2"]
    missing = await client.post("/review/approve", data={**form_of(pages[1]), "page": "1"})
    assert missing.status_code == 400
    assert picks(missing.text) == picks(pages[1])
    assert missing.text.count(" checked") == 2
    form = {**form_of(pages[2], password=PASSWORD), "page": "2"}
    done = (await client.post("/review/approve", data=form)).text
    assert picks(done) == picks(pages[1])  # the page is gone; the one before it is shown
    assert [state(show, one) for one in many] == ["in_review"] * 4 + ["live"]


async def test_no_number_of_ticks_is_lost(show: Show) -> None:
    """A page that stood open with more rows than a page has now; and one wrong tick among right ones."""
    submitted(show, GOOD)
    client = await reviewer(show)
    page = (await client.get("/review")).text
    gone = [f"gone-{n} {'0' * 64} {'0' * 64}" for n in range(240)]
    form = form_of(page, pick=[*gone, *picks(page)], password=PASSWORD)
    assert (await client.post("/review/approve", data=form)).status_code == 200
    assert state(show, GOOD) == "live"
    submitted(show, BAD)
    page = (await client.get("/review")).text
    for path in ("/review/approve", "/review/return"):
        wrong = await client.post(path, data=form_of(page, pick=["nothing", *picks(page)], reason="x"))
        assert wrong.status_code == 400
        assert wrong.text.count(" checked") == 1
    assert state(show, BAD) == "in_review"


@pytest.mark.parametrize("id", ["价格 a b", "a/b", "a b/c?d=#1%2f"])
async def test_an_id_from_before_ids_were_held_to_a_pattern(show: Show, id: str) -> None:
    show.journal.set_duty_mode("solo", by="admin")
    odd = Phrase(id, "returns", "any", None, None, "zh", GOOD.text)
    submitted(show, odd)
    client = await reviewer(show, "operator")
    page = (await client.get("/review")).text
    link = re.search(r'href="(/review/second/[^"]+)"', page)
    assert link
    second = await client.get(link[1])
    assert second.status_code == 200
    form = {"_csrf": csrf_of(second.text), "key": "s1", "digest": odd.digest}
    noted = await client.post(link[1], data=form)
    assert noted.headers["location"] == link[1]
    assert (await client.post("/review/return", data=form_of(page, reason="x"))).status_code == 200
    assert state(show, odd) == "draft"


async def test_the_goods_are_read_once_for_all_rows(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str | None] = []
    shelf = show.ports.shelf
    shop = shelf._at.shop

    def counted(merchant: str | None) -> Shop:
        read.append(merchant)
        return shop(merchant)

    monkeypatch.setattr(shelf, "_at", dataclasses.replace(shelf._at, shop=counted))
    for n in range(6):
        submitted(show, dataclasses.replace(GOOD, id=f"returns-{n}", merchant="乙店" if n % 2 else None))
    client = await reviewer(show)
    page = (await client.get("/review")).text
    assert sorted(read, key=str) == [None, "乙店"]
    read.clear()
    monkeypatch.setattr(shelf, "waiting", _nothing_waits)
    await client.post("/review/approve", data=form_of(page, password=PASSWORD))
    assert sorted(read, key=str) == [None, "乙店"]


async def _nothing_waits(page: int, size: int) -> tuple[list[Waiting], int]:
    return [], 0


async def test_looking_writes_nothing(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted(show, GOOD)
    client = await reviewer(show)

    def no_writing() -> None:
        raise AssertionError("a look opened a transaction to write")

    with monkeypatch.context() as patched:
        patched.setattr(show.journal, "deed", no_writing)
        page = (await client.get("/review")).text
    assert GOOD.text in page


async def test_the_difference_to_the_live_version(show: Show) -> None:
    submitted(show, GOOD)
    client = await reviewer(show)
    await client.post("/review/approve", data=form_of((await client.get("/review")).text, password=PASSWORD))
    fields = {name: getattr(GOOD, name) for name in GOOD.__slots__}
    submitted(show, Phrase(**{**fields, "text": "支持十五天无理由退换。", "tone": "after_sales"}))
    page = (await client.get("/review")).text
    assert "<del>七</del><ins>十五</ins>" in page
    assert "<ins>售后</ins>" in page


async def test_alone_with_a_second_reading(show: Show) -> None:
    await in_solo(show)
    row = show.journal.phrase_version(GOOD.id, GOOD.digest)
    assert row is not None
    assert (row.stamp, row.approved_by) == ("单人审核", "operator")


async def test_the_screen_it_was_written_on_is_no_other_screen(show: Show) -> None:
    from tests.bot.console.pages.test_writing import written

    show.journal.set_duty_mode("solo", by="admin")
    client = await show.enter("operator")
    answer = await written(client, then="submit")
    assert "submitted" in answer.headers["location"]
    (row,) = show.journal.phrase_versions("in_review")
    page = (await client.get(f"/review/second/{row.id}")).text
    assert "这就是写它的那块屏幕" in page
    assert "我已在这块屏幕上重读" not in page
    form = {"_csrf": csrf_of(page), "key": "s", "digest": row.digest}
    assert (await client.post(f"/review/second/{row.id}", data=form)).status_code == 403
    other = await show.enter("operator")
    page = (await other.get(f"/review/second/{row.id}")).text
    assert "我已在这块屏幕上重读" in page
    assert "data-due=" in page
    form = {"_csrf": csrf_of(page), "key": "s", "digest": row.digest}
    assert (await other.post(f"/review/second/{row.id}", data=form)).status_code == 303
    assert (await other.get("/review/second/none")).status_code == 404


async def test_logging_in_anew_in_the_same_browser_makes_no_other_screen(show: Show) -> None:
    from tests.bot.console.pages.test_writing import written

    show.journal.set_duty_mode("solo", by="admin")
    client = await reviewer(show, "operator")
    kept = client.cookies[SCREEN_COOKIE]
    await written(client, then="submit")
    (row,) = show.journal.phrase_versions("in_review")
    out = await client.post("/logout", data={"_csrf": csrf_of((await client.get("/")).text)})
    assert out.status_code == 303
    door = await client.get("/login")
    entry = {"_csrf": csrf_of(door.text), "name": "operator", "password": PASSWORD}
    entered = await client.post("/login", data=entry)
    assert entered.status_code == 303
    (cookie,) = [
        one.lower() for one in entered.headers.get_list("set-cookie") if one.startswith(SCREEN_COOKIE)
    ]
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age=34560000" in cookie
    assert client.cookies[SCREEN_COOKIE] == kept
    page = (await client.get(f"/review/second/{row.id}")).text
    assert "这就是写它的那块屏幕" in page
    form = {"_csrf": csrf_of(page), "key": "s", "digest": row.digest}
    assert (await client.post(f"/review/second/{row.id}", data=form)).status_code == 403


async def test_break_glass_is_loud_and_leaves_a_task_for_another(show: Show) -> None:
    submitted(show, GOOD)
    client = await reviewer(show, "admin")
    page = (await client.get("/review")).text
    form = form_of(page, act="break", password=PASSWORD)
    assert (await client.post("/review/approve", data=form)).status_code == 422  # a reason is needed
    await client.post("/review/approve", data={**form, "break_reason": "主播正在问"})
    row = show.journal.phrase_version(GOOD.id, GOOD.digest)
    assert row is not None
    assert (row.state, row.break_glass) == ("live", True)
    viewer = await show.enter("viewer")
    assert 'class="loud"' in (await viewer.get("/")).text
    assert "由别人复核" in (await client.get("/review")).text
    reasons = show.readings.records("house", record_type="break_glass")
    assert [one.body["data"]["reason"] for one in reasons] == ["主播正在问"]
    other = await reviewer(show)
    page = (await other.get("/review")).text
    (task,) = show.journal.review_tasks()
    form = {"_csrf": csrf_of(page), "key": "t", "task": str(task.id)}
    own = {**form, "_csrf": csrf_of((await client.get("/review")).text)}
    assert (await client.post("/review/task", data=own)).status_code == 409
    assert (await other.post("/review/task", data=form)).status_code == 303
    assert show.journal.review_tasks() == []
    assert 'class="loud"' in (await viewer.get("/")).text  # still live
    show.wall[0] += 24 * 60 * MINUTE
    viewer = await show.enter("viewer")
    assert 'class="loud"' not in (await viewer.get("/")).text


async def test_only_an_admin_breaks_the_glass(show: Show) -> None:
    submitted(show, GOOD)
    client = await reviewer(show)
    page = (await client.get("/review")).text
    assert "break_reason" not in page
    form = form_of(page, act="break", password=PASSWORD, break_reason="x")
    assert (await client.post("/review/approve", data=form)).status_code == 403
    assert state(show, GOOD) == "in_review"


async def test_the_duty_mode_is_the_admins_and_not_during_a_show(show: Show) -> None:
    client = await show.enter("admin")
    page = (await client.get("/review")).text
    form = {"_csrf": csrf_of(page), "key": "m", "mode": "team"}
    assert (await client.post("/review/mode", data=form)).status_code == 303
    assert show.journal.duty_mode() == "team"
    assert (await client.post("/review/mode", data={**form, "mode": "none"})).status_code == 400
    other = await show.enter("compliance")
    page = (await other.get("/review")).text
    assert "团队" in page
    assert 'action="/review/mode"' not in page


async def test_an_exemption_is_granted_by_another(show: Show) -> None:
    show.journal.draft_phrase(BAD, by="operator", screen="desk-1")
    sha = show.journal.keep_evidence(b"proof", "p.txt", "text/plain", by="operator")
    one = show.journal.add_exemption(BAD.id, "A01-0001", "<i>证书</i>", [sha], author="operator")
    client = await reviewer(show)
    page = (await client.get("/review")).text
    assert "&lt;i&gt;证书" in page
    form = {"_csrf": csrf_of(page), "key": "e", "exemption": str(one.id), "password": PASSWORD}
    assert (await client.post("/review/exemption", data=form)).status_code == 303
    assert show.journal.exemptions(BAD.id)[0].state == "granted"


async def test_hostile_words_in_review(show: Show) -> None:
    submitted(show, Phrase("price-x", "price", "any", None, None, "zh", HOSTILE, disclosure=HOSTILE))
    client = await reviewer(show)
    for path in ("/review", "/review/second/price-x"):
        page = (await client.get(path)).text
        assert "<script>alert(1)" not in page
        assert "<img" not in page


@pytest.mark.parametrize(
    ("old", "new"),
    [("", ""), ("七天", "七天"), ("", "新"), ("旧", ""), ("支持七天退换", "支持十五天退"), ("aba", "bab")],
)
def test_the_pieces_of_a_difference_are_both_texts(old: str, new: str) -> None:
    pieces = diff_pieces(old, new)
    assert "".join(text for kind, text in pieces if kind != "new") == old
    assert "".join(text for kind, text in pieces if kind != "gone") == new
