"""Two models beside each other over comments of a show: what each would have judged, and where they part.

Nothing is answered, brought to anybody or stored by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from classifiers.cascade import Cascade
from classifiers.verdict import Verdict

BATCH = 256
LISTED = 200
"""Comments listed that are judged differently; all are counted."""

Outcome = tuple[str | None, int, str | None, int]
"""What follows from a verdict: intent answered, purchase level, kind of negativity, its severity."""


def shadow(
    candidate: Cascade, against: Cascade, comments: Iterable[tuple[str, str]], *, listed: int = LISTED
) -> dict[str, Any]:
    """Judge `comments` (id, text) with both; JSON-ready: comments, differ, counts by label for both, changes by label
    ("faq: price → none": how many), and the first `listed` comments judged differently. Read lazily, in batches."""
    tallies = (Counter[str](), Counter[str]())
    changes: Counter[str] = Counter()
    different: list[dict[str, Any]] = []
    total = differ = 0
    for part in _batches(comments):
        texts = [text for _, text in part]
        for (id, text), new, old in zip(part, candidate.judge(texts), against.judge(texts), strict=True):
            total += 1
            after, before = outcome(new), outcome(old)
            for tally, found in zip(tallies, (after, before), strict=True):
                tally.update(_counted(found))
            if after == before:
                continue
            differ += 1
            changes.update(_changes(before, after))
            if len(different) < listed:
                different.append(
                    {"id": id, "text": text, "against": _named(before), "candidate": _named(after)}
                )
    return {
        "comments": total, "differ": differ,
        "candidate": {"model": candidate.versions.model, "counts": dict(sorted(tallies[0].items()))},
        "against": {"model": against.versions.model, "counts": dict(sorted(tallies[1].items()))},
        "changes": dict(changes.most_common()), "differences": different,
    }  # fmt: skip


def outcome(verdict: Verdict) -> Outcome:
    """What follows from a verdict, scores aside."""
    negative = verdict.negative
    intent = verdict.faq.intent if verdict.faq else None
    return intent, verdict.purchase.level, negative.kind, negative.severity if negative.kind else 0


_NAMES = ("faq", "purchase", "negative", "severity")


def _named(found: Outcome) -> dict[str, object]:
    return dict(zip(_NAMES, found, strict=True))


def _counted(found: Outcome) -> Iterator[str]:
    intent, level, kind, _ = found
    yield f"faq:{intent or 'none'}"
    yield f"purchase:{level}"
    yield f"negative:{kind or 'none'}"


def _changes(before: Outcome, after: Outcome) -> Iterator[str]:
    for name, was, now in zip(_NAMES, before, after, strict=True):
        if was != now:
            yield f"{name}: {'none' if was is None else was} → {'none' if now is None else now}"


def _batches(comments: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    waiting = iter(comments)
    while part := list(islice(waiting, BATCH)):
        yield part
