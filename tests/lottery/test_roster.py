from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lottery import roster as rosters
from lottery.errors import EntryError, MerkleError
from lottery.roster import Absence, Roster, Shown

NAMES = [hashlib.sha256(b"%d" % i).digest() for i in range(9)]
LIST = Roster.of((name, weight) for weight, name in enumerate(NAMES, 1))


def test_the_order_of_arrival_does_not_matter() -> None:
    backwards = Roster.of((name, weight) for weight, name in reversed(list(enumerate(NAMES, 1))))
    assert backwards == LIST
    assert [leaf[:32] for leaf in LIST.leaves] == sorted(NAMES)
    assert LIST.weight == sum(range(1, 10))


def test_any_change_changes_the_root() -> None:
    pairs = [(leaf[:32], weight) for leaf, weight in zip(LIST.leaves, LIST.weights, strict=True)]
    changed = [
        pairs[:-1],
        [*pairs[1:], (b"\xff" * 32, pairs[0][1])],
        [(pairs[0][0], pairs[0][1] + 1), *pairs[1:]],
    ]
    roots = {LIST.root, *(Roster.of(one).root for one in changed)}
    assert len(roots) == 4


@pytest.mark.parametrize("weight", [0, -1, 1_000_001, 2**64])
def test_weights_have_limits(weight: int) -> None:
    with pytest.raises(EntryError):
        Roster.of([(NAMES[0], weight)])


@pytest.mark.parametrize("weight", [0, -1, 1_000_001, 2**64])
def test_a_leaf_of_its_own_has_the_same_limits(weight: int) -> None:
    with pytest.raises(EntryError, match="weight"):
        rosters.pack_leaf(NAMES[0], weight)
    for leaf in (
        NAMES[0] + bytes(8),
        NAMES[0] + b"\xff" * 8,
        NAMES[0],
        NAMES[0] + bytes(7) + b"\1" + bytes(8),
    ):
        with pytest.raises(EntryError, match="leaf"):
            rosters.leaf_weight(leaf)


def test_the_heaviest_weight_is_taken() -> None:
    assert Roster.of([(NAMES[0], 1_000_000)]).weight == 1_000_000


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"a" * 39,
        b"a" * 41,
        b"a" * 32 + b"\0" * 8,
        b"a" * 32 + bytes(8) + b"\1",
        b"a" * 32 + bytes(6) + b"\1",
        b"a" * 32 + b"\xff" * 8,
    ],
)
def test_leaves_that_are_none_are_refused(leaf: bytes) -> None:
    with pytest.raises(EntryError):
        Roster.from_leaves([leaf])


def test_a_pseudonym_of_another_length_is_refused() -> None:
    with pytest.raises(EntryError):
        rosters.pack_leaf(b"short")


def test_duplicates_and_disorder_are_refused() -> None:
    with pytest.raises(EntryError, match="twice"):
        Roster.of([(NAMES[0], 1), (NAMES[0], 2)])
    with pytest.raises(EntryError, match="order"):
        Roster.from_leaves(reversed(LIST.leaves))
    with pytest.raises(EntryError, match="twice"):
        LIST.with_added([(NAMES[3], 1)])


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosters, "MOST_ENTRIES", 8)
    with pytest.raises(EntryError, match="at most 8"):
        Roster.from_leaves(LIST.leaves)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32) | st.sampled_from(NAMES), st.integers(0, 9))
def test_everyone_can_see_whether_they_are_in(name: bytes, size: int) -> None:
    some = Roster.of((one, 1) for one in NAMES[:size])
    found = some.locate(name)
    if name in NAMES[:size]:
        assert isinstance(found, Shown)
        found.verify(len(some), some.root)
        assert some.find(name) == found.position
    else:
        assert isinstance(found, Absence)
        found.verify(name, len(some), some.root)
        assert some.find(name) is None


def test_a_present_entry_cannot_be_proved_absent() -> None:
    for position, leaf in enumerate(LIST.leaves):
        before = LIST.show(position - 1) if position else None
        after = LIST.show(position + 1) if position < 8 else None
        with pytest.raises(MerkleError):
            Absence(before, after).verify(leaf[:32], 9, LIST.root)
        with pytest.raises(MerkleError):
            Absence(before, LIST.show(position)).verify(leaf[:32], 9, LIST.root)
        with pytest.raises(MerkleError):
            Absence(None, None).verify(leaf[:32], 9, LIST.root)
    with pytest.raises(MerkleError):
        Absence(None, None).verify(NAMES[0], 0, LIST.root)


def test_an_absence_needs_real_paths() -> None:
    name = b"\x00" * 32
    found = LIST.locate(name)
    assert isinstance(found, Absence)
    assert found.after is not None
    forged = replace(found.after, leaf=b"\x11" * 32 + found.after.leaf[32:])
    with pytest.raises(MerkleError):
        Absence(None, forged).verify(name, 9, LIST.root)


def test_leaves_with_values() -> None:
    made = Roster.valued((name, value) for value, name in enumerate(NAMES))
    assert {len(leaf) for leaf in made.leaves} == {48}
    assert (made.weights, made.weight) == ((1,) * 9, 9)
    assert made.values == tuple(NAMES.index(leaf[:32]) for leaf in made.leaves)
    assert Roster.from_leaves(made.leaves) == made
    assert made.root != Roster.of((name, 1) for name in NAMES).root
    moved = Roster.valued((name, value + (value == 4)) for value, name in enumerate(NAMES))
    assert moved.root != made.root
    assert len(made.with_added([(b"\xff" * 32, 3)])) == 10
    assert Roster.valued([]).values == ()
    assert Roster.of([]).values is None


def test_the_two_kinds_of_leaf_do_not_mix() -> None:
    valued = Roster.valued([(NAMES[0], 5)])
    plain = Roster.of([(NAMES[1], 1)])
    for leaves, kind in (
        (valued.leaves, False),
        (plain.leaves, True),
        (sorted(valued.leaves + plain.leaves), None),
    ):
        with pytest.raises(EntryError, match="bytes"):
            Roster.from_leaves(leaves, kind)
    heavy = NAMES[0] + (2).to_bytes(8, "big") + bytes(8)
    with pytest.raises(EntryError, match="more than 1"):
        Roster.from_leaves([heavy])
    for value in (-1, 2**64):
        with pytest.raises(EntryError):
            Roster.valued([(NAMES[0], value)])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.integers(1, 1_000_000)), max_size=9, unique_by=lambda p: p[0]
    )
)
def test_weights_are_read_as_written(pairs: list[tuple[bytes, int]]) -> None:
    made = Roster.of(pairs)
    assert dict(zip((leaf[:32] for leaf in made.leaves), made.weights, strict=True)) == dict(pairs)
    assert [rosters.leaf_weight(leaf) for leaf in made.leaves] == list(made.weights)
    assert list(made.leaves) == sorted(rosters.pack_leaf(*pair) for pair in pairs)
