"""Places, coupons and codes in the store: one transaction each, told by the record, alike on both engines."""

from __future__ import annotations

import pytest

from bot.storage.audit import verify
from bot.storage.journal import Journal
from tests.bot.draws.prize_stage import COUPONS, PrizeStage


@pytest.fixture
def stage(journal: Journal) -> PrizeStage:
    stage = PrizeStage(journal, COUPONS, refused={"boss": "staff"})
    stage.book.opened(stage.draw_id)
    return stage


def test_the_whole_way_of_a_prize(stage: PrizeStage) -> None:
    """On SQLite and on PostgreSQL."""
    stage.book.coupons.add("十元券", ["AAA", "BBB"], by="amy")
    token = stage.bound(1)
    assert stage.book.reveal(stage.draw_id, token, stage.now).coupon == "AAA"
    stage.book.due(stage.draw_id, stage.terms.claim_by)
    assert stage.states()[:3] == ["received", "forfeited", "forfeited"]
    assert stage.journal.winner_names(stage.draw_id)[1] == f"名{stage.uid(1)}"
    assert stage.journal.claims_due(stage.draw_id) is not None
    assert verify(stage.journal.store, words=True).verified


def test_codes_of_pages_follow_from_page_draw_and_house(stage: PrizeStage) -> None:
    journal = stage.journal
    assert journal.code_of_page("d", b"x") == journal.code_of_page("d", b"x")
    assert (
        len(
            {
                journal.code_of_page("d", b"x"),
                journal.code_of_page("d", b"y"),
                journal.code_of_page("e", b"x"),
            }
        )
        == 3
    )


def test_a_changed_place_is_found_by_the_audit(stage: PrizeStage) -> None:
    with stage.journal.store.write() as conn:
        conn.exec_driver_sql("UPDATE draw_claim SET state = 'received' WHERE place = 2")
    bad = verify(stage.journal.store).first_bad
    assert bad is not None
    assert bad.chain == "draw_claim"
