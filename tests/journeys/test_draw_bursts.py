"""Real bursts of one sentence, as platforms' own draws make them, through a draw of ours: everybody is in once.

The recordings lie beside the checkout and are never copied into it; sentences are found by their number, not by words.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.comment import Comment
from bot.pipeline import BATCH_LIMIT, fold
from bot.policy import GRACE_MS, OpenDraw, RoomState
from bot.rooms.recording import read
from bot.storage.audit import verify
from bot.storage.journal import Journal
from bot.storage.values import DrawRow
from lottery.entry import entry_salt, normalise, pseudonym
from lottery.sorting import sorted_entries
from tests.bot.stores import journal_in, judge
from tests.builders import handbook
from tests.journeys.stage import STREAMS

FOLDER = STREAMS / "bili-room-a-2020"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason="the real recordings are not here (../shared/data/streams)"
    ),
]

WINDOW_MS = 180_000
AROUND_MS = 30_000
BURST = 900
"""Comments of one sentence within a window that make a burst."""

SALT = bytes(range(32))


class Burst(NamedTuple):
    """A sentence that a room typed by the hundred: its recording, when it began, how often it came in the window."""

    recording: Path
    sentence: str
    first_ms: int
    count: int

    @property
    def draw(self) -> OpenDraw:
        return OpenDraw(f"burst-{self.count}", self.sentence, self.first_ms, self.first_ms + WINDOW_MS)


@cache
def comments(recording: Path) -> tuple[Comment, ...]:
    return tuple(one for one in read(recording).events if isinstance(one, Comment))


@cache
def bursts() -> tuple[Burst, ...]:
    found = []
    for recording in sorted(FOLDER.glob("*.txt")):
        said: dict[str, list[int]] = defaultdict(list)
        for one in comments(recording):
            said[normalise(one.text)].append(one.at_ms)
        for sentence, times in said.items():
            first_ms = min(times)
            count = sum(at_ms < first_ms + WINDOW_MS for at_ms in times)
            if count >= BURST:
                found.append(Burst(recording, sentence, first_ms, count))
    return tuple(sorted(found, key=lambda one: -one.count))


def around(burst: Burst) -> list[Comment]:
    """What the room said from half a minute before the burst until half a minute after it."""
    first, last = burst.first_ms - AROUND_MS, burst.first_ms + WINDOW_MS + AROUND_MS
    return [one for one in comments(burst.recording) if first <= one.at_ms < last]


def expected(said: Sequence[Comment], draw: OpenDraw) -> tuple[set[str], Counter[str]]:
    """Who is in and why others are not, by the rule in other words than the program's."""
    entered: set[str] = set()
    refused: Counter[str] = Counter()
    now_ms = 0
    for one in said:
        now_ms = max(now_ms, one.at_ms)
        uid = one.viewer.uid
        if normalise(one.text) != draw.keyword:
            continue
        if one.at_ms >= draw.closes_ms or now_ms >= draw.closes_ms + GRACE_MS:
            refused["late"] += 1
        elif one.at_ms < draw.opens_ms:
            refused["early"] += 1
        elif uid is None:
            refused["unknown_viewer"] += 1
        elif uid in entered:
            refused["duplicate"] += 1
        else:
            entered.add(uid)
    return entered, refused


def entrant(draw_id: str, platform: str, uid: str) -> tuple[bytes, bytes]:
    salt = entry_salt(SALT, platform, uid)
    return salt, pseudonym(salt, draw_id, platform, uid)


def held(journal: Journal, said: Sequence[Comment], draw: OpenDraw) -> None:
    """The draw, held over what was said: folded and committed batch by batch."""
    room = said[0].room
    journal.save_draw(
        DrawRow(draw.draw_id, str(room), "s1", 1, "open", {"last_hash": "00"}), by="draw", before=None
    )
    state = RoomState(room, draw=draw, latest_draw=draw.draw_id)
    for start in range(0, len(said), BATCH_LIMIT):
        batch = fold(
            state, said[start : start + BATCH_LIMIT], judge=judge, handbook=handbook(), new_id=lambda: "s1",
            clock_source="replay", idle_ms=None,
        )  # fmt: skip
        journal.commit(batch)
        state = batch.state


def test_the_recordings_hold_the_bursts_they_are_known_for() -> None:
    assert len([one for one in bursts() if one.count >= 1_400]) >= 3
    assert len({one.recording for one in bursts()}) >= 2


@pytest.mark.parametrize("number", range(4))
def test_a_burst_enters_everybody_once(number: int, tmp_path: Path) -> None:
    burst = bursts()[number]
    said, draw = around(burst), burst.draw
    entered, refused = expected(said, draw)
    assert len(entered) > BURST / 2
    with journal_in(tmp_path, entrant) as journal:
        held(journal, said, draw)
        assert journal.entry_counts(draw.draw_id) == (len(entered), dict(refused))
        rows = list(journal.draw_entries(draw.draw_id))
        assert {one.uid for one in rows} == entered
        lists = journal.entry_lists(draw.draw_id)
        roster, exclusions = sorted_entries(None, lists.accepted, lists.counts, lists.refused)
        assert len(roster) == len(entered)
        assert dict(exclusions.counts) == dict(refused)
        assert list(roster.leaves) == sorted(
            entrant(draw.draw_id, said[0].room.platform, uid)[1] + (1).to_bytes(8, "big") for uid in entered
        )
        assert verify(journal.store).first_bad is None


def test_bursts_that_come_mixed_are_told_apart_by_their_sentence(tmp_path: Path) -> None:
    """Two sentences of one room in one window: each draw takes its own and hears nothing of the other."""
    one, other = _mixed()
    said = sorted({id(x): x for x in (*around(one), *around(other))}.values(), key=lambda x: x.at_ms)
    taken = []
    for number, burst in enumerate((one, other)):
        draw = burst.draw
        entered, refused = expected(said, draw)
        with journal_in(tmp_path / str(number), entrant) as journal:
            held(journal, said, draw)
            assert journal.entry_counts(draw.draw_id) == (len(entered), dict(refused))
            total = len(entered) + refused.total()
        assert total == sum(normalise(x.text) == burst.sentence for x in said)
        taken.append(entered)
    assert taken[0] != taken[1]


def _mixed() -> tuple[Burst, Burst]:
    """Two bursts of one recording that lie nearest to each other."""
    pairs = [
        (abs(a.first_ms - b.first_ms), a, b)
        for a in bursts()
        for b in bursts()
        if a.recording == b.recording and a.sentence < b.sentence
    ]
    apart, one, other = min(pairs, key=lambda pair: pair[0])
    assert apart < 30 * 60_000
    return one, other
