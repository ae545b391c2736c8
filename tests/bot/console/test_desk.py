"""The desk, the prompter and the overlays over a real store, with the real gate of the hand channel."""

from __future__ import annotations

import re

import httpx
import pytest

from bot.comment import Happening, RoomKey
from bot.console.desk_port import RoomDesk
from bot.console.desk_rows import DeskRow
from bot.console.desk_visit import INLINE
from bot.console.pages.desk import public_text
from bot.console.pages.desk_plans import time_of
from bot.console.questions import Question
from bot.console.words import Words
from bot.errors import NotAllowed
from tests.bot.console.desk_show import offer
from tests.bot.console.show import HOSTILE, ROOM, START, Show, comment, csrf_of

LATER = START + 60_000


class At:
    """A person at the desk."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client, self.token, self.presses = client, token, 0

    @classmethod
    async def of(cls, show: Show, login: str = "operator") -> At:
        client = await show.enter(login)
        return cls(client, csrf_of((await client.get("/desk")).text))

    async def press(self, path: str, *, key: str = "", **fields: object) -> httpx.Response:
        self.presses += 1
        data = {"_csrf": self.token, "room": ROOM, "key": key or f"k{self.presses}", **fields}
        return await self.client.post(f"/desk/{path}", data=data)

    async def rows(self) -> str:
        return (await self.client.get(f"/desk/part/rows?room={ROOM}")).text


def desk(show: Show) -> RoomDesk:
    found = show.ports.room_desk(ROOM)
    assert found is not None
    return found


@pytest.fixture
def asked(show: Show) -> Show:
    """Two have asked the price, one the shipping, in a room where answers are only suggested."""
    for intent in ("price", "shipping_time"):
        show.state = _suggest(show, intent)
    show.commit([
        comment("3号链接多少钱", "甲", LATER), comment("多少米 3号", "乙", LATER + 10),
        comment("今天能发吗？", "丙", LATER + 20),
    ])  # fmt: skip
    offer(show, desk(show))
    return show


def _suggest(show: Show, intent: str) -> object:
    from bot.policy import Instruction, obey

    return obey(Instruction("mode", "test", {"intent": intent, "mode": "suggest"}), show.state)


def offered(page: str) -> list[tuple[str, str, str]]:
    """Place, row id and state of every offer on the desk."""
    return re.findall(r'data-place="(\d)"[^>]*data-row="(\d+)" data-state="(\w+)"', page)


# the hand channel


async def test_a_question_its_count_and_its_answer_stand_in_one_row(asked: Show) -> None:
    at = await At.of(asked)
    page = await at.rows()
    assert len(offered(page)) == 2
    assert 2 <= page.count("data-place=") <= 5
    (price,) = [row for row in page.split("<li ") if "×2" in row and "多少米 3号" in row]
    answer = next(one for one in desk(asked).hand.open() if one.intent == "price")
    assert answer.text in price
    assert f'data-row="{answer.id}"' in price


async def test_copy_records_who_and_a_second_press_says_sent(asked: Show) -> None:
    at = await At.of(asked)
    _, row, _ = offered(await at.rows())[0]
    answer = await at.press("copy", row=row)
    stored = asked.journal.outbox_row(int(row))
    assert stored is not None
    assert answer.json()["text"] == stored.text
    assert (stored.state, stored.person) == ("copied", "operator")
    assert ("copied" in {state for _, id, state in offered(await at.rows()) if id == row}) is True
    assert (await at.press("sent", row=row)).status_code == 204
    stored = asked.journal.outbox_row(int(row))
    assert stored is not None
    assert (stored.state, stored.person) == ("by_hand", "operator")


async def test_what_was_not_copied_cannot_have_been_sent(asked: Show) -> None:
    at = await At.of(asked)
    _, row, _ = offered(await at.rows())[0]
    answer = await at.press("sent", row=row)
    assert answer.status_code == 409
    assert "先复制" in answer.text


async def test_an_expired_text_refuses_and_says_why(asked: Show) -> None:
    at = await At.of(asked)
    _, row, _ = offered(await at.rows())[0]
    asked.time[0] += 61_000
    answer = await at.press("copy", row=row)
    assert answer.status_code == 409
    assert "已过时" in answer.text
    assert "text" not in answer.headers["content-type"].replace("text/plain", "")


async def test_a_changed_fact_refuses_and_says_why(asked: Show) -> None:
    at = await At.of(asked)
    product = next(one for one in asked.state.shop.products if one.slot == 3)
    price = next(
        row
        for row in desk(asked).hand.open()
        if row.intent == "price" and product.facts["price"].value in row.text
    )
    await at.press("show", product=product.id)
    await at.press("fact", name="price", product=product.id, value="1元")
    assert "价格等信息已变" in await at.rows()
    answer = await at.press("copy", row=price.id)
    assert answer.status_code == 409
    assert "价格等信息已变" in answer.text


async def test_under_the_red_light_nothing_is_copied_but_it_waits(asked: Show) -> None:
    at = await At.of(asked)
    _, row, _ = offered(await at.rows())[0]
    await at.press("red", on="1", reason="价格说错了")
    assert (await at.press("copy", row=row)).status_code == 409
    await at.press("red", on="0")
    assert (await at.press("copy", row=row)).status_code == 200


async def test_a_row_of_nobody_is_refused(asked: Show) -> None:
    at = await At.of(asked)
    assert (await at.press("copy", row="999")).status_code == 409
    assert (await at.press("copy", row="x")).status_code == 400


# questions


async def test_skip_said_and_pin(asked: Show) -> None:
    at = await At.of(asked)
    keys = re.findall(r'data-question="([^"]+)"', await at.rows())
    await at.press("question/pin", question=keys[-1])
    assert "pinned" in await at.rows()
    await at.press("question/skip", question=keys[0])
    await at.press("question/said", question=keys[-1])
    left = re.findall(r'data-question="([^"]+)"', await at.rows())
    assert not {keys[0], keys[-1]} & set(left)
    said = asked.readings.records(ROOM, record_type="said_on_air")
    assert said[-1].body["data"]["by"] == "operator"
    assert asked.readings.records(ROOM, record_type="question_skipped")
    assert (await at.press("question/erase", question=keys[0])).status_code == 404


async def test_a_double_press_acts_once(show: Show) -> None:
    at = await At.of(show)
    for _ in range(2):
        await at.press("cue", text="慢一点", key="once")
        await at.press("order/add", kind="note", title="喝水", key="twice")
    assert len(show.readings.records(ROOM, record_type="cue")) == 1
    assert len(desk(show).control.order.items) == 1


async def test_a_refused_press_may_be_tried_again_with_its_key(show: Show) -> None:
    at = await At.of(show)
    assert (await at.press("cue", text="只剩{stock}件", key="again")).status_code == 409
    product = show.state.shop.products[0].id
    await at.press("show", product=product)
    await at.press("fact", name="stock", product=product, value="20")
    assert (await at.press("cue", text="只剩{stock}件", key="again")).status_code == 200
    cue = desk(show).control.cues.current()
    assert cue is not None
    assert cue.text == "只剩20件"


# the room


async def test_the_kill_switch_and_red_light_are_shown_to_all_and_only_who_steers_lifts_them(
    show: Show,
) -> None:
    moderator = await At.of(show, "moderator")
    watcher = show.feed.broadcast.join({"status", "desk"}, ROOM, None)
    assert (await moderator.press("replies", on="0")).status_code == 200
    assert show.state.replies_on is False
    await moderator.press("red", on="1", reason="平台警告")
    assert show.state.red == "平台警告"
    assert {event.topic for event in watcher.waiting} == {"status", "desk"}
    assert (await moderator.press("replies", on="1")).status_code == 403
    assert (await moderator.press("red", on="0")).status_code == 403
    assert show.state.replies_on is False
    viewer = await show.enter("viewer")
    page = (await viewer.get("/prompter")).text
    assert "data-red" in page
    assert "平台警告" in page
    at = await At.of(show)
    await at.press("red", on="0")
    await at.press("replies", on="1")
    assert show.state.silence is None


async def test_switches_modes_and_floors(show: Show) -> None:
    at = await At.of(show)
    await at.press("switch", name="quiet", on="1")
    await at.press("switch", name="duty", on="1")
    await at.press("mode", intent="price", mode="off")
    await at.press("mode", intent="price", score="85")
    assert (show.state.quiet, show.state.on_duty, show.state.modes["price"]) == (True, True, "off")
    assert show.state.floors == {"price": 0.85}
    await at.press("mode", intent="price", score="")
    assert show.state.floors == {}
    assert (await at.press("mode", intent="price", score="abc")).status_code == 400
    assert (await at.press("mode", intent="price", mode="loud")).status_code == 409
    assert (await at.press("switch", name="sleep", on="1")).status_code == 400


async def test_one_key_shows_the_next_product_and_its_facts(show: Show) -> None:
    at = await At.of(show)
    page = (await at.press("show", step="1")).text
    first = min(show.state.shop.products, key=lambda one: one.slot)
    assert show.state.on_show == first.id
    assert f'value="{first.facts["price"].value}"' in page
    page = (await at.press("fact", name="price", product=first.id, value="49元")).text
    assert 'value="49元"' in page
    for name in INLINE:
        assert (await at.press("fact", name=name, product=first.id, value="49元")).status_code == 200, name
        fact = show.state.shop.facts_for(first.id)[name]
        assert (fact.value, fact.source, fact.show_end) == ("49元", "desk", True)
    assert (await at.press("fact", name="link_no", product=first.id, value="9")).status_code == 400


async def test_scenes_timers_order_slips_and_outage_by_their_buttons(show: Show) -> None:
    at = await At.of(show)
    control = desk(show).control
    phrase = control.timers.sayable()[0].id
    assert "每 10 分钟" in (await at.press("timer/add", phrase=phrase, minutes="10")).text
    await at.press("timer/off", timer="1")
    assert control.timers.rows[0].running is False
    control.timers.last[1] = "not_live"
    assert "话术未上线或已撤回" in (await at.client.get("/desk/part/more")).text
    await at.press("scene/save", name="开场")
    await at.press("show", step="1")
    await at.press("scene/apply", name="开场")
    assert show.state.on_show is None
    await at.press("scene/undo")
    assert show.state.on_show is not None
    await at.press("order/add", kind="draw", title="抽奖", at="20:30")
    assert "20:30" in (await at.press("order/add", kind="note", title="喝水")).text
    await at.press("next")
    assert control.order.items[0].done
    page = (await at.press("slip/press", kind="price")).text
    assert "更正一下" in page
    await at.press("slip/corrected", slip="1")
    assert show.readings.records(ROOM, record_type="correction")[-1].body["data"]["code"] == "X02"
    page = (await at.press("outage/begin", phrase="", ago="2")).text
    assert "条评论" in page
    await at.press("outage/end")
    assert control.outages.current is None


async def test_speech_sent_as_text_is_judged_and_the_strip_says_what_is_heard(show: Show) -> None:
    at = await At.of(show)
    strip = (await at.client.get("/desk/part/strip")).text
    assert "不听声音" in strip
    await desk(show).control.heard(
        [Happening(RoomKey.parse(ROOM), "speech", LATER, LATER, data={"text": "全网最好"})], [], LATER
    )
    strip = (await at.client.get("/desk/part/strip")).text
    assert "采集端送来的文字" in strip
    assert "更正一下" in strip


# prompter and overlays


async def test_the_prompter_shows_questions_cue_product_and_what_comes_next(asked: Show) -> None:
    at = await At.of(asked)
    await at.press("show", step="1")
    await at.press("order/add", kind="note", title="谢谢新粉")
    await at.press("cue", text="讲尺码")
    page = (await at.client.get("/prompter")).text
    for text in ("×2", "讲尺码", "谢谢新粉", "cue-full", asked.state.shop.products[0].name):
        assert text in page
    assert page.count("<li") <= 5 + page.count('class="nav"') * 20
    asked.time[0] += 8_000
    assert "cue-strip" in (await at.client.get("/prompter/part")).text
    answer = await at.client.post("/prompter/tap", data={"_csrf": at.token, "room": ROOM, "cue": "1"})
    assert "讲尺码" not in answer.text


async def test_an_overlay_needs_its_token_and_no_cookie_and_shows_nothing_but_public_things(
    asked: Show,
) -> None:
    at = await At.of(asked)
    page = (await at.press("overlay/make", label="主机")).text
    token = re.findall(r"/overlay/question\?token=([\w-]+)", page)[0]
    assert token not in (await at.client.get("/desk/part/more")).text
    await at.press("show", step="1")
    async with asked.client() as camera:
        for kind in ("question", "product", "draw"):
            answer = await camera.get(f"/overlay/{kind}?token={token}")
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
            assert answer.headers["cache-control"] == "no-store"
        product = (await camera.get(f"/overlay/product/part?token={token}")).text
        assert asked.state.shop.products[0].name in product
        assert (await camera.get("/overlay/product?token=" + "x" * 32)).status_code == 403
        assert (await camera.get("/overlay/product")).status_code == 403
        assert (await camera.get(f"/overlay/record?token={token}")).status_code == 404
        assert (await camera.get(f"/desk?token={token}")).status_code == 303
        assert (await camera.get(f"/desk/part/more?token={token}")).status_code == 303
        _, row, _ = offered(await at.rows())[0]
        key = re.findall(r'data-question="([^"]+)"', await at.rows())[0]
        await at.press("copy", row=row, question=key)
        shown = (await camera.get(f"/overlay/question/part?token={token}")).text
        assert "正在回答" in shown
        assert "甲" not in shown
        await at.press("red", on="1", reason="停")
        assert "正在回答" not in (await camera.get(f"/overlay/question/part?token={token}")).text
        mark = desk(asked).control.overlays.rows[0].mark
        await at.press("overlay/revoke", mark=mark)
        assert (await camera.get(f"/overlay/product/part?token={token}")).status_code == 403


@pytest.mark.parametrize("clean", [True, False])
def test_a_flagged_question_is_never_laid_over_the_video(clean: bool) -> None:
    asked = Question("text:1", "", "骗子 有货吗", 1, 1, START, 1.0, clean=clean)
    assert public_text(DeskRow(1, asked.key, asked, None, False)) == ("骗子 有货吗" if clean else "")
    assert public_text(DeskRow(1, "row:1", None, None, False)) == ""


async def test_hostile_words_stay_words(show: Show) -> None:
    at = await At.of(show)
    product = show.state.shop.products[0].id
    text = "<script>alert(1)</script>"
    await at.press("order/add", kind="note", title=text)
    await at.press("scene/save", name="<b>x</b>")
    await at.press("slip/press", kind="other", sentence=text)
    await at.press("overlay/make", label="<i>y</i>")
    await at.press("outage/line", line=text)
    await at.press("red", on="1", reason=text)
    await at.press("show", product=product)
    assert (await at.press("fact", name="price", product=product, value="<b>1")).status_code == 409
    assert (await at.press("cue", text=HOSTILE[:60])).status_code in (400, 409)
    await at.press("outage/begin", phrase="")
    for path in (
        "/desk",
        "/prompter",
        "/desk/part/strip",
        "/desk/part/more",
        "/desk/part/side",
        "/prompter/part",
    ):
        page = (await at.client.get(path)).text
        assert "<script>alert" not in page
        assert "<b>x" not in page
        assert "<i>y" not in page
        assert "<img src=x" not in page


async def test_without_the_token_of_the_session_nothing_is_pressed(show: Show) -> None:
    at = await At.of(show)
    at.token = "0" * 64
    assert (await at.press("cue", text="慢一点")).status_code == 403
    assert (await at.press("red", on="1", reason="x")).status_code == 403
    assert show.state.red is None
    with pytest.raises(NotAllowed):
        await desk(show).hand.copy(1, "nobody")


@pytest.mark.parametrize("path", ["/desk", "/prompter"])
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_both_languages(asked: Show, path: str, lang: str) -> None:
    client = await asked.enter("operator")
    client.cookies.set("ck_lang", lang)
    page = await client.get(path)
    assert page.status_code == 200
    assert f'<html lang="{"en" if lang == "en" else "zh-CN"}"' in page.text
    assert Words(lang)("nav.desk") in page.text


def test_a_time_of_day_is_the_one_meant() -> None:
    evening = 1_790_000_000_000 - 1_790_000_000_000 % 86_400_000 + 12 * 3_600_000  # 20:00 in Beijing
    assert time_of("20:30", evening) == evening + 30 * 60_000
    assert time_of("19:45", evening) == evening - 15 * 60_000
    assert time_of("00:10", evening) == evening + (4 * 60 + 10) * 60_000
    assert time_of("", evening) is None
