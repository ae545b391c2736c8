"""The steps of a draw's life: the record each step makes, as pure functions.

The stages, which follows which, and how to think about them stand in `states.py`; what becomes of the
winners in `claim.py`. Whoever runs the draw stores the record a step gives and publishes it, and does
nothing else. Nothing here waits, stores or speaks: time comes in as Unix milliseconds from whatever clock
rules the room (the wall clock, or the show clock of a recording), and is written into the records as it
came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from . import beacon as drand
from . import draw, entry, proof, rules
from .beacon import Beacon
from .canonical import ZERO_HASH, nfc
from .commitment import BeaconTerms, Commitment, Terms
from .errors import LifeError, RuleError
from .proof import Proof
from .record import ClosedRecord, DrawnRecord, VoidRecord
from .roster import Exclusions, Roster
from .rules import RuleSheet
from .signed import Signed
from .signer import SigningKey
from .states import BEACON_PATIENCE_MS, VOID_WHEN, State
from .verify import verify

_DRAW_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a draw happens: `sequence` counts the room's draws from 1 without gaps, VOID ones included;
    `prev` is the hash (hex) of the drawn or void record that ended the room's last draw, zeros before the
    first.
    """

    platform: str
    room: str
    sequence: int
    prev: str = ZERO_HASH


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished draw: the record to publish and the proof file to hand out."""

    drawn: Signed[DrawnRecord]
    proof: Proof


def announce(
    sheet: RuleSheet,
    draw_id: str,
    place: Place,
    draw_salt: bytes,
    key: SigningKey,
    now_ms: int,
    preset: str = "quick",
    staff: Iterable[str] = (),
    software: str = "changkong",
) -> Signed[Commitment]:
    """Freeze a rule sheet into the signed commitment. From here on nothing of it can change.

    `draw_salt` is 32 fresh random bytes, kept secret and stored by the caller; `staff` the uids that may
    not win. Raises RuleError with all problems when the preflight finds any.
    """
    if not _DRAW_ID.fullmatch(draw_id):
        raise RuleError("A draw's id needs 1 to 64 letters, digits, hyphens or underscores; it names a file.")
    rules.require(sheet, preset)
    opens = now_ms + sheet.lead_s * 1000
    closes = opens + sheet.window_s * 1000
    due_at = closes + rules.PRESETS[preset].delay_s * 1000
    practice = preset == "practice"
    drand.check_pinned()
    round_number = drand.practice_round(draw_id) if practice else drand.round_at_or_after(due_at)
    staff_hash = entry.staff_hash(draw_salt, staff)
    made = Commitment(
        draw_id=nfc(draw_id),
        title=nfc(sheet.title),
        k=sheet.k,
        prev=place.prev,
        salt_commit=entry.salt_commit(draw_salt),
        beacon=BeaconTerms(round_number, due_at=due_at if practice else None),
        terms=_terms_of(
            sheet, place, preset, round_number, (now_ms, opens, closes), staff_hash, software, key
        ),
    )
    checked = Commitment.from_json(made.to_json())  # what we write must be what everyone can read
    checked.check()
    return Signed.seal(checked, key)


def _terms_of(
    sheet: RuleSheet,
    place: Place,
    preset: str,
    round_number: int,
    times: tuple[int, int, int],
    staff_hash: str,
    software: str,
    key: SigningKey,
) -> Terms:
    """The full commitment's terms; `times` are announced, open and close in Unix milliseconds."""
    timing = rules.PRESETS[preset]
    announced_at, opens, closes = times
    texts = {name: nfc(getattr(sheet, name)) for name in rules.TEXTS}
    texts["draw_method"] = rules.draw_method(round_number, preset == "practice")
    prizes = (
        rules.Prize(nfc(p.rank), nfc(p.name), p.quantity, p.value_fen, p.kind, nfc(p.use_rules))
        for p in sheet.prizes
    )
    return Terms(
        platform=nfc(place.platform),
        room=nfc(place.room),
        sequence=place.sequence,
        prizes=tuple(prizes),
        reserves=sheet.reserves,
        texts=tuple(sorted(texts.items())),
        keyword=entry.check_keyword(sheet.keyword),
        weight_rule=nfc(sheet.weight_rule),
        announced_at=announced_at,
        open_at=opens,
        close_at=closes,
        publish_by=closes + timing.root_within_s * 1000,
        claim_by=closes + (timing.delay_s + sheet.claim_within_s) * 1000,
        preset=preset,
        staff_hash=staff_hash,
        software=software,
        signer=key.public,
    )


def close(
    announced: Signed[Commitment],
    roster: Roster,
    exclusions: Exclusions,
    now_ms: int,
    key: SigningKey | None,
    latest_beacon: Beacon | None = None,
) -> Signed[ClosedRecord] | Signed[VoidRecord]:
    """Close the list: rev 1, or a VOID record when it is too late for a root to be public before time(R) -
    10 s.

    Publish the record at once and pass the moment it was out to `check_published`. An empty list is closed
    too: missing entrants may still be added. Raises LifeError before the closing time, or for weights not
    promised.
    """
    terms = announced.record.terms
    closed_at = now_ms if terms is None else terms.close_at
    if now_ms < closed_at:
        raise LifeError("The draw closes at its committed time, not earlier; wait for it.")
    if now_ms >= announced.record.deadline_ms:
        return void(announced, "closed_late", State.CLOSED, now_ms, key, len(roster))
    return _closed(announced, None, roster, exclusions, closed_at, now_ms, key, latest_beacon)


def add_missing(
    announced: Signed[Commitment],
    closed: Signed[ClosedRecord],
    roster: Roster,
    added: Iterable[tuple[bytes, int]],
    exclusions: Exclusions,
    now_ms: int,
    key: SigningKey | None,
    latest_beacon: Beacon | None = None,
) -> tuple[Signed[ClosedRecord], Roster]:
    """The next revision with entrants who were missing: pairs of pseudonym and weight. Nobody can be taken
    out.

    `closed` is the highest revision so far and `roster` its list. Raises LifeError after the deadline (the
    revision before then stands), EntryError for a pseudonym that is already in the list.
    """
    if closed.record.root != roster.root.hex():
        raise LifeError("This is not the list of the last closed record; load the right one.")
    if now_ms >= announced.record.deadline_ms:
        raise LifeError("It is less than 10 s before the beacon; the list can no longer change.")
    larger = roster.with_added(added)
    if len(larger) == len(roster):
        raise LifeError("Nobody was added; there is nothing to revise.")
    when = closed.record.closed_at
    return _closed(announced, closed, larger, exclusions, when, now_ms, key, latest_beacon), larger


def _closed(
    announced: Signed[Commitment],
    before: Signed[ClosedRecord] | None,
    roster: Roster,
    exclusions: Exclusions,
    closed_at: int,
    now_ms: int,
    key: SigningKey | None,
    latest_beacon: Beacon | None,
) -> Signed[ClosedRecord]:
    commitment = announced.record
    _check_key(commitment, key)
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
    )
    return Signed.seal(record, key)


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
    practice draw is not yet due, or when the finished proof would not verify.
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
    chosen = draw.select(seed, roster.weights, commitment.picks)
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
    report = verify(made)
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
