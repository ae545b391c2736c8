"""The bridge's door over real sockets: who may come in, what is taken, and what is told to the others."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.comment import Comment, Event, Happening, RoomKey
from bot.rooms import bridge
from bot.rooms.bridge import MAX_BODY, BridgeRoom, bridge_routes
from bot.rooms.bridge_room import REPORT_MS
from bot.rooms.bridge_signing import sign
from tests.doubles.hand_clock import HandClock
from tests.doubles.served import served

KEY = RoomKey("bridge", "myshop")
SECRET = b"geheim"
ORIGIN = "https://shop.example"
TOKEN = "a-token-of-the-room"
NOW = 1_755_000_000_000
EVENT = {
    "kind": "comment", "id": "c1", "user": {"id": "u1", "name": "小明"}, "text": "多少钱",
    "at": "2025-08-12T20:00:00+08:00",
}  # fmt: skip


class Shop:
    """A served room, and hands to knock at its door."""

    def __init__(self, room: BridgeRoom, clock: HandClock, port: int, client: httpx.AsyncClient) -> None:
        self.room = room
        self.clock = clock
        self.port = port
        self.client = client

    async def push(
        self,
        value: Any,
        *,
        at: int | None = None,
        room: str = "myshop",
        signature: str | None = None,
        **headers: str,
    ) -> httpx.Response:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        header = signature or sign(SECRET, body, (at or self.clock.now()) // 1000)
        return await self.client.post(
            f"/bridge/{room}", content=body, headers={"X-Changkong-Signature": header} | headers
        )

    async def as_page(
        self, value: Any, origin: str = ORIGIN, token: str = TOKEN, **headers: str
    ) -> httpx.Response:
        sent = {"Origin": origin, "Authorization": f"Bearer {token}"} | headers
        return await self.client.post("/bridge/myshop", json=value, headers=sent)

    async def heard(self, count: int) -> list[Event]:
        found: list[Event] = []
        async with asyncio.timeout(10), aclosing(self.room.events()) as events:
            async for event in events:
                found.append(event)
                if len(found) == count:
                    break
        return found

    @asynccontextmanager
    async def line(self, can_reply: bool = True, room: str = "myshop", **hello: Any) -> AsyncIterator[Any]:
        signature = sign(SECRET, b"myshop", self.clock.now() // 1000)
        async with connect(f"ws://127.0.0.1:{self.port}/bridge/{room}") as socket:
            await socket.send(
                json.dumps({"hello": 1, "can_reply": can_reply, "signature": signature} | hello)
            )
            yield socket


def client_of(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False)


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    clock = HandClock(NOW)
    room = BridgeRoom(KEY, secret=SECRET, token=TOKEN, origins=(ORIGIN,), clock=clock, queue_limit=50)
    async with served(bridge_routes({"myshop": room}, clock.now)) as port, client_of(port) as client:
        yield Shop(room, clock, port, client)


# pushes


async def test_a_signed_push_is_taken(shop: Shop):
    answer = await shop.push(EVENT)
    assert (answer.status_code, answer.json()) == (
        202, {"accepted": 1, "duplicate": 0, "refused": 0, "ignored": 0},
    )  # fmt: skip
    (comment,) = await shop.heard(1)
    assert isinstance(comment, Comment)
    assert (comment.room, comment.text, comment.msg_id) == (KEY, "多少钱", "c1")
    assert (comment.viewer.uid, comment.viewer.name) == ("u1", "小明")
    assert (comment.at_ms, comment.received_ms) == (1_755_000_000_000, NOW)
    assert comment.frame_hash == hashlib.sha256(json.dumps(EVENT).encode()).hexdigest()


async def test_what_comes_in_gets_the_time_of_the_room_and_signatures_that_of_the_wall():
    wall, room_clock = HandClock(NOW), HandClock(NOW + 86_400_000)
    room = BridgeRoom(KEY, secret=SECRET, token=TOKEN, origins=(ORIGIN,), clock=room_clock)
    async with served(bridge_routes({"myshop": room}, wall.now)) as port, client_of(port) as client:
        shop = Shop(room, wall, port, client)
        assert (await shop.push({"kind": "comment", "text": "多少钱"})).status_code == 202
        async with shop.line() as socket:
            await socket.recv()
            await socket.send(json.dumps({"kind": "comment", "text": "在吗"}))
            heard = await shop.heard(2)
    assert [one.received_ms for one in heard] == [NOW + 86_400_000] * 2


def test_the_signature_is_what_the_contract_says():
    mac = hmac.new(b"s", b"17." + b'{"a":1}', hashlib.sha256).hexdigest()
    assert sign(b"s", b'{"a":1}', 17) == f"t=17,v1={mac}"


async def test_lists_duplicates_and_unknown_kinds_are_counted(shop: Shop):
    answer = await shop.push([EVENT, EVENT, {"kind": "weather"}, {"kind": "like", "count": 3}])
    assert answer.json() == {"accepted": 2, "duplicate": 1, "refused": 0, "ignored": 1}
    assert shop.room.status.ignored == {"unknown_kind": 1}


async def test_a_full_queue_refuses_and_says_so(shop: Shop):
    answer = await shop.push([EVENT | {"id": str(n)} for n in range(60)])
    assert answer.json() == {"accepted": 50, "duplicate": 0, "refused": 10, "ignored": 0}
    assert shop.room.status.ignored == {"queue_full": 10}


@pytest.mark.parametrize(
    "signature",
    [
        "", "x", "t=1,v1=", "v1=ab", "t=1755000000", "t=1755000000,v1=" + "0" * 64,
        "t=1755000000,t=1755000000,v1=" + "0" * 64, "t=-5,v1=" + "0" * 64,
    ],
)  # fmt: skip
async def test_bad_signatures_are_refused(shop: Shop, signature: str):
    answer = await shop.push(EVENT, signature=signature or "-")
    assert answer.status_code == 401
    assert shop.room._queue.empty()


async def test_another_body_another_secret_another_room(shop: Shop):
    good = sign(SECRET, json.dumps(EVENT).encode(), NOW // 1000)
    assert (await shop.push(EVENT | {"text": "别的"}, signature=good)).status_code == 401
    assert (
        await shop.push(EVENT, signature=sign(b"x", json.dumps(EVENT).encode(), NOW // 1000))
    ).status_code == 401
    assert (await shop.push(EVENT, room="other")).status_code == 404


@pytest.mark.parametrize(("off_s", "status"), [(-300, 202), (300, 202), (-301, 401), (301, 401)])
async def test_a_signature_is_good_for_five_minutes(shop: Shop, off_s: int, status: int):
    assert (await shop.push(EVENT, at=NOW + off_s * 1000)).status_code == status


async def test_a_signature_is_good_once_while_it_is_good(shop: Shop):
    body = json.dumps(EVENT).encode()
    signature = sign(SECRET, body, NOW // 1000)
    assert (await shop.push(body, signature=signature)).status_code == 202
    assert (await shop.push(body, signature=signature)).status_code == 409
    assert (
        await shop.push(body, signature=signature.upper().replace("T=", "t=").replace("V1=", "v1="))
    ).status_code == 409
    for number in range(3):
        await shop.push({"kind": "alive", "n": number})
    shop.clock.advance(NOW + 300_000)
    assert (await shop.push(body, signature=signature)).status_code == 409
    shop.clock.advance(NOW + 301_000)
    assert (await shop.push(body, signature=signature)).status_code == 401


async def test_a_body_over_a_mebibyte_is_refused_unread(shop: Shop):
    assert (await shop.push(b"[" + b" " * MAX_BODY)).status_code == 413
    assert (await shop.push(b'[{"kind":"alive"}]' + b" " * (MAX_BODY - 18))).status_code == 202

    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(400):
            taken += 1
            yield b" " * 65_536

    try:
        answer = await shop.client.post(
            "/bridge/myshop", content=endless(), headers={"X-Changkong-Signature": "t=1,v1=00"}
        )
        assert answer.status_code == 413
    except httpx.HTTPError:
        pass  # the door closed while we were still pushing
    assert taken < 400


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (b"{", ""),
        (b"\xff\xfe", ""),
        (b"[" * 100_000, ""),
        (5, ""),
        ([[]], "[0]"),
        ({}, "kind"),
        ({"kind": 5}, "kind"),
        ({"kind": "comment"}, "text"),
        ({"kind": "comment", "text": 5}, "text"),
        ({"kind": "comment", "text": ""}, "text"),
        ({"kind": "comment", "text": "x" * 5001}, "text"),
        ({"kind": "comment", "text": "x", "user": "u"}, "user"),
        ({"kind": "comment", "text": "x", "user": {"id": 5}}, "user.id"),
        ({"kind": "comment", "text": "x", "at": "gestern"}, "at"),
        ({"kind": "comment", "text": "x", "at": "2026-01-01T00:00:00"}, "at"),
        ({"kind": "comment", "text": "x", "at": "1987-01-01T00:00:00Z"}, "at"),
        ({"kind": "comment", "text": "x", "id": ""}, "id"),
        ({"kind": "viewers"}, "count"),
        ({"kind": "viewers", "count": -1}, "count"),
        ({"kind": "viewers", "count": 1.5}, "count"),
        (b'{"kind":"viewers","count":' + b"9" * 400 + b"}", "count"),
        ({"kind": "order", "id": "o", "state": "lost"}, "state"),
        ({"kind": "order", "state": "paid"}, "id"),
        ({"kind": "product"}, "slot"),
        ([EVENT, EVENT | {"id": "2", "user": {"name": 1}}], "[1].user.name"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_taken(shop: Shop, value: Any, field: str):
    answer = await shop.push(value)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["error"]
    assert shop.room._queue.empty()


# pages of this machine


async def test_a_page_of_this_machine_needs_token_and_origin(shop: Shop):
    answer = await shop.as_page(EVENT)
    assert answer.status_code == 202
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    for refused in (
        await shop.as_page(EVENT, token="wrong"),
        await shop.as_page(EVENT, token="None"),
        await shop.as_page(EVENT, origin="https://evil.example"),
        await shop.as_page(EVENT, origin="null"),
        await shop.as_page(EVENT, origin=ORIGIN + ".evil.example"),
        await shop.as_page(EVENT, **{"X-Forwarded-For": "203.0.113.9"}),
        await shop.as_page(EVENT, **{"Forwarded": "for=203.0.113.9"}),
        await shop.as_page(EVENT, **{"X-Forwarded-For": "127.0.0.1"}),
        await shop.as_page(EVENT, **{"X-Real-IP": "127.0.0.1"}),
        await shop.client.post("/bridge/myshop", json=EVENT, headers={"Authorization": f"Bearer {TOKEN}"}),
        await shop.client.post("/bridge/myshop", json=EVENT),
    ):
        assert refused.status_code == 401
    evil = await shop.as_page(EVENT, origin="https://evil.example")
    assert "access-control-allow-origin" not in evil.headers


async def test_a_room_without_a_token_has_no_pages():
    clock = HandClock(NOW)
    room = BridgeRoom(KEY, secret=SECRET, origins=(ORIGIN,), clock=clock)
    async with served(bridge_routes({"myshop": room}, clock.now)) as port, client_of(port) as client:
        assert (await Shop(room, clock, port, client).as_page(EVENT, token="None")).status_code == 401


async def test_preflights_are_answered_for_allowed_origins_only(shop: Shop):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}
    answer = await shop.client.options("/bridge/myshop", headers={"Origin": ORIGIN} | asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert "authorization" in answer.headers["access-control-allow-headers"]
    evil = await shop.client.options("/bridge/myshop", headers={"Origin": "https://evil.example"} | asked)
    assert evil.status_code == 403
    assert not [name for name in evil.headers if name.startswith("access-control")]


# conversations


async def test_a_line_brings_events_and_hears_what_was_wrong(shop: Shop):
    async with shop.line() as line:
        assert json.loads(await line.recv()) == {"hello": 1, "room": "myshop"}
        assert shop.room.capabilities.reply
        await line.send(json.dumps(EVENT) + "\n\n" + json.dumps({"kind": "live_end"}))
        await line.send('{"kind":"comment"}')
        assert json.loads(await line.recv())["field"] == "text"
        await line.send(b"{nonsense")
        assert json.loads(await line.recv())["kind"] == "refused"
        assert [type(event) for event in await shop.heard(2)] == [Comment, Happening]


async def test_the_way_back(shop: Shop):
    async with shop.line() as line:
        await line.recv()
        saying = asyncio.create_task(
            shop.room.say(KEY, "到手价59元\ud800", key="17", expires_ms=NOW + 20_000)
        )
        asked = json.loads(await line.recv())
        assert asked == {
            "kind": "say", "id": "17", "text": "到手价59元\ufffd", "expires_at": "2025-08-12T12:00:20.000Z",
        }  # fmt: skip
        await line.send(json.dumps({"kind": "said", "id": "99", "outcome": "refused"}))
        await line.send(json.dumps({"kind": "said", "id": "17", "outcome": "perhaps"}))
        await line.send(json.dumps({"kind": "said", "id": ["17"], "outcome": "accepted"}))
        await line.send(json.dumps({"kind": "said", "id": "17", "outcome": "accepted"}))
        assert (await saying).outcome == "sent"
        saying = asyncio.create_task(shop.room.say(KEY, "x", key="18", expires_ms=NOW + 20_000))
        await line.recv()
        await line.send(
            json.dumps({"kind": "said", "id": "18", "outcome": "refused", "detail": "被禁言" * 99})
        )
        said = await saying
        assert (said.outcome, len(said.detail)) == ("refused", 120)


async def test_without_a_report_it_is_unknown(shop: Shop):
    async with shop.line() as line:
        await line.recv()
        saying = asyncio.create_task(shop.room.say(KEY, "x", key="1", expires_ms=NOW + 20_000))
        await line.recv()
        assert await shop.clock.sleeper() == NOW + REPORT_MS
        shop.clock.advance(NOW + REPORT_MS)
        assert ((await saying).outcome, (await saying).detail) == ("unknown", "no_report")
        saying = asyncio.create_task(shop.room.say(KEY, "x", key="1b", expires_ms=NOW + REPORT_MS + 500))
        await line.recv()
        assert await shop.clock.sleeper() == NOW + REPORT_MS + 500, "nor longer than it lives"
        shop.clock.advance(NOW + REPORT_MS + 500)
        assert (await saying).detail == "no_report"
        saying = asyncio.create_task(shop.room.say(KEY, "x", key="2", expires_ms=NOW + 40_000))
        await line.recv()
        await line.close()
        assert ((await saying).outcome, (await saying).detail) == ("unknown", "lost")
    assert not shop.room.capabilities.reply
    assert (await shop.room.say(KEY, "x", key="3", expires_ms=NOW + 60_000)).detail == "no_way_back"


async def test_a_report_that_comes_too_late_is_ignored(shop: Shop):
    async with shop.line() as line:
        await line.recv()
        saying = asyncio.create_task(shop.room.say(KEY, "x", key="1", expires_ms=NOW + 20_000))
        await line.recv()
        assert await shop.clock.sleeper() == NOW + REPORT_MS
        shop.clock.advance(NOW + REPORT_MS)
        assert (await saying).detail == "no_report"
        saying = asyncio.create_task(shop.room.say(KEY, "y", key="2", expires_ms=NOW + 20_000))
        await line.recv()
        await line.send(json.dumps({"kind": "said", "id": "1", "outcome": "refused"}))
        await line.send(json.dumps({"kind": "said", "id": "2", "outcome": "accepted"}))
        assert (await saying).outcome == "sent"
    assert shop.room.status.ignored == {"said": 1}


async def test_nothing_is_said_too_late_or_elsewhere(shop: Shop):
    async with shop.line() as line:
        await line.recv()
        assert (await shop.room.say(KEY, "x", key="1", expires_ms=NOW)).detail == "expired"
        assert (
            await shop.room.say(RoomKey("bridge", "y"), "x", key="1", expires_ms=NOW + 1)
        ).detail == "other_room"


async def test_a_line_says_whether_what_we_say_comes_back(shop: Shop):
    async with shop.line() as line:
        await line.recv()
        assert not shop.room.capabilities.echoes
    shop.clock.advance(shop.clock.now() + 1000)
    async with shop.line(echoes=True) as line:
        await line.recv()
        assert shop.room.capabilities.echoes
        await line.send(json.dumps(EVENT | {"user": {"id": "us", "role": "bot"}}))
        (heard,) = await shop.heard(1)
        assert heard.viewer.role == "bot"
        await line.send(json.dumps(EVENT | {"user": {"role": "boss"}}))
        assert json.loads(await line.recv())["field"] == "user.role"
    assert not shop.room.capabilities.echoes


async def test_a_line_without_can_reply_opens_no_way(shop: Shop):
    for can_reply in (False, "true", 1, None):
        shop.clock.advance(shop.clock.now() + 1000)
        async with shop.line(can_reply=can_reply) as line:  # type: ignore[arg-type]
            await line.recv()
            assert not shop.room.capabilities.reply
            await line.send(json.dumps({"kind": "said", "id": "1", "outcome": "accepted"}))
            await line.send("{}")
            assert json.loads(await line.recv())["field"] == "kind"


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        ("hi", 4400),
        ("[]", 4400),
        (json.dumps({"hello": 2}), 4400),
        (json.dumps({"hello": 1}), 4401),
        (json.dumps({"hello": 1, "signature": "t=1,v1=0"}), 4401),
        (json.dumps({"hello": 1, "signature": sign(SECRET, b"other", NOW // 1000)}), 4401),
        (json.dumps({"hello": 1, "signature": sign(SECRET, b"myshop", NOW // 1000 - 301)}), 4401),
        (json.dumps({"hello": 1, "token": TOKEN}), 4401),
        ("x" * (MAX_BODY + 1), 1009),
    ],
)
async def test_who_does_not_say_hello_is_shown_out(shop: Shop, hello: str, code: int):
    async with connect(f"ws://127.0.0.1:{shop.port}/bridge/myshop") as line:
        await line.send(hello)
        with pytest.raises(ConnectionClosed) as closed:
            await line.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code


async def test_a_hello_is_good_once(shop: Shop):
    async with shop.line() as line:
        await line.recv()
    async with shop.line() as line:
        with pytest.raises(ConnectionClosed) as closed:
            await line.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4409


async def test_silence_is_no_hello(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bridge, "PATIENCE_S", 0.01)
    async with connect(f"ws://127.0.0.1:{shop.port}/bridge/myshop") as line:
        with pytest.raises(ConnectionClosed) as closed:
            await line.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4408


async def test_a_page_may_hold_a_line_with_its_token(shop: Shop):
    url = f"ws://127.0.0.1:{shop.port}/bridge/myshop"
    async with connect(url, origin=ORIGIN) as line:  # type: ignore[arg-type]
        await line.send(json.dumps({"hello": 1, "can_reply": True, "token": TOKEN}))
        assert json.loads(await line.recv())["hello"] == 1
    async with connect(url, origin="https://evil.example") as line:  # type: ignore[arg-type]
        await line.send(json.dumps({"hello": 1, "token": TOKEN}))
        with pytest.raises(ConnectionClosed):
            await line.recv()


async def test_an_unknown_room_has_no_door(shop: Shop):
    with pytest.raises(InvalidStatus):
        async with connect(f"ws://127.0.0.1:{shop.port}/bridge/nowhere"):
            pass


async def test_the_latest_way_back_is_used_and_the_older_one_again(shop: Shop):
    async with shop.line() as first:
        await first.recv()
        shop.clock.advance(NOW + 1000)
        async with shop.line() as second:
            await second.recv()
            saying = asyncio.create_task(shop.room.say(KEY, "a", key="1", expires_ms=NOW + 20_000))
            await second.recv()
            await first.send(json.dumps({"kind": "said", "id": "1", "outcome": "accepted"}))
            await second.send(json.dumps({"kind": "said", "id": "1", "outcome": "refused"}))
            assert (await saying).outcome == "refused"
            await second.close()
            await second.wait_closed()
        shop.room.close_way(shop.room._ways[-1]) if len(shop.room._ways) > 1 else None
        saying = asyncio.create_task(shop.room.say(KEY, "b", key="2", expires_ms=NOW + 20_000))
        assert json.loads(await first.recv())["id"] == "2"
        await first.send(json.dumps({"kind": "said", "id": "2", "outcome": "accepted"}))
        assert (await saying).outcome == "sent"


async def test_a_closed_room_takes_nothing(shop: Shop):
    await shop.room.aclose()
    assert (await shop.push(EVENT)).json()["refused"] == 1
    assert [event async for event in shop.room.events()] == []
    assert shop.room.status.state == "closed"


async def test_a_message_of_many_lines_keeps_nobody_waiting(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    turns, seen, done = 0, [], asyncio.Event()

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def hear(*_: Any) -> None:
        seen.append(turns)
        if len(seen) == 3 * bridge.LINES_A_TURN:
            done.set()

    monkeypatch.setattr(bridge._Door, "hear", hear)
    neighbour = asyncio.create_task(others())
    async with shop.line() as line, asyncio.timeout(10):
        await line.send("1\n" * 3 * bridge.LINES_A_TURN)
        await done.wait()
    neighbour.cancel()
    assert len(set(seen)) >= 3
