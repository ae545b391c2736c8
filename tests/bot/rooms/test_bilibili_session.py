"""The session over HTTP, against a transport in memory."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from bot.errors import AuthRefused, PlatformBusy, RoomError
from bot.rooms.bilibili_session import Credentials, Session
from bot.rooms.bilibili_signing import authorization, content_md5

CREDENTIALS = Credentials(1234567890123, "AKID", "SECRET", "CODE12345678")
STARTED = {
    "game_info": {"game_id": "g1"},
    "websocket_info": {"auth_body": '{"k": 1}', "wss_link": ["wss://a/sub", "wss://b/sub"]},
    "anchor_info": {"room_id": 22, "open_id": "host"},
}


class Platform:
    """Answers by path from `codes`; anything unnamed is 0."""

    def __init__(self, **codes: int) -> None:
        self.codes = codes
        self.calls: list[str] = []
        self.requests: list[httpx.Request] = []
        self.respond: Callable[[httpx.Request], httpx.Response] | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        self.calls.append(name)
        self.requests.append(request)
        if self.respond is not None:
            return self.respond(request)
        code = self.codes.get(name, 0)
        data = STARTED if name == "start" and code == 0 else {}
        return httpx.Response(200, json={"code": code, "message": "m", "request_id": "r-1", "data": data})


def using(platform: Platform, work: Callable[[Session], Coroutine[Any, Any, Any]]) -> Any:
    async def within() -> Any:
        nonces = itertools.count()
        async with httpx.AsyncClient(transport=httpx.MockTransport(platform)) as client:
            session = Session(CREDENTIALS, client, now_s=lambda: 1755000000, nonce=lambda: f"n{next(nonces)}")
            return await work(session)

    return asyncio.run(within())


async def start(session: Session) -> Any:
    return await session.start()


def test_start_tells_where_to_connect():
    platform = Platform()
    address = using(platform, start)
    assert address.urls == ("wss://a/sub", "wss://b/sub")
    assert address.auth_body == '{"k": 1}'
    assert address.host == "host"
    assert json.loads(platform.requests[0].content) == {"code": "CODE12345678", "app_id": 1234567890123}


def test_requests_are_signed_over_the_exact_body():
    platform = Platform()
    using(platform, start)
    request = platform.requests[0]
    assert request.headers["x-bili-content-md5"] == content_md5(request.content)
    assert request.headers["authorization"] == authorization(request.headers, "SECRET")
    assert request.headers["accept"] == "application/json"


def test_nonce_is_new_each_time():
    async def work(session: Session) -> None:
        await session.start()
        await session.beat()
        await session.end()

    platform = Platform()
    using(platform, work)
    assert platform.calls == ["start", "heartbeat", "end"]
    assert len({request.headers["x-bili-signature-nonce"] for request in platform.requests}) == 3


def test_second_start_ends_the_first_session():
    async def work(session: Session) -> None:
        await session.start()
        await session.start()

    platform = Platform()
    using(platform, work)
    assert platform.calls == ["start", "end", "start"]


@pytest.mark.parametrize("code", [7000, 7003])
def test_session_the_platform_forgot_counts_as_ended(code: int):
    async def work(session: Session) -> bool:
        await session.start()
        return await session.end()

    assert using(Platform(end=code), work) is True
    assert using(Platform(end=4000), work) is False


def test_end_without_session_calls_nobody():
    platform = Platform()
    assert using(platform, lambda session: session.end()) is True
    assert platform.calls == []


def test_end_raises_nothing_when_the_network_is_gone():
    async def work(session: Session) -> bool:
        await session.start()
        return await session.end()

    platform = Platform()

    def gone(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("end"):
            raise httpx.ConnectError("gone")
        return httpx.Response(200, json={"code": 0, "data": STARTED})

    platform.respond = gone
    assert using(platform, work) is False


def test_end_raises_nothing_when_the_client_was_closed_first():
    async def work(session: Session) -> bool:
        await session.start()
        await session._client.aclose()
        return await session.end()

    assert using(Platform(), work) is False


def test_expired_session_is_told():
    async def work(session: Session) -> str:
        await session.start()
        return await session.beat()

    assert using(Platform(heartbeat=7003), work) == "expired"
    assert using(Platform(), work) == "ok"


def test_unpublished_project_needs_no_heartbeat():
    async def work(session: Session) -> None:
        await session.start()
        assert await session.beat() == "ok"
        assert await session.end()

    platform = Platform()
    data = STARTED | {"game_info": {"game_id": ""}}
    platform.respond = lambda request: httpx.Response(200, json={"code": 0, "data": data})
    using(platform, work)
    assert platform.calls == ["start"]


@pytest.mark.parametrize(
    ("code", "error", "remedy"),
    [
        (4001, AuthRefused, "access key"),
        (4002, AuthRefused, "secret"),
        (4007, AuthRefused, "allow list"),
        (4008, AuthRefused, "permission"),
        (7007, AuthRefused, "identity code"),
        (8002, AuthRefused, "reviewed"),
        (4003, RoomError, "clock"),
        (7002, RoomError, "already runs"),
        (4000, RoomError, "documentation"),
        (7001, PlatformBusy, "wait"),
        (5000, PlatformBusy, "wait"),
        (5002, PlatformBusy, "wait"),
    ],
)
def test_each_code_has_its_error_and_remedy(code: int, error: type[RoomError], remedy: str):
    with pytest.raises(RoomError, match=remedy) as raised:
        using(Platform(start=code), start)
    assert type(raised.value) is error
    assert "r-1" in str(raised.value)
    assert "SECRET" not in str(raised.value)


def test_cooling_down_waits_ten_seconds():
    with pytest.raises(PlatformBusy) as raised:
        using(Platform(start=7001), start)
    assert raised.value.retry_after == 10


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(502),
        httpx.Response(429),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[1]),
        httpx.Response(200, json={"code": 0, "data": {"websocket_info": {"wss_link": []}}}),
    ],
)
def test_broken_answers_are_tried_again(response: httpx.Response):
    platform = Platform()
    platform.respond = lambda request: response
    with pytest.raises(PlatformBusy):
        using(platform, start)


def test_secrets_are_not_shown():
    assert "SECRET" not in repr(CREDENTIALS)
    assert "CODE12345678" not in repr(CREDENTIALS)
