"""What the outbox asks for is what the journal and a batch give."""

from __future__ import annotations

from pathlib import Path

from bot.outbox import Clearance, HandRow, OutboxStore, QueuedRow
from bot.storage.values import Sending
from tests.bot.outbox.doubles import Store, row
from tests.bot.stores import journal_in
from tests.builders import NOON, PRICE, ROOM


def test_journal_and_its_rows_fit(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        store: OutboxStore = journal
        number = journal.outbox_add(
            str(ROOM), "s1", phrase_id=PRICE.id, digest=PRICE.digest, intent="price", product="P1", text="到手59元",
            mode="send", due_ms=NOON, expires_ms=NOON + 1,
        )  # fmt: skip
        found = journal.outbox_row(number)
        assert isinstance(found, Sending)
        queued: QueuedRow = found
        shown: HandRow = found
        assert (queued.priority, shown.state) == (None, "queued")
        cleared: Clearance = store.clearance(
            PRICE.id, PRICE.digest, product="P1", merchant=None, account="a", practice=True, now_ms=NOON
        )
        assert cleared.reason == "unknown"
        assert store.outbox_begin(number)
        assert not store.outbox_begin(number)


def test_the_double_gives_what_the_journal_gives() -> None:
    double: OutboxStore = Store()
    assert double.outbox_begin(row().id)
