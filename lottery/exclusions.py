"""Those turned away: how many comments for each reason, whose they were, and the proof of it for one viewer."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile

from . import merkle
from .canonical import lp
from .errors import EntryError, MerkleError
from .refusal import Refusal

PSEUDONYM_SIZE = 32
_REASONS = {lp(reason.encode("ascii")): str(reason) for reason in Refusal}


@dataclass(frozen=True, slots=True)
class Turned:
    """One viewer's refusal, with the path that proves it. `size` is the number of excluded leaves."""

    reason: str
    position: int
    size: int
    leaf: bytes
    path: tuple[bytes, ...]

    def verify(self, pseudonym: bytes, root: bytes) -> None:
        """Raise MerkleError unless the leaf says that `pseudonym` was refused for `reason`, and leads to `root`."""
        if self.leaf != pseudonym + lp(self.reason.encode("ascii", "replace")):
            raise MerkleError("The leaf is another viewer's, or gives another reason.")
        merkle.verify_path(self.leaf, self.position, self.size, self.path, root)


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Refused comments: how many for each reason, and whose.

    `counts` counts comments, ascending by reason, without zeros; `leaves` are distinct pseudonym ||
    lp(reason), ascending, and `tree` is theirs. Comments whose viewer is unknown are only counted. Build with
    `of`.
    """

    counts: tuple[tuple[str, int], ...]
    leaves: tuple[bytes, ...]
    tree: merkle.Tree

    @classmethod
    def of(cls, counts: Mapping[str, int], who: Iterable[tuple[bytes, str]] = ()) -> Exclusions:
        """From counts by reason and pairs of pseudonym and reason (repeats are taken once).

        Raises EntryError for a reason that is not a `Refusal`, fewer comments counted than viewers named, or a
        pseudonym of another length than 32 bytes.
        """
        pairs = set(who)
        named = Counter(reason for _, reason in pairs)
        for reason in {*counts, *named}:
            if reason not in set(Refusal):
                raise EntryError(
                    f"{reason!r:.40} is no reason to refuse an entry; the commitment lists them all."
                )
            if counts.get(reason, 0) < named[reason]:
                raise EntryError(
                    f"More viewers are named as {reason} than comments were refused; count again."
                )
        if not {len(pseudonym) for pseudonym, _ in pairs} <= {PSEUDONYM_SIZE}:
            raise EntryError("A pseudonym has 32 bytes; an excluded viewer has another.")
        ends = {reason: lp(reason.encode("ascii")) for reason in named}
        leaves = sorted([pseudonym + ends[reason] for pseudonym, reason in pairs])
        told = tuple(sorted((str(reason), number) for reason, number in counts.items() if number))
        return cls(told, tuple(leaves), merkle.build(leaves))

    @property
    def root(self) -> bytes:
        """Merkle root over `leaves`."""
        return self.tree.root

    def pairs(self) -> tuple[tuple[bytes, str], ...]:
        """Pseudonym and reason of each leaf, in order: what stands in a list file."""
        return tuple([(leaf[:PSEUDONYM_SIZE], _REASONS[leaf[PSEUDONYM_SIZE:]]) for leaf in self.leaves])

    def show(self, pseudonym: bytes) -> tuple[Turned, ...]:
        """Every refusal of one viewer, with its proof; empty when there is none."""
        first = bisect_left(self.leaves, pseudonym)
        whose = takewhile(lambda at: self.leaves[at].startswith(pseudonym), range(first, len(self.leaves)))
        return tuple(
            Turned(
                _REASONS[self.leaves[at][PSEUDONYM_SIZE:]],
                at,
                len(self.leaves),
                self.leaves[at],
                self.tree.path(at),
            )
            for at in whose
        )
