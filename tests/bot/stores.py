"""Real stores for tests: a SQLite file in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.pipeline import Batch, Input, fold
from bot.policy import RoomState
from bot.storage.batch import Entrant
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from bot.storage.values import Committed
from classifiers.verdict import Verdict
from tests.builders import NOON, ROOM, SHOP, handbook, verdict


def judge(texts: Sequence[str]) -> list[Verdict]:
    """A judge for stories: 多少钱 asks the price, 骗子 accuses, 加微信 is banned."""
    return [
        verdict(
            "price" if "多少钱" in text else None,
            kind="deception" if "骗子" in text else None,
            banned=("D01",) if "加微信" in text else (),
        )
        for text in texts
    ]


@contextmanager
def journal_in(folder: Path, entrant: Entrant | None = None) -> Iterator[Journal]:
    """A journal on a new or existing store in `folder`."""
    store = open_store(folder)
    try:
        journal = Journal(store, lambda: NOON, clock_source="practice", entrant=entrant)
        yield journal
        journal.close()
    finally:
        store.close()


def commit(
    journal: Journal, state: RoomState | None, *inputs: Input, session: str = "s1"
) -> tuple[Batch, Committed]:
    """Fold and commit `inputs`; gives the batch and what the journal made of it."""
    batch = fold(
        state or RoomState(ROOM, shop=SHOP), inputs, judge=judge, handbook=handbook(),
        new_id=lambda: session, clock_source="practice",
    )  # fmt: skip
    return batch, journal.commit(batch)
