"""The cards over a real socket: what moderators see, and what happens when Telegram does not play along."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreError
from bot.escalation.button import MAX_BYTES, button_data
from bot.escalation.card import aliases
from bot.escalation.telegram import TelegramCards
from bot.storage.audit import verify
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from bot.storage.values import Card
from tests.bot.storage.show import ESCALATED, T0, batch, judged
from tests.doubles.bot_api import (
    BROKEN,
    FORBIDDEN,
    GROUP,
    HANG,
    LATE,
    MIGRATED,
    TOKEN,
    TOO_MANY,
    BotApi,
    refusal,
)
from tests.doubles.case_desk import NOW, MemoryDesk, case_of
from tests.doubles.hand_clock import HandClock

SECRET = b"s" * 32


class House:
    """The cards with all they are handed."""

    def __init__(self, api: BotApi, desk: MemoryDesk, **options: Any) -> None:
        self.api = api
        self.desk = desk
        self.clock = HandClock(NOW)
        self.wall = HandClock(NOW)
        self.changed: list[int] = []
        self.moved: list[int] = []

        async def changed(case_id: int) -> None:
            self.changed.append(case_id)

        self.cards = TelegramCards(
            desk,
            **{
                "token": TOKEN, "chat_id": GROUP, "secret": SECRET, "clock": self.clock, "wall": self.wall,
                "base_url": api.base_url, "aliases": aliases(["bilibili:22000001"]), "changed": changed,
                "moved": self.moved.append,
            }
            | options,
        )  # fmt: skip

    async def delivered(self, case_id: int = 4821, **changes: object) -> dict[str, Any]:
        """Open a case and give the message that shows it."""
        await self.cards.case_opened(self.desk.put(case_of(case_id, **changes)))
        card = await self.desk.card_is("delivered", case_id)
        assert card.message_id is not None
        return self.api.messages[GROUP, int(card.message_id)]

    @asynccontextmanager
    async def time_passing(self) -> AsyncIterator[None]:
        """The wall's time jumps to whatever anybody waits for."""

        async def tick() -> None:
            while True:
                self.wall.advance(await self.wall.sleeper())

        ticking = asyncio.create_task(tick())
        try:
            yield
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)

    def data(self, label: str, message: dict[str, Any]) -> str:
        buttons = [button for row in message["reply_markup"]["inline_keyboard"] for button in row]
        return next(button["callback_data"] for button in buttons if button["text"] == label)


@asynccontextmanager
async def house(
    *, api: BotApi | None = None, desk: MemoryDesk | None = None, **options: Any
) -> AsyncIterator[House]:
    async with api or BotApi() as server:
        one = House(server, desk or MemoryDesk(), **options)
        await one.cards.start()
        try:
            yield one
        finally:
            await one.cards.stop()


async def answer(api: BotApi, times: int = 1) -> str:
    return (await api.called("answerCallbackQuery", times)).text


async def test_a_case_becomes_one_message_without_names_or_words():
    async with house(thread_id=9) as one:
        await one.delivered()
        (call,) = one.api.of("sendMessage")
        assert call.text == "#4821 · 房间A · U01 辱骂 · 高 · ⏱1:40 · ×17\n🆕 待认领"
        assert [button["text"] for button in call.buttons] == ["认领", "已答复", "升级"]
        assert call.form["message_thread_id"] == "9"
        assert "parse_mode" not in call.form
        assert all(len(button["callback_data"].encode()) <= MAX_BYTES for button in call.buttons)
        assert [state for _, state in one.desk.saved] == ["queued", "sending", "delivered"]


async def test_words_go_out_only_when_asked_for_and_covered():
    async with house(sample=lambda case_id: "骗子 加微信 shop_888888 电话 13800138000 http://x.cn") as one:
        message = await one.delivered()
        assert "13800138000" not in message["text"]
        assert "shop_888888" not in message["text"]
        assert "x.cn" not in message["text"]
        assert "骗子" in message["text"]


async def test_the_first_press_wins_and_the_second_is_told_who_was_first():
    async with house() as one:
        message = await one.delivered()
        data = one.data("认领", message)
        one.api.tap(message, data=data, user=7)
        one.api.tap(message, data=data, user=8)
        assert "归你" in await answer(one.api)
        assert "Lin" in await answer(one.api, 2)
        assert one.desk.acts == [("claim", 4821, "lin")]
        edit = await one.api.called("editMessageText")
        assert "Lin 处理中" in edit.text
        assert [button["text"] for button in edit.buttons] == ["已答复", "放回", "升级"]
        await one.api.polled()
        assert one.changed == [4821, 4821]


async def test_two_presses_at_once_make_one_claim():
    """Both have read the same version; the store decides, and the loser hears the holder's name."""
    desk = MemoryDesk()
    original = desk.case

    def raced(case_id: int) -> Any:
        case = original(case_id)
        if case.state == "new" and case.version == 1 and raced_once:
            raced_once.pop()
            desk.change(case_id, state="claimed", holder="wei")
        return case

    raced_once: list[int] = []
    async with house(desk=desk) as one:
        message = await one.delivered()
        raced_once.append(1)
        desk.case = raced  # type: ignore[method-assign]
        one.api.tap(message, data=one.data("认领", message), user=7)
        assert "Wei" in await answer(one.api)
        assert desk.acts == []


async def test_a_double_tap_is_harmless():
    async with house() as one:
        message = await one.delivered()
        data = one.data("认领", message)
        one.api.tap(message, data=data)
        one.api.tap(message, data=data)
        await answer(one.api)
        assert "已经在你手上" in await answer(one.api, 2)
        assert len(one.desk.acts) == 1


async def test_answered_claims_and_closes_and_leaves_no_button():
    async with house() as one:
        message = await one.delivered()
        one.api.tap(message, data=one.data("已答复", message))
        assert "已答复" in await answer(one.api)
        edit = await one.api.called("editMessageText")
        assert "✅ 已答复 · Lin" in edit.text
        assert "⏱" not in edit.text
        assert edit.buttons == []
        assert one.desk.acts == [("claim", 4821, "lin"), ("resolve", 4821, "lin")]
        one.api.tap(message, data=button_data(SECRET, 4821, "claim"), user=8)
        assert "已经办完" in await answer(one.api, 2)


async def test_put_back_and_escalate():
    async with house() as one:
        message = await one.delivered()
        one.api.tap(message, data=button_data(SECRET, 4821, "release"), user=7)
        assert "不在你手上" in await answer(one.api)
        one.api.tap(message, data=button_data(SECRET, 4821, "claim"), user=7)
        one.api.tap(message, data=button_data(SECRET, 4821, "release"), user=8)
        assert "Lin" in await answer(one.api, 3)
        one.api.tap(message, data=button_data(SECRET, 4821, "release"), user=7)
        one.api.tap(message, data=button_data(SECRET, 4821, "escalate"), user=8)
        assert "升级" in await answer(one.api, 5)
        acts = [(act, who) for act, _, who in one.desk.acts]
        assert acts == [("claim", "lin"), ("release", "lin"), ("claim", "wei"), ("escalate", "wei")]


@pytest.mark.parametrize(
    ("data", "user", "words"),
    [
        ("esc:1:approve", 7, "无效"),
        ("c:4821:claim:AAAAAAAAAAAAAAAAAAAA", 7, "无效"),
        (button_data(b"other" * 8, 4821, "claim"), 7, "无效"),
        (button_data(SECRET, 4821, "claim"), 66, "没有连到"),
        (button_data(SECRET, 4821, "claim"), 9, "角色"),
        (button_data(SECRET, 99, "claim"), 7, "不能"),
    ],
)
async def test_forged_foreign_and_unfit_presses_change_nothing(data: str, user: int, words: str):
    async with house() as one:
        message = await one.delivered()
        one.api.tap(message, data=data, user=user)
        assert words in await answer(one.api)
        assert one.desk.acts == []


async def test_a_press_from_another_chat_is_refused():
    async with house() as one:
        message = await one.delivered()
        elsewhere = message | {"chat": message["chat"] | {"id": -100999}}
        one.api.tap(elsewhere, data=button_data(SECRET, 4821, "claim"))
        assert "无效" in await answer(one.api)
        assert one.desk.acts == []


async def test_a_closed_account_may_not_press():
    desk = MemoryDesk()
    desk.people[0] = type(desk.people[0])(7, "lin", "Lin", None, "moderator", "7", "en", False)
    async with house(desk=desk) as one:
        message = await one.delivered()
        one.api.tap(message, data=button_data(SECRET, 4821, "claim"))
        assert "没有连到" in await answer(one.api)


async def test_a_broken_store_is_told_and_the_poller_lives():
    async with house() as one:
        message = await one.delivered()
        one.desk.broken = StoreError("the disk is on fire")
        one.api.tap(message, data=button_data(SECRET, 4821, "claim"))
        assert "没有成功" in await answer(one.api)
        one.desk.broken = RuntimeError("worse")
        one.api.tap(message, data=button_data(SECRET, 4821, "claim"))
        assert "没有成功" in await answer(one.api, 2)
        one.desk.broken = None
        one.api.tap(message, data=button_data(SECRET, 4821, "claim"))
        assert "归你" in await answer(one.api, 3)


async def test_an_update_seen_again_after_a_crash_acts_once():
    async with house() as one:
        message = await one.delivered()
        data = button_data(SECRET, 4821, "claim")
        one.api.tap(message, data=data, query="555")
        await answer(one.api)
        one.desk.change(4821, state="new", holder=None)
        one.api.tap(message, data=data, query="555")
        await answer(one.api, 2)
        assert one.desk.acts == [("claim", 4821, "lin")]


async def test_not_modified_is_success():
    async with house() as one:
        await one.delivered()
        one.api.fail(
            "editMessageText", refusal(400, "Bad Request: message is not modified: exactly the same")
        )
        one.desk.change(4821, comment_count=18, state="regressed")
        await one.cards.case_changed(4821)
        await one.api.called("editMessageText")
        one.desk.change(4821, state="claimed", holder="lin")
        await one.cards.case_changed(4821)
        assert "Lin" in (await one.api.called("editMessageText", 2)).text
        assert one.cards.state.word == "ok"


async def test_many_changes_become_one_edit_after_the_gap():
    async with house() as one:
        await one.delivered()
        for count in range(18, 60):
            one.desk.change(4821, comment_count=count)
            await one.cards.case_changed(4821)
        assert await one.wall.sleeper() == NOW + 15_000
        assert one.api.of("editMessageText") == []
        one.wall.advance(NOW + 15_000)
        assert "×59" in (await one.api.called("editMessageText")).text


async def test_too_many_requests_waits_as_long_as_asked():
    async with house() as one:
        one.api.fail("sendMessage", TOO_MANY)
        await one.cards.case_opened(one.desk.put(case_of()))
        await one.desk.card_is("undelivered")
        at = await one.wall.sleeper()
        assert at >= NOW + 1000
        one.wall.advance(at)
        await one.desk.card_is("delivered")
        assert len(one.api.of("sendMessage")) == 2


@pytest.mark.parametrize("failure", [LATE, HANG])
async def test_what_may_have_been_shown_is_never_sent_again(failure: Any):
    async with house(timeout_s=0.2) as one:
        one.api.fail("sendMessage", failure)
        await one.cards.case_opened(one.desk.put(case_of()))
        await one.desk.card_is("unknown")
        await one.cards.case_opened(one.desk.rows[4821])
        await one.delivered(4822)
        assert len([call for call in one.api.of("sendMessage") if "#4821" in call.text]) == 1


async def test_a_press_proves_that_an_unknown_card_was_shown():
    async with house() as one:
        one.api.fail("sendMessage", LATE)
        await one.cards.case_opened(one.desk.put(case_of()))
        await one.desk.card_is("unknown")
        ((_, number), message) = next(iter(one.api.messages.items()))
        one.api.tap(message, data=button_data(SECRET, 4821, "claim"))
        card = await one.desk.card_is("delivered")
        assert card.message_id == str(number)
        assert "Lin" in (await one.api.called("editMessageText")).text


async def test_a_card_left_sending_by_a_dead_run_is_unknown():
    desk = MemoryDesk()
    desk.save_card(Card(4821, "telegram", str(GROUP), None, "sending", NOW))
    async with house(desk=desk) as one:
        await one.cards.case_opened(desk.put(case_of()))
        await desk.card_is("unknown")
        await one.delivered(4822)
        assert len(one.api.of("sendMessage")) == 1


async def test_telegram_down_is_shown_and_the_queue_tries_again():
    api = BotApi()
    async with house(api=api) as one:
        await one.delivered(1)
        await api.stop()
        await one.cards.case_opened(one.desk.put(case_of()))
        await one.desk.card_is("undelivered")
        assert one.cards.state.word == "down"
        await api.start()
        async with one.time_passing():
            await one.desk.card_is("delivered")
            await api.polled()
        assert one.cards.state.word == "ok"


async def test_broken_gateway_is_tried_again_and_forbidden_is_told():
    async with house() as one:
        one.api.fail("sendMessage", BROKEN)
        one.api.fail("sendMessage", FORBIDDEN)
        await one.cards.case_opened(one.desk.put(case_of()))
        await one.desk.card_is("undelivered")
        one.wall.advance(await one.wall.sleeper())
        await one.api.called("sendMessage", 2)
        one.wall.advance(await one.wall.sleeper())
        await one.desk.card_is("delivered")
        assert len(one.api.of("sendMessage")) == 3


async def test_a_second_poller_is_told_to_the_console_and_polling_goes_on():
    api = BotApi()
    api.fail("getUpdates", refusal(409, "Conflict: terminated by other getUpdates request"))
    async with house(api=api) as one:
        at = await one.wall.sleeper()
        assert (one.cards.state.word, one.cards.state.detail) == ("refused", "other_poller")
        one.wall.advance(at)
        await api.called("getUpdates", 2)


async def test_a_group_that_became_a_supergroup_is_followed():
    async with house() as one:
        await one.delivered(1)
        one.api.fail("sendMessage", MIGRATED)
        await one.cards.case_opened(one.desk.put(case_of()))
        await one.api.called("sendMessage", 4)
        await one.desk.card_is("delivered")
        assert one.moved == [GROUP - 1]
        assert one.cards.chat_id == GROUP - 1
        sent = [call.text[:5] for call in one.api.of("sendMessage") if call.form["chat_id"] == str(GROUP - 1)]
        assert sorted(sent) == ["#1 · ", "#4821"]


async def test_a_deleted_card_of_an_open_case_is_sent_again():
    async with house() as one:
        message = await one.delivered()
        del one.api.messages[GROUP, message["message_id"]]
        one.desk.change(4821, state="claimed", holder="lin")
        await one.cards.case_changed(4821)
        assert "Lin" in (await one.api.called("sendMessage", 2)).text


async def test_a_case_closed_before_anybody_was_told_is_not_sent():
    async with house() as one:
        await one.cards.case_opened(one.desk.put(case_of(state="resolved")))
        await one.desk.card_is("skipped")
        assert one.api.of("sendMessage") == []


async def test_the_time_running_out_is_shown_without_a_touch():
    async with house() as one:
        await one.delivered()
        await one.clock.sleeper()
        one.clock.advance(NOW + 100_000)
        assert "⏱超时" in (await one.api.called("editMessageText")).text


async def test_grave_cases_overtake_and_the_minute_has_twenty_places():
    async with house() as one:
        for number in range(1, 26):
            one.desk.put(case_of(number, severity=4 if number > 22 else 1))
        for case in list(one.desk.rows.values()):
            await one.cards.case_opened(case)
        await one.desk.card_is("delivered", 25)
        await one.api.called("sendMessage", 17)
        assert await one.wall.sleeper() == NOW + 60_000
        assert len(one.api.of("sendMessage")) == 17
        assert {23, 24, 25} <= {int(call.text.split()[0][1:]) for call in one.api.of("sendMessage")}


async def test_neither_token_nor_words_reach_the_log(caplog: pytest.LogCaptureFixture, capsys: Any):
    caplog.set_level(logging.DEBUG)
    api = BotApi()
    api.fail("getMe", refusal(401, "Unauthorized"))
    async with house(api=api, sample=lambda case_id: "秘密的话") as one:
        at = await one.wall.sleeper()
        assert one.cards.state.detail == "token"
        await one.delivered()
        one.wall.advance(at)
        await api.called("getUpdates")
    out = capsys.readouterr()
    for place in (caplog.text, out.out, out.err, repr(one.cards.state)):
        assert TOKEN not in place
        assert "秘密" not in place


async def test_with_the_real_journal(tmp_path: Path):
    """The same story on real tables: card rows, claim, resolve, and the record still verifies."""
    store = open_store(tmp_path)
    journal = Journal(store, lambda: T0)
    journal.add_person("lin", "小林", "moderator", telegram_id="7")
    journal.add_person("wei", "小魏", "compliance", telegram_id="8")
    case_id = journal.commit(batch([judged(0, decision=ESCALATED)], opened=True)).case_ids[0]
    async with BotApi() as api:
        cards = TelegramCards(
            journal, token=TOKEN, chat_id=GROUP, secret=SECRET, clock=HandClock(T0), wall=HandClock(T0),
            base_url=api.base_url,
        )  # fmt: skip
        await cards.start()
        await cards.case_opened(journal.case(case_id))
        await api.called("sendMessage")
        api.tap(api.messages[GROUP, 100], data=button_data(SECRET, case_id, "claim"), user=7)
        assert "归你" in await answer(api)
        assert "小林 处理中" in (await api.called("editMessageText")).text
        api.tap(api.messages[GROUP, 100], data=button_data(SECRET, case_id, "resolve"), user=8)
        assert "小林" in await answer(api, 2)
        api.tap(api.messages[GROUP, 100], data=button_data(SECRET, case_id, "resolve"), user=7)
        assert "已答复" in await answer(api, 3)
        assert "✅ 已答复 · 小林" in (await api.called("editMessageText", 2)).text
        await cards.stop()
    (card,) = journal.cards(case_id)
    assert (card.channel, card.chat_id, card.message_id, card.state) == (
        "telegram",
        str(GROUP),
        "100",
        "delivered",
    )
    assert journal.case(case_id).disposition == "answered"
    journal.close()
    assert verify(store).verified
    store.close()
