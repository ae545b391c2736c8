"""The steps of a draw's life: the record each step makes, as pure functions.

The stages, which follows which, and how to think about them stand in `states.py`; what becomes of the
winners in `claim.py`. Whoever runs the draw stores the record a step gives and publishes it, and does
nothing else. Nothing here waits, stores or speaks: time comes in as Unix milliseconds from whatever clock
rules the room (the wall clock, or the show clock of a recording), and is written into the records as it
came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from . import beacon as drand
from . import contests, draw, proof
from .announcement import Place, announce, answer_of
from .answers import Answer
from .beacon import Beacon
from .commitment import Commitment
from .errors import LifeError, RecordError
from .exclusions import Exclusions
from .proof import Proof
from .record import ClosedRecord, DrawnRecord, VoidRecord
from .roster import Roster
from .signed import Signed
from .signer import SigningKey
from .states import BEACON_PATIENCE_MS, VOID_WHEN, State
from .verify import verify_finished

__all__ = [
    "Finished",
    "Place",
    "add_missing",
    "announce",
    "answer_of",
    "check_published",
    "close",
    "finish",
    "foul_play",
    "void",
]


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished draw: the record to publish and the proof file to hand out."""

    drawn: Signed[DrawnRecord]
    proof: Proof


def close(
    announced: Signed[Commitment],
    roster: Roster,
    exclusions: Exclusions,
    now_ms: int,
    key: SigningKey | None,
    latest_beacon: Beacon | None = None,
    *,
    answer: Answer | None = None,
) -> Signed[ClosedRecord] | Signed[VoidRecord]:
    """Close the list: rev 1, or a VOID record when it is too late for a root to be public before time(R) -
    10 s.

    Publish the record at once and pass the moment it was out to `check_published`. An empty list is closed
    too: missing entrants may still be added. `answer` is the right answer that a quiz or a guess opens now.
    Raises LifeError before the closing time, for weights not promised, or for lists or an answer that do not go
    with the contest.
    """
    terms = announced.record.terms
    closed_at = now_ms if terms is None else terms.close_at
    if now_ms < closed_at:
        raise LifeError("The draw closes at its committed time, not earlier; wait for it.")
    if now_ms >= announced.record.deadline_ms:
        return void(announced, "closed_late", State.CLOSED, now_ms, key, len(roster))
    return _closed(announced, None, roster, exclusions, closed_at, now_ms, key, latest_beacon, answer)


def add_missing(
    announced: Signed[Commitment],
    closed: Signed[ClosedRecord],
    roster: Roster,
    added: Iterable[tuple[bytes, int]],
    exclusions: Exclusions,
    now_ms: int,
    key: SigningKey | None,
    latest_beacon: Beacon | None = None,
    *,
    answer: Answer | None = None,
) -> tuple[Signed[ClosedRecord], Roster]:
    """The next revision with entrants who were missing: pairs of pseudonym and weight, or value where leaves
    have one. Nobody can be taken out.

    `closed` is the highest revision so far and `roster` its list; `answer` None means the one already opened.
    Raises LifeError after the deadline (the revision before then stands), EntryError for a pseudonym that is
    already in the list.
    """
    if closed.record.root != roster.root.hex():
        raise LifeError("This is not the list of the last closed record; load the right one.")
    if now_ms >= announced.record.deadline_ms:
        raise LifeError("It is less than 10 s before the beacon; the list can no longer change.")
    larger = roster.with_added(added)
    if len(larger) == len(roster):
        raise LifeError("Nobody was added; there is nothing to revise.")
    when = closed.record.closed_at
    opened = closed.record.answer if answer is None else answer
    return _closed(announced, closed, larger, exclusions, when, now_ms, key, latest_beacon, opened), larger


def _closed(
    announced: Signed[Commitment],
    before: Signed[ClosedRecord] | None,
    roster: Roster,
    exclusions: Exclusions,
    closed_at: int,
    now_ms: int,
    key: SigningKey | None,
    latest_beacon: Beacon | None,
    answer: Answer | None,
) -> Signed[ClosedRecord]:
    commitment = announced.record
    _check_key(commitment, key)
    _check_lists(commitment, roster, exclusions, answer)
    if commitment.equal_weights and roster.weight != len(roster):
        raise LifeError("The rules promise equal weights, but an entry weighs more than 1.")
    if latest_beacon is not None:
        drand.verify(latest_beacon, latest_beacon.round)
    record = ClosedRecord(
        draw_id=commitment.draw_id,
        commit_hash=announced.hash,
        prev=announced.hash if before is None else before.hash,
        rev=1 if before is None else before.record.rev + 1,
        root=roster.root.hex(),
        entries=len(roster),
        weight=roster.weight,
        excluded=exclusions.counts,
        excluded_root=exclusions.root.hex(),
        closed_at=closed_at,
        issued_at=now_ms,
        latest_beacon=latest_beacon,
        excluded_viewers=None if commitment.first_shape else len(exclusions.leaves),
        answer=answer,
    )
    return Signed.seal(record, key)


def _check_lists(
    commitment: Commitment, roster: Roster, exclusions: Exclusions, answer: Answer | None
) -> None:
    """Raise LifeError unless lists and answer are such as this contest has."""
    try:
        contests.check_answer(commitment.contest, answer)
        contests.check_values(commitment.contest, roster.values)
    except RecordError as error:
        raise LifeError(f"{error} Close the draw with its own lists and answer.") from None
    strange = [reason for reason, _ in exclusions.counts if reason not in commitment.refusals]
    if strange:
        raise LifeError(f"The rules give no refusal {strange[0]!r:.40}; count again.")


def check_published(announced: Signed[Commitment], published_at_ms: int) -> None:
    """Raise LifeError when a closed record came out too late: void the draw as "closed_late" (rev 1), or go
    on with the revision before (rev 2 and up).
    """
    if published_at_ms >= announced.record.deadline_ms:
        raise LifeError("The closed record came out less than 10 s before the beacon; it does not count.")


def foul_play(one: Signed[ClosedRecord], other: Signed[ClosedRecord]) -> bool:
    """Whether two closed records of one draw carry the same revision number but differ: proof of cheating."""
    same = (one.record.commit_hash, one.record.rev) == (other.record.commit_hash, other.record.rev)
    return same and one.hash != other.hash


def finish(
    announced: Signed[Commitment],
    closed: Sequence[Signed[ClosedRecord]],
    roster: Roster,
    beacon: Beacon,
    now_ms: int,
    key: SigningKey | None,
    full: bool = True,
) -> Finished | Signed[VoidRecord]:
    """The end: winners from the committed beacon value, or VOID when nobody entered.

    `closed` holds all revisions, the last one counts. When there are fewer entries than winners and
    reserves, all entries win in the order drawn. `full` False makes the short proof. Raises BeaconError for
    any other value than the committed round's, LifeError when the list is not the closed one, when a
    practice draw is not yet due, or when the finished proof would not verify. What is verified here, and why
    that is enough, stands at `verify.verify_finished`.
    """
    commitment, last = announced.record, closed[-1].record
    _check_key(commitment, key)
    if last.root != roster.root.hex():
        raise LifeError("This is not the list of the last closed record; load the right one.")
    if commitment.practice and now_ms < commitment.beacon.due_ms:
        raise LifeError("The practice beacon is not due yet; wait for it.")
    if not len(roster):
        return _void_record(announced, closed[-1].hash, "no_entries", now_ms, key)
    randomness = drand.verify(beacon, commitment.beacon.round, commitment.beacon.chain_hash)
    seed = draw.seed(
        bytes.fromhex(announced.hash), roster.root, len(roster), roster.weight, beacon.round, randomness
    )
    quotas = () if commitment.terms is None else [prize.quantity for prize in commitment.terms.prizes]
    chosen = contests.select(commitment.contest, seed, roster, commitment.picks, last.answer, quotas)
    record = DrawnRecord(
        draw_id=commitment.draw_id,
        commit_hash=announced.hash,
        prev=closed[-1].hash,
        beacon=beacon,
        randomness=randomness.hex(),
        seed=seed.hex(),
        winners=chosen[: commitment.k],
        reserves=chosen[commitment.k :],
        drawn_at=now_ms,
    )
    signed = Signed.seal(record, key)
    made = proof.build(announced, closed, signed, roster, full)
    report = verify_finished(made, roster)
    if not report.ok:
        wrong = next(step.detail for step in report.steps if step.status == "failed")
        raise LifeError(f"The finished draw does not verify, so it is not published: {wrong}")
    return Finished(signed, made)


def void(
    announced: Signed[Commitment],
    reason: str,
    state: State,
    now_ms: int,
    key: SigningKey | None,
    entries: int = 0,
    prev: str | None = None,
    evidence: Sequence[Signed[ClosedRecord]] = (),
) -> Signed[VoidRecord]:
    """End a draw without winners. `prev` is the hash of its last record, None for the commitment; `evidence`
    are the closed records there are, of which two must contradict each other for "foul_play".

    Raises LifeError when the reason does not go with the stage (`VOID_WHEN`), when a draw with `entries` is
    to be cancelled, or when the clock makes the reason untrue. Above all: after the deadline an unwelcome
    result can no longer be made undone by calling it a failure.
    """
    if state not in VOID_WHEN.get(reason, frozenset()):
        raise LifeError(
            f"A draw that is {state} cannot be voided as {reason!r:.40}; see the table of reasons."
        )
    deadline, due_ms = announced.record.deadline_ms, announced.record.beacon.due_ms
    if reason == "cancelled" and entries:
        raise LifeError("Viewers have entered; a draw with entries cannot be cancelled.")
    if reason == "failure" and now_ms >= deadline:
        raise LifeError("The deadline has passed and the result is fixed; the draw must be finished.")
    if reason == "closed_late" and now_ms < deadline:
        raise LifeError("There is still time to publish the closed record; publish it.")
    if reason == "beacon_stopped" and now_ms < due_ms + BEACON_PATIENCE_MS:
        raise LifeError("The beacon is late; its value is already fixed, so wait at least a day for it.")
    if reason == "foul_play" and not any(foul_play(one, two) for one, two in combinations(evidence, 2)):
        raise LifeError("No two lists of this draw contradict each other; finish the draw.")
    if reason == "no_entries" and entries:
        raise LifeError("There are entries; finish the draw.")
    return _void_record(announced, prev or announced.hash, reason, now_ms, key)


def _void_record(
    announced: Signed[Commitment], prev: str, reason: str, now_ms: int, key: SigningKey | None
) -> Signed[VoidRecord]:
    _check_key(announced.record, key)
    record = VoidRecord(announced.record.draw_id, announced.hash, prev, reason, now_ms)
    return Signed.seal(record, key)


def _check_key(commitment: Commitment, key: SigningKey | None) -> None:
    if (None if key is None else key.public) != commitment.signer:
        raise LifeError(
            "The signing key is not the one in the commitment; load the key of this installation."
        )
