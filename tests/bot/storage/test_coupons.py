"""Coupons in the store."""

from __future__ import annotations

import pytest

from bot.errors import InputError, StoreError
from bot.storage.audit import verify
from bot.storage.journal import Journal


def test_coupons_are_read_back_by_number_only(journal: Journal) -> None:
    assert journal.add_coupons("池", ["A", "B\ud800", "A"], by="amy") == (2, 1)
    assert [journal.coupon_words(number) for number in (1, 2)] == ["A", "B\ufffd"]
    with pytest.raises(StoreError, match="cannot be read"):
        journal.coupon_words(3)


def test_a_sealed_coupon_is_bound_to_its_number(journal: Journal) -> None:
    journal.add_coupons("池", ["A", "B"], by="amy")
    with journal.store.write() as conn:
        conn.exec_driver_sql("UPDATE coupon SET value = (SELECT value FROM coupon WHERE id = 1) WHERE id = 2")
    with pytest.raises(StoreError, match="cannot be read"):
        journal.coupon_words(2)


def test_a_coupon_of_another_pool_is_not_given_out_twice(journal: Journal) -> None:
    journal.add_coupons("十元券", ["A", "B"], by="amy")
    with pytest.raises(InputError, match="十元券 already"):
        journal.add_coupons("圣诞", ["C", "B"], by="amy")
    assert [(one.pool, one.total) for one in journal.coupon_pools()] == [("十元券", 2)]
    assert journal.add_coupons("十元券", ["B", "C"], by="amy") == (1, 1)
    assert verify(journal.store).verified


def test_pools_named_for_prizes(journal: Journal) -> None:
    journal.save_prize_pools("d", {0: "池", 2: "卡\ud800"}, by="amy")
    assert journal.prize_pools("d") == {0: "池", 2: "卡\ufffd"}
    assert journal.prize_pools("e") == {}
    assert verify(journal.store).verified
