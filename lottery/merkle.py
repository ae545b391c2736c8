"""Merkle trees of RFC 6962 section 2.1 (RFC 9162 section 2.1): roots, paths, and checking paths.

A leaf is SHA-256(00 || data), a node SHA-256(01 || left || right). A tree of n leaves splits at the largest
power of two below n, which is the same as pairing each level from the left and letting a lone last node move
up unchanged. The last node is never doubled: that would give two lists one root (CVE-2012-2459).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .errors import MerkleError

_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Tree:
    """All levels of a tree, packed: level 0 holds the leaf hashes, the last one the root.

    `levels[i]` is the concatenation of the 32-byte hashes of that level, so a path costs one slice a level
    and a million leaves cost 64 MB. Without leaves there are no levels.
    """

    levels: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self.levels[0]) // _SIZE if self.levels else 0

    @property
    def root(self) -> bytes:
        """Root hash, 32 bytes; SHA-256 of nothing when there are no leaves."""
        return self.levels[-1] if self.levels else EMPTY_ROOT

    def leaf(self, position: int) -> bytes:
        """Leaf hash at `position`, counted from 0. Raises MerkleError outside the tree."""
        self._inside(position)
        return self.levels[0][position * _SIZE : (position + 1) * _SIZE]

    def path(self, position: int) -> tuple[bytes, ...]:
        """Sibling hashes from the leaf up to the root. Raises MerkleError outside the tree."""
        self._inside(position)
        siblings = []
        for level in self.levels[:-1]:
            start = (position ^ 1) * _SIZE
            if start < len(level):
                siblings.append(level[start : start + _SIZE])
            position //= 2
        return tuple(siblings)

    def _inside(self, position: int) -> None:
        if not 0 <= position < self.size:
            raise MerkleError(f"There is no leaf {position} in a tree of {self.size}; positions start at 0.")


def build(leaves: Iterable[bytes]) -> Tree:
    """The tree over `leaves` (data, not hashes) in the order given."""
    sha256 = hashlib.sha256
    level = b"".join([sha256(b"\x00" + data).digest() for data in leaves])
    if not level:
        return Tree(())
    levels = [level]
    while len(level) > _SIZE:
        whole = len(level) // (2 * _SIZE) * (2 * _SIZE)
        above = [sha256(b"\x01" + level[i : i + 2 * _SIZE]).digest() for i in range(0, whole, 2 * _SIZE)]
        above.append(level[whole:])
        level = b"".join(above)
        levels.append(level)
    return Tree(tuple(levels))


def root_from_path(data: bytes, position: int, size: int, path: Sequence[bytes]) -> bytes:
    """Root that `path` gives for the leaf `data` at `position` in a tree of `size` (RFC 9162, 2.1.3.2).

    Raises MerkleError when position or the path's length cannot belong to such a tree.
    """
    if not 0 <= position < size:
        raise MerkleError(f"There is no leaf {position} in a tree of {size}; positions start at 0.")
    node, last = position, size - 1
    value = leaf_hash(data)
    for sibling in path:
        if last == 0 or len(sibling) != _SIZE:
            raise MerkleError(f"The path of leaf {position} is too long or has a hash of the wrong length.")
        if node & 1 or node == last:
            value = node_hash(sibling, value)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            value = node_hash(value, sibling)
        node >>= 1
        last >>= 1
    if last:
        raise MerkleError(f"The path of leaf {position} ends before the root.")
    return value


def verify_path(data: bytes, position: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Raise MerkleError unless `path` leads from the leaf `data` to `root`."""
    if root_from_path(data, position, size, path) != root:
        raise MerkleError(f"The path of leaf {position} does not lead to the published root.")
