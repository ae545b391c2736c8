"""Cheats in contests by someone who holds the signing key; plain draws and the rest stand in test_verify.py."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lottery import contests, draw
from lottery.answers import Answer
from lottery.commitment import Commitment
from lottery.contests import Guess, Quiz
from lottery.proof import Proof
from lottery.roster import Roster
from lottery.signed import Signed
from lottery.verify import verify

from .makers import ANSWER_SALT, KEY, contest_finished, contest_list

MADE = {kind: contest_finished(kind) for kind in ("keyword", "quiz", "guess", "rain")}
Change = Callable[[Any], Any]


def same(value: Any) -> Any:
    return value


def forged(
    made: Proof, *, commit: Change = same, closed: Change = same, roster: Roster | None = None
) -> Proof:
    """The proof with commitment, closed record or list changed, and all that follows made anew and signed."""
    announced = Signed.seal(commit(made.commitment.record), KEY)
    record = replace(made.closed[0].record, commit_hash=announced.hash, prev=announced.hash)
    if roster is not None:
        record = replace(record, root=roster.root.hex(), entries=len(roster), weight=roster.weight)
    last = Signed.seal(closed(record), KEY)
    listed = roster or Roster.from_leaves(made.leaves or ())
    return drawn_anew(replace(made, commitment=announced, closed=(last,), leaves=listed.leaves), listed)


def drawn_anew(made: Proof, listed: Roster) -> Proof:
    commitment, last = made.commitment.record, made.closed[-1].record
    seed = draw.seed(
        bytes.fromhex(made.commitment.hash), bytes.fromhex(last.root), last.entries, last.weight,
        made.beacon.round, made.beacon.randomness,
    )  # fmt: skip
    assert commitment.terms is not None
    quotas = [prize.quantity for prize in commitment.terms.prizes]
    contest = commitment.contest if listed.values is not None or not commitment.valued else None
    chosen = contests.select(contest, seed, listed, commitment.picks, last.answer, quotas)
    return picked(
        replace(made, drawn=Signed.seal(replace(made.drawn.record, seed=seed.hex()), KEY)), chosen, listed
    )


def picked(made: Proof, chosen: tuple[int, ...], listed: Roster) -> Proof:
    k = made.commitment.record.k
    record = replace(
        made.drawn.record,
        commit_hash=made.commitment.hash,
        prev=made.closed[-1].hash,
        winners=chosen[:k],
        reserves=chosen[k:],
    )
    return replace(made, drawn=Signed.seal(record, KEY), winners=tuple(map(listed.show, chosen)))


def failed(made: Proof, **options: Any) -> str:
    report = verify(made, **options)
    assert not report.ok
    return next(step.name for step in report.steps if step.status == "failed")


def with_contest(**change: Any) -> Change:
    def changed(record: Commitment) -> Commitment:
        contest: Any = record.contest
        assert record.terms is not None
        return replace(record, terms=replace(record.terms, contest=replace(contest, **change)))

    return changed


def with_terms(**change: Any) -> Change:
    return lambda record: replace(record, terms=replace(record.terms, **change))


@pytest.mark.parametrize("kind", MADE)
def test_the_forging_of_these_tests_is_honest(kind: str) -> None:
    assert verify(forged(MADE[kind])).ok


@pytest.mark.parametrize("kind", ["quiz", "guess"])
@pytest.mark.parametrize(
    "answer",
    [
        None,
        Answer.of(ANSWER_SALT, ["八点"]),
        Answer.of(b"x" * 32, ["九点"]),
        Answer.of(ANSWER_SALT, ["9951"]),
    ],
)
def test_another_answer_than_the_committed_one(kind: str, answer: Answer | None) -> None:
    """The cheat a quiz invites: decide afterwards what was right. For a guess the forger must draw in some way."""
    made = forged(MADE[kind])
    last = Signed.seal(replace(made.closed[0].record, answer=answer), KEY)
    assert failed(replace(made, closed=(last,))) == "closed"


def test_an_answer_that_changes_between_revisions() -> None:
    made = MADE["quiz"]
    first = made.closed[0]
    other = Signed.seal(replace(first.record, answer=Answer.of(ANSWER_SALT, ["八点"])), KEY)
    second = replace(first.record, rev=2, prev=other.hash)
    assert failed(replace(made, closed=(other, Signed.seal(second, KEY)))) == "closed"


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("quiz", {"excluded_viewers": None, "answer": None}),
        ("keyword", {"excluded_viewers": None}),
        ("quiz", {"excluded_viewers": 1_000}),
        ("quiz", {"excluded": (("disliked", 3),)}),
        ("quiz", {"excluded": (("out_of_range", 30),)}),
        ("guess", {"excluded": (("wrong_answer", 30),)}),
        ("guess", {"weight": 10}),
        ("rain", {"weight": 10}),
    ],
)
def test_a_closed_record_that_does_not_go_with_its_rules(kind: str, change: dict[str, Any]) -> None:
    made = MADE[kind]
    last = Signed.seal(replace(made.closed[0].record, **change), KEY)
    assert failed(replace(made, closed=(last,))) == "closed"


def revalued(kind: str, value: int) -> Roster:
    """The list with one entry's value changed, and its root made anew."""
    leaves = MADE[kind].leaves
    assert leaves is not None
    return Roster.from_leaves([leaves[0][:40] + value.to_bytes(8, "big"), *leaves[1:]])


@pytest.mark.parametrize(
    ("kind", "value"), [("guess", 100_001), ("rain", 0), ("rain", 4), ("guess", 2**64 - 1)]
)
def test_a_value_that_the_rules_do_not_allow(kind: str, value: int) -> None:
    assert failed(forged(MADE[kind], roster=revalued(kind, value))) == "list"


@pytest.mark.parametrize(("kind", "value"), [("guess", 9_950), ("rain", 3)])
def test_a_value_changed_after_the_list_was_published(kind: str, value: int) -> None:
    made, roster = MADE[kind], revalued(kind, value)
    assert verify(forged(made, roster=roster)).ok, "the rules allow the value"
    if roster.leaves != made.leaves:
        assert failed(drawn_anew(replace(made, leaves=roster.leaves), roster)) == "list"


@pytest.mark.parametrize("kind", ["guess", "rain"])
def test_leaves_of_another_kind_than_the_contests(kind: str) -> None:
    leaves = MADE[kind].leaves
    assert leaves is not None
    plain = Roster.from_leaves([leaf[:40] for leaf in leaves])
    assert failed(forged(MADE[kind], roster=plain)) == "list"
    valued = Roster.valued((leaf[:32], 1) for leaf in MADE["keyword"].leaves or ())
    assert failed(forged(MADE["keyword"], roster=valued)) == "list"


@pytest.mark.parametrize("kind", ["guess", "rain"])
def test_without_the_list_nothing_shows_who_was_nearest(kind: str) -> None:
    assert failed(replace(MADE[kind], leaves=None)) == "list"
    assert verify(replace(MADE[kind], leaves=None), entry_list=contest_list(kind)).ok


@pytest.mark.parametrize("kind", ["guess", "rain"])
def test_an_ordinary_draw_in_the_place_of_the_contests(kind: str) -> None:
    made = MADE[kind]
    listed = Roster.from_leaves(made.leaves or ())
    seed = bytes.fromhex(made.drawn.record.seed)
    plain = draw.select_equal(seed, len(listed), made.commitment.record.picks)
    assert plain != (*made.drawn.record.winners, *made.drawn.record.reserves)
    assert failed(picked(made, plain, listed)) == "selection"


def test_the_order_among_equals_is_the_draws() -> None:
    made = MADE["guess"]
    listed = Roster.from_leaves(made.leaves or ())
    chosen = (*made.drawn.record.winners, *made.drawn.record.reserves)
    values, number = listed.values or (), 9_950
    tied = next(i for i in range(4) if abs(values[chosen[i]] - number) == abs(values[chosen[i + 1]] - number))
    swapped = list(chosen)
    swapped[tied], swapped[tied + 1] = swapped[tied + 1], swapped[tied]
    assert failed(picked(made, tuple(swapped), listed)) == "selection"


@pytest.mark.parametrize(
    ("kind", "commit"),
    [
        ("quiz", with_contest(options=("九点",))),
        ("quiz", with_contest(options=())),
        ("quiz", with_contest(prefix="答")),
        ("guess", with_contest(least=100_000)),
        ("rain", with_contest(waves=())),
        ("rain", with_terms(close_at=1)),
    ],
)
def test_a_contest_that_does_not_hang_together(kind: str, commit: Change) -> None:
    made = MADE[kind]
    assert failed(replace(made, commitment=Signed.seal(commit(made.commitment.record), KEY))) == "terms"


@pytest.mark.parametrize(
    ("kind", "commit"),
    [
        ("quiz", with_contest(question="?")),
        ("quiz", with_contest(answer_commit=Answer.of(ANSWER_SALT, ["八点"]).commit)),
        ("guess", with_contest(decimals=1)),
        ("guess", with_contest(most=100_001)),
        ("keyword", with_terms(previous_hash="00" * 32)),
        ("keyword", with_terms(blacklist_hash="00" * 32)),
    ],
)
def test_a_contest_changed_afterwards_is_another_draw(kind: str, commit: Change) -> None:
    """Whoever holds the key can make all of it anew, but not with the hash that the room has seen."""
    made = MADE[kind]
    answers = {Quiz: ["八点"], Guess: ["9950"]}
    contest: Any = commit(made.commitment.record).contest
    opened = Answer.of(ANSWER_SALT, answers[type(contest)]) if type(contest) in answers else None
    if isinstance(contest, Quiz) and opened is not None and contest.answer_commit != opened.commit:
        opened = made.closed[0].record.answer
    made_anew = forged(made, commit=commit, closed=lambda record: replace(record, answer=opened))
    assert verify(made_anew).ok
    assert failed(made_anew, expect=made.commitment.hash[:16]) == "expect"
    assert failed(replace(made, commitment=made_anew.commitment)) in ("closed", "terms")


def test_the_list_file_is_the_closed_one() -> None:
    made, listed = MADE["quiz"], contest_list("quiz")
    assert verify(made, entry_list=listed).ok
    name = hashlib.sha256(b"stranger").digest()
    wrong = [
        replace(listed, draw_id="contest-other"),
        replace(listed, leaves=listed.leaves[40:]),
        replace(listed, leaves=listed.leaves[:-40] + name + listed.leaves[-8:]),
        replace(listed, leaves=b""),
        replace(listed, excluded=listed.excluded[1:]),
        replace(listed, excluded=()),
        contest_list("keyword"),
    ]
    for one in wrong:
        assert failed(made, entry_list=one) == "list"
        assert failed(replace(made, leaves=None), entry_list=one) == "list"
