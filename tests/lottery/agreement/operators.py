"""Forgeries by the operator, whose key the commitment pins: everything is recomputed and signed, and breaks a rule."""

from __future__ import annotations

from typing import Any

from lottery import beacon as drand
from lottery.merkle import EMPTY_ROOT

from .bases import OTHER_ROUND, ROUND, File, show
from .forgery import (
    COMMITMENT,
    DRAWN,
    LAST,
    OPERATOR,
    Act,
    Forgery,
    change,
    other,
    other_round,
    promote_reserve,
    put,
    swap_first,
    weight,
)

DEFAULT_CHAIN = "8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce"
"""drand's older chain, a round every 30 s."""


def _nothing(file: File) -> None:
    """All of the cheating comes after everything was recomputed."""


def _exchange(file: File) -> None:
    """The first two winners exchange their prizes."""
    swap_first(*DRAWN, "winners")(file)
    show(file)


def _one_fewer(file: File) -> None:
    file.drawn["winners"].pop()
    show(file)


def _others_win(file: File) -> None:
    """Whoever was not chosen is: a winner's place goes to somebody outside winners and reserves."""
    drawn = file.drawn
    taken = {*drawn["winners"], *drawn["reserves"]}
    drawn["winners"][0] = next(position for position in range(len(file.leaves)) if position not in taken)
    show(file)


def _all_revisions(name: str, value: Any) -> Act:
    return lambda file: [revision["record"].__setitem__(name, value) for revision in file.proof["closed"]]


def _nobody(file: File) -> None:
    file.last.update(entries=0, weight=0, root=EMPTY_ROOT.hex())
    for revision in file.proof["closed"]:
        revision["record"].update(entries=0, weight=0)
    file.proof.update(leaves=[], winners=[])
    file.drawn.update(winners=[], reserves=[])


def _chosen_round(file: File) -> None:
    """A round that suits better, in the commitment as well."""
    other_round(file)
    file.commitment["beacon"]["round"] = OTHER_ROUND


def _issued_early(file: File) -> None:
    first = file.proof["closed"][0]["record"]
    first["issued_at"] = first["closed_at"] - 1


def _practice_preset(file: File) -> None:
    """Closed 30 s later, so that the round comes 15 s after closing: all agrees but the preset's name."""
    terms = file.commitment
    close_at = terms["close_at"] + 30_000
    terms.update(preset="practice", close_at=close_at, publish_by=close_at + 5_000)
    for number, revision in enumerate(file.proof["closed"]):
        revision["record"].update(closed_at=close_at, issued_at=close_at + number)


OPERATORS = (
    Forgery(
        "two winners exchange their prizes, signed",
        OPERATOR,
        "keyword",
        "selection",
        _nothing,
        _exchange,
    ),
    Forgery(
        "somebody who was not drawn wins, signed", OPERATOR, "keyword", "selection", _nothing, _others_win
    ),
    Forgery("a reserve wins, signed", OPERATOR, "keyword", "selection", _nothing, promote_reserve),
    Forgery(
        "one winner fewer, signed",
        OPERATOR,
        "keyword",
        "selection",
        _nothing,
        _one_fewer,
    ),
    Forgery(
        "a second draw: another seed, signed",
        OPERATOR,
        "keyword",
        "seed",
        _nothing,
        change(*DRAWN, "seed", other),
    ),
    Forgery("another round's beacon, signed", OPERATOR, "keyword", "beacon", other_round),
    Forgery("a round of one's own choice, committed", OPERATOR, "keyword", "terms", _chosen_round),
    Forgery("a practice round of one's own choice", OPERATOR, "practice", "terms", _chosen_round),
    Forgery(
        "the drand chain of another period",
        OPERATOR,
        "keyword",
        "terms",
        put(*COMMITMENT, "beacon", "chain_hash", DEFAULT_CHAIN),
    ),
    Forgery(
        "another number of winners than of prizes", OPERATOR, "keyword", "terms", put(*COMMITMENT, "k", 2)
    ),
    Forgery(
        "more time for the root than the preset gives",
        OPERATOR,
        "keyword",
        "terms",
        change(*COMMITMENT, "publish_by", lambda at: at + 1),
    ),
    Forgery(
        "entries open before the announcement",
        OPERATOR,
        "keyword",
        "terms",
        change(*COMMITMENT, "open_at", lambda at: at - 1),
    ),
    Forgery(
        "a reason for refusing is not in the rules",
        OPERATOR,
        "keyword",
        "file",
        lambda f: f.entry["refusals"].remove("late"),
    ),
    Forgery(
        "a refusal that the rules do not name",
        OPERATOR,
        "keyword",
        "file|closed",
        put(*LAST, "excluded", "out_of_range", 1),
    ),
    Forgery(
        "the root less than 10 s before the beacon",
        OPERATOR,
        "keyword",
        "timing",
        put(*LAST, "issued_at", drand.round_time_ms(ROUND) - 10_000),
    ),
    Forgery("closed before the promised time", OPERATOR, "keyword", "timing", _all_revisions("closed_at", 1)),
    Forgery(
        "the list knows the committed round",
        OPERATOR,
        "keyword",
        "timing",
        lambda f: f.last.update(
            latest_beacon={"round": ROUND, "signature": drand.PRACTICE_SIGNATURES[ROUND]}
        ),
    ),
    Forgery(
        "the latest beacon is invented",
        OPERATOR,
        "keyword",
        "timing",
        lambda f: f.last.update(latest_beacon={"round": 2, "signature": drand.PRACTICE_SIGNATURES[1]}),
    ),
    Forgery(
        "entries vanish between two revisions",
        OPERATOR,
        "keyword",
        "closed",
        put("closed", 0, "record", "entries", 13),
        put("closed", 0, "record", "weight", 13),
    ),
    Forgery("revision 2 is missing between 1 and 3", OPERATOR, "keyword", "closed", put(*LAST, "rev", 3)),
    Forgery("an entry of weight 2 where all are equal", OPERATOR, "keyword", "closed", weight(2)),
    Forgery("a weight above the limit", OPERATOR, "weighted", "list", weight(1_000_001)),
    Forgery(
        "somebody stands twice in the list",
        OPERATOR,
        "keyword",
        "list",
        lambda f: f.leaves.insert(0, f.leaves[0]),
    ),
    Forgery("the list in an order of one's own", OPERATOR, "keyword", "list", swap_first("leaves")),
    Forgery(
        "more viewers turned away than comments",
        OPERATOR,
        "keyword",
        "closed",
        put(*LAST, "excluded_viewers", 7),
    ),
    Forgery("a draw without entries", OPERATOR, "keyword", "closed", _nothing, _nobody),
    Forgery(
        "a practice draw made before its time",
        OPERATOR,
        "practice",
        "drawn",
        lambda f: f.drawn.update(drawn_at=f.commitment["beacon"]["due_at"] - 1),
    ),
    Forgery(
        "the right signature under another round's number",
        OPERATOR,
        "keyword",
        "beacon",
        put("beacon", "round", ROUND + 1),
    ),
    Forgery(
        "a closed record of another draw", OPERATOR, "keyword", "closed", put(*LAST, "draw_id", "draw-2")
    ),
    Forgery(
        "the drawn record of another draw", OPERATOR, "keyword", "drawn", put(*DRAWN, "draw_id", "draw-2")
    ),
    Forgery("the list issued before the closing", OPERATOR, "keyword", "timing", _issued_early),
    Forgery(
        "a revision issued before the one ahead of it",
        OPERATOR,
        "keyword",
        "timing",
        change(*LAST, "issued_at", lambda at: at - 1500),
    ),
    Forgery(
        "more entries counted than listed",
        OPERATOR,
        "weighted",
        "list",
        _nothing,
        change(*LAST, "entries", lambda n: n + 1),
    ),
    Forgery(
        "more weight counted than listed",
        OPERATOR,
        "weighted",
        "list",
        _nothing,
        change(*LAST, "weight", lambda n: n + 1),
    ),
    Forgery("a real draw under the preset of practice", OPERATOR, "keyword", "terms", _practice_preset),
)
