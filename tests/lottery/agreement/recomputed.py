"""Forgeries by somebody who recomputes all that needs no key: record hashes and links, root, counts, seed, positions,
paths. Only the signatures stay as they were.
"""

from __future__ import annotations

from lottery import beacon as drand

from .bases import File
from .forgery import (
    COMMITMENT,
    DRAWN,
    FRIEND,
    LAST,
    RECOMPUTE,
    Forgery,
    answers,
    change,
    friend_enters,
    put,
    value,
    weight,
)


def _friend_replaces(file: File) -> None:
    file.proof["leaves"] = sorted([FRIEND + file.leaves[0][64:], *file.leaves[1:]])


def _late_revision(file: File) -> None:
    """A further revision with a friend in it."""
    envelope = file.proof["closed"][-1]
    record = dict(envelope["record"])
    record |= {"rev": record["rev"] + 1, "issued_at": record["issued_at"] + 1000}
    file.proof["closed"].append({**envelope, "record": record})
    friend_enters(file)


def _revision_gone(file: File) -> None:
    """The revision that added somebody was never there."""
    del file.proof["closed"][-1]
    del file.leaves[-1]


RECOMPUTED = (
    Forgery("another title", RECOMPUTE, "keyword", "commitment", put(*COMMITMENT, "title", "周年大抽奖")),
    Forgery(
        "a cheaper prize", RECOMPUTE, "keyword", "commitment", put(*COMMITMENT, "prizes", 0, "name", "打火机")
    ),
    Forgery(
        "one prize fewer",
        RECOMPUTE,
        "keyword",
        "commitment",
        lambda f: (f.commitment["prizes"][1].update(quantity=1), f.commitment.update(k=2)),
    ),
    Forgery("more reserves", RECOMPUTE, "keyword", "commitment", put(*COMMITMENT, "reserves", 5)),
    Forgery(
        "another keyword", RECOMPUTE, "keyword", "commitment", put(*COMMITMENT, "entry", "keyword", "抽大奖")
    ),
    Forgery(
        "a condition more",
        RECOMPUTE,
        "keyword",
        "commitment",
        lambda f: (f.entry["conditions"].update(fan_level=5), f.entry["refusals"].insert(8, "fan_level")),
    ),
    Forgery(
        "less time to claim",
        RECOMPUTE,
        "keyword",
        "commitment",
        change(*COMMITMENT, "claim_by", lambda at: at - 86_400_000),
    ),
    Forgery(
        "another claim condition",
        RECOMPUTE,
        "keyword",
        "commitment",
        put(*COMMITMENT, "rules", "claim_conditions", "须先付运费"),
    ),
    Forgery(
        "another list of staff", RECOMPUTE, "keyword", "commitment", put(*COMMITMENT, "staff_hash", "11" * 32)
    ),
    Forgery(
        "another blacklist",
        RECOMPUTE,
        "keyword",
        "commitment",
        put(*COMMITMENT, "entry", "blacklist_hash", "11" * 32),
    ),
    Forgery(
        "another list of previous winners",
        RECOMPUTE,
        "keyword",
        "commitment",
        put(*COMMITMENT, "entry", "previous_hash", "11" * 32),
    ),
    Forgery("another salt", RECOMPUTE, "keyword", "commitment", put(*COMMITMENT, "salt_commit", "11" * 32)),
    Forgery(
        "another number in the room's chain",
        RECOMPUTE,
        "keyword",
        "commitment",
        put(*COMMITMENT, "sequence", 7),
    ),
    Forgery(
        "the draw before is another one",
        RECOMPUTE,
        "keyword",
        "commitment",
        put(*COMMITMENT, "prev", "11" * 32),
    ),
    Forgery(
        "another weight rule",
        RECOMPUTE,
        "weighted",
        "commitment",
        put(*COMMITMENT, "weight_rule", "主播说了算"),
    ),
    Forgery("another right answer of the quiz", RECOMPUTE, "quiz", "commitment", answers("二号")),
    Forgery("another right number of the guess", RECOMPUTE, "guess", "commitment", answers("200")),
    Forgery(
        "another product",
        RECOMPUTE,
        "purchase",
        "commitment",
        put(*COMMITMENT, "entry", "contest", "product", "商品-2"),
    ),
    Forgery(
        "another keyword of a wave",
        RECOMPUTE,
        "rain",
        "commitment",
        put(*COMMITMENT, "entry", "contest", "waves", 1, "keyword", "暗号"),
    ),
    Forgery("an entry is dropped", RECOMPUTE, "keyword", "closed", lambda file: file.leaves.pop(4)),
    Forgery("a friend is put in", RECOMPUTE, "keyword", "closed", friend_enters),
    Forgery("a friend takes somebody's place", RECOMPUTE, "keyword", "closed", _friend_replaces),
    Forgery("an entry weighs more", RECOMPUTE, "weighted", "closed", weight(900_000)),
    Forgery("a guess is bettered", RECOMPUTE, "guess", "closed", value(5990)),
    Forgery("somebody was in every wave", RECOMPUTE, "rain", "closed", value(3)),
    Forgery(
        "fewer refusals than there were", RECOMPUTE, "keyword", "closed", put(*LAST, "excluded", "late", 1)
    ),
    Forgery(
        "other viewers turned away", RECOMPUTE, "keyword", "closed", put(*LAST, "excluded_root", "11" * 32)
    ),
    Forgery(
        "another number of viewers turned away",
        RECOMPUTE,
        "keyword",
        "closed",
        put(*LAST, "excluded_viewers", 2),
    ),
    Forgery("a revision is left out", RECOMPUTE, "keyword", "drawn", _revision_gone),
    Forgery("a revision too many", RECOMPUTE, "keyword", "closed", _late_revision),
    Forgery(
        "the list came earlier than it did",
        RECOMPUTE,
        "keyword",
        "closed",
        change(*LAST, "issued_at", lambda at: at - 500),
    ),
    Forgery(
        "another latest beacon",
        RECOMPUTE,
        "keyword",
        "closed",
        lambda f: f.last.update(latest_beacon={"round": 1, "signature": drand.PRACTICE_SIGNATURES[1]}),
    ),
    Forgery(
        "drawn at another time", RECOMPUTE, "keyword", "drawn", change(*DRAWN, "drawn_at", lambda at: at + 1)
    ),
    Forgery(
        "drawn at another time, practice",
        RECOMPUTE,
        "practice",
        "drawn",
        change(*DRAWN, "drawn_at", lambda at: at + 1),
    ),
)
