"""A witness's list against the published one: do they hold the same entries? Pure.

No two clients of a platform hear quite the same under load, so a difference is a question, not yet a proof. What can
be explained is: comments refused for lists that are published only as hashes, stretches in which the witness was
deaf. What cannot is told with numbers, and with an inspector's file account by account, with the minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bot.draws.inspecting import InspectorFile, unfit
from bot.draws.witness import Noted, OwnList, mark_of
from lottery.commitment import Commitment
from lottery.contests import Answer, Quiz
from lottery.exclusions import PSEUDONYM_SIZE
from lottery.record import ClosedRecord
from lottery.roster import LEAF_SIZE

HASHED = ("staff", "blacklisted", "previous_winner")
"""Reasons whose lists a witness cannot know."""

MOST_NAMED = 1_000
"""Differences named one by one."""


class Difference(msgspec.Struct, frozen=True):
    """One account. `where`: missing_there (the witness heard it enter, the published list has it not), missing_here
    (listed, but never heard), refused_there (heard entering, refused by the draw for `reason`), other_words (in by both
    accounts, but with another number, answer or wave: nobody may be given a better guess than they made). `at_ms` when
    it spoke; `pseudonym` in hex where the inspector's file tells it, `mark` is the witness's own."""

    where: str
    at_ms: int
    mark: str = ""
    pseudonym: str = ""
    reason: str = ""


class Comparison(msgspec.Struct, frozen=True):
    """`agrees`: nothing is left unexplained. `entries` and `refused` are (published, heard). `allowed`: so many that
    were accepted here may stand under refusals that only the operator can tell. `unfit`: parts of the inspector's file
    that contradict the commitment or the list. `differences` only with such a file; `more` of them are not named."""

    draw_id: str
    commit_hash: str
    rev: int
    agrees: bool
    entries: tuple[int, int]
    refused: dict[str, tuple[int, int]]
    allowed: int
    gaps: int
    unfit: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    more: int = 0


def compare(
    own: OwnList,
    commitment: Commitment,
    closed: ClosedRecord,
    given: InspectorFile | None = None,
    leaves: Sequence[bytes] | None = None,
) -> Comparison:
    """Hold `own` against the last closed record, and where given against an inspector's file. `leaves` are those of the
    published list: the file must name exactly them."""
    heard = _in(own, commitment, closed.answer)
    refused = _refused(own, commitment, closed.answer)
    published = dict(closed.excluded)
    reasons = {
        reason: (published.get(reason, 0), refused.get(reason, 0))
        for reason in sorted(set(published) | set(refused))
    }
    allowed = sum(published.get(reason, 0) for reason in HASHED)
    right = _right(commitment, closed.answer)
    wrong = () if given is None else (*unfit(given, commitment), *_unlisted(given, leaves, commitment, right))
    differences = [] if given is None or wrong else _differences(own, given)
    unexplained = [one for one in differences if one.reason not in HASHED]
    if given is None:
        agrees = closed.entries <= len(heard) <= closed.entries + allowed
    else:
        agrees = not wrong and not unexplained
    return Comparison(
        own.draw_id, own.commit_hash, closed.rev, agrees, (closed.entries, len(heard)), reasons, allowed,
        len(own.gaps), tuple(wrong), tuple(differences[:MOST_NAMED]), max(0, len(differences) - MOST_NAMED),
    )  # fmt: skip


def _wrong(one: Noted, commitment: Commitment, answer: Answer | None) -> bool:
    """Whether an accepted answer of a quiz has turned out wrong."""
    return isinstance(commitment.contest, Quiz) and answer is not None and one.value not in answer.values


def _in(own: OwnList, commitment: Commitment, answer: Answer | None) -> dict[str, Noted]:
    """Who should be on the list as the witness heard it."""
    return {mark: one for mark, one in own.accepted().items() if not _wrong(one, commitment, answer)}


def _refused(own: OwnList, commitment: Commitment, answer: Answer | None) -> Mapping[str, int]:
    counts = own.refused()
    counts["wrong_answer"] += sum(_wrong(one, commitment, answer) for one in own.noted if one.refused is None)
    return {reason: count for reason, count in counts.items() if count}


def _right(commitment: Commitment, answer: Answer | None) -> frozenset[int] | None:
    """The values that were right in a quiz; None where no value is wrong."""
    return answer.values if isinstance(commitment.contest, Quiz) and answer is not None else None


def _unlisted(
    given: InspectorFile,
    leaves: Sequence[bytes] | None,
    commitment: Commitment,
    right: frozenset[int] | None,
) -> tuple[str, ...]:
    """Whether the published list holds exactly the entries that the inspector's file names as accepted, with the same
    numbers or waves; in a quiz those of them that were right."""
    if leaves is None:
        return ()
    named: dict[str, int] = {}
    for one in given.entries:
        if one.refused is None and (right is None or one.value in right):
            named[one.pseudonym] = named.get(one.pseudonym, 0) | _worth(one.value, one.wave, commitment)
    listed = {leaf[:PSEUDONYM_SIZE].hex(): int.from_bytes(leaf[LEAF_SIZE:], "big") for leaf in leaves}
    return () if named == listed else ("list",)


def _worth(value: int | None, wave: int, commitment: Commitment) -> int:
    """What one entry adds to the value of its leaf; 0 where leaves have none."""
    if not commitment.valued:
        return 0
    return 1 << wave if value is None else value


def _differences(own: OwnList, given: InspectorFile) -> list[Difference]:
    """Account by account, in the order they spoke: who entered by one account of the show and not by the other, or with
    other words. An answer that proved wrong entered all the same."""
    listed: dict[str, tuple[int, str]] = {}
    turned: dict[str, tuple[int, str, str]] = {}
    meant: dict[str, set[tuple[int | None, int]]] = {}
    erased = 0
    for one in given.entries:
        if one.uid is None:
            erased += one.refused is None
            continue
        mark = mark_of(own.salt, given.platform, one.uid)
        if one.refused is None:
            listed.setdefault(mark, (one.at_ms, one.pseudonym))
            meant.setdefault(mark, set()).add((one.value, one.wave))
        else:
            turned.setdefault(mark, (one.at_ms, one.pseudonym, one.refused))
    heard, said, found = own.accepted(), own.said(), []
    for mark, noted in heard.items():
        if mark in listed:
            if said[mark] != meant[mark]:
                found.append(Difference("other_words", noted.at_ms, mark, listed[mark][1]))
        elif mark in turned:
            at_ms, pseudonym, reason = turned[mark]
            found.append(Difference("refused_there", at_ms, mark, pseudonym, reason))
        elif erased:
            erased -= 1  # erased since: it is on the list, but nobody can say any more under which account
        else:
            found.append(Difference("missing_there", noted.at_ms, mark))
    found += [
        Difference("missing_here", at_ms, mark, pseudonym)
        for mark, (at_ms, pseudonym) in listed.items()
        if mark not in heard
    ]
    return sorted(found, key=lambda one: (one.at_ms, one.mark))
