"""A draw's row, read."""

from __future__ import annotations

import msgspec
import pytest

from bot.draws.book import (
    barred_of,
    claims_of,
    commitment_of,
    drawn_of,
    envelopes_of,
    key_of,
    moved,
    salt_of,
    void_of,
)
from bot.errors import NotAllowed
from lottery.entry import salt_commit
from lottery.errors import LifeError
from lottery.states import State
from tests.bot.draws.stage import DUE, Stage
from tests.builders import NOON


async def test_every_record_is_read_back_in_order(stage: Stage) -> None:
    draw_id = stage.announce(staff=("boss",))
    stage.enter("a", "b", "c")
    fresh = stage.row(draw_id)
    assert (drawn_of(fresh), void_of(fresh), claims_of(fresh)) == (None, None, [])
    assert len(envelopes_of(fresh)) == 1
    await stage.until(DUE)
    stage.draws.settle(draw_id, 1, "confirmed", "", DUE + 1, by="amy")
    row = stage.row(draw_id)
    kinds = [one["record"].get("kind", "commit") for one in envelopes_of(row)]
    assert kinds == ["commit", "closed", "drawn", "claim"]
    record = commitment_of(row).record
    assert record.signer == key_of(row).public
    assert record.salt_commit == salt_commit(salt_of(row))
    assert barred_of(row, "staff") == {"boss"}
    assert barred_of(row, "blacklist") == frozenset()


def test_a_void_draw_ends_with_its_reason(stage: Stage) -> None:
    draw_id = stage.announce()
    stage.draws.void(draw_id, "cancelled", NOON + 1, by="amy")
    row = stage.row(draw_id)
    void = void_of(row)
    assert void is not None
    assert void.record.reason == "cancelled"
    assert [one["hash"] for one in envelopes_of(row)][-1] == void.hash == row.body["last_hash"]


def test_without_its_secrets_nothing_can_be_signed(stage: Stage) -> None:
    row = msgspec.structs.replace(stage.row(stage.announce()), secret=None)
    for read in (key_of, salt_of):
        with pytest.raises(NotAllowed, match="key folder"):
            read(row)
    assert barred_of(row, "staff") == frozenset()


def test_no_stage_goes_back(stage: Stage) -> None:
    row = stage.row(stage.announce())
    assert moved(row, State.OPEN, State.CLOSED).state == "closed"
    with pytest.raises(LifeError):
        moved(moved(row, State.OPEN), State.ANNOUNCED)
