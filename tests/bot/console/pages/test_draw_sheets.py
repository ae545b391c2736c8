"""From a preset to an announced draw, by the forms a person presses."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from bot.console.draw_form import filled
from bot.draws.presets import SHIPPED
from lottery.rules import KINDS
from tests.bot.console.show import HOSTILE, ROOM, START, Show, csrf_of
from tests.bot.draws.test_presets import whole


async def sheet_form(client: httpx.AsyncClient, id: str, **more: str) -> dict[str, str]:
    """The whole form of a completed preset, as a browser sends it (line ends and all)."""
    page = (await client.get(f"/draws/new?from={id}")).text
    form = {
        **filled(whole(SHIPPED[id]), "practice"),
        "room": ROOM,
        "_csrf": csrf_of(page),
        "key": f"k-{id}",
        **more,
    }
    return {name: value.replace("\n", "\r\n") for name, value in form.items() if value != ""}


def hidden_of(page: str) -> dict[str, str]:
    """The hidden fields of the form that starts the draw."""
    form = page[page.index('class="final start"') :]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


@pytest.mark.parametrize("id", SHIPPED)
async def test_preset_form_confirmation_and_start(show: Show, id: str) -> None:
    client = await show.enter("operator")
    page = (await client.get(f"/draws/new?from={id}")).text
    assert 'class="findings"' in page
    assert "规范促销行为暂行规定" in page  # each refusal with its basis …
    assert "已见原文" in page  # … and how far it was checked
    sure = await client.post("/draws/confirm", data=await sheet_form(client, id))
    assert sure.status_code == 200
    assert "从此不能改的" in sure.text
    assert show.draws.acts == []
    answer = await client.post("/draws/new", data=hidden_of(sure.text))
    assert (answer.status_code, answer.headers["location"]) == (303, "/draws/draw-3")
    entry = show.draws.records["draw-3"]["commitment"]["record"]["entry"]  # type: ignore[index]
    assert entry["kind"] == SHIPPED[id].kind
    again = await client.post("/draws/new", data=hidden_of(sure.text))
    assert again.headers["location"] == "/draws/draw-3"
    assert len(show.draws.acts) == 1


async def test_each_kind_has_its_own_fields_and_no_others(show: Show) -> None:
    client = await show.enter("operator")
    named = {}
    for kind in KINDS:
        page = (await client.get(f"/draws/new?kind={kind}")).text
        named[kind] = set(re.findall(r'name="([a-z_0-9]+)"', page))
    own = {
        "keyword": {"keyword"}, "quiz": {"question", "options", "prefix", "answers"},
        "guess": {"question", "prefix", "answers", "decimals", "least", "most"},
        "rain": {"wave0_keyword", "wave0_after", "wave0_window"}, "purchase": {"product"},
    }  # fmt: skip
    every = set().union(*own.values())
    for kind, fields in own.items():
        assert named[kind] & every == fields, kind
        assert {
            "title",
            "organiser",
            "prize0_name",
            "follow",
            "exclude_previous_days",
            "claim_days",
        } <= named[kind]
    assert "window_s" not in named["rain"]
    assert (await client.get("/draws/new?kind=roulette")).status_code == 200


async def test_the_preflight_speaks_while_one_types(show: Show) -> None:
    client = await show.enter("operator")
    form = await sheet_form(client, "quiz")
    good = await client.post("/draws/check", data=form)
    assert "可以开始" in good.text
    for field, value, told in (
        ("prize0_value", "50001", "五万元"), ("claim_method", "", "兑奖方式"), ("answers", "Z", "答案"),
        ("window_s", "soon", "须为数字"), ("minors", "", "未成年人"),
    ):  # fmt: skip
        page = (await client.post("/draws/check", data={**form, field: value})).text
        assert told in page, field
        assert "可以开始" not in page
    assert 'class="basis"' in (await client.post("/draws/check", data={**form, "prize0_value": "50001"})).text
    assert "没有连接" in (await client.post("/draws/check", data={**form, "room": "other:1"})).text
    assert show.draws.acts == []


async def test_a_sheet_with_gaps_does_not_get_as_far_as_the_confirmation(show: Show) -> None:
    client = await show.enter("operator")
    form = await sheet_form(client, "keyword-3min", organiser="", title="晚 <b>场</b>")
    answer = await client.post("/draws/confirm", data=form)
    assert answer.status_code == 422
    assert "晚 &lt;b&gt;场&lt;/b&gt;" in answer.text
    assert "从此不能改的" not in answer.text
    assert 'class="field wrong" id="f-organiser"' in answer.text


async def test_back_from_the_confirmation_nothing_is_lost(show: Show) -> None:
    client = await show.enter("operator")
    form = await sheet_form(client, "guess-price", title="猜一猜")
    sure = (await client.post("/draws/confirm", data=form)).text
    back = await client.post("/draws/confirm", data={**hidden_of(sure), "edit": "1"})
    assert back.status_code == 200
    for value in ("猜一猜", "示例小店", "39.9", "礼盒"):
        assert f'value="{value}"' in back.text or f">{value}</textarea>" in back.text


async def test_the_confirmation_shows_times_round_and_no_answer_at_once(show: Show) -> None:
    client = await show.enter("operator")
    page = (await client.post("/draws/confirm", data=await sheet_form(client, "quiz", lead_s="10"))).text
    (answer,) = re.findall(r"<dt>正确答案</dt><dd>(.*?)</dd>", page, re.S)
    assert answer.startswith("<details><summary>")
    assert "<bdi>B</bdi>" in answer
    assert "演练" in page
    assert show.time[0] > START
    assert page.count("data-at-offset") == 5


async def test_a_preset_is_kept_used_and_taken_away(show: Show) -> None:
    client = await show.enter("operator")
    form = await sheet_form(client, "red-rain", name=f"周末 {HOSTILE[:20]}".replace("\x1b", ""))
    assert (await client.post("/draws/presets/save", data=form)).headers["location"] == "/draws/presets"
    page = (await client.get("/draws/presets")).text
    assert "<script>alert" not in page
    (id,) = re.findall(r'name="id" value="(\d+)"', page)
    new = (await client.get(f"/draws/new?from={id}")).text
    assert 'value="红包五"' in new
    assert ">示例小店</textarea>" in new
    # What the shop is called was learnt: the next shipped preset has it too.
    assert ">示例小店</textarea>" in (await client.get(f"/draws/new?from=quiz&room={ROOM}")).text
    removed = await client.post("/draws/presets/remove", data={"_csrf": form["_csrf"], "id": id, "key": "r"})
    assert removed.status_code == 303
    assert 'name="id"' not in (await client.get("/draws/presets")).text
    again = await client.post("/draws/presets/remove", data={"_csrf": form["_csrf"], "id": id, "key": "r2"})
    assert again.status_code == 409


async def test_a_whole_preset_goes_straight_to_the_confirmation_and_one_with_gaps_to_the_form(
    show: Show,
) -> None:
    client = await show.enter("operator")
    form = await sheet_form(client, "quiz", name="晚场答题")
    await client.post("/draws/presets/save", data=form)
    await client.post("/draws/presets/save", data={**form, "name": "半张", "organiser": ""})
    whole_one, half = (one.id for one in sorted(show.journal.draw_presets(None), key=lambda one: one.id))
    token = form["_csrf"]
    sure = await client.post(
        "/draws/confirm", data={"_csrf": token, "key": "a", "from": str(whole_one), "room": ROOM}
    )
    assert sure.status_code == 200
    answer = await client.post("/draws/new", data=hidden_of(sure.text))
    assert answer.headers["location"] == "/draws/draw-3"
    gaps = await client.post(
        "/draws/confirm", data={"_csrf": token, "key": "b", "from": str(half), "room": ROOM}
    )
    assert gaps.status_code == 422
    assert 'id="sheet"' in gaps.text
    gone = await client.post("/draws/confirm", data={"_csrf": token, "key": "c", "from": "99", "room": ROOM})
    assert gone.status_code == 400


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [("name", "", 400), ("name", "x" * 41, 400), ("preset", "rigged", 400), ("room", "other:1", 400),
     ("lead_s", "soon", 422)],
)  # fmt: skip
async def test_what_cannot_be_kept(show: Show, field: str, value: str, status: int) -> None:
    client = await show.enter("operator")
    form = await sheet_form(client, "quiz", name="晚场")
    answer = await client.post("/draws/presets/save", data={**form, field: value})
    assert answer.status_code == status
    assert show.journal.draw_presets(None) == []


async def test_an_incomplete_sheet_may_be_kept(show: Show) -> None:
    client = await show.enter("operator")
    form = await sheet_form(client, "keyword-3min", name="半张", organiser="", prize0_name="")
    assert (await client.post("/draws/presets/save", data=form)).status_code == 303
    assert [one.name for one in show.journal.draw_presets(None)] == ["半张"]
