"""Dialling out: the field map, and a source that comes and goes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve

from bot.comment import Comment, RoomKey
from bot.errors import SettingsError
from bot.rooms.bridge_dial import Dial, FieldMap
from bot.rooms.bridge_room import BridgeRoom
from tests.doubles.hand_clock import HandClock

KEY = RoomKey("bridge", "other")
NOW = 1_755_000_000_000
FIELDS = {
    "kind": "type", "kind:danmu": "comment", "id": "data.msgid", "user.id": "data.user.0", "user.name": "data.user.1",
    "text": "data.content", "at": "data.ts",
}  # fmt: skip
MESSAGE = {
    "type": "danmu",
    "data": {"msgid": 77, "user": [42, "小明"], "content": "多少钱", "ts": 1_755_000_000},
}


def test_the_map_finds_places_and_fits_types():
    assert FieldMap(FIELDS).apply(MESSAGE) == {
        "kind": "comment", "id": "77", "user": {"id": "42", "name": "小明"}, "text": "多少钱",
        "at": "2025-08-12T12:00:00+00:00",
    }  # fmt: skip


def test_constants_words_and_no_map_at_all():
    assert FieldMap({"kind": "=gift", "count": "n"}).apply({"n": "12"}) == {"kind": "gift", "count": 12}
    assert FieldMap({"kind:msg": "comment"}).apply({"kind": "msg", "text": "x"}) == {
        "kind": "comment",
        "text": "x",
    }
    assert FieldMap({"text": "t"}).apply({"t": "x"}) == {"kind": "comment", "text": "x"}
    assert FieldMap({}).apply({"kind": "like"}) == {"kind": "like"}
    fields = {"user.follows": "f", "user.fan_level": "l", "text": "t"}
    told = FieldMap(fields).apply({"t": "x", "f": 1, "l": "12"})
    assert told == {"kind": "comment", "text": "x", "user": {"follows": True, "fan_level": 12}}


@pytest.mark.parametrize("path", ["", ".", "a..b", "a."])
def test_a_path_to_nowhere_is_refused_at_once(path: str):
    with pytest.raises(SettingsError, match="text"):
        FieldMap({"text": path})


@pytest.mark.parametrize("url", ["http://a.example", "file:///x", ""])
def test_only_websockets_are_dialled(url: str):
    with pytest.raises(SettingsError, match="ws://"):
        Dial(url)


@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["type", "data", "user", "ts", "content"]), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_any_message_can_be_mapped(item: object):
    FieldMap(FIELDS).apply(item)


class Source:
    """A websocket server that says what a test puts into `lines`, one connection after another."""

    def __init__(self) -> None:
        self.lines: asyncio.Queue[str | None] = asyncio.Queue()
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        self.connections = 0
        self.url = ""

    async def __aenter__(self) -> Source:
        self._server = await serve(self._talk, "127.0.0.1", 0)
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _talk(self, line: ServerConnection) -> None:
        self.connections += 1
        hearing = asyncio.create_task(self._hear(line))
        try:
            while (text := await self.lines.get()) is not None:
                await line.send(text)
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _hear(self, line: ServerConnection) -> None:
        async for text in line:
            await self.heard.put(json.loads(text))


async def take(room: BridgeRoom, heard: asyncio.Queue[Any]) -> None:
    async for event in room.events():
        await heard.put(event)


async def test_a_source_comes_goes_and_comes_back():
    async with Source() as source:
        clock = HandClock(NOW)
        room = BridgeRoom(KEY, secret=b"x", source=Dial(source.url, FIELDS), clock=clock)
        heard: asyncio.Queue[Any] = asyncio.Queue()
        taking = asyncio.create_task(take(room, heard))
        async with asyncio.timeout(10):
            await source.lines.put(json.dumps(MESSAGE))
            comment = await heard.get()
            assert isinstance(comment, Comment)
            assert (comment.text, comment.viewer.uid, comment.at_ms) == ("多少钱", "42", NOW)
            assert room.status.state == "live"
            await source.lines.put(None)
            at = await clock.sleeper()
            assert at == NOW + 1000
            assert room.status.state == "waiting"
            clock.advance(at)
            await source.lines.put(None)
            at = await clock.sleeper()
            assert at == NOW + 1000 + 2000  # it accepted us and said nothing: the delay grows
            clock.advance(at)
            await source.lines.put(json.dumps([MESSAGE | {"data": MESSAGE["data"] | {"msgid": 78}}]))
            assert (await heard.get()).msg_id == "78"
            assert room.status.reconnects == 1
            await room.aclose()
            await taking
        await source.lines.put(None)


async def test_nonsense_costs_itself_only():
    async with Source() as source:
        room = BridgeRoom(KEY, secret=b"x", source=Dial(source.url), clock=HandClock(NOW))
        heard: asyncio.Queue[Any] = asyncio.Queue()
        taking = asyncio.create_task(take(room, heard))
        async with asyncio.timeout(10):
            for text in (
                "nonsense\nmore\nof it",
                "{}",
                '{"kind":"weather"}',
                '{"kind":"comment"}',
                "[[[]]]",
                "\ud7ff",
            ):
                await source.lines.put(text)
            await source.lines.put('{"kind":"comment","text":"a"}\n{"kind":"comment","text":"b"}')
            assert [(await heard.get()).text, (await heard.get()).text] == ["a", "b"]
            assert room.status.ignored["unknown_kind"] == 1
            assert room.status.ignored["refused text"] == 1
            await room.aclose()
            await taking
        await source.lines.put(None)


async def test_a_source_that_can_reply_gets_what_we_say():
    async with Source() as source:
        room = BridgeRoom(KEY, secret=b"x", source=Dial(source.url), clock=HandClock(NOW))
        heard: asyncio.Queue[Any] = asyncio.Queue()
        taking = asyncio.create_task(take(room, heard))
        async with asyncio.timeout(10):
            await source.lines.put('{"hello":1,"can_reply":true}')
            await source.lines.put('{"kind":"alive"}')
            await heard.get()
            assert room.capabilities.reply
            saying = asyncio.create_task(room.say(KEY, "59元", key="1", expires_ms=NOW + 9_000))
            assert (await source.heard.get())["text"] == "59元"
            await source.lines.put('{"kind":"said","id":"1","outcome":"accepted"}')
            assert (await saying).outcome == "sent"
            await room.aclose()
            await taking
        await source.lines.put(None)


async def test_nobody_there_is_waited_for():
    async def nobody(url: str) -> Any:
        raise OSError("refused")

    clock = HandClock(NOW)
    room = BridgeRoom(KEY, secret=b"x", source=Dial("ws://x.example", connect=nobody), clock=clock)
    taking = asyncio.create_task(take(room, asyncio.Queue()))
    waits = []
    for _ in range(8):
        at = await clock.sleeper()
        waits.append(at - clock.now())
        clock.advance(at)
    assert waits == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]
    assert room.status.trouble == "OSError"
    await room.aclose()
    async with asyncio.timeout(5):
        await taking
