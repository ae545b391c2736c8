from __future__ import annotations

import asyncio
import json

import pytest

from bot.console.stream import QUEUE, Broadcast, Client


async def no_wait(_: float) -> None:
    await asyncio.sleep(0)


async def taken(broadcast: Broadcast, client: Client, count: int) -> list[tuple[str, object]]:
    stream = broadcast.events(client, sleep=no_wait)
    found = []
    async for message in stream:
        found.append((message["event"], json.loads(message["data"])))
        if len(found) == count:
            break
    await stream.aclose()  # type: ignore[attr-defined]
    return found


async def test_topics_and_rooms_reach_whom_they_concern() -> None:
    broadcast = Broadcast()
    one, other = broadcast.join({"cases", "status"}, "a:1", None), broadcast.join({"comments"}, "b:2", None)
    broadcast.publish("cases", None, "b:2")
    broadcast.publish("cases", {"n": 1}, "a:1")
    broadcast.publish("status")
    broadcast.publish("comments", [1], "b:2")
    assert await taken(broadcast, one, 3) == [
        ("hello", {"topics": ["cases", "status"]}),
        ("cases", {"n": 1}),
        ("status", None),
    ]
    assert (await taken(broadcast, other, 2))[1] == ("comments", [1])
    assert broadcast.clients == 0


async def test_updates_between_two_pauses_come_as_one() -> None:
    broadcast = Broadcast()
    client = broadcast.join({"comments", "counters"}, "", None)
    for n in range(50):
        broadcast.publish("comments", [n], "a:1")
        broadcast.publish("counters", n, "a:1")
    found = await taken(broadcast, client, 3)
    assert found[1:] == [("comments", list(range(50))), ("counters", 49)]


async def test_each_update_is_followed_by_a_pause_of_a_quarter_second() -> None:
    waits: list[float] = []
    broadcast = Broadcast()
    client = broadcast.join({"cases"}, "", None)

    async def note(seconds: float) -> None:
        waits.append(seconds)
        broadcast.publish("cases")

    broadcast.publish("cases")
    stream = broadcast.events(client, sleep=note)
    for _ in range(4):
        await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    assert waits == [0.25, 0.25]


async def test_a_slow_client_gets_a_snapshot_and_nobody_waits_for_it() -> None:
    broadcast = Broadcast()
    slow, quick = broadcast.join({"cases"}, "", None), broadcast.join({"cases"}, "", None)
    for n in range(QUEUE + 1):
        broadcast.publish("cases", n)
        quick.waiting.clear()
    assert len(slow.waiting) == 0
    assert slow.lost
    assert [name for name, _ in await taken(broadcast, slow, 2)] == ["hello", "snapshot"]
    assert not quick.lost


async def test_coming_back_gives_what_was_missed() -> None:
    broadcast = Broadcast()
    for n in range(5):
        broadcast.publish("comments", [n])
    client = broadcast.join({"comments"}, "", f"{broadcast.run}-3")
    assert (await taken(broadcast, client, 2))[1] == ("comments", [3, 4])
    current = broadcast.join({"comments"}, "", f"{broadcast.run}-5")
    assert not current.lost
    assert not current.waiting


@pytest.mark.parametrize("last", ["other-3", "x", "{run}-x", "{run}-1", "{run}-", "{run}-９"])
async def test_coming_back_too_late_or_from_another_run_gives_a_snapshot(last: str) -> None:
    broadcast = Broadcast(keep=3)
    for n in range(9):
        broadcast.publish("comments", [n])
    client = broadcast.join({"comments"}, "", last.format(run=broadcast.run))
    assert client.lost


async def test_rows_that_were_not_kept_mean_a_snapshot() -> None:
    broadcast = Broadcast()
    broadcast.publish("comments", None)
    assert broadcast.join({"comments"}, "", f"{broadcast.run}-0").lost


async def test_closing_ends_open_streams_and_new_ones() -> None:
    broadcast = Broadcast()
    client = broadcast.join({"cases"}, "", None)
    stream = broadcast.events(client, sleep=no_wait)
    await anext(stream)
    waiting = asyncio.ensure_future(anext(stream, None))
    await asyncio.sleep(0)
    broadcast.close()
    assert await asyncio.wait_for(waiting, 1) is None
    late = [one async for one in broadcast.events(broadcast.join({"cases"}, "", None), sleep=no_wait)]
    assert [one["event"] for one in late] == ["hello"]
    assert broadcast.clients == 0


async def test_hostile_text_stays_one_line_of_ascii() -> None:
    broadcast = Broadcast()
    client = broadcast.join({"comments"}, "", None)
    broadcast.publish("comments", [{"x": "a\r\n\nevent: fake\u2028\ud800\x00"}])
    stream = broadcast.events(client, sleep=no_wait)
    await anext(stream)
    message = await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    assert message["data"].isascii()
    assert not set("\r\n") & set(message["data"])


def test_an_unknown_topic_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no topic"):
        Broadcast().publish("nonsense")


async def test_who_may_not_hear_any_more_hears_nothing_more() -> None:
    answers = [True, False]

    async def allowed() -> bool:
        return answers.pop(0)

    broadcast = Broadcast()
    client = broadcast.join({"cases"}, "", None)
    stream = broadcast.events(client, sleep=no_wait, allowed=allowed, check_s=0)
    heard = [(await anext(stream))["event"]]
    broadcast.publish("cases")
    heard.append((await anext(stream))["event"])
    broadcast.publish("cases")
    async with asyncio.timeout(5):
        heard.extend([message["event"] async for message in stream])
    assert heard == ["hello", "cases"]
    assert broadcast.clients == 0
