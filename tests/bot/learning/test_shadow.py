"""Two models beside each other: all is counted, differences are listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.learning.shadow import BATCH, shadow
from classifiers.verdict import Faq, Negative, Purchase, Verdict, Versions

NOTHING: tuple[str | None, str | None] = (None, None)


class Judge:
    """Judges by a table; texts not in it are nothing."""

    def __init__(self, name: str, table: dict[str, tuple[str | None, str | None]]) -> None:
        self.versions = Versions(name, "r", "n")
        self.table = table
        self.batches: list[int] = []

    def judge(self, texts: Sequence[str]) -> list[Verdict]:
        self.batches.append(len(texts))
        found = [self.table.get(text, NOTHING) for text in texts]
        return [
            Verdict(
                Faq(intent, 0.9) if intent else None,
                Purchase(),
                Negative(kind, 2 if kind else 0),
                (),
                self.versions,
            )
            for intent, kind in found
        ]


def test_counts_changes_and_the_comments_that_differ() -> None:
    old = Judge("old", {"多少钱": ("price", None), "骗子": (None, "deception")})
    new = Judge("new", {"多少钱": ("price", None), "求券": ("discount", None)})
    said = [("1", "多少钱"), ("2", "骗子"), ("3", "求券"), ("4", "666")]
    found = shadow(new, old, iter(said), listed=1)  # type: ignore[arg-type]
    assert (found["comments"], found["differ"]) == (4, 2)
    assert found["changes"] == {
        "negative: deception → none": 1, "severity: 2 → 0": 1, "faq: none → discount": 1,
    }  # fmt: skip
    assert found["candidate"]["counts"]["faq:none"] == 2
    assert found["against"]["counts"]["negative:deception"] == 1
    (one,) = found["differences"]
    assert (one["id"], one["text"]) == ("2", "骗子")
    assert one["against"] == {"faq": None, "purchase": 0, "negative": "deception", "severity": 2}


def test_a_long_show_is_read_in_batches() -> None:
    taken = 0

    def show() -> Iterator[tuple[str, str]]:
        nonlocal taken
        for taken in range(1, 2 * BATCH + 2):
            yield str(taken), "666"

    judge = Judge("a", {})
    found = shadow(judge, judge, show())  # type: ignore[arg-type]
    assert found["comments"] == taken == 2 * BATCH + 1
    assert max(judge.batches) == BATCH
    assert found["differences"] == []
