from __future__ import annotations

import json

import pytest

from lottery.rules import TEXTS
from tests.bot.console.show import ROOM, SHEET, Show, csrf_of

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
    assert 'class="problems"' in answer.text
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


async def test_void_needs_a_reason_of_the_list_and_acts_once(show: Show) -> None:
    client = await show.enter("operator")
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
    assert show.draws.acts == []
    answer = await client.post(
        "/draws/draw-2/beacon", data={"_csrf": token, "beacon": json.dumps(good), "key": "k"}
    )
    assert answer.status_code == 303
    assert show.draws.acts == [("beacon", "draw-2", "operator")]
