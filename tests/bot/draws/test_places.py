"""Which prize a place holds, and until when: after drop-outs, in their order."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.draws.places import Places
from bot.errors import NotAllowed
from lottery.claim import ClaimRecord
from lottery.rules import Prize
from lottery.signed import Signed
from tests.bot.draws.prize_stage import HOUR, PrizeStage, prize_stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[PrizeStage]:
    with prize_stage(tmp_path) as made:
        yield made


def claimed(places: Places, *outcomes: tuple[int, str, int]) -> Places:
    """`places` with claims: place, outcome, settled_at."""
    claims = [
        Signed.seal(ClaimRecord("d", "0" * 64, "0" * 64, place, outcome, "", at), None)
        for place, outcome, at in outcomes
    ]
    return dataclasses.replace(places, claims=tuple(claims))


def test_winners_hold_the_prizes_in_order_and_reserves_none(stage: PrizeStage) -> None:
    places = Places.of(stage.row)
    assert (places.winners, places.count) == (3, 6)
    assert [places.prize_of(place) for place in range(1, 7)] == [0, 1, 1, None, None, None]
    assert places.their_turn() == (1, 2, 3)


def test_whoever_drops_out_leaves_the_prize_to_the_next_reserve(stage: PrizeStage) -> None:
    places = claimed(
        Places.of(stage.row),
        (2, "forfeited", 100),
        (1, "disqualified", 200),
        (5, "forfeited", 300),
        (3, "confirmed", 400),
    )
    assert [places.prize_of(place) for place in range(4, 7)] == [1, 0, 0]
    assert places.their_turn() == (4, 6)
    assert [places.due_of(place) for place in (4, 5, 6)] == [100 + HOUR, 200 + HOUR, 300 + HOUR]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.data())
@settings(max_examples=40)
def test_every_prize_has_one_holder_whatever_drops(quantities: list[int], data: st.DataObject) -> None:
    winners = sum(quantities)
    reserves = data.draw(st.integers(0, 8))
    claims: list[tuple[int, str, int]] = []
    places = places_with(quantities, winners, reserves)
    for at in range(data.draw(st.integers(0, winners + reserves))):
        turn = places.their_turn()
        if not turn:
            break
        claims.append(
            (data.draw(st.sampled_from(turn)), data.draw(st.sampled_from(["confirmed", "forfeited"])), at)
        )
        places = claimed(places, *claims)
    dropped = {place for place, outcome, _ in claims if outcome == "forfeited"}
    held = [places.prize_of(place) for place in range(1, winners + reserves + 1) if place not in dropped]
    counted = {number: held.count(number) for number in range(len(quantities))}
    assert all(counted[number] <= quantity for number, quantity in enumerate(quantities))
    assert sum(counted.values()) == winners - max(0, len(dropped) - reserves)


def places_with(quantities: list[int], winners: int, reserves: int) -> Places:
    record = dataclasses.make_dataclass("Record", ["winners", "reserves", "drawn_at"])(
        tuple(range(winners)), tuple(range(winners, winners + reserves)), 0
    )
    prizes = tuple(Prize("r", "n", quantity, 1) for quantity in quantities)
    drawn = dataclasses.make_dataclass("Drawn", ["record"])(record)
    return Places(None, drawn, (), prizes, 0)  # type: ignore[arg-type]


def test_there_are_no_places_before_the_draw(tmp_path: Path) -> None:
    with prize_stage(tmp_path, drawn=False) as stage, pytest.raises(NotAllowed, match="not drawn yet"):
        Places.of(stage.row)
