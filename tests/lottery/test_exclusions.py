from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lottery.canonical import lp
from lottery.errors import EntryError, MerkleError
from lottery.exclusions import Exclusions
from lottery.merkle import EMPTY_ROOT
from lottery.refusal import Refusal

NAMES = [hashlib.sha256(b"%d" % i).digest() for i in range(6)]


def test_exclusions_count_comments_and_name_viewers_once() -> None:
    made = Exclusions.of(
        {"late": 2, "duplicate": 5, "early": 0, "unknown_viewer": 1}, [(NAMES[0], "late"), (NAMES[0], "late")]
    )
    assert made.counts == (("duplicate", 5), ("late", 2), ("unknown_viewer", 1))
    assert len(made.leaves) == 1
    assert made.root != EMPTY_ROOT
    assert Exclusions.of({}).root == EMPTY_ROOT


@pytest.mark.parametrize(
    ("counts", "who"),
    [
        ({"disliked": 1}, []),
        ({"late": 1}, [(NAMES[0], "late"), (NAMES[1], "late")]),
        ({}, [(NAMES[0], "staff")]),
    ],
)
def test_exclusions_need_a_known_reason_and_a_true_count(
    counts: dict[str, int], who: list[tuple[bytes, str]]
) -> None:
    with pytest.raises(EntryError):
        Exclusions.of(counts, who)


def test_a_pseudonym_has_32_bytes() -> None:
    with pytest.raises(EntryError, match="32"):
        Exclusions.of({"late": 1}, [(b"short", "late")])


@settings(max_examples=60, deadline=None)
@given(st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(list(Refusal)))))
def test_everyone_can_see_why_they_were_refused(who: set[tuple[bytes, str]]) -> None:
    made = Exclusions.of(dict.fromkeys(Refusal, 9), who)
    assert set(made.pairs()) == who
    assert list(made.leaves) == sorted(name + lp(str(reason).encode()) for name, reason in who)
    for name in NAMES:
        shown = made.show(name)
        assert {one.reason for one in shown} == {reason for whose, reason in who if whose == name}
        for one in shown:
            assert one.size == len(who)
            one.verify(name, made.root)


def test_a_refusal_shown_is_one_viewers_and_one_reason() -> None:
    made = Exclusions.of(
        {"late": 2, "staff": 1}, [(NAMES[0], "late"), (NAMES[1], "late"), (NAMES[2], "staff")]
    )
    (one,) = made.show(NAMES[0])
    with pytest.raises(MerkleError, match="another"):
        one.verify(NAMES[1], made.root)
    with pytest.raises(MerkleError, match="another"):
        replace(one, reason="staff").verify(NAMES[0], made.root)
    with pytest.raises(MerkleError):
        one.verify(NAMES[0], EMPTY_ROOT)
    with pytest.raises(MerkleError):
        replace(one, size=2, position=1).verify(NAMES[0], made.root)
