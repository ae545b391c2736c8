from __future__ import annotations

from dataclasses import replace

import pytest

from lottery import beacon as drand
from lottery import life
from lottery.answers import Answer
from lottery.errors import BeaconError, EntryError, LifeError, ProofError
from lottery.life import Finished
from lottery.record import ClosedRecord, VoidRecord
from lottery.roster import Exclusions, Roster
from lottery.rules import Prize
from lottery.signer import SigningKey
from lottery.states import BEACON_PATIENCE_MS, VOID_WHEN, State
from lottery.verify import verify

from .makers import (
    ANSWER_SALT,
    KEY,
    NOBODY,
    PLACE,
    PRACTICE_NOW,
    SALT,
    SHEET,
    SHEETS,
    closed_case,
    contest_case,
    pseudonyms,
)

CASE = closed_case()
ANNOUNCED = CASE.announced
TERMS = ANNOUNCED.record.terms
assert TERMS is not None
CLOSE_AT = TERMS.close_at
DEADLINE = ANNOUNCED.record.deadline_ms
LIST = Roster.of((p, 1) for p in pseudonyms(6, "draw-1"))


def test_no_early_close() -> None:
    with pytest.raises(LifeError, match="not earlier"):
        life.close(ANNOUNCED, LIST, NOBODY, CLOSE_AT - 1, KEY)


def test_a_root_after_the_deadline_voids_the_draw() -> None:
    last = life.close(ANNOUNCED, LIST, NOBODY, DEADLINE - 1, KEY)
    assert isinstance(last.record, ClosedRecord)
    late = life.close(ANNOUNCED, LIST, NOBODY, DEADLINE, KEY)
    assert isinstance(late.record, VoidRecord)
    assert late.record.reason == "closed_late"
    late.verify(KEY.public)
    life.check_published(ANNOUNCED, DEADLINE - 1)
    with pytest.raises(LifeError, match="less than 10 s"):
        life.check_published(ANNOUNCED, DEADLINE)


def test_promised_equal_weights_are_kept() -> None:
    with pytest.raises(LifeError, match="equal weights"):
        life.close(ANNOUNCED, Roster.of([(b"p" * 32, 2)]), NOBODY, CLOSE_AT, KEY)


def test_a_stated_weight_rule_allows_weights() -> None:
    sheet = replace(SHEET, weight_rule="粉丝牌每级加 1", prizes=(Prize("一等奖", "杯子", 1, 100),))
    announced = life.announce(sheet, "draw-w", PLACE, SALT, KEY, PRACTICE_NOW, "practice")
    roster = Roster.of([(b"p" * 32, 20), (b"q" * 32, 1), (b"r" * 32, 1), (b"s" * 32, 3)])
    assert announced.record.terms is not None
    closed = life.close(announced, roster, NOBODY, announced.record.terms.close_at, KEY)
    assert isinstance(closed.record, ClosedRecord)
    beacon = drand.practice_beacon(announced.record.beacon.round)
    end = life.finish(announced, [closed], roster, beacon, announced.record.beacon.due_ms, KEY)
    assert isinstance(end, Finished)
    assert verify(end.proof).ok


def test_another_key_cannot_go_on() -> None:
    other = SigningKey.from_seed(b"o" * 32)
    with pytest.raises(LifeError, match="signing key"):
        life.close(ANNOUNCED, LIST, NOBODY, CLOSE_AT, other)
    with pytest.raises(LifeError, match="signing key"):
        life.close(ANNOUNCED, LIST, NOBODY, CLOSE_AT, None)
    with pytest.raises(LifeError, match="signing key"):
        life.finish(ANNOUNCED, CASE.closed, CASE.roster, CASE.beacon, CASE.due_ms, other)
    with pytest.raises(LifeError, match="signing key"):
        life.void(ANNOUNCED, "cancelled", State.OPEN, 1, other)


def test_revisions_only_add_and_only_in_time() -> None:
    first, second = CASE.closed
    assert (second.record.rev, second.record.prev) == (2, first.hash)
    new = [(b"n" * 32, 1)]
    with pytest.raises(LifeError, match="no longer change"):
        life.add_missing(ANNOUNCED, second, CASE.roster, new, NOBODY, DEADLINE, KEY)
    with pytest.raises(LifeError, match="not the list"):
        life.add_missing(ANNOUNCED, first, CASE.roster, new, NOBODY, CLOSE_AT, KEY)
    with pytest.raises(LifeError, match="Nobody"):
        life.add_missing(ANNOUNCED, second, CASE.roster, [], NOBODY, CLOSE_AT, KEY)
    again = [(CASE.roster.leaves[0][:32], 1)]
    with pytest.raises(EntryError):
        life.add_missing(ANNOUNCED, second, CASE.roster, again, NOBODY, CLOSE_AT, KEY)


def test_two_records_with_one_revision_number_are_foul_play() -> None:
    one = life.close(ANNOUNCED, LIST, NOBODY, CLOSE_AT + 1, KEY)
    two = life.close(ANNOUNCED, LIST, NOBODY, CLOSE_AT + 2, KEY)
    assert isinstance(one.record, ClosedRecord)
    assert isinstance(two.record, ClosedRecord)
    assert life.foul_play(one, two)
    assert not life.foul_play(one, one)
    assert not life.foul_play(*CASE.closed)


def test_a_beacon_seen_must_be_genuine() -> None:
    with pytest.raises(BeaconError):
        life.close(
            ANNOUNCED, LIST, NOBODY, CLOSE_AT, KEY, drand.Beacon(5, drand.practice_beacon(2).signature)
        )


@pytest.mark.parametrize("preset", ["practice", "quick"])
def test_a_finished_draw_verifies(preset: str) -> None:
    case = closed_case(preset=preset)
    end = life.finish(case.announced, case.closed, case.roster, case.beacon, case.due_ms, KEY)
    assert isinstance(end, Finished)
    assert verify(end.proof).ok
    assert len(end.drawn.record.winners) == 3
    assert len(end.drawn.record.reserves) == 2
    assert len({*end.drawn.record.winners, *end.drawn.record.reserves}) == 5


def test_the_draw_is_the_same_whenever_and_however_often_it_is_computed() -> None:
    ends = [
        life.finish(CASE.announced, CASE.closed, CASE.roster, CASE.beacon, CASE.due_ms + later, KEY)
        for later in (0, 0, 10**9)
    ]
    assert len({end.drawn.record.winners for end in ends if isinstance(end, Finished)}) == 1


def test_fewer_entries_than_prizes_means_all_win() -> None:
    case = closed_case(2)
    end = life.finish(case.announced, case.closed, case.roster, case.beacon, case.due_ms, KEY)
    assert isinstance(end, Finished)
    assert sorted(end.drawn.record.winners) == [0, 1]
    assert end.drawn.record.reserves == ()


def test_nobody_entered() -> None:
    closed = life.close(ANNOUNCED, Roster.of([]), NOBODY, CLOSE_AT, KEY)
    assert isinstance(closed.record, ClosedRecord)
    empty = Roster.of([])
    end = life.finish(ANNOUNCED, [closed], empty, CASE.beacon, CASE.due_ms, KEY)
    assert not isinstance(end, Finished)
    assert (end.record.reason, end.record.prev) == ("no_entries", closed.hash)


def test_finishing_needs_the_committed_beacon_the_closed_list_and_the_due_time() -> None:
    def finish(
        roster: Roster = CASE.roster, beacon: drand.Beacon = CASE.beacon, now: int = CASE.due_ms
    ) -> object:
        return life.finish(CASE.announced, CASE.closed, roster, beacon, now, KEY)

    other = next(r for r in drand.PRACTICE_SIGNATURES if r != CASE.beacon.round)
    with pytest.raises(BeaconError):
        finish(beacon=drand.practice_beacon(other))
    with pytest.raises(BeaconError):
        finish(beacon=drand.Beacon(CASE.beacon.round, drand.practice_beacon(other).signature))
    with pytest.raises(LifeError, match="not the list"):
        finish(roster=LIST)
    with pytest.raises(LifeError, match="not due"):
        finish(now=CASE.due_ms - 1)


def test_a_draw_that_would_not_verify_is_not_published() -> None:
    with pytest.raises(LifeError, match="does not verify"):
        life.finish(CASE.announced, CASE.closed[1:], CASE.roster, CASE.beacon, CASE.due_ms, KEY)


def test_void_reasons_go_with_their_stages_only() -> None:
    far = CASE.due_ms + BEACON_PATIENCE_MS
    when = {"failure": 0, "cancelled": 0}
    lists = [life.close(ANNOUNCED, LIST, NOBODY, CLOSE_AT + n, KEY) for n in (1, 2)]
    proof = [one for one in lists if isinstance(one.record, ClosedRecord)]
    for reason, stages in VOID_WHEN.items():
        for state in State:
            if state in stages:
                made = life.void(ANNOUNCED, reason, state, when.get(reason, far), KEY, 0, "ab" * 32, proof)
                assert (made.record.reason, made.record.prev) == (reason, "ab" * 32)
            else:
                with pytest.raises(LifeError, match="cannot be voided"):
                    life.void(ANNOUNCED, reason, state, when.get(reason, far), KEY)
    with pytest.raises(LifeError, match="cannot be voided"):
        life.void(ANNOUNCED, "unwelcome", State.BEACON, far, KEY)


@pytest.mark.parametrize(
    ("reason", "state", "now", "entries"),
    [
        ("cancelled", State.OPEN, 0, 1),
        ("failure", State.CHALLENGE, DEADLINE, 1),
        ("closed_late", State.CLOSED, DEADLINE - 1, 1),
        ("beacon_stopped", State.BEACON, CASE.due_ms + BEACON_PATIENCE_MS - 1, 1),
        ("no_entries", State.BEACON, CASE.due_ms, 1),
    ],
)
def test_a_reason_must_be_true(reason: str, state: State, now: int, entries: int) -> None:
    with pytest.raises(LifeError):
        life.void(ANNOUNCED, reason, state, now, KEY, entries)


def test_foul_play_is_shown_and_not_said() -> None:
    """Else whoever runs the draw could look at the beacon first and take an unwelcome result back."""
    for evidence in ((), CASE.closed, CASE.closed[:1] * 2):
        with pytest.raises(LifeError, match="contradict"):
            life.void(ANNOUNCED, "foul_play", State.BEACON, CASE.due_ms, KEY, 6, None, evidence)


# Contests ----------------------------------------------------------------------------------------------------

CONTESTS = {kind: contest_case(kind) for kind in SHEETS}


def reclosed(
    kind: str, answer: Answer | None, roster: Roster | None = None, out: Exclusions = NOBODY
) -> object:
    case = CONTESTS[kind]
    terms = case.announced.record.terms
    assert terms is not None
    roster = case.roster if roster is None else roster
    return life.close(case.announced, roster, out, terms.close_at, KEY, answer=answer)


@pytest.mark.parametrize("kind", SHEETS)
@pytest.mark.parametrize("preset", ["practice", "quick"])
def test_every_contest_finishes_and_verifies(kind: str, preset: str) -> None:
    case = contest_case(kind, preset=preset)
    end = life.finish(case.announced, case.closed, case.roster, case.beacon, case.due_ms, KEY)
    assert isinstance(end, Finished)
    report = verify(end.proof)
    assert report.ok, report.lines()
    assert len(end.drawn.record.winners) == 3
    assert case.closed[0].record.excluded_viewers == len(case.exclusions.leaves)


@pytest.mark.parametrize("kind", ["quiz", "guess"])
def test_the_right_answer_is_opened_with_the_list(kind: str) -> None:
    answer = life.answer_of(SHEETS[kind], ANSWER_SALT)
    assert CONTESTS[kind].closed[0].record.answer == answer
    for wrong in (None, Answer.of(b"x" * 32, ["九点"])):
        with pytest.raises(LifeError, match="committed"):
            reclosed(kind, wrong)


def test_lists_of_another_kind_are_not_closed() -> None:
    with pytest.raises(LifeError, match="no question"):
        reclosed("rain", life.answer_of(SHEETS["quiz"], ANSWER_SALT))
    plain, guesses = CONTESTS["keyword"].roster, Roster.valued([(b"p" * 32, 100_001)])
    with pytest.raises(LifeError, match="kind"):
        reclosed("rain", None, plain)
    with pytest.raises(LifeError, match="kind"):
        reclosed("keyword", None, CONTESTS["rain"].roster)
    with pytest.raises(LifeError, match="range"):
        reclosed("guess", life.answer_of(SHEETS["guess"], ANSWER_SALT), guesses)
    with pytest.raises(LifeError, match="out_of_range"):
        reclosed("keyword", None, None, Exclusions.of({"out_of_range": 1}))


def test_a_missing_guess_is_added_with_its_number_and_the_same_answer() -> None:
    case = CONTESTS["guess"]
    terms = case.announced.record.terms
    assert terms is not None
    new = [(b"n" * 32, 9_950)]
    second, larger = life.add_missing(
        case.announced, case.closed[0], case.roster, new, case.exclusions, terms.close_at + 2000, KEY
    )
    assert second.record.answer == case.closed[0].record.answer
    assert len(larger) == len(case.roster) + 1
    end = life.finish(case.announced, [*case.closed, second], larger, case.beacon, case.due_ms, KEY)
    assert isinstance(end, Finished)
    assert verify(end.proof).ok
    with pytest.raises(LifeError, match="range"):
        life.add_missing(
            case.announced, case.closed[0], case.roster, [(b"n" * 32, 10**6)], NOBODY, terms.close_at, KEY
        )


def test_nobody_right_is_nobody_in() -> None:
    case = CONTESTS["quiz"]
    terms, answer = case.announced.record.terms, life.answer_of(SHEETS["quiz"], ANSWER_SALT)
    assert terms is not None
    empty = Roster.of([])
    out = Exclusions.of({"wrong_answer": 4}, [(b"w" * 32, "wrong_answer")])
    closed = life.close(case.announced, empty, out, terms.close_at, KEY, answer=answer)
    assert isinstance(closed.record, ClosedRecord)
    end = life.finish(case.announced, [closed], empty, case.beacon, case.due_ms, KEY)
    assert not isinstance(end, Finished)
    assert end.record.reason == "no_entries"


def test_a_guess_or_rain_has_no_short_proof() -> None:
    for kind in ("guess", "rain"):
        case = CONTESTS[kind]
        with pytest.raises(ProofError, match="values"):
            life.finish(case.announced, case.closed, case.roster, case.beacon, case.due_ms, KEY, full=False)


def test_finishing_a_large_draw_does_not_read_its_list_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million leaves take seconds, and the roster at hand has been checked when it was made."""

    def unwanted(*_: object) -> Roster:
        raise AssertionError("the list was read again")

    monkeypatch.setattr(Roster, "from_leaves", unwanted)
    case = CONTESTS["guess"]
    assert isinstance(
        life.finish(case.announced, case.closed, case.roster, case.beacon, case.due_ms, KEY), Finished
    )
