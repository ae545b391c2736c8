"""The roster: the closed, ordered, public list of entries, and the list of those turned away.

A leaf is 40 bytes, pseudonym || u64(weight). Leaves stand in strictly ascending order of the pseudonym, which
leaves no order to choose, makes a double entry impossible to hide, and lets two neighbours prove an absence.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from . import merkle
from .canonical import lp, u64
from .entry import Refusal
from .errors import EntryError, MerkleError

PSEUDONYM_SIZE = 32
LEAF_SIZE = 40
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
    """Weight written in a leaf. Raises EntryError when the leaf is not one."""
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
    """The ordered list. Build it with `of` or `from_leaves`, which check it.

    `weight` is the sum of `weights`; `tree` keeps all Merkle levels, so that paths are cheap.
    """

    leaves: tuple[bytes, ...]
    weights: tuple[int, ...]
    weight: int
    tree: merkle.Tree

    @classmethod
    def of(cls, entries: Iterable[tuple[bytes, int]]) -> Roster:
        """From pairs of pseudonym and weight in any order. Raises EntryError (duplicate, weight, too
        many).
        """
        return cls.from_leaves(sorted(pack_leaf(pseudonym, weight) for pseudonym, weight in entries))

    @classmethod
    def from_leaves(cls, leaves: Iterable[bytes]) -> Roster:
        """From leaves as published. Raises EntryError unless strictly ascending and within all limits."""
        kept = tuple(leaves)
        if len(kept) > MOST_ENTRIES:
            raise EntryError(f"The list has {len(kept)} entries; a draw takes at most {MOST_ENTRIES}.")
        weights = tuple([leaf_weight(leaf) for leaf in kept])
        for position, (left, right) in enumerate(pairwise(kept)):
            if left[:PSEUDONYM_SIZE] >= right[:PSEUDONYM_SIZE]:
                same = left[:PSEUDONYM_SIZE] == right[:PSEUDONYM_SIZE]
                what = "are the same entrant twice" if same else "are out of order"
                raise EntryError(
                    f"Entries {position} and {position + 1} {what}; the list must ascend strictly."
                )
        return cls(kept, weights, sum(weights), merkle.build(kept))

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
        """A new roster with more entries; none can be taken out. Raises EntryError like `of`."""
        more = [pack_leaf(pseudonym, weight) for pseudonym, weight in entries]
        return Roster.from_leaves(sorted([*self.leaves, *more]))


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Refused comments: how many for each reason, and whose.

    `counts` counts comments, ascending by reason, without zeros; `leaves` are distinct pseudonym ||
    lp(reason), ascending. Comments whose viewer is unknown are only counted. Build with `of`.
    """

    counts: tuple[tuple[str, int], ...]
    leaves: tuple[bytes, ...]

    @classmethod
    def of(cls, counts: Mapping[str, int], who: Iterable[tuple[bytes, str]] = ()) -> Exclusions:
        """From counts by reason and pairs of pseudonym and reason (repeats are taken once).

        Raises EntryError for a reason that is not a `Refusal`, or fewer comments counted than viewers named.
        """
        pairs = set(who)
        for reason in {*counts, *(reason for _, reason in pairs)}:
            if reason not in set(Refusal):
                raise EntryError(
                    f"{reason!r:.40} is no reason to refuse an entry; the commitment lists them all."
                )
            if counts.get(reason, 0) < sum(1 for _, named in pairs if named == reason):
                raise EntryError(
                    f"More viewers are named as {reason} than comments were refused; count again."
                )
        leaves = sorted(pseudonym + lp(reason.encode("ascii")) for pseudonym, reason in pairs)
        return cls(tuple(sorted((str(r), n) for r, n in counts.items() if n)), tuple(leaves))

    @property
    def root(self) -> bytes:
        """Merkle root over `leaves`."""
        return merkle.build(self.leaves).root
