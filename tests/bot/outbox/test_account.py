"""The account that speaks."""

from __future__ import annotations

from bot.outbox import Account
from tests.builders import NOON


def test_an_account_begins_as_the_store_left_it() -> None:
    assert Account("a").breaker.stopped == ""
    assert Account("a", stopped="warning").breaker.stopped == "warning"


def test_an_account_keeps_to_its_allowance_from_the_first_message_on() -> None:
    account = Account("a", allowance=(1, 10_000))
    account.pace.took(NOON)
    assert account.pace.free_from() == NOON + 10_000
    assert not account.turn.locked()
