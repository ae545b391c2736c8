from __future__ import annotations

from itertools import product

import pytest

from lottery import states
from lottery.errors import LifeError
from lottery.states import NEXT, VOID_WHEN, State, advance, alarm, due

from .makers import closed_case, vector_proof

COMMITMENT = closed_case().announced.record
ORDER = list(State)


def test_states_never_go_back() -> None:
    for state, after in NEXT.items():
        for new in after:
            assert ORDER.index(new) > ORDER.index(state) or (state, new) == (State.VOID, State.ARCHIVED)
            assert advance(state, new) is new
    assert set(NEXT) == set(State)


def test_every_other_step_is_refused() -> None:
    for state, new in product(State, State):
        if new not in NEXT[state]:
            with pytest.raises(LifeError):
                advance(state, new)


def test_a_drawn_draw_cannot_become_void() -> None:
    for state in (State.DRAWN, State.CLAIM, State.ARCHIVED):
        assert State.VOID not in NEXT[state]
        assert not any(state in stages for stages in VOID_WHEN.values())


def test_the_clock_moves_what_the_clock_may_move() -> None:
    terms = COMMITMENT.terms
    assert terms is not None
    moves = {
        State.ANNOUNCED: (terms.open_at, State.OPEN),
        State.OPEN: (terms.close_at, State.CLOSED),
        State.CHALLENGE: (COMMITMENT.deadline_ms, State.BEACON),
        State.CLAIM: (terms.claim_by, State.ARCHIVED),
    }
    for state in State:
        if state in moves:
            moment, new = moves[state]
            assert alarm(state, COMMITMENT) == moment
            assert due(state, COMMITMENT, moment - 1) is None
            assert due(state, COMMITMENT, moment) is new
        else:
            assert due(state, COMMITMENT, 2**50) is None
    assert alarm(State.BEACON, COMMITMENT) == COMMITMENT.beacon.due_ms
    assert alarm(State.VOID, COMMITMENT) is None


def test_a_bare_commitment_has_no_times() -> None:
    with pytest.raises(LifeError):
        alarm(State.OPEN, vector_proof("A").commitment.record)


def test_the_prose_names_every_state() -> None:
    assert states.__doc__ is not None
    assert all(state.name in states.__doc__ for state in State)
