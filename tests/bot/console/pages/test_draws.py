from __future__ import annotations

import dataclasses
import json
import re

import pytest

from bot.draws.alts import Flag
from bot.draws.barred import BarredLists
from bot.draws.presets import SHIPPED
from bot.errors import NotAllowed
from lottery.rules import TEXTS
from tests.bot.console.show import ROOM, SHEET, Show, csrf_of
from tests.bot.draws.test_presets import whole

FILLED = {
    "room": ROOM, "title": "周末抽奖", "keyword": "抽奖", "preset": "practice", "window_s": "60", "lead_s": "0",
    "reserves": "1", "linked_value": "", "claim_days": "7", "prize0_rank": "一等奖", "prize0_name": "礼盒",
    "prize0_quantity": "2", "prize0_value": "299.5", "prize0_kind": "goods",
    **{name: getattr(SHEET, name) for name in TEXTS},
}  # fmt: skip


async def test_announce_and_the_same_press_again(show: Show) -> None:
    client = await show.enter("operator")
    page = (await client.get("/draws/new")).text
    form = {**FILLED, "_csrf": csrf_of(page), "key": "once"}
    answers = [await client.post("/draws/new", data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"] == "/draws/draw-3"
    record = show.draws.records["draw-3"]["commitment"]["record"]  # type: ignore[index]
    assert record["prizes"][0]["value_fen"] == 29_950
    assert record["k"] == 2
    assert [act[0] for act in show.draws.acts] == ["announce"]


@pytest.mark.parametrize("missing", [*TEXTS, "title", "keyword", "prize0_name"])
async def test_each_item_of_article_13_is_needed_and_nothing_typed_is_lost(show: Show, missing: str) -> None:
    client = await show.enter("operator")
    form = {**FILLED, missing: " ", "_csrf": csrf_of((await client.get("/draws/new")).text), "key": "k"}
    answer = await client.post("/draws/new", data=form)
    assert answer.status_code == 422
    assert 'class="findings"' in answer.text
    for name in ("claim_method", "organiser"):
        assert name == missing or FILLED[name] in answer.text
    assert show.draws.acts == []


@pytest.mark.parametrize(
    ("field", "value"), [("prize0_value", "50000.01"), ("prize0_value", "abc"), ("prize0_value", "1.234"),
                         ("prize0_value", "-1"), ("window_s", "x"), ("window_s", "1"), ("linked_value", "49800"),
                         ("prize0_kind", "kidney"), ("preset", "rigged")],
)  # fmt: skip
async def test_limits(show: Show, field: str, value: str) -> None:
    client = await show.enter("operator")
    form = {**FILLED, field: value, "_csrf": csrf_of((await client.get("/draws/new")).text), "key": "k"}
    assert (await client.post("/draws/new", data=form)).status_code == 422
    assert show.draws.acts == []


async def test_fifty_thousand_itself_is_allowed(show: Show) -> None:
    client = await show.enter("operator")
    form = {
        **FILLED,
        "prize0_value": "50000",
        "_csrf": csrf_of((await client.get("/draws/new")).text),
        "key": "k",
    }
    assert (await client.post("/draws/new", data=form)).status_code == 303


async def test_there_is_no_way_to_draw_again_or_to_choose(show: Show) -> None:
    client = await show.enter("operator")
    for path in ("/draws/new", "/draws/draw-1", "/draws/draw-2", "/draws"):
        page = (await client.get(path)).text.lower()
        for word in (
            "redraw",
            "reroll",
            'name="odds"',
            'name="winner',
            'name="weight',
            'name="probab',
            "repick",
        ):
            assert word not in page
    assert (
        "作废" not in (await client.get("/draws/draw-1")).text.split("<main")[1]
    )  # it is drawn: nothing can be done


async def test_void_needs_a_reason_of_the_list_and_acts_once(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await show.enter("operator")
    void = show.draws.void

    async def strict(draw_id: str, reason: str, *, by: str, key: str) -> str:
        if show.draws.acts:
            raise NotAllowed("A void draw stays void.")
        return await void(draw_id, reason, by=by, key=key)

    monkeypatch.setattr(show.draws, "void", strict)
    token = csrf_of((await client.get("/draws/draw-2")).text)
    assert (
        await client.post("/draws/draw-2/void", data={"_csrf": token, "reason": "bored", "key": "k"})
    ).status_code == 400
    for _ in range(2):
        form = {"_csrf": token, "reason": "failure", "key": "k"}
        assert (await client.post("/draws/draw-2/void", data=form)).status_code == 303
    assert show.draws.acts == [("void", "draw-2", "failure", "operator")]


async def test_a_pasted_beacon_is_checked(show: Show) -> None:
    from lottery.beacon import practice_beacon

    client = await show.enter("operator")
    token = csrf_of((await client.get("/draws/draw-2")).text)
    number = show.draws.records["draw-2"]["commitment"]["record"]["beacon"]["round"]  # type: ignore[index]
    good = {"round": number, "signature": practice_beacon(number).signature.hex()}
    for wrong in (
        "{",
        json.dumps({**good, "round": number + 1}),
        json.dumps({**good, "signature": "00" * 48}),
        "null",
    ):
        answer = await client.post("/draws/draw-2/beacon", data={"_csrf": token, "beacon": wrong, "key": "k"})
        assert answer.status_code == 422, wrong
        assert f"不是第 {number} 轮的值" in answer.text
        assert 'name="beacon"' in answer.text  # to be pasted again
    assert show.draws.acts == []
    answer = await client.post(
        "/draws/draw-2/beacon", data={"_csrf": token, "beacon": json.dumps(good), "key": "k"}
    )
    assert answer.status_code == 303
    assert show.draws.acts == [("beacon", "draw-2", "operator")]


async def test_the_control_page_marks_what_is_irreversible_and_says_why_there_is_no_early_close(
    show: Show,
) -> None:
    client = await show.enter("operator")
    page = (await client.get("/draws/draw-2")).text
    assert page.count('class="lock"') == 3
    assert "没有提前截止，也没有延长" in page
    assert re.findall(r"<dt>重复参与</dt><dd>(\d+)</dd>", page) == ["6"]
    for word in ("close_early", "extend", "延长时间", "立即截止"):
        assert word not in page
    commit = show.draws.records["draw-2"]["commitment"]["hash"]  # type: ignore[index]
    assert "".join(re.findall(r"<span>([0-9a-f]{4})</span>", page)[:4]) == commit[:16]
    assert 'href="/d/draw-2"' in page
    assert "/draws/draw-2/prizes" not in page
    assert "/draws/draw-1/prizes" in (await client.get("/draws/draw-1")).text


async def test_what_is_shown_goes_with_the_draw(show: Show) -> None:
    """The page is not fetched anew: its parts are, so that nothing is offered that has become impossible."""
    client = await show.enter("operator")
    acts = (await client.get("/draws/part/draw-2/acts")).text
    assert 'name="beacon"' in acts
    assert 'name="reason"' in acts
    for name in ("beacon", "reason"):
        assert f'name="{name}"' not in (await client.get("/draws/part/draw-1/acts")).text
    assert "<html" not in (await client.get("/draws/part/draw-2/one")).text
    assert (await client.get("/draws/part/draw-2/rest")).status_code == 404
    assert (await client.get("/draws/part/draw-9/one")).status_code == 404
    moderator = await show.enter("moderator")
    assert "<form" not in (await moderator.get("/draws/part/draw-2/acts")).text


async def test_the_proof_is_offered_without_being_read(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be a hundred megabytes, and the page is asked for again at every change."""
    draw_id = show.draws.add(SHEET, "draw-p", finish=True)
    running = show.draws.add(SHEET, "draw-r")
    monkeypatch.delattr(type(show.draws), "proof_bytes")
    client = await show.enter("operator")
    assert "proof.json" in (await client.get(f"/draws/{draw_id}")).text
    assert "proof.json" not in (await client.get(f"/draws/{running}")).text


async def test_voiding_is_offered_only_for_reasons_that_hold_now(show: Show) -> None:
    client = await show.enter("operator")
    assert re.findall(r'<option value="(\w+)">', (await client.get("/draws/draw-2")).text) == ["failure"]
    show.draws.voidable = ()
    page = (await client.get("/draws/draw-2")).text
    assert 'name="reason"' not in page
    assert "不能因为结果不合意而作废" in page
    assert 'action="/draws/draw-1/void"' not in (await client.get("/draws/draw-1")).text


async def test_the_answer_of_a_quiz_is_on_no_page_before_closing(show: Show) -> None:
    sheet = dataclasses.replace(whole(SHIPPED["quiz"]), options=("春天", "秋天"), answers=("春天",))
    show.draws.add(sheet, "quiz-open")
    show.draws.add(sheet, "quiz-closed", close=True)
    client = await show.enter("operator")
    page = (await client.get("/draws/quiz-open")).text
    assert "答案已封存" in page
    assert "春天" not in page
    assert "<bdi>春天</bdi>" in (await client.get("/draws/quiz-closed")).text


async def test_a_qr_code_only_where_viewers_can_open_the_page(show: Show) -> None:
    client = await show.enter("operator")
    assert 'class="qr"' not in (await client.get("/draws/draw-2")).text
    object.__setattr__(show.ports, "public_site", "http://127.0.0.1:8788")
    assert 'class="qr"' not in (await client.get("/draws/draw-2")).text
    object.__setattr__(show.ports, "public_site", "https://draws.example.com")
    page = (await client.get("/draws/draw-2")).text
    assert 'class="qr"' in page
    assert 'href="https://draws.example.com/d/draw-2"' in page


async def test_flags_are_to_look_at_and_the_look_is_told(show: Show) -> None:
    client = await show.enter("operator")
    show.draws.found = (Flag("names_alike", ("u1", "<b>u2</b>"), 2, 1, 2, "小<i>红"),)
    page = (await client.get("/draws/draw-2/flags")).text
    assert "名字只差数字" in page
    assert "&lt;b&gt;u2" in page
    assert "<form" not in page
    assert "<button" not in page
    assert show.draws.acts == [("flags", "draw-2", "operator")]
    show.draws.found = ()
    assert "没有发现" in (await client.get("/draws/draw-2/flags")).text
    moderator = await show.enter("moderator")
    assert (await moderator.get("/draws/draw-2/flags")).status_code == 403


async def test_the_shops_lists_are_typed_one_account_a_line(show: Show) -> None:
    client = await show.enter("operator")
    page = (await client.get("/draws/barred")).text
    form = {
        "_csrf": csrf_of(page),
        "merchant": "",
        "staff": "practice:1\r\npractice:2\r\n",
        "blacklist": " practice:9 ",
    }
    answer = await client.post("/draws/barred", data=form)
    assert answer.status_code == 200
    assert show.draws.lists == BarredLists(("practice:1", "practice:2"), ("practice:9",))
    assert "practice:1\npractice:2</textarea>" in answer.text
    assert (await client.post("/draws/barred", data={**form, "merchant": "别家"})).status_code == 400


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "/draws",
        "/draws/presets",
        "/draws/new?from=red-rain",
        "/draws/draw-1",
        "/draws/draw-2",
        "/draws/barred",
    ],
)
async def test_both_languages(show: Show, path: str, lang: str) -> None:
    client = await show.enter("operator")
    client.cookies.set("ck_lang", lang)
    page = (await client.get(path)).text
    main = page.split("<main")[1].split("</main>")[0]
    words = re.sub(r"<(textarea|option|bdi|input)[^>]*>([^<]*)", "", main)
    assert ("公" in words or "奖" in words) == (lang == "zh")
