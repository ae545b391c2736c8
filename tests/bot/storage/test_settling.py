"""One transaction over the places of a draw: all or nothing, and nothing overwritten unseen."""

from __future__ import annotations

import pytest

from bot.errors import NotAllowed, StoreError
from bot.storage.audit import verify
from bot.storage.journal import Journal
from tests.bot.draws.prize_stage import COUPONS, PrizeStage


@pytest.fixture
def stage(journal: Journal) -> PrizeStage:
    stage = PrizeStage(journal, COUPONS)
    stage.book.opened(stage.draw_id)
    return stage


def test_a_place_that_was_changed_meanwhile_is_not_overwritten(stage: PrizeStage) -> None:
    row = stage.journal.claims(stage.draw_id)[0]
    with stage.journal.settling(stage.draw_id) as settling:
        settling.change(row, "bound", by="amy", state="bound")
    with (
        pytest.raises(StoreError, match="changed from outside"),
        stage.journal.settling(stage.draw_id) as settling,
    ):
        settling.change(row, "bound", by="ben", state="confirmed")
    assert stage.states()[0] == "bound"


def test_a_coupon_is_the_places_or_nobodys(stage: PrizeStage) -> None:
    stage.journal.add_coupons("十元券", ["AAA"], by="amy")
    with stage.journal.settling(stage.draw_id) as settling:
        assert settling.take_coupon(1, "十元券") == 1
        assert settling.take_coupon(2, "十元券") is None
    assert stage.journal.coupon_pools()[0].left == 0


def test_a_place_cannot_have_two_coupons(stage: PrizeStage) -> None:
    stage.journal.add_coupons("十元券", ["AAA", "BBB"], by="amy")
    with stage.journal.settling(stage.draw_id) as settling:
        settling.take_coupon(1, "十元券")
    with pytest.raises(StoreError), stage.journal.settling(stage.draw_id) as settling:
        settling.take_coupon(1, "十元券")
    assert stage.journal.coupon_pools()[0].left == 1


def test_what_goes_wrong_leaves_no_trace(stage: PrizeStage) -> None:
    row = stage.journal.claims(stage.draw_id)[0]

    def torn() -> None:
        with stage.journal.settling(stage.draw_id) as settling:
            settling.change(row, "bound", by="amy", state="bound")
            settling.publish({"hash": "00"})
            raise NotAllowed("power cut")

    with pytest.raises(NotAllowed):
        torn()
    assert stage.states()[0] == "open"
    draw = stage.journal.draw(stage.draw_id)
    assert draw is not None
    assert "claims" not in draw.body
    assert verify(stage.journal.store).verified


def test_there_is_no_settling_of_a_draw_that_is_none(stage: PrizeStage) -> None:
    with pytest.raises(NotAllowed, match="no such draw"), stage.journal.settling("draw-9-none"):
        pass
