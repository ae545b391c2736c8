"""The roster: the closed, ordered, public list of entries.

A leaf is 40 bytes, pseudonym || u64(weight); where an entry has a value (a guess, the waves of a rain) it is 48,
pseudonym || u64(1) || u64(value), so that the root binds the value. Leaves stand in strictly ascending order of
the pseudonym, which leaves no order to choose, makes a double entry impossible to hide, and lets two neighbours
prove an absence. Those turned away stand in `exclusions.py`.

A list has up to ten million entries, so it is read, checked and hashed in bulk: no object and no call of ours
for each entry.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from operator import lt

from . import merkle
from .canonical import u64
from .errors import EntryError, MerkleError
from .exclusions import Exclusions, Turned

__all__ = [
    "HEAVIEST",
    "LEAF_SIZE",
    "MOST_ENTRIES",
    "PSEUDONYM_SIZE",
    "VALUED_SIZE",
    "Absence",
    "Exclusions",
    "Roster",
    "Shown",
    "Turned",
    "leaf_weight",
    "pack_leaf",
]

PSEUDONYM_SIZE = 32
LEAF_SIZE = 40
VALUED_SIZE = 48
HEAVIEST = 1_000_000
MOST_ENTRIES = 10_000_000


def pack_leaf(pseudonym: bytes, weight: int = 1) -> bytes:
    """The 40 bytes of one entry. Raises EntryError for a weight outside 1..1,000,000."""
    if len(pseudonym) != PSEUDONYM_SIZE:
        raise EntryError(f"A pseudonym has 32 bytes, this one {len(pseudonym)}.")
    if not 1 <= weight <= HEAVIEST:
        raise EntryError(f"An entry has weight {weight}; weights go from 1 to {HEAVIEST}.")
    return pseudonym + u64(weight)


def leaf_weight(leaf: bytes) -> int:
    """Weight written in a leaf without a value. Raises EntryError when the leaf is not one."""
    weight = int.from_bytes(leaf[PSEUDONYM_SIZE:], "big")
    if len(leaf) != LEAF_SIZE or not 1 <= weight <= HEAVIEST:
        raise EntryError(
            f"A leaf has {len(leaf)} bytes and weight {weight}; it needs 40 and 1 to {HEAVIEST}."
        )
    return weight


@dataclass(frozen=True, slots=True)
class Shown:
    """One leaf with the path that proves its place."""

    position: int
    leaf: bytes
    path: tuple[bytes, ...]

    def verify(self, entries: int, root: bytes) -> None:
        """Raise MerkleError unless the leaf stands at its position in the tree of `entries` with this
        root.
        """
        merkle.verify_path(self.leaf, self.position, entries, self.path, root)


@dataclass(frozen=True, slots=True)
class Absence:
    """Proof that a pseudonym is not in the list: the two neighbours between which it would stand.

    `before` is None when it would stand first, `after` when last; both when the list is empty.
    """

    before: Shown | None
    after: Shown | None

    def verify(self, pseudonym: bytes, entries: int, root: bytes) -> None:
        """Raise MerkleError unless the neighbours are in the tree, side by side, around the pseudonym."""
        first = 0 if self.before is None else self.before.position + 1
        if (entries if self.after is None else self.after.position) != first:
            raise MerkleError("The two neighbours do not stand side by side; this proves no absence.")
        if not entries and root != merkle.EMPTY_ROOT:
            raise MerkleError("The list is said to be empty, but its root is not that of an empty list.")
        for shown in (self.before, self.after):
            if shown is not None:
                shown.verify(entries, root)
        low = self.before is None or self.before.leaf[:PSEUDONYM_SIZE] < pseudonym
        high = self.after is None or pseudonym < self.after.leaf[:PSEUDONYM_SIZE]
        if not (low and high):
            raise MerkleError(
                "The pseudonym does not stand between these neighbours; this proves no absence."
            )


@dataclass(frozen=True, slots=True)
class Roster:
    """The ordered list. Build it with `of`, `valued` or `from_leaves`, which check it.

    `weight` is the sum of `weights`; `values` is None where leaves have none; `tree` keeps all Merkle levels, so
    that paths are cheap.
    """

    leaves: tuple[bytes, ...]
    weights: tuple[int, ...]
    weight: int
    tree: merkle.Tree
    values: tuple[int, ...] | None = None

    @classmethod
    def of(cls, entries: Iterable[tuple[bytes, int]]) -> Roster:
        """From pairs of pseudonym and weight in any order. Raises EntryError (duplicate, weight, too
        many).
        """
        return cls.from_leaves(sorted(_packed(entries)), False)

    @classmethod
    def valued(cls, entries: Iterable[tuple[bytes, int]]) -> Roster:
        """From pairs of pseudonym and value in any order; everybody weighs 1. Raises EntryError like `of`."""
        return cls.from_leaves(sorted(_packed(entries, u64(1))), True)

    @classmethod
    def from_leaves(cls, leaves: Iterable[bytes], valued: bool | None = None) -> Roster:
        """From leaves as published. `valued` says which kind of leaf it must be; None: as the first one is.

        Raises EntryError unless strictly ascending and within all limits.
        """
        kept = tuple(leaves)
        if len(kept) > MOST_ENTRIES:
            raise EntryError(f"The list has {len(kept)} entries; a draw takes at most {MOST_ENTRIES}.")
        if valued is None:
            valued = bool(kept) and len(kept[0]) == VALUED_SIZE
        size = VALUED_SIZE if valued else LEAF_SIZE
        if not set(map(len, kept)) <= {size}:
            raise EntryError(f"A leaf of this list needs {size} bytes; at least one has another length.")
        weights, values = _numbers(kept, valued)
        _check_order([leaf[:PSEUDONYM_SIZE] for leaf in kept])
        return cls(kept, weights, sum(weights), merkle.build(kept), values)

    def __len__(self) -> int:
        return len(self.leaves)

    @property
    def root(self) -> bytes:
        """Merkle root, 32 bytes."""
        return self.tree.root

    def show(self, position: int) -> Shown:
        """The leaf at `position` with its path. Raises MerkleError outside the list."""
        path = self.tree.path(position)
        return Shown(position, self.leaves[position], path)

    def find(self, pseudonym: bytes) -> int | None:
        """Position of a pseudonym, or None."""
        position = bisect_left(self.leaves, pseudonym)
        found = position < len(self.leaves) and self.leaves[position][:PSEUDONYM_SIZE] == pseudonym
        return position if found else None

    def locate(self, pseudonym: bytes) -> Shown | Absence:
        """Proof that a pseudonym is in the list, or that it is not."""
        position = bisect_left(self.leaves, pseudonym)
        if position < len(self.leaves) and self.leaves[position][:PSEUDONYM_SIZE] == pseudonym:
            return self.show(position)
        return Absence(
            self.show(position - 1) if position else None,
            self.show(position) if position < len(self.leaves) else None,
        )

    def with_added(self, entries: Iterable[tuple[bytes, int]]) -> Roster:
        """A new roster with more entries; none can be taken out.

        The pairs hold a pseudonym and its weight, or its value where leaves have one. Raises EntryError like
        `of`.
        """
        more = _packed(entries, b"" if self.values is None else u64(1))
        return Roster.from_leaves(sorted([*self.leaves, *more]), self.values is not None)


def _packed(entries: Iterable[tuple[bytes, int]], between: bytes = b"") -> list[bytes]:
    """Leaves: pseudonym, `between`, the number in eight bytes. Lengths and weights are checked later, all at
    once.
    """
    try:
        return [pseudonym + between + number.to_bytes(8, "big") for pseudonym, number in entries]
    except OverflowError:
        raise EntryError(
            f"A weight goes from 1 to {HEAVIEST} and a value from 0 to 2^64; an entry has another."
        ) from None


def _numbers(leaves: Sequence[bytes], valued: bool) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """Weights and values of leaves that have the right length. Raises EntryError for a weight out of range."""
    data = b"".join(leaves)
    if valued:
        pairs = list(struct.iter_unpack(">32xQQ", data))
        if any(weight != 1 for weight, _ in pairs):
            raise EntryError(
                "An entry with a value weighs more than 1, or nothing; all such entries weigh 1."
            )
        return (1,) * len(leaves), tuple([value for _, value in pairs])
    weights = tuple([weight for (weight,) in struct.iter_unpack(">32xQ", data)])
    if weights and not 1 <= min(weights) <= max(weights) <= HEAVIEST:
        wrong = next(weight for weight in weights if not 1 <= weight <= HEAVIEST)
        raise EntryError(f"An entry has weight {wrong}; weights go from 1 to {HEAVIEST}.")
    return weights, None


def _check_order(pseudonyms: list[bytes]) -> None:
    if all(map(lt, pseudonyms, islice(pseudonyms, 1, None))):
        return
    for position, (left, right) in enumerate(pairwise(pseudonyms)):
        if left >= right:
            what = "are the same entrant twice" if left == right else "are out of order"
            raise EntryError(f"Entries {position} and {position + 1} {what}; the list must ascend strictly.")
