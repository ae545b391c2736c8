"""From an adapter into an attachment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest

from bot.app.attachment import Attachment
from bot.app.feeding import Cue, feed
from bot.clock import ShowClock
from bot.comment import Comment, Event, RoomKey
from bot.decision import Capabilities
from bot.pipeline import IDLE_MS
from bot.policy import RoomState
from tests.builders import NOON, ROOM, comment, happening


class Adapter:
    """A room that says what it was given."""

    key = ROOM
    capabilities = Capabilities()

    def __init__(self, *events: Event) -> None:
        self._events = events

    async def events(self) -> AsyncIterator[Event]:
        for event in self._events:
            yield event

    async def aclose(self) -> None: ...


class Table:
    """Takes what is handed in, and notes when it was asked to settle."""

    def __init__(self, state: RoomState | None = None) -> None:
        self.state = state or RoomState(ROOM)
        self.room: RoomKey = ROOM
        self.clock = ShowClock("practice")
        self.taken: list[str] = []

    async def put(self, event: Event) -> None:
        self.taken.append(event.text if isinstance(event, Comment) else event.kind)

    async def settled(self) -> None:
        self.taken.append("settled")


async def fed(table: Table, *events: Event, **options: object) -> list[str]:
    given: dict[str, object] = {"resumed": False, **options}
    await feed(Adapter(*events), cast(Attachment, table), **given)  # type: ignore[arg-type]
    return table.taken


async def test_everything_is_handed_in_in_order() -> None:
    assert await fed(Table(), comment("a"), happening("like"), comment("b")) == ["a", "like", "b"]


RUNNING = RoomState(ROOM, "s1", NOON, now_ms=NOON)


async def test_after_a_restart_what_was_missed_is_a_gap() -> None:
    taken = await fed(Table(RUNNING), comment("a", at=60_000), comment("b", at=61_000), resumed=True)
    assert taken == ["gap", "a", "b"]


async def test_a_show_that_is_over_has_no_gap() -> None:
    assert await fed(Table(RUNNING), comment("a", at=IDLE_MS + 1), resumed=True) == ["a"]
    assert await fed(Table(RUNNING), comment("a", at=1)) == ["a"]


async def test_until_end_stops_at_the_shows_end() -> None:
    events = (comment("a"), happening("live_end"), comment("b"))
    assert await fed(Table(), *events, until_end=True) == ["a", "live_end"]
    assert await fed(Table(), *events) == ["a", "live_end", "b"]


async def cued(*events: Event, table: Table | None = None, **options: object) -> list[str]:
    table = table or Table()
    cues = [Cue(10_000, {"cue": "one"}), Cue(20_000, {"cue": "two"})]

    async def act(cue: Cue, now_ms: int) -> None:
        table.taken.append(f"{cue.data['cue']}@{now_ms - NOON}")

    return await fed(table, *events, cues=cues, on_cue=act, **options)


async def test_a_cue_acts_between_two_frames_when_all_before_it_is_committed() -> None:
    taken = await cued(
        happening("live_start"), comment("a", at=9_999), comment("b", at=10_500), comment("c", at=11_000)
    )
    assert taken == ["live_start", "a", "settled", "one@10500", "b", "c"]


async def test_cues_that_are_due_at_once_act_one_after_the_other() -> None:
    taken = await cued(happening("live_start"), comment("a", at=30_000))
    assert taken == ["live_start", "settled", "one@30000", "settled", "two@30000", "a"]


async def test_a_new_show_has_its_cues_again() -> None:
    taken = await cued(
        happening("live_start"),
        comment("a", at=25_000),
        happening("live_start", at=100_000),
        comment("b", at=110_000),
    )
    assert [one for one in taken if "@" in one] == ["one@25000", "two@25000", "one@110000"]


async def test_cues_count_from_the_first_comment_where_nobody_said_when_it_began() -> None:
    taken = await cued(happening("viewers", count=3), comment("a", at=5_000), comment("b", at=15_000))
    assert [one for one in taken if "@" in one] == ["one@15000"]


async def test_after_a_restart_cues_count_from_the_shows_real_begin() -> None:
    taken = await cued(comment("b", at=10_000), table=Table(RUNNING), resumed=True)
    assert taken == ["gap", "settled", "one@10000", "b"]


async def test_a_room_that_fails_tells() -> None:
    class Broken(Adapter):
        async def events(self) -> AsyncIterator[Event]:
            yield comment("a")
            raise ConnectionError("gone")

    table = Table()
    with pytest.raises(ConnectionError):
        await feed(Broken(), cast(Attachment, table), resumed=False)
    assert table.taken == ["a"]
