"""What is happening to a draw just now, and what comes next: the sentence on top of its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.draws.publication import Publication

Now = Literal["announced", "open", "listing", "waiting", "drawing", "claim", "archived", "void"]
"""`listing`: entries have ended, the list is made; `waiting`: the list is fixed, the random number does not exist yet;
`drawing`: its time has come, the value is fetched and the winners are computed."""

MARKS = ("rules", "open", "list", "number", "winners")
"""The five things that happen, in this order; the picture of the page has one mark for each."""


@dataclass(frozen=True, slots=True)
class Moment:
    """`until_ms`: when the next thing happens, None when nothing is timed. `step`: which of MARKS is under way (those
    before are done); len(MARKS) when all are."""

    now: Now
    until_ms: int | None
    step: int


def moment(one: Publication, now_ms: int) -> Moment:
    """Read the clock where the stored state lags behind it, never the other way: nothing is said to be done before its
    record is there."""
    if one.void_hash or one.state == "void":
        return Moment("void", None, _reached(one, now_ms))
    if one.drawn_hash:
        if one.state == "archived" or (one.claim_ms is not None and now_ms >= one.claim_ms):
            return Moment("archived", None, len(MARKS))
        return Moment("claim", one.claim_ms, len(MARKS))
    if one.closed_hash:
        if one.beacon_ms is not None and now_ms < one.beacon_ms:
            return Moment("waiting", one.beacon_ms, 3)
        return Moment("drawing", None, 4)
    if one.opens_ms is not None and now_ms < one.opens_ms:
        return Moment("announced", one.opens_ms, 1)
    if one.closes_ms is not None and now_ms < one.closes_ms:
        return Moment("open", one.closes_ms, 1)
    return Moment("listing", one.publish_ms, 2)


def _reached(one: Publication, now_ms: int) -> int:
    if one.closed_hash:
        return 3
    at = one.void_ms or now_ms
    return 2 if one.closes_ms is not None and at >= one.closes_ms else 1
