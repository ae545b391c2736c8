"""Forgeries of the list file beside an honest proof."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lottery.canonical import lp
from lottery.merkle import build

from .bases import File
from .forgery import FRIEND, LIST, OPERATOR_LIST, Act, Forgery, other


def _listed(act: Callable[[dict[str, Any]], object]) -> Act:
    def on_list(file: File) -> None:
        assert file.entry_list is not None
        act(file.entry_list)

    return on_list


def _excluded_root(file: File) -> None:
    """The list file gives another reason, one that was counted often enough; the closed record does not follow."""
    assert file.entry_list is not None
    pairs = file.entry_list["excluded"]
    next(pair for pair in pairs if pair[1] == "staff")[1] = "late"
    leaves = [bytes.fromhex(who) + lp(reason.encode()) for who, reason in pairs]
    assert build(leaves).root.hex() != file.last["excluded_root"]


def _rooted(act: Callable[[list[list[str]]], object]) -> Act:
    """Change those turned away in the list file, and the root in the closed records with them."""

    def on_both(file: File) -> None:
        assert file.entry_list is not None
        pairs = file.entry_list["excluded"]
        act(pairs)
        root = build([bytes.fromhex(who) + lp(reason.encode()) for who, reason in pairs]).root.hex()
        for revision in file.proof["closed"]:
            revision["record"]["excluded_root"] = root

    return on_both


def _two_of_the_staff(pairs: list[list[str]]) -> None:
    """Everybody turned away is of the staff, of whom one comment was counted."""
    for pair in pairs:
        pair[1] = "staff"


LISTS = (
    Forgery(
        "the list of another draw", LIST, "short", "list", _listed(lambda made: made.update(draw_id="draw-2"))
    ),
    Forgery(
        "the list lacks its last entry",
        LIST,
        "short",
        "list",
        _listed(lambda made: made.update(leaves=made["leaves"][:-80])),
    ),
    Forgery(
        "the list has another entry",
        LIST,
        "short",
        "list",
        _listed(lambda made: made.update(leaves=FRIEND + made["leaves"][64:])),
    ),
    Forgery(
        "the list file contradicts the full list",
        LIST,
        "keyword",
        "list",
        _listed(lambda made: made.update(leaves=other(made["leaves"]))),
    ),
    Forgery(
        "somebody turned away is not listed",
        LIST,
        "short",
        "list",
        _listed(lambda made: made["excluded"].pop()),
    ),
    Forgery("somebody turned away for another reason", LIST, "short", "list", _excluded_root),
    Forgery(
        "somebody turned away who never was",
        LIST,
        "short",
        "list",
        _listed(lambda made: made["excluded"].append(["ff" * 32, "duplicate"])),
    ),
    Forgery(
        "those turned away in another order",
        LIST,
        "short",
        "list",
        _listed(lambda made: made["excluded"].reverse()),
    ),
    Forgery(
        "the list ends in the middle of an entry",
        LIST,
        "short",
        "list",
        _listed(lambda made: made.update(leaves=made["leaves"] + "00")),
    ),
    Forgery(
        "a reason that the rules do not name, with its root",
        OPERATOR_LIST,
        "keyword",
        "list",
        _rooted(lambda pairs: pairs[0].__setitem__(1, "fan_level")),
    ),
    Forgery(
        "those turned away in an order of one's own, with its root",
        OPERATOR_LIST,
        "keyword",
        "list",
        _rooted(lambda pairs: pairs.reverse()),
    ),
    Forgery(
        "more viewers for a reason than comments, with the root",
        OPERATOR_LIST,
        "keyword",
        "list",
        _rooted(_two_of_the_staff),
    ),
    Forgery(
        "another number of viewers turned away, with the root",
        OPERATOR_LIST,
        "keyword",
        "list",
        _rooted(lambda pairs: pairs.pop()),
    ),
)
