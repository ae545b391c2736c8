"""Counts one run as it goes, and tells it as the summary of contract.md (replay and demo)."""

from __future__ import annotations

import time
from array import array
from collections import Counter
from collections.abc import Sequence

from bot.app.memory import resident_mb
from bot.decision import Decision
from bot.outbox import QueuedRow
from bot.pipeline import Batch
from bot.storage.values import Committed
from classifiers.verdict import Verdict


class Tally:
    """Counters of one run. All counts are of committed things only; memory use is constant but for 4 bytes of
    latency a comment."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.faq: Counter[str] = Counter()
        self.purchase: Counter[str] = Counter()
        self.negative: Counter[str] = Counter()
        self.banned: Counter[str] = Counter()
        self.withheld: Counter[str] = Counter()
        self.replies: Counter[str] = Counter()
        self.sessions: list[str] = []
        self.judged = self.gaps = self.cases = self.flags = self.entries = self.duplicates = 0
        self.first_ms: int | None = None
        self.last_ms = 0
        self._latencies = array("f")
        self._started = time.perf_counter()
        self._memory: list[tuple[int, float]] = [(0, resident_mb())]

    async def after_commit(self, batch: Batch, committed: Committed, waits_ms: Sequence[float]) -> None:
        """An `Attachment.after_commit` listener."""
        for change in batch.sessions:
            if change.closed_ms is None:
                self.sessions.append(change.session)
        self.duplicates += batch.duplicates
        for placed in batch.happenings:
            self.events[placed.happening.kind] += 1
            if placed.happening.kind == "gap":
                self.gaps += 1
        for judged in batch.judged:
            self._count(judged.verdict, judged.decision)
            at = judged.comment.at_ms
            self.first_ms = at if self.first_ms is None else min(self.first_ms, at)
            self.last_ms = max(self.last_ms, at)
        self.judged += len(batch.judged)
        self.events["comment"] += len(batch.judged)
        self._latencies.extend(waits_ms)
        if self.judged - self._memory[-1][0] >= 200:
            self._memory.append((self.judged, resident_mb()))

    def _count(self, verdict: Verdict, decision: Decision) -> None:
        if verdict.faq is not None:
            self.faq[verdict.faq.intent] += 1
        self.purchase[str(verdict.purchase.level)] += 1
        if verdict.negative.kind is not None:
            self.negative[verdict.negative.kind] += 1
        for hit in verdict.banned:
            self.banned[hit.category] += 1
        if decision.withheld is not None:
            self.withheld[decision.withheld] += 1
        if decision.reply is not None and decision.reply.mode == "suggest":
            self.replies["suggested"] += 1
        self.flags += decision.flagged
        self.cases += decision.escalation is not None
        self.entries += decision.entry is not None and decision.entry.refused is None

    def outbox_told(self, row: QueuedRow, state: str) -> None:
        """An `Outbox.told` listener: what was not said counts as withheld, by its state."""
        if state in ("expired", "blocked", "withdrawn", "refused", "unknown"):
            self.withheld[state] += 1
        else:
            self.replies[state] += 1

    def summary(
        self, *, files: Sequence[str], format_name: str, comments: int, verified: bool, records: int,
        dropped: int, versions: dict[str, str],
    ) -> dict[str, object]:  # fmt: skip
        """The object of contract.md. `comments` is what was received, judged or not; times in s, ms as named."""
        wall = time.perf_counter() - self._started
        self._memory.append((self.judged, resident_mb()))
        return {
            "files": list(files),
            "sessions": self.sessions,
            "format": format_name,
            "span_s": round(
                (self.last_ms - (self.last_ms if self.first_ms is None else self.first_ms)) / 1000, 3
            ),
            "events": dict(sorted(self.events.items())),
            "comments": comments,
            "judged": self.judged,
            "dropped": dropped,
            "duplicates": self.duplicates,
            "gaps": self.gaps,
            "faq": dict(self.faq.most_common()),
            "purchase": dict(sorted(self.purchase.items())),
            "negative": dict(self.negative.most_common()),
            "banned": dict(sorted(self.banned.items())),
            "replies": {
                "sent": self.replies["sent"],
                "suggested": self.replies["suggested"],
                "withheld": dict(self.withheld.most_common()),
            },
            "cases": self.cases,
            "flags": self.flags,
            "draw_entries": self.entries,
            "audit": {"records": records, "verified": verified},
            "wall_s": round(wall, 3),
            "comments_per_s": round(self.judged / wall, 1) if wall else 0.0,
            "latency_ms": self._percentiles(),
            "rss_mb": self._rss(),
            "versions": versions,
        }

    def _percentiles(self) -> dict[str, float]:
        ordered = sorted(self._latencies)
        if not ordered:
            return {"p50": 0.0, "p95": 0.0, "p99": 0.0}
        return {
            name: round(ordered[min(len(ordered) - 1, int(len(ordered) * part))], 3)
            for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
        }

    def _rss(self) -> dict[str, float]:
        tenth = next((mb for count, mb in self._memory if count * 10 >= self.judged), 0.0)
        return {
            "start": round(self._memory[0][1], 1),
            "at_tenth": round(tenth, 1),
            "peak": round(max(mb for _, mb in self._memory), 1),
            "end": round(self._memory[-1][1], 1),
        }
