"""A room's connection through its states, with a fake socket and a fake clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from bot.comment import Comment, Event, Happening, RoomKey
from bot.errors import AuthRefused, PlatformBusy, RoomError
from bot.rooms import websocket
from bot.rooms.bilibili import (
    OP_AUTH,
    OP_HEARTBEAT,
    Codec,
    Packet,
    encode_auth_answer,
    encode_commands,
    encode_heartbeat_answer,
    split,
)
from bot.rooms.connection import Address, Connection
from bot.rooms.pace import Pace
from bot.rooms.seen import Seen
from bot.rooms.status import TRANSITIONS

ROOM = RoomKey("bilibili", "1")
OK = encode_auth_answer(0)
LOST = object()


def dm(msg_id: str) -> bytes:
    data = {"open_id": "o", "uname": "n", "msg": "多少钱", "msg_id": msg_id, "timestamp": 1755000000}
    return encode_commands([json.dumps({"cmd": "LIVE_OPEN_PLATFORM_DM", "data": data}).encode()])


class Clock:
    """Time that passes only by sleeping; every sleeper is woken in turn."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    @property
    def pace(self) -> Pace:
        return Pace(
            now_ms=lambda: int(self.now * 1000), steady=lambda: self.now, sleep=self.sleep, chance=lambda: 1.0
        )


class FakeWire:
    """Plays a list of messages; LOST ends it, None means silence until it is closed."""

    def __init__(self, *messages: bytes | str | object | None) -> None:
        self.messages = list(messages)
        self.sent: list[bytes] = []
        self.closed = asyncio.Event()

    async def recv(self) -> bytes | str:
        await asyncio.sleep(0)
        if self.closed.is_set():
            raise ConnectionResetError
        message = self.messages.pop(0) if self.messages else None
        if message is None:
            await self.closed.wait()
            raise ConnectionResetError
        if message is LOST:
            raise ConnectionResetError
        assert isinstance(message, bytes | str)
        return message

    async def send(self, message: bytes) -> None:
        if self.closed.is_set():
            raise ConnectionResetError
        self.sent.append(message)

    async def close(self) -> None:
        self.closed.set()

    def operations(self) -> list[int]:
        return [
            packet.operation for item in self.sent for packet in split(item) if isinstance(packet, Packet)
        ]


class Doors:
    """Addresses handed out and sockets opened, in order; an exception in the list is raised instead."""

    def __init__(
        self, wires: list[FakeWire | Exception], urls: tuple[str, ...] = ("ws://a", "ws://b")
    ) -> None:
        self.wires = wires
        self.urls = urls
        self.opened: list[str] = []
        self.fetched = 0
        self.refusals: list[Exception] = []

    async def fetch(self) -> Address:
        self.fetched += 1
        self.opened.append("fetch")
        if self.refusals:
            raise self.refusals.pop(0)
        return Address(self.urls, '{"key":"secret"}', "host")

    async def connect(self, url: str) -> FakeWire:
        self.opened.append(url)
        wire = self.wires.pop(0)
        if isinstance(wire, Exception):
            raise wire
        return wire


def connection(doors: Doors, clock: Clock, seen: Seen | None = None, **more: object) -> Connection:
    return Connection(
        Codec(ROOM),
        doors.fetch,
        connect=doors.connect,
        pace=clock.pace,
        seen=seen,
        **more,  # type: ignore[arg-type]
    )


def run(work: Callable[[], Awaitable[object]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(10):
            await work()

    asyncio.run(within())


async def take(room: Connection, count: int) -> list[Event]:
    found: list[Event] = []
    events = room.events()
    async for event in events:
        found.append(event)
        if len(found) == count:
            break
    await events.aclose()
    return found


def test_only_the_table_moves_the_state():
    states = {state for state, _ in TRANSITIONS}
    assert set(TRANSITIONS.values()) <= states | {"closed"}
    assert "closed" not in states


def test_auth_goes_first_then_a_heartbeat_then_events():
    async def work() -> None:
        wire = FakeWire(OK, dm("1"), dm("2"))
        doors = Doors([wire])
        found = await take(connection(doors, Clock()), 2)
        assert [event.msg_id for event in found] == ["1", "2"]
        assert wire.operations()[:2] == [OP_AUTH, OP_HEARTBEAT]
        assert wire.sent[0].endswith(b'{"key":"secret"}')
        assert wire.closed.is_set()

    run(work)


def test_nothing_is_believed_before_the_auth_answer():
    async def work() -> None:
        found = await take(connection(Doors([FakeWire(dm("early"), OK, dm("1"))]), Clock()), 1)
        assert found[0].msg_id == "1"

    run(work)


def test_a_gap_is_told_after_the_return_with_its_length():
    async def work() -> None:
        doors = Doors([FakeWire(OK, dm("1"), LOST), FakeWire(OK, dm("2"))])
        room = connection(doors, Clock())
        first, gap, second = await take(room, 3)
        assert isinstance(first, Comment)
        assert isinstance(gap, Happening)
        assert gap.kind == "gap"
        assert gap.data["seconds"] >= 1
        assert gap.data["reason"] == "ConnectionResetError"
        assert second.msg_id == "2"
        assert room.status.reconnects == 1

    run(work)


def test_duplicates_are_dropped_and_counted_also_over_a_reconnect():
    async def work() -> None:
        doors = Doors([FakeWire(OK, dm("1"), dm("1"), LOST), FakeWire(OK, dm("1"), dm("9"), dm("2"))])
        room = connection(doors, Clock(), Seen(["9"]))
        found = await take(room, 3)
        assert [event.msg_id for event in found] == ["1", None, "2"]
        assert room.status.dropped_duplicates == 3

    run(work)


def test_hosts_rotate_and_a_new_address_is_fetched_after_three_failures():
    async def work() -> None:
        doors = Doors([OSError(), OSError(), OSError(), FakeWire(OK, dm("1"))])
        await take(connection(doors, Clock()), 1)
        assert doors.opened == ["fetch", "ws://a", "ws://b", "ws://a", "fetch", "ws://b"]

    run(work)


def test_many_hosts_are_all_tried_before_a_new_address_is_fetched():
    async def work() -> None:
        urls = tuple(f"ws://{n}" for n in range(5))
        doors = Doors([OSError()] * 5 + [FakeWire(OK, dm("1"))], urls)
        await take(connection(doors, Clock()), 1)
        assert doors.opened == ["fetch", *urls, "fetch", "ws://0"]

    run(work)


def test_refused_auth_fetches_a_new_token_at_once():
    async def work() -> None:
        doors = Doors([FakeWire(encode_auth_answer(-101)), FakeWire(OK, dm("1"))])
        await take(connection(doors, Clock()), 1)
        assert doors.fetched == 2

    run(work)


def test_delay_grows_to_its_limit():
    async def work() -> None:
        clock = Clock()
        doors = Doors([OSError()] * 7 + [FakeWire(OK, dm("1"))])
        await take(connection(doors, clock), 1)
        assert clock.slept[:7] == [1, 2, 4, 8, 16, 30, 30]

    run(work)


def test_chance_shortens_the_delay_by_half_at_most():
    async def work() -> None:
        clock = Clock()
        pace = Pace(clock.pace.now_ms, clock.pace.steady, clock.sleep, lambda: 0.0)
        doors = Doors([OSError(), FakeWire(OK, dm("1"))])
        await take(Connection(Codec(ROOM), doors.fetch, connect=doors.connect, pace=pace), 1)
        assert clock.slept[0] == 0.5

    run(work)


def test_failures_count_on_when_the_server_accepts_and_drops():
    async def work() -> None:
        clock = Clock()
        doors = Doors(
            [FakeWire(OK, LOST) for _ in range(3)] + [FakeWire(OK, dm("1"), LOST), FakeWire(OK, dm("2"))]
        )
        room = connection(doors, clock)
        await take(room, 5)
        waits = [seconds for seconds in clock.slept if seconds != 1.0]
        assert waits[:2] == [2, 4]
        assert doors.fetched == 2

    run(work)


def test_failures_count_anew_after_a_message():
    async def work() -> None:
        clock = Clock()
        doors = Doors([OSError(), OSError(), FakeWire(OK, dm("1"), LOST), OSError(), FakeWire(OK, dm("2"))])
        await take(connection(doors, clock), 3)
        # 1 and 2 s before the message, 1 and 2 s after it; the heart's own sleeps are of 1 s
        assert [seconds for seconds in clock.slept if seconds != 1.0] == [2, 2]

    run(work)


def test_silence_is_noticed_after_heartbeat_and_five_seconds():
    async def work() -> None:
        clock = Clock()
        silent = FakeWire(OK)
        doors = Doors([silent, FakeWire(OK, dm("1"))])
        gap, _ = await take(connection(doors, clock), 2)
        assert isinstance(gap, Happening)
        assert gap.data["reason"] == "silence"
        assert 35 <= gap.data["seconds"] <= 38
        assert silent.operations().count(OP_HEARTBEAT) == 2

    run(work)


def test_missing_auth_answer_is_given_up():
    async def work() -> None:
        clock = Clock()
        doors = Doors([FakeWire(), FakeWire(OK, dm("1"))])
        await take(connection(doors, clock), 1)
        assert clock.now - 1000 < 15

    run(work)


def test_heartbeat_answers_keep_the_connection_alive():
    async def work() -> None:
        clock = Clock()
        room = connection(Doors([FakeWire(OK, encode_heartbeat_answer(77, b"x"), dm("1"))]), clock)
        await take(room, 1)
        assert room.status.popularity == 77

    run(work)


def test_a_slow_reader_is_not_taken_for_a_silent_room():
    async def work() -> None:
        clock = Clock()
        wire = FakeWire(OK, dm("1"), dm("2"))
        events = connection(Doors([wire]), clock).events()
        await anext(events)
        for _ in range(100):  # minutes go by while the consumer is busy
            await asyncio.sleep(0)
        assert clock.now > 1060
        assert (await anext(events)).msg_id == "2"
        assert wire.operations().count(OP_HEARTBEAT) >= 2
        await events.aclose()

    run(work)


def test_busy_platform_is_waited_for():
    async def work() -> None:
        clock = Clock()
        doors = Doors([FakeWire(OK, dm("1"))])
        doors.refusals = [PlatformBusy("cooling down", retry_after=10)]
        await take(connection(doors, clock), 1)
        assert clock.slept[0] == 10

    run(work)


@pytest.mark.parametrize("refusal", [AuthRefused("wrong key"), RoomError("no such room")])
def test_final_refusal_reaches_the_caller(refusal: Exception):
    async def work() -> None:
        doors = Doors([])
        doors.refusals = [refusal]
        room = connection(doors, Clock())
        with pytest.raises(type(refusal), match=str(refusal)):
            await anext(room.events())
        assert room.status.state == "closed"

    run(work)


def test_refusal_a_new_token_may_cure_is_tried_again():
    async def work() -> None:
        doors = Doors([FakeWire(OK, dm("1"))])
        doors.refusals = [AuthRefused("token aged", retry=True)]
        assert len(await take(connection(doors, Clock()), 1)) == 1

    run(work)


def test_restart_fetches_anew():
    async def work() -> None:
        doors = Doors([FakeWire(OK, dm("1")), FakeWire(OK, dm("2"))])
        room = connection(doors, Clock())
        events = room.events()
        await anext(events)
        await room.restart("session_expired")
        gap = await anext(events)
        assert isinstance(gap, Happening)
        assert gap.data["reason"] == "session_expired"
        assert doors.fetched == 2
        await events.aclose()

    run(work)


def test_close_ends_the_events_and_is_final():
    async def work() -> None:
        wire = FakeWire(OK, dm("1"))
        room = connection(Doors([wire]), Clock())
        events = room.events()
        await anext(events)
        await room.aclose()
        await room.aclose()
        assert [event async for event in events] == []
        assert wire.closed.is_set()
        assert room.status.state == "closed"

    run(work)


def test_recorder_sees_frames_and_losses():
    async def work() -> None:
        frames: list[object] = []
        losses: list[int] = []
        doors = Doors([FakeWire(OK, "text", LOST), FakeWire(OK, dm("2"))])
        room = connection(
            doors, Clock(), on_frame=lambda frame, now_ms: frames.append(frame), on_lost=losses.append
        )
        await take(room, 2)
        assert frames == [OK, "text", OK, dm("2")]
        assert len(losses) == 1
        assert room.status.ignored == {"text_frame": 1}

    run(work)


def test_trouble_names_no_address():
    async def work() -> None:
        doors = Doors([OSError("ws://host/?token=secret"), FakeWire(OK)])
        room = connection(doors, Clock())
        events = room.events()
        task = asyncio.ensure_future(anext(events))
        for _ in range(20):
            await asyncio.sleep(0)
        assert "secret" not in room.status.trouble
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await room.aclose()

    run(work)


def test_real_socket_keeps_large_messages_out(monkeypatch: pytest.MonkeyPatch):
    asked: dict[str, object] = {}

    async def fake(url: str, **options: object) -> FakeWire:
        asked.update(options)
        return FakeWire()

    monkeypatch.setattr(websocket, "open_websocket", fake)
    run(lambda: websocket.open_wire("ws://x"))
    assert asked["max_size"] == 4 * 1024 * 1024
    assert asked["ping_interval"] is None
