"""The life of a draw: which stage follows which, and the record each step makes.

How to think about it. A draw is a one-way street. Every step makes one signed record that holds the hash of
the one before; whoever runs the draw stores that record and publishes it, and does nothing else. This file
decides and computes, it never waits, stores or speaks: time comes in as Unix milliseconds from whatever
clock rules the room (the wall clock, or the show clock of a recording), and is written into the records as
it came.

Two rules for what may be added here: 1. No stage ever goes back, and there is no step that draws again. A
"redraw" is a new draw with a new number. 2. Once the list's root is out and the deadline has passed, nobody
has a move left. The only ways on are the committed beacon value or, when drand itself has stopped for good,
VOID.

      ANNOUNCED ─► OPEN ─► CLOSED ─► CHALLENGE ─► BEACON ─► DRAWN ─► CLAIM ─► ARCHIVED
          └─────────┴────────┴──────────┴───────────┴─► VOID ────────────────────┘

ANNOUNCED  the commitment is published; entries are not yet taken        until open_at
OPEN       entries are taken, the running count is shown                 until close_at, never earlier or later
CLOSED     entries have ended; the root must come out                    until the closed record is published
CHALLENGE  viewers look for themselves; the missing are added as rev 2   until time(R) - 10 s
BEACON     nobody can change anything; the value is already fixed        until the beacon is there, however late
DRAWN      winners and proof are out                                     at once
CLAIM      winners confirm; reserves move up in order, with reasons      until claim_by
ARCHIVED   kept at least three years (`law.LEAST_DAYS_KEPT`)             end
VOID       no winners; keeps its sequence number and its reason          end, archived like the rest
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from .commitment import Commitment
from .errors import LifeError
from .terms import Terms


class State(StrEnum):
    """The stages; see the table and the prose above."""

    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"
    CHALLENGE = "challenge"
    BEACON = "beacon"
    DRAWN = "drawn"
    CLAIM = "claim"
    ARCHIVED = "archived"
    VOID = "void"


NEXT = MappingProxyType(
    {
        State.ANNOUNCED: frozenset({State.OPEN, State.VOID}),
        State.OPEN: frozenset({State.CLOSED, State.VOID}),
        State.CLOSED: frozenset({State.CHALLENGE, State.VOID}),
        State.CHALLENGE: frozenset({State.BEACON, State.VOID}),
        State.BEACON: frozenset({State.DRAWN, State.VOID}),
        State.DRAWN: frozenset({State.CLAIM}),
        State.CLAIM: frozenset({State.ARCHIVED}),
        State.VOID: frozenset({State.ARCHIVED}),
        State.ARCHIVED: frozenset(),
    }
)

VOID_WHEN = MappingProxyType(
    {
        "cancelled": frozenset({State.ANNOUNCED, State.OPEN}),  # only while nobody has entered
        "failure": frozenset({State.OPEN, State.CLOSED, State.CHALLENGE}),  # only before the deadline
        "closed_late": frozenset(
            {State.OPEN, State.CLOSED}
        ),  # only after the deadline, without a published root
        "foul_play": frozenset(
            {State.CHALLENGE, State.BEACON}
        ),  # two closed records with one revision number
        "no_entries": frozenset({State.BEACON}),
        "beacon_stopped": frozenset({State.BEACON}),  # only a day after the beacon was due
    }
)
"""Reason to the stages in which it may end a draw."""

BEACON_PATIENCE_MS = 24 * 3600 * 1000
"""How late a beacon must be before it may be called stopped. drand's longest known stop was 45 min, on a
testnet.
"""


def advance(state: State, new: State) -> State:
    """`new`, when it may follow `state`. Raises LifeError otherwise."""
    if new not in NEXT[state]:
        raise LifeError(f"A draw that is {state} cannot become {new}; start a new draw instead.")
    return new


def due(state: State, commitment: Commitment, now_ms: int) -> State | None:
    """The stage the clock alone moves a draw to, or None. Call again until None: a clock may have jumped
    far.
    """
    after = {
        State.ANNOUNCED: State.OPEN,
        State.OPEN: State.CLOSED,
        State.CHALLENGE: State.BEACON,
        State.CLAIM: State.ARCHIVED,
    }
    moment = alarm(state, commitment)
    return after[state] if state in after and moment is not None and now_ms >= moment else None


def alarm(state: State, commitment: Commitment) -> int | None:
    """When this stage needs attention next, Unix ms; None when it waits for no clock.

    For CLOSED that is the deadline for publishing the root, for BEACON the time the value is due.
    """
    terms = _terms(commitment)
    return {
        State.ANNOUNCED: terms.open_at,
        State.OPEN: terms.close_at,
        State.CLOSED: commitment.deadline_ms,
        State.CHALLENGE: commitment.deadline_ms,
        State.BEACON: commitment.beacon.due_ms,
        State.CLAIM: terms.claim_by,
    }.get(state)


def _terms(commitment: Commitment) -> Terms:
    if commitment.terms is None:
        raise LifeError("A bare commitment has no times; announce a full rule sheet.")
    return commitment.terms
