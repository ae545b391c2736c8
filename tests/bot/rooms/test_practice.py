"""The whole practice room over real loopback sockets: server, session, connection, answers, a cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from bot.comment import Comment, Happening, RoomKey
from bot.errors import AuthRefused, RoomError
from bot.rooms.bilibili import (
    OP_HEARTBEAT,
    OP_HEARTBEAT_ANSWER,
    encode,
    encode_auth,
    encode_auth_answer,
    encode_heartbeat,
)
from bot.rooms.bilibili_room import BilibiliRoom
from bot.rooms.bilibili_session import Credentials
from bot.rooms.pace import Pace
from bot.rooms.practice import PracticeRoom
from bot.rooms.practice_commands import scene
from bot.rooms.practice_door import Door, throw_away_credentials
from bot.rooms.practice_server import PracticeServer, http_server, listen
from bot.rooms.practice_stage import Stage

ROOM = RoomKey("practice", "1")
SAMPLE = Path(__file__).parents[2] / "recordings" / "show-sample.csv"
QUICK = Pace(chance=lambda: 0.0)


class Serving:
    def __init__(self, server: PracticeServer, credentials: Credentials, url: str) -> None:
        self.server, self.credentials, self.url = server, credentials, url


@asynccontextmanager
async def serving(speed: float | None = None) -> AsyncIterator[Serving]:
    listener = listen(0)
    port = listener.getsockname()[1]
    credentials = throw_away_credentials()
    pace = Pace()
    stage = Stage(scene(str(SAMPLE), ROOM), ROOM, 1, speed=speed, pace=pace)
    door = Door(credentials, room_id=1, now_s=lambda: pace.now_ms() / 1000, steady=pace.steady)
    server = PracticeServer(stage, door, port=port, pace=pace)
    http = http_server(server)
    task = asyncio.create_task(http._serve(sockets=[listener]))
    try:
        yield Serving(server, credentials, f"http://127.0.0.1:{port}")
    finally:
        http.should_exit = True
        await task
        listener.close()


def run(work: Callable[[Serving, httpx.AsyncClient], Awaitable[object]], speed: float | None = None) -> None:
    async def within() -> None:
        async with asyncio.timeout(20), serving(speed) as served, httpx.AsyncClient() as client:
            await work(served, client)

    asyncio.run(within())


def practice_room(served: Serving, client: httpx.AsyncClient) -> PracticeRoom:
    return PracticeRoom(ROOM, served.credentials, client, base_url=served.url, pace=QUICK)


def test_whole_show_arrives_and_the_session_ends():
    async def work(served: Serving, client: httpx.AsyncClient) -> None:
        room = practice_room(served, client)
        kinds = []
        events = room.events()
        async for event in events:
            kinds.append("comment" if isinstance(event, Comment) else event.kind)
            if kinds[-1] == "live_end":
                break
        await events.aclose()
        assert len(kinds) == 31
        assert kinds.count("comment") == 16
        assert kinds.count("product") == 2
        assert served.server.door.sessions == {}
        assert room.status.ignored == {}

    run(work)


def test_cut_is_survived_and_told_as_a_gap():
    async def work(served: Serving, client: httpx.AsyncClient) -> None:
        room = practice_room(served, client)
        events = room.events()
        await anext(events)
        answer = await client.post(f"{served.url}/practice/cut", json={})
        assert answer.json()["dropped"] == 1
        async for event in events:
            if isinstance(event, Happening) and event.kind == "gap":
                break
        assert room.status.reconnects == 1
        await events.aclose()

    run(work, speed=20)


def test_closed_for_seconds_refuses_new_sockets():
    async def work(served: Serving, client: httpx.AsyncClient) -> None:
        room = practice_room(served, client)
        await client.post(f"{served.url}/practice/cut", json={"seconds": 60})
        events = room.events()
        task = asyncio.ensure_future(anext(events))
        while room.status.state != "waiting":
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert served.server.stage.watching == 0

    run(work)


def test_answers_are_shown_once():
    async def work(served: Serving, client: httpx.AsyncClient) -> None:
        room = practice_room(served, client)
        first = await room.say(ROOM, "24小时内发货", key="k1", expires_ms=0)
        again = await room.say(ROOM, "24小时内发货", key="k1", expires_ms=0)
        assert (first.outcome, first.detail) == ("sent", "")
        assert (again.outcome, again.detail) == ("sent", "duplicate")
        state = (await client.get(f"{served.url}/practice/state")).json()
        assert [reply["text"] for reply in state["replies"]] == ["24小时内发货"]
        assert (state["shown"], state["duplicates"]) == (1, 1)
        assert (await room.say(ROOM, "", key="k2", expires_ms=0)).outcome == "refused"
        assert (await room.say(ROOM, "长" * 501, key="k2", expires_ms=0)).outcome == "refused"

    run(work)


def test_pages_in_a_browser_are_refused():
    async def work(served: Serving, client: httpx.AsyncClient) -> None:
        reply = {"idempotency_key": "k", "text": "x"}
        for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
            for call in ("reply", "cut"):
                answer = await client.post(f"{served.url}/practice/{call}", json=reply, headers=headers)
                assert answer.status_code == 403
            assert (await client.get(f"{served.url}/practice/state", headers=headers)).status_code == 403
        assert served.server.stage.shown == 0

    run(work)


def test_bodies_are_bounded_and_checked():
    async def work(served: Serving, client: httpx.AsyncClient) -> None:
        url = f"{served.url}/practice/reply"
        assert (await client.post(url, content=b"x" * 100_000)).status_code == 413
        assert (await client.post(url, content=b"[]")).status_code == 422
        assert (await client.post(url, json={"text": "x"})).status_code == 422
        assert (await client.post(f"{served.url}/v2/app/start", content=b"x" * 100_000)).status_code == 413
        assert (await client.post(f"{served.url}/v2/app/start", json={})).json()["code"] == 4013

    run(work)


def test_wrong_key_reaches_the_operator():
    async def work(served: Serving, client: httpx.AsyncClient) -> None:
        wrong = Credentials(served.credentials.app_id, served.credentials.access_key, "wrong", "X")
        room = PracticeRoom(ROOM, wrong, client, base_url=served.url)
        with pytest.raises(AuthRefused, match="secret"):
            await anext(room.events())

    run(work)


def test_real_room_refuses_the_code_of_another_room():
    async def work(served: Serving, client: httpx.AsyncClient) -> None:
        room = BilibiliRoom(RoomKey("bilibili", "99"), served.credentials, client, base_url=served.url)
        with pytest.raises(RoomError, match="room 1"):
            await anext(room.events())
        assert served.server.door.sessions == {}

    run(work)


def test_wrong_token_is_refused_and_a_new_session_started():
    async def work(served: Serving, client: httpx.AsyncClient) -> None:
        room = practice_room(served, client)
        events = room.events()
        await anext(events)
        (held,) = served.server.door.sessions.values()
        held.token = "changed"
        await client.post(f"{served.url}/practice/cut", json={})
        async for event in events:
            if isinstance(event, Happening) and event.kind == "gap":
                break
        assert next(iter(served.server.door.sessions.values())).token != "changed"
        await events.aclose()

    run(work, speed=20)


def test_server_survives_what_no_client_sends():
    async def work(served: Serving, client: httpx.AsyncClient) -> None:
        url = served.url.replace("http", "ws") + "/sub"
        for first in ("text", b"", b"\x00" * 20, encode_heartbeat(), encode_auth("[]")):
            async with connect(url) as wire:
                await wire.send(first)
                assert [answer async for answer in wire] in ([], [encode_auth_answer(-101)])
        room = practice_room(served, client)
        address = await room._session.start()
        async with connect(address.urls[0]) as wire:
            await wire.send(encode_auth(address.auth_body))
            assert await wire.recv() == encode_auth_answer(0)
            for junk in ("text", b"junk", b"\x00" * 16):
                await wire.send(junk)
            await wire.send(encode(OP_HEARTBEAT, b"echo"))
            while (answer := await wire.recv())[11] != OP_HEARTBEAT_ANSWER:
                pass
            assert bytes(answer[20:]) == b"echo"  # the echo follows the packet, uncounted
            assert answer[3] == 20
        await room.aclose()

    run(work, speed=20)


def test_capabilities():
    assert PracticeRoom.capabilities.reply
    assert not BilibiliRoom.capabilities.reply
    assert BilibiliRoom.capabilities.stable_user_ids
    assert PracticeRoom.capabilities.pace is None
    told = BilibiliRoom.capabilities
    assert (told.tells_follow, told.tells_fan_level, told.tells_orders) == (False, True, False)
    told = PracticeRoom.capabilities
    assert told.tells_follow
    assert told.tells_fan_level
    assert told.tells_level
    assert told.tells_orders


@pytest.mark.parametrize(
    ("handler", "outcome"),
    [
        (httpx.ConnectError("x"), "refused"),
        (httpx.ReadTimeout("x"), "unknown"),
        (httpx.RemoteProtocolError("x"), "unknown"),
        (httpx.Response(500), "unknown"),
        (httpx.Response(429), "refused"),
        (httpx.Response(422, json={"error": "text"}), "refused"),
        (httpx.Response(200, text="?"), "unknown"),
        (httpx.Response(200, json={"shown": True, "duplicate": False}), "sent"),
    ],
)
def test_what_became_of_an_answer(handler: httpx.Response | Exception, outcome: str):
    def respond(request: httpx.Request) -> httpx.Response:
        if isinstance(handler, Exception):
            raise handler
        return handler

    async def work() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as client:
            room = PracticeRoom(ROOM, throw_away_credentials(), client, base_url="http://127.0.0.1:1")
            assert (await room.say(ROOM, "x", key="k", expires_ms=0)).outcome == outcome

    asyncio.run(work())


def test_taken_port_is_one_sentence():
    with listen(0) as held:
        port = held.getsockname()[1]
        with pytest.raises(RoomError, match=f"Port {port} .* taken"):
            listen(port)
