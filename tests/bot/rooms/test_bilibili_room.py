"""Session and connection together: the project heartbeat and the sessions the platform ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import httpx
import pytest

from bot.comment import Happening, RoomKey
from bot.rooms.bilibili import encode_auth_answer, encode_commands
from bot.rooms.bilibili_room import BilibiliRoom
from bot.rooms.bilibili_session import Credentials
from bot.rooms.pace import Pace

ROOM = RoomKey("bilibili", "22")
CREDENTIALS = Credentials(1, "k", "s", "c")
OK = encode_auth_answer(0)


def command(name: str, data: dict[str, object]) -> bytes:
    return encode_commands([json.dumps({"cmd": f"LIVE_OPEN_PLATFORM_{name}", "data": data}).encode()])


def dm(msg_id: str, open_id: str = "o") -> bytes:
    return command("DM", {"open_id": open_id, "msg": "x", "msg_id": msg_id})


class Wire:
    def __init__(self, *messages: bytes) -> None:
        self.messages = list(messages)
        self.closed = asyncio.Event()

    async def recv(self) -> bytes:
        await asyncio.sleep(0)
        if self.messages:
            return self.messages.pop(0)
        await self.closed.wait()
        raise ConnectionResetError

    async def send(self, message: bytes) -> None:
        pass

    async def close(self) -> None:
        self.closed.set()


class World:
    """A platform that counts what it is asked, and a clock that runs only when let."""

    def __init__(self, *wires: Wire) -> None:
        self.wires = list(wires)
        self.opened: list[Wire] = []
        self.calls: list[str] = []
        self.expired = False
        self.now = 0.0
        self.running = asyncio.Event()

    def respond(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        self.calls.append(name)
        if name == "heartbeat" and self.expired:
            self.expired = False
            return httpx.Response(200, json={"code": 7003})
        data = {
            "game_info": {"game_id": f"g{self.calls.count('start')}"},
            "websocket_info": {"auth_body": "{}", "wss_link": ["wss://a"]},
            "anchor_info": {"room_id": 22, "open_id": "host"},
        }
        return httpx.Response(200, json={"code": 0, "data": data})

    async def connect(self, url: str) -> Wire:
        self.opened.append(self.wires.pop(0))
        return self.opened[-1]

    async def sleep(self, seconds: float) -> None:
        if seconds > 15:  # the project's heartbeat waits for the test
            await self.running.wait()
            self.running.clear()
        self.now += seconds if seconds < 15 else 0
        await asyncio.sleep(0)


def run(world: Callable[[], World], work: Callable[[World, BilibiliRoom], Awaitable[None]]) -> None:
    async def within() -> None:
        made = world()
        pace = Pace(lambda: int(made.now * 1000), lambda: 0.0, made.sleep, lambda: 0.0)
        async with (
            asyncio.timeout(10),
            httpx.AsyncClient(transport=httpx.MockTransport(made.respond)) as client,
        ):
            await work(made, BilibiliRoom(ROOM, CREDENTIALS, client, connect=made.connect, pace=pace))

    asyncio.run(within())


def test_owner_is_host():
    async def work(world: World, room: BilibiliRoom) -> None:
        events = room.events()
        found = await anext(events)
        assert found.viewer is not None
        assert found.viewer.role == "host"
        await events.aclose()

    run(lambda: World(Wire(OK, dm("1", "host"))), work)


def test_session_is_ended_once_at_shutdown():
    async def work(world: World, room: BilibiliRoom) -> None:
        events = room.events()
        await anext(events)
        await room.aclose()
        await events.aclose()
        await room.aclose()
        assert world.calls == ["start", "end"]
        assert room.status.state == "closed"

    run(lambda: World(Wire(OK, dm("1"))), work)


def test_expired_session_is_started_again():
    async def work(world: World, room: BilibiliRoom) -> None:
        events = room.events()
        await anext(events)
        world.expired = True
        world.running.set()
        gap = await anext(events)
        assert isinstance(gap, Happening)
        assert gap.data["reason"] == "session_expired"
        assert world.calls == ["start", "heartbeat", "start"]
        await events.aclose()

    run(lambda: World(Wire(OK, dm("1")), Wire(OK)), work)


@pytest.mark.parametrize(("game_id", "starts"), [("g1", 2), ("another", 1)])
def test_interaction_end_of_our_session_starts_again(game_id: str, starts: int):
    async def work(world: World, room: BilibiliRoom) -> None:
        events = room.events()
        await anext(events)
        second = await anext(events)
        assert isinstance(second, Happening) is (starts == 2)
        assert world.calls.count("start") == starts
        assert "end" not in world.calls
        for _ in range(20):
            await asyncio.sleep(0)
        assert world.opened[0].closed.is_set() is (starts == 2)
        await events.aclose()

    end = command("INTERACTION_END", {"game_id": game_id})
    first = [OK, dm("1"), end] + ([dm("2")] if starts == 1 else [])
    run(lambda: World(Wire(*first), Wire(OK)), work)


def test_heartbeat_that_fails_is_made_up():
    async def work(world: World, room: BilibiliRoom) -> None:
        events = room.events()
        await anext(events)
        respond = world.respond
        failures = iter([httpx.ConnectError("gone")])

        def failing(request: httpx.Request) -> httpx.Response:
            for error in failures:
                world.calls.append("failed")
                raise error
            return respond(request)

        room._session._client._transport.handler = failing  # type: ignore[attr-defined]
        for _ in range(2):
            world.running.set()
            while world.running.is_set():
                await asyncio.sleep(0)
            for _ in range(20):
                await asyncio.sleep(0)
        assert world.calls == ["start", "failed", "heartbeat"]
        await events.aclose()

    run(lambda: World(Wire(OK, dm("1"))), work)
