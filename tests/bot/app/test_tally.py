"""The summary of a run."""

from __future__ import annotations

import pytest

from bot.app import tally as module
from bot.app.house import Queued
from bot.app.tally import Tally
from bot.pipeline import Input, fold
from bot.policy import Instruction, RoomState
from bot.storage.values import Committed
from tests.bot.stores import judge
from tests.builders import NOON, ROOM, SHOP, comment, handbook, happening

CONTRACT = {
    "files", "sessions", "format", "span_s", "events", "comments", "judged", "dropped", "gaps", "faq", "purchase",
    "negative", "banned", "replies", "cases", "flags", "draw_entries", "audit", "wall_s", "comments_per_s",
    "latency_ms", "rss_mb", "versions",
}  # fmt: skip


async def told(tally: Tally, *inputs: Input, waits: list[float] | None = None, reply: bool = True) -> None:
    batch = fold(
        RoomState(ROOM, shop=SHOP), inputs, judge=judge, handbook=handbook(reply=reply),
        new_id=lambda: "s1", clock_source="replay",
    )  # fmt: skip
    await tally.after_commit(batch, Committed((), (), (), ()), waits or [])


def summary(tally: Tally, comments: int = 0, dropped: int = 0) -> dict[str, object]:
    return tally.summary(
        files=["a.jsonl"], format_name="jsonl-danmaku", comments=comments, verified=True, records=3,
        dropped=dropped, versions={"model": "m"},
    )  # fmt: skip


async def test_an_empty_run_has_every_field_of_the_contract() -> None:
    empty = summary(Tally())
    assert empty.keys() >= CONTRACT
    assert (empty["span_s"], empty["judged"], empty["sessions"]) == (0.0, 0, [])
    assert empty["latency_ms"] == {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    assert empty["audit"] == {"records": 3, "verified": True}
    assert empty["replies"] == {"sent": 0, "suggested": 0, "withheld": {}}


async def test_a_run_is_counted() -> None:
    tally = Tally()
    await told(
        tally,
        comment("多少钱", uid="a", msg_id="m1"),
        comment("多少钱", uid="a", msg_id="m1", at=1),
        comment("多少钱", uid="b", at=2_000),
        comment("骗子", at=3_000),
        comment("加微信", at=4_500),
        happening("gift", name="rose"),
        happening("gap", reason="x"),
        Instruction("end_session", "me"),
    )
    made = summary(tally, comments=5)
    assert made["events"] == {"comment": 4, "gap": 1, "gift": 1}
    assert (made["comments"], made["judged"], made["duplicates"], made["gaps"]) == (5, 4, 1, 1)
    assert made["faq"] == {"price": 2}
    assert made["purchase"] == {"0": 4}
    assert made["negative"] == {"deception": 1}
    assert made["banned"] == {"D01": 1}
    assert made["replies"] == {"sent": 0, "suggested": 0, "withheld": {"merged": 1}}
    assert (made["cases"], made["flags"], made["draw_entries"]) == (2, 1, 0)
    assert made["sessions"] == ["s1"]
    assert made["span_s"] == 4.5


async def test_a_recording_that_counts_from_zero_has_a_span() -> None:
    tally = Tally()
    await told(tally, comment("a", at=-NOON), comment("b", at=-NOON + 7_000))
    assert summary(tally)["span_s"] == 7.0


async def test_what_became_of_answers_is_counted_by_its_state() -> None:
    tally = Tally()
    row = Queued(1, "s1", "p", "d", None, "t", 0, 0)
    for state in ("sent", "sent", "expired", "blocked", "refused", "unknown", "withdrawn"):
        tally.outbox_told(row, state)
    assert summary(tally)["replies"] == {
        "sent": 2, "suggested": 0,
        "withheld": {"expired": 1, "blocked": 1, "refused": 1, "unknown": 1, "withdrawn": 1},
    }  # fmt: skip


async def test_where_nobody_lets_us_speak_answers_count_as_suggested() -> None:
    tally = Tally()
    await told(tally, comment("多少钱"), reply=False)
    assert summary(tally)["replies"] == {"sent": 0, "suggested": 1, "withheld": {}}


async def test_latencies_are_told_in_percentiles() -> None:
    tally = Tally()
    await told(tally, waits=[float(number) for number in range(1, 101)])
    assert summary(tally)["latency_ms"] == {"p50": 51.0, "p95": 96.0, "p99": 100.0}


async def test_memory_is_told_at_the_start_at_a_tenth_at_the_peak_and_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes = iter([10.0, 50.0, 30.0, 20.0, 20.0, 20.0, 20.0])
    monkeypatch.setattr(module, "resident_mb", lambda: next(sizes))
    tally = Tally()
    for _ in range(3):
        await told(tally, *(comment("x") for _ in range(200)))
    assert summary(tally)["rss_mb"] == {"start": 10.0, "at_tenth": 50.0, "peak": 50.0, "end": 20.0}
