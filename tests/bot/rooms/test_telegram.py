"""A group as a room, over a real socket, and every refusal with what the operator can do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from bot.comment import Comment, Event, Happening, RoomKey
from bot.errors import AuthRefused, PlatformBusy, RoomError
from bot.rooms.telegram import TelegramRoom
from tests.doubles.bot_api import (
    BROKEN,
    DATE,
    FORBIDDEN,
    GROUP,
    HANG,
    LATE,
    MIGRATED,
    TOKEN,
    TOO_MANY,
    BotApi,
    chat_of,
    refusal,
    user_of,
)
from tests.doubles.hand_clock import HandClock

KEY = RoomKey("telegram", str(GROUP))
NOW = DATE * 1000 + 5_000
LATER = NOW + 60_000


class Listener:
    """The room, and somebody who takes its events into `heard`."""

    def __init__(self, api: BotApi, **options: Any) -> None:
        self.api = api
        self.clock = HandClock(NOW)
        self.room = TelegramRoom(KEY, TOKEN, **{"base_url": api.base_url, "clock": self.clock} | options)
        self.heard: asyncio.Queue[Event] = asyncio.Queue()
        self.task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async with aclosing(self.room.events()) as events:
            async for event in events:
                await self.heard.put(event)

    async def next(self) -> Event:
        async with asyncio.timeout(10):
            return await self.heard.get()

    async def comment(self) -> Comment:
        event = await self.next()
        assert isinstance(event, Comment)
        return event

    async def happening(self) -> Happening:
        event = await self.next()
        assert isinstance(event, Happening)
        return event


@asynccontextmanager
async def listening(api: BotApi | None = None, **options: Any) -> AsyncIterator[Listener]:
    async with api or BotApi() as server:
        one = Listener(server, **options)
        try:
            yield one
        finally:
            await one.room.aclose()
            async with asyncio.timeout(5):
                await asyncio.gather(one.task, return_exceptions=True)


async def test_a_message_is_a_comment():
    async with listening() as one:
        message = one.api.post("3号链接多少钱", user=7)
        comment = await one.comment()
        assert comment.room == KEY
        assert comment.text == "3号链接多少钱"
        assert (comment.viewer.uid, comment.viewer.name, comment.viewer.role) == ("7", "Mod", "viewer")
        assert comment.msg_id == f"{GROUP}:{message['message_id']}"
        assert (comment.at_ms, comment.received_ms) == (DATE * 1000, NOW)
        assert len(comment.frame_hash) == 64
        assert not comment.edited
        assert one.room.status.state == "live"


async def test_an_edit_is_told_as_one_and_a_repetition_is_not_told():
    async with listening() as one:
        message = one.api.post("原来的话")
        await one.comment()
        one.api.push({"message": message})
        one.api.push({"edited_message": message | {"text": "改过的话", "edit_date": DATE + 9}})
        comment = await one.comment()
        assert (comment.edited, comment.text, comment.at_ms) == (True, "改过的话", (DATE + 9) * 1000)
        assert comment.msg_id == f"{GROUP}:{message['message_id']}"
        assert one.room.status.dropped_duplicates == 1


async def test_roles_come_from_rights_not_from_names():
    api = BotApi()
    api.admins[GROUP] = {8}
    async with listening(api) as one:
        one.api.post("a", user=8)
        one.api.post("b", **{"from": user_of(55, is_bot=True)})
        one.api.post("c", **{"from": user_of(123456)})
        one.api.post("d", user=9)
        assert [(await one.comment()).viewer.role for _ in range(4)] == ["staff", "bot", "bot", "viewer"]


async def test_changed_rights_are_asked_for_again():
    async with listening() as one:
        one.api.post("a", user=8)
        assert (await one.comment()).viewer.role == "viewer"
        one.api.admins[GROUP] = {8}
        member = {"user": user_of(8), "status": "member"}
        changed = {
            "chat": chat_of(GROUP), "from": user_of(1), "date": DATE, "old_chat_member": member,
            "new_chat_member": member,
        }  # fmt: skip
        one.api.push({"chat_member": changed})
        await one.api.called("getChatAdministrators", 2)
        one.api.post("b", user=8)
        assert (await one.comment()).viewer.role == "staff"


async def test_whoever_posts_as_a_chat_is_nobody_in_particular():
    async with listening() as one:
        one.api.post("匿名", **{"from": user_of(1087968824, is_bot=True), "sender_chat": chat_of(GROUP)})
        one.api.post("频道", **{"from": user_of(136817688, is_bot=True), "sender_chat": chat_of(-100777)})
        forwarded = {"from": user_of(777000), "sender_chat": chat_of(-100888), "is_automatic_forward": True}
        one.api.post("主播", **forwarded)
        viewers = [(await one.comment()).viewer for _ in range(3)]
        assert [viewer.role for viewer in viewers] == ["staff", "viewer", "host"]
        assert [viewer.uid for viewer in viewers] == [None, None, None]


async def test_what_else_a_group_says():
    async with listening() as one:
        one.api.post(None, video_chat_started={})
        one.api.post(None, new_chat_members=[user_of(21), user_of(22)])
        one.api.post(None, left_chat_member=user_of(21))
        one.api.post(None, video_chat_ended={"duration": 60})
        told = [await one.happening() for _ in range(5)]
        assert [event.kind for event in told] == ["live_start", "enter", "enter", "leave", "live_end"]
        assert [event.viewer.uid for event in told[1:4] if event.viewer] == ["21", "22", "21"]
        assert told[4].data == {"seconds": 60}


async def test_captions_count_and_pictures_alone_do_not():
    async with listening() as one:
        one.api.post(None, photo=[])
        one.api.post(None, caption="图上这个多少钱")
        assert (await one.comment()).text == "图上这个多少钱"


async def test_answers_know_what_they_answer_but_topics_do_not():
    async with listening() as one:
        first = one.api.post("问")
        one.api.post("答", reply_to_message=first)
        topic = first | {"forum_topic_created": {"name": "t", "icon_color": 1}}
        one.api.post("题", reply_to_message=topic, is_topic_message=True, message_thread_id=9)
        replies = [(await one.comment()).reply_to for _ in range(3)]
        assert replies == [None, f"{GROUP}:{first['message_id']}", None]


async def test_other_chats_are_not_this_room():
    async with listening() as one:
        one.api.post("somewhere else", chat=-100555)
        one.api.post("private", chat=77)
        one.api.post("here")
        assert (await one.comment()).text == "here"


@pytest.mark.parametrize(
    "text", ["<b>x</b>&amp;", "[x](http://e.example)", "=1+1", "a\x00\u202eb", "😀" * 2000]
)
async def test_hostile_words_stay_words(text: str):
    async with listening() as one:
        one.api.post(text)
        assert (await one.comment()).text == text


async def test_the_group_moves_and_the_room_stays():
    moved: list[int] = []
    async with listening(moved=moved.append) as one:
        one.api.post(None, migrate_to_chat_id=GROUP - 1)
        one.api.post("drüben", chat=GROUP - 1)
        comment = await one.comment()
        assert comment.room == KEY
        assert comment.msg_id is not None
        assert comment.msg_id.startswith(f"{GROUP - 1}:")
        assert moved == [GROUP - 1]
        assert (await one.room.say(KEY, "hi", key="1", expires_ms=LATER)).outcome == "sent"
        assert one.api.of("sendMessage")[0].form["chat_id"] == str(GROUP - 1)


async def test_the_offset_moves_only_when_what_was_handed_over_is_safe():
    safe, asked, offsets = asyncio.Event(), asyncio.Event(), []

    async def settled() -> None:
        asked.set()
        await safe.wait()

    async with listening(settled=settled, on_offset=offsets.append) as one:
        number = one.api.push({"message": one.api.post("一")})
        await one.comment()
        await asked.wait()
        assert offsets == []
        assert any(one.api._updates.values())
        safe.set()
        await one.api.confirmed()
        assert offsets[-1] == number + 1


async def test_a_restart_neither_loses_nor_repeats():
    async with BotApi() as api:
        offsets: list[int] = []
        first = Listener(api, on_offset=offsets.append)
        api.post("一")
        assert (await first.comment()).text == "一"
        await api.confirmed()
        await first.room.aclose()
        await asyncio.gather(first.task, return_exceptions=True)
        api.post("二")
        second = Listener(api, offset=offsets[-1])
        assert (await second.comment()).text == "二"
        assert second.heard.empty()
        await second.room.aclose()
        await asyncio.gather(second.task, return_exceptions=True)


async def test_an_event_not_taken_comes_again():
    async with BotApi() as api:
        api.post("一")
        room = TelegramRoom(KEY, TOKEN, base_url=api.base_url, clock=HandClock(NOW))
        assert room.capabilities.pace == (20, 60_000)
        async with aclosing(room.events()) as events:
            await anext(events)  # taken out of the hand only when the next is asked for
        again = Listener(api, offset=room.offset)
        assert (await again.comment()).text == "一"
        await again.room.aclose()
        await asyncio.gather(again.task, return_exceptions=True)


async def test_the_poller_outlives_the_network():
    api = BotApi()
    api.fail("getUpdates", BROKEN, 3)
    async with listening(api) as one:
        for wait in (1_000, 2_000, 4_000):
            at = await one.clock.sleeper()
            assert at - one.clock.now() == wait
            assert (one.room.status.state, one.room.status.trouble) == ("waiting", "network")
            one.clock.advance(at)
        await one.api.polled()
        assert (one.room.status.state, one.room.status.trouble) == ("live", "")
        one.api.post("wieder da")
        await one.comment()


async def test_a_second_poller_is_named():
    api = BotApi()
    api.fail("getUpdates", refusal(409, "Conflict: terminated by other getUpdates request"))
    async with listening(api) as one:
        await one.clock.sleeper()
        assert one.room.status.trouble == "other_poller"


async def test_two_pollers_of_one_token_are_told_apart_by_the_double():
    async with listening() as one:
        await one.api.polled()
        rival = Listener(one.api)
        await rival.clock.sleeper()
        assert rival.room.status.trouble == "other_poller"
        await rival.room.aclose()
        await asyncio.gather(rival.task, return_exceptions=True)


async def test_a_wrong_token_ends_it_with_the_remedy():
    async with BotApi() as api:
        room = TelegramRoom(KEY, "1:wrong", base_url=api.base_url, clock=HandClock(NOW))
        with pytest.raises(AuthRefused, match="BotFather") as refused:
            async for _ in room.events():
                pass
        assert "1:wrong" not in str(refused.value)
        assert room.status.state == "closed"


def test_a_room_needs_a_chat_id():
    with pytest.raises(RoomError, match="chat id"):
        TelegramRoom(RoomKey("telegram", "@mygroup"), TOKEN)


# speaking


async def test_what_is_said_is_said_as_it_is():
    async with listening() as one:
        said = await one.room.say(KEY, "<b>59元</b> *x*\ud800", key="1", expires_ms=LATER)
        assert said.outcome == "sent"
        (call,) = one.api.of("sendMessage")
        assert call.text == "<b>59元</b> *x*\ufffd"
        assert "parse_mode" not in call.form
        assert call.form["link_preview_options"] == {"is_disabled": True}


@pytest.mark.parametrize(
    ("failure", "outcome", "retry_after"),
    [
        (TOO_MANY, "refused", 2.0),
        (FORBIDDEN, "refused", None),
        (refusal(400, "Bad Request: not enough rights to send text messages"), "refused", None),
        (BROKEN, "refused", None),
        (refusal(504, "Gateway Timeout"), "unknown", None),
        (LATE, "unknown", None),
        (HANG, "unknown", None),
    ],
)
async def test_what_becomes_of_it_is_told_and_never_tried_twice(
    failure: Any, outcome: str, retry_after: float | None
):
    async with listening(timeout_s=0.2) as one:
        await one.api.polled()
        one.api.fail("sendMessage", failure)
        said = await one.room.say(KEY, "59元", key="1", expires_ms=LATER)
        assert (said.outcome, said.retry_after) == (outcome, retry_after)
        if failure is not HANG:
            assert len(one.api.of("sendMessage")) == 1


async def test_nobody_listening_is_a_refusal_for_certain():
    async with BotApi() as api:
        room = TelegramRoom(KEY, TOKEN, base_url=api.base_url, clock=HandClock(NOW))
        await api.stop()
        assert (await room.say(KEY, "x", key="1", expires_ms=LATER)).outcome == "refused"
        await room.aclose()


async def test_too_late_too_long_elsewhere():
    async with listening() as one:
        assert (await one.room.say(KEY, "x", key="1", expires_ms=NOW)).detail == "expired"
        assert (
            await one.room.say(RoomKey("telegram", "-1"), "x", key="2", expires_ms=LATER)
        ).detail == "other_room"
        assert (await one.room.say(KEY, "长" * 4097, key="3", expires_ms=LATER)).detail == "bad_request"
        assert (await one.room.say(KEY, "长" * 4096, key="4", expires_ms=LATER)).outcome == "sent"


async def test_twenty_a_minute_and_no_more():
    async with listening() as one:
        for number in range(20):
            assert (
                await one.room.say(KEY, f"x{number}", key=str(number), expires_ms=LATER)
            ).outcome == "sent"
        said = await one.room.say(KEY, "x", key="21", expires_ms=LATER)
        assert (said.outcome, said.detail, said.retry_after) == ("refused", "pace", 60.0)
        one.clock.advance(NOW + 60_000)
        assert (await one.room.say(KEY, "x", key="22", expires_ms=LATER + 1)).outcome == "sent"


async def test_speaking_follows_the_group_that_moved():
    moved: list[int] = []
    async with listening(moved=moved.append) as one:
        one.api.fail("sendMessage", MIGRATED)
        assert (await one.room.say(KEY, "x", key="1", expires_ms=LATER)).outcome == "sent"
        assert [call.form["chat_id"] for call in one.api.of("sendMessage")] == [str(GROUP), str(GROUP - 1)]
        assert moved == [GROUP - 1]


# moderating


async def test_delete_and_mute():
    async with listening() as one:
        message = one.api.post("坏话", user=31)
        comment = await one.comment()
        assert comment.msg_id is not None
        await one.room.delete(KEY, comment.msg_id)
        assert (GROUP, message["message_id"]) not in one.api.messages
        await one.room.delete(KEY, comment.msg_id)  # gone already: done
        await one.room.mute(KEY, "31", 600)
        (call,) = one.api.of("restrictChatMember")
        assert int(call.form["until_date"]) == NOW // 1000 + 600
        assert not any(call.form["permissions"].values())


@pytest.mark.parametrize(("asked", "given"), [(0, 31), (5, 31), (10**9, 365 * 86_400)])
async def test_a_mute_is_never_for_ever_by_accident(asked: int, given: int):
    async with listening() as one:
        await one.room.mute(KEY, "31", asked)
        assert int(one.api.of("restrictChatMember")[0].form["until_date"]) == NOW // 1000 + given


@pytest.mark.parametrize("uid", ["777000", "1087968824", "136817688", "chat:-1", "", "-5"])
async def test_placeholders_are_never_touched(uid: str):
    async with listening() as one:
        with pytest.raises(RoomError, match="name of a chat"):
            await one.room.mute(KEY, uid, 600)
        assert one.api.of("restrictChatMember") == []


@pytest.mark.parametrize(
    ("failure", "error", "words"),
    [
        (
            refusal(400, "Bad Request: not enough rights to restrict/unrestrict chat member"),
            RoomError,
            "administrator",
        ),
        (refusal(400, "Bad Request: user is an administrator of the chat"), RoomError, "owner"),
        (refusal(400, "Bad Request: PARTICIPANT_ID_INVALID"), RoomError, "no longer"),
        (refusal(400, "Bad Request: method is available only for supergroups"), RoomError, "supergroup"),
        (refusal(400, "Bad Request: something new"), RoomError, "omething new"),
        (FORBIDDEN, RoomError, "Add it again"),
        (refusal(401, "Unauthorized"), AuthRefused, "BotFather"),
        (TOO_MANY, PlatformBusy, "wait 2 seconds"),
        (BROKEN, RoomError, "nobody knows"),
    ],
)
async def test_refusals_name_the_remedy(failure: Any, error: type[Exception], words: str):
    async with listening() as one:
        one.api.fail("restrictChatMember", failure)
        with pytest.raises(error, match=words):
            await one.room.mute(KEY, "31", 600)


async def test_only_messages_of_a_group_can_be_deleted():
    async with listening() as one:
        for msg_id in ("", "abc", "1:x", f"{GROUP}", "1:2:3"):
            with pytest.raises(RoomError, match="no message"):
                await one.room.delete(KEY, msg_id)
        one.api.fail("deleteMessage", refusal(400, "Bad Request: message can't be deleted"))
        with pytest.raises(RoomError, match="right to delete"):
            await one.room.delete(KEY, f"{GROUP}:5")
