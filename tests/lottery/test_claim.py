from __future__ import annotations

import pytest

from lottery import claim
from lottery.errors import LifeError, RecordError

from .makers import KEY, finished

DRAWN = finished().drawn  # three winners, two reserves


def test_reserves_move_up_one_for_each_who_drops_out() -> None:
    assert claim.open_places(DRAWN.record, []) == (1, 2, 3)
    first = claim.settle(DRAWN, [], 2, "forfeited", "not_claimed", 10, KEY)
    assert (first.record.prev, first.record.place) == (DRAWN.hash, 2)
    assert claim.open_places(DRAWN.record, [first]) == (1, 3, 4)
    second = claim.settle(DRAWN, [first], 4, "confirmed", "", 11, KEY)
    assert second.record.prev == first.hash
    assert claim.open_places(DRAWN.record, [first, second]) == (1, 3)
    second.verify(KEY.public)


def test_a_reserve_waits_for_its_turn_and_nobody_is_settled_twice() -> None:
    with pytest.raises(LifeError, match="turn"):
        claim.settle(DRAWN, [], 4, "confirmed", "", 10, KEY)
    first = claim.settle(DRAWN, [], 1, "disqualified", "staff", 10, KEY)
    with pytest.raises(LifeError, match="already"):
        claim.settle(DRAWN, [first], 1, "confirmed", "", 11, KEY)
    with pytest.raises(LifeError, match="turn"):
        claim.settle(DRAWN, [first], 5, "confirmed", "", 11, KEY)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [("confirmed", "staff"), ("disqualified", ""), ("disqualified", "disliked"), ("redrawn", "staff")],
)
def test_dropping_a_winner_needs_a_known_reason(outcome: str, reason: str) -> None:
    with pytest.raises(LifeError):
        claim.settle(DRAWN, [], 1, outcome, reason, 10, KEY)


def test_claims_read_back_strictly() -> None:
    made = claim.settle(DRAWN, [], 1, "confirmed", "", 10, KEY)
    assert claim.read_claim(made.to_json()) == made
    value = made.to_json()
    for change in ({"outcome": "redrawn"}, {"reason": "disliked"}, {"place": 0}, {"name": "x"}):
        with pytest.raises(RecordError):
            claim.read_claim({**value, "record": {**value["record"], **change}})
