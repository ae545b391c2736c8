from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message

from bot.console.auth import COOKIE
from bot.console.pages import events
from tests.bot.console.show import ROOM, START, Show, comment, csrf_of


async def test_a_page_hears_of_a_committed_comment_and_a_stopped_server_ends_the_stream(show: Show) -> None:
    client = await show.enter("viewer")
    heard: list[bytes] = []
    started = asyncio.Event()
    more = asyncio.Event()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200
            names = dict(message["headers"])
            assert names[b"content-type"].startswith(b"text/event-stream")
            assert b"content-security-policy" in names
        heard.append(message.get("body", b""))
        if b"event: hello" in b"".join(heard):
            started.set()
        if b"event: comments" in b"".join(heard):
            more.set()

    scope = {
        "type": "http", "method": "GET", "path": "/events", "raw_path": b"/events", "root_path": "", "scheme": "http",
        "query_string": f"topics=comments,cases,secrets&room={ROOM}".encode(), "http_version": "1.1",
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", f"{COOKIE}={client.cookies[COOKIE]}".encode())],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    stream = asyncio.ensure_future(show.app(scope, receive, send))
    await asyncio.wait_for(started.wait(), 5)
    show.commit([comment("新来的一句", "甲", START + 30_000)])
    await asyncio.wait_for(more.wait(), 5)
    text = b"".join(heard).decode("ascii")
    assert "\\u65b0\\u6765" in text
    assert '"topics": ["comments"]' in text  # a viewer has no cases, and there are no secrets
    show.feed.broadcast.close()
    await asyncio.wait_for(stream, 5)
    assert show.feed.broadcast.clients == 0


async def test_who_has_logged_out_hears_no_more(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "CHECK_S", 0)
    client = await show.enter("viewer")
    token = csrf_of((await client.get("/")).text)
    heard: list[bytes] = []
    started = asyncio.Event()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        heard.append(message.get("body", b""))
        if b"event: hello" in b"".join(heard):
            started.set()

    scope = {
        "type": "http", "method": "GET", "path": "/events", "raw_path": b"/events", "root_path": "", "scheme": "http",
        "query_string": b"topics=comments", "http_version": "1.1",
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", f"{COOKIE}={client.cookies[COOKIE]}".encode())],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    stream = asyncio.ensure_future(show.app(scope, receive, send))
    await asyncio.wait_for(started.wait(), 5)
    assert (await client.post("/logout", data={"_csrf": token})).status_code == 303
    show.commit([comment("新来的一句", "甲", START + 30_000)])
    await asyncio.wait_for(stream, 5)
    assert b"event: comments" not in b"".join(heard)
    assert show.feed.broadcast.clients == 0
