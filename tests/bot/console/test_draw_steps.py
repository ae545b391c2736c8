from __future__ import annotations

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.console.draw_steps import LINE, picks
from bot.draws.publication import publication
from lottery.draw import select_equal
from tests.bot.console.show import SHEET, PaperDraws
from tests.bot.draws.test_presets import SHIPPED, whole


def drawn(entries: int, seed: bytes, positions: tuple[int, ...]) -> dict[str, object]:
    """A public record in which these positions were drawn."""
    return {
        "commitment": {
            "record": {"k": len(positions), "prizes": [{"rank": "一", "name": "盒", "quantity": 1}]}
        },
        "closed": [{"record": {"entries": entries}, "hash": "ab"}],
        "drawn": {"record": {"seed": seed.hex(), "winners": list(positions), "reserves": []}},
    }


@settings(max_examples=60)
@given(st.binary(min_size=32, max_size=32), st.integers(1, 400), st.integers(1, 60))
def test_each_step_is_the_one_the_proof_takes(seed: bytes, entries: int, count: int) -> None:
    positions = select_equal(seed, entries, count)
    found = picks(publication(drawn(entries, seed, positions)))
    assert [one.winner.position for one in found] == list(positions)
    left = list(range(entries))
    for one in found:
        assert one.among == len(left)
        assert one.chose is not None
        assert left.pop(one.chose) == one.winner.position
        assert 0 < one.x < LINE


def test_positions_that_do_not_follow_from_equal_weights_get_no_numbers() -> None:
    """A guess is drawn from groups; numbers of a draw that did not happen would be play-acting."""
    seed = bytes(range(32))
    honest = select_equal(seed, 50, 4)
    other = (*honest[:2], honest[3], honest[2])
    found = picks(publication(drawn(50, seed, other)))
    assert [one.winner.position for one in found] == list(other)
    assert all(one.among is None and one.chose is None for one in found)
    assert len({one.block for one in found}) == 4


def test_a_real_draw_of_each_form(tmp_path: object) -> None:
    draws = PaperDraws()
    draws.add(dataclasses.replace(SHEET, reserves=3), "plain", entrants=30, finish=True)
    draws.add(whole(SHIPPED["guess-price"]), "guess", entrants=30, finish=True)
    plain, guess = (picks(publication(draws.records[id])) for id in ("plain", "guess"))
    assert len(plain) == 6
    assert all(one.among is not None for one in plain)
    assert [one.winner.reserve for one in plain] == [False] * 3 + [True] * 3
    assert len(guess) == 4


def test_before_the_draw_there_is_nothing_to_show() -> None:
    draws = PaperDraws()
    draws.add(SHEET, "open")
    draws.add(SHEET, "closed", close=True)
    assert picks(publication(draws.records["open"])) == ()
    assert picks(publication(draws.records["closed"])) == ()
