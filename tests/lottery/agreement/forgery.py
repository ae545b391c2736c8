"""One forgery, and the acts that more than one of them needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lottery import beacon as drand
from lottery.answers import Answer

from .bases import OTHER_ROUND, File, show

EDIT, RECOMPUTE, OPERATOR, LIST, OPERATOR_LIST = "edit", "recompute", "operator", "list", "operator and list"
FRIEND = "77" * 32
"""Pseudonym of somebody who never entered."""

COMMITMENT, LAST, DRAWN = ("commitment", "record"), ("closed", -1, "record"), ("drawn", "record")
"""Ways to the records in a proof."""

Act = Callable[[File], object]


@dataclass(frozen=True, slots=True)
class Forgery:
    """One way to cheat. `act` comes before everything is recomputed, `after` after it and before signing.

    `step` names the step that must fail; "file|closed" where the protocol leaves open whether a field that does not go
    with the others is a matter of the file or of the record.
    """

    name: str
    power: str
    base: str
    step: str
    act: Act
    after: Act | None = None


def _at(value: Any, *path: str | int) -> Any:
    for name in path:
        value = value[name]
    return value


def put(*path_and_value: Any) -> Act:
    """Set one value of the proof: the path to it, then the value."""
    *path, name, value = path_and_value
    return lambda file: _at(file.proof, *path).__setitem__(name, value)


def change(*path_and_how: Any) -> Act:
    """Replace one value of the proof by what the last argument makes of it."""
    *path, name, how = path_and_how
    return lambda file: _at(file.proof, *path).__setitem__(name, how(_at(file.proof, *path, name)))


def swap_first(*path: str | int) -> Act:
    """Exchange the first two of a list."""

    def act(file: File) -> None:
        values = _at(file.proof, *path)
        values[0], values[1] = values[1], values[0]

    return act


def other(text: str) -> str:
    """Hex with another last digit."""
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def friend_enters(file: File) -> None:
    file.proof["leaves"] = sorted([*file.leaves, FRIEND + file.leaves[0][64:]])


def weight(number: int) -> Act:
    """Write a weight into the first leaf."""
    return lambda file: file.leaves.__setitem__(
        0, file.leaves[0][:64] + f"{number:016x}" + file.leaves[0][80:]
    )


def value(number: int) -> Act:
    """Write a value into the first leaf."""
    return lambda file: file.leaves.__setitem__(0, file.leaves[0][:80] + f"{number:016x}")


def answers(*answers: str) -> Act:
    """Other answers, and a commitment that was always about them."""

    def act(file: File) -> None:
        answer = Answer(file.last["answer"]["salt"], answers)
        file.entry["contest"]["answer_commit"] = answer.commit
        for revision in file.proof["closed"]:
            revision["record"]["answer"] = answer.to_json()

    return act


def promote_reserve(file: File) -> None:
    drawn = file.drawn
    drawn["winners"][0], drawn["reserves"][0] = drawn["reserves"][0], drawn["winners"][0]
    show(file)


def other_round(file: File) -> None:
    """The beacon of a round that suits better, in the draw and not in the commitment."""
    file.proof["beacon"] = {"round": OTHER_ROUND, "signature": drand.PRACTICE_SIGNATURES[OTHER_ROUND]}
