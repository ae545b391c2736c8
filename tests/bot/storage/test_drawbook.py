"""A draw is advanced by one process only."""

from __future__ import annotations

import msgspec
import pytest

from bot.errors import DrawMoved, StoreError
from bot.storage.audit import verify
from bot.storage.engine import Store
from bot.storage.journal import Journal
from bot.storage.values import DrawRow

from .show import ROOM

NEW = DrawRow("draw-1", str(ROOM), "s1", 1, "announced", {"last_hash": "aa"}, {"salt": "ff"})
OPEN = msgspec.structs.replace(NEW, state="open")
CLOSED = msgspec.structs.replace(NEW, state="challenge", body={"last_hash": "bb"})


def test_each_step_rests_on_the_one_before(journal: Journal, store: Store) -> None:
    journal.save_draw(NEW, by="li", before=None)
    journal.save_draw(OPEN, by="draw", before=NEW)
    journal.save_draw(CLOSED, by="draw", before=OPEN)
    assert journal.draw("draw-1") == CLOSED
    assert verify(store).first_bad is None


PASTED = msgspec.structs.replace(OPEN, body={"last_hash": "aa", "pasted_beacon": "{}"})
CLAIMED = msgspec.structs.replace(OPEN, body={"last_hash": "aa", "claims": [{"hash": "cc"}]})


@pytest.mark.parametrize(
    ("stored", "before", "why"),
    [
        (OPEN, NEW, "advanced to open"),
        (msgspec.structs.replace(OPEN, body={"last_hash": "bb"}), OPEN, "advanced"),
        (CLAIMED, OPEN, "advanced"),
        (PASTED, OPEN, "advanced"),
        (OPEN, None, "is there already"),
        (None, OPEN, "is gone"),
    ],
)
def test_who_comes_second_changes_nothing(
    journal: Journal, store: Store, stored: DrawRow | None, before: DrawRow | None, why: str
) -> None:
    if stored is not None:
        journal.save_draw(stored, by="other")
    with pytest.raises(DrawMoved, match=why):
        journal.save_draw(CLOSED, by="draw", before=before)
    assert journal.draw("draw-1") == stored
    assert verify(store).first_bad is None
    assert issubclass(DrawMoved, StoreError)


def test_a_number_is_given_once_in_a_room(journal: Journal) -> None:
    """Two processes announce at once: each has made up an id of its own, but there is one next number."""
    journal.save_draw(NEW, by="li", before=None)
    with pytest.raises(DrawMoved, match="is draw-1 already"):
        journal.save_draw(msgspec.structs.replace(NEW, id="draw-1-b"), by="bea", before=None)
    elsewhere = msgspec.structs.replace(NEW, id="draw-1-c", room="practice:2")
    journal.save_draw(elsewhere, by="bea", before=None)
    assert [row.id for row in journal.load_draws()] == ["draw-1", "draw-1-c"]


def test_of_two_writers_at_once_one_wins(store: Store, journal: Journal) -> None:
    """Two ledgers on one store, as two processes would be: both hold the same row, and both want to close it."""
    journal.save_draw(OPEN, by="li")
    other = Journal(store, lambda: 0)
    mine, theirs = journal.draw("draw-1"), other.draw("draw-1")
    journal.save_draw(CLOSED, by="a", before=mine)
    with pytest.raises(DrawMoved):
        other.save_draw(msgspec.structs.replace(OPEN, state="void"), by="b", before=theirs)
    assert journal.draw("draw-1") == CLOSED


def test_a_draw_and_what_hangs_on_it_may_be_saved_together(journal: Journal, store: Store) -> None:
    journal.save_draw(OPEN, by="li")
    with pytest.raises(StoreError, match="no product"):
        both(journal, "no such product")
    assert journal.draw("draw-1") == OPEN


def both(journal: Journal, product: str) -> None:
    with journal.deed() as deed:
        journal.require_unmoved(deed, "draw-1", OPEN)
        journal.write_draw(deed, CLOSED, by="li")
        deed.committed("product", id=product)
