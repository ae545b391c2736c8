from __future__ import annotations

import itertools

from bot.console.feed import KEEP, STEP_MS, Feed
from bot.console.wire import LONGEST, wire
from tests.bot.console.show import LINES, ROOM, START, Show, comment


async def test_what_was_committed_is_kept_and_told(show: Show) -> None:
    watcher = show.feed.broadcast.join({"comments", "answers", "cases", "counters", "status"}, ROOM, None)
    show.commit(
        [
            comment("3号链接多少钱", "甲", START + 60_000),
            comment("骗子 上次的赠品根本没给", "乙", START + 60_100),
        ]
    )
    topics = [event.topic for event in watcher.waiting]
    assert topics == ["comments", "counters", "answers", "cases"]
    rows = watcher.waiting[0].payload
    assert isinstance(rows, list)
    assert [row["w"] for row in rows] == ["甲", "乙"]
    assert len(show.feed.rows(ROOM)) == len(LINES) + 2
    assert show.feed.find(ROOM, show.feed.rows(ROOM)[-1].key) is show.feed.rows(ROOM)[-1]
    assert show.feed.find(ROOM, "nothing") is None
    assert show.feed.rows("other:1") == ()


async def test_without_watchers_only_a_mark_is_kept(show: Show) -> None:
    show.commit([comment("666", "甲", START + 60_000)])
    assert show.feed.broadcast.join({"comments"}, ROOM, f"{show.feed.broadcast.run}-0").lost


async def test_tallies_have_no_gaps(show: Show) -> None:
    show.commit([comment("666", "甲", START + 10 * STEP_MS)])
    found = show.feed.tallies(ROOM, 100)
    assert [b.at_ms - a.at_ms for a, b in itertools.pairwise(found)] == [STEP_MS] * (len(found) - 1)
    assert sum(one.comments for one in found) == len(LINES) + 1
    assert len(show.feed.tallies(ROOM, 3)) == 3
    assert Feed().tallies(ROOM, 3) == ()


async def test_a_new_session_begins_empty(show: Show) -> None:
    show.commit([comment("666", "甲", START + 3_600_000)])
    assert [row.text for row in show.feed.rows(ROOM)] == ["666"]


async def test_memory_is_bounded_and_long_comments_are_cut_for_the_page(show: Show) -> None:
    for n in range(8):
        show.commit([comment("x" * 900, f"v{n}{i}", START + 20_000 + n * 10) for i in range(200)])
    rows = show.feed.rows(ROOM)
    assert len(rows) == KEEP
    told = wire(rows[-1])
    assert len(str(told["x"])) == LONGEST
    assert told["cut"] is True


async def test_the_page_after_a_restart_reads_the_store(show: Show) -> None:
    """The feed is empty then: the words come out of the store, and that look is recorded."""
    show.feed._rows.clear()
    show.feed._tallies.clear()
    before = show.readings.chains()
    rows = await show.ports.desk.comments(ROOM, 5, by="moderator")
    assert [row.text for row in rows][-1] == LINES[-1][1].replace("\ud800", "\N{REPLACEMENT CHARACTER}")
    assert show.readings.chains() != before
    assert sum(one.comments for one in await show.ports.desk.tallies(ROOM, 10)) == len(LINES)
