"""From public data to winners: seed, number stream, selection (LFD1 steps 6 to 8).

Nothing here can be asked twice for another answer: the same commitment, root, counts and beacon give the same
winners for everybody, and there is no argument by which anyone could be preferred.
"""

from __future__ import annotations

import hmac
from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import accumulate

from .canonical import digest, u64
from .errors import EntryError

_BLOCK = 2**256
_WALK_LIMIT = 4096  # picks up to which walking the removed intervals beats building a Fenwick tree


def seed(
    commit_hash: bytes, root: bytes, entries: int, weight: int, round_number: int, randomness: bytes
) -> bytes:
    """H("seed", commitment hash, root, n, W, R, randomness, secret) with an empty secret, 32 bytes.

    There is no operator's secret on purpose: whoever held one would learn the result first and could abort.
    """
    return digest("seed", commit_hash, root, u64(entries), u64(weight), u64(round_number), randomness, b"")


class Stream:
    """Numbers from a seed: block j = HMAC-SHA256(seed, "lfd1/draw" || u64(j)), one block per attempt."""

    __slots__ = ("_next", "_seed")

    def __init__(self, seed_bytes: bytes) -> None:
        self._seed = seed_bytes
        self._next = 0

    def block(self) -> int:
        """The next block as an integer of 0..2^256-1."""
        message = b"lfd1/draw" + self._next.to_bytes(8, "big")
        self._next += 1
        return int.from_bytes(hmac.digest(self._seed, message, "sha256"), "big")

    def below(self, bound: int) -> int:
        """Uniform in 0..bound-1, exactly: blocks in the uneven rest at the top are thrown away.

        Raises EntryError unless 1 <= bound < 2^256.
        """
        if not 1 <= bound < _BLOCK:
            raise EntryError(f"Nothing can be drawn below {bound}; the bound is the remaining weight.")
        limit = _BLOCK - _BLOCK % bound
        while (value := self.block()) >= limit:
            pass
        return value % bound


def select(seed_bytes: bytes, weights: Sequence[int], count: int) -> tuple[int, ...]:
    """Positions of the winners among `weights`, in prize order, without replacement.

    Each pick takes a remaining entry with probability weight / remaining weight (successive sampling).
    `count` is winners and reserves together; when it is more than there are entries, all entries win in the
    order drawn. A longer run begins with the shorter one, so adding reserves never changes a winner.
    Raises EntryError for a weight below 1 or a negative count.
    """
    if not weights:
        return ()
    if min(weights) < 1:
        raise EntryError("An entry has a weight below 1; leave out who may not win, with a reason code.")
    ends = list(accumulate(weights))
    if ends[-1] == len(ends):
        return select_equal(seed_bytes, len(ends), count)
    picks = at_most(count, len(ends))
    stream = Stream(seed_bytes)
    if picks > _WALK_LIMIT:
        return _select_by_tree(stream, weights, ends[-1], picks)
    removed: list[tuple[int, int]] = []
    chosen = []
    left = ends[-1]
    for _ in range(picks):
        position = bisect_right(ends, _original(stream.below(left), removed))
        chosen.append(position)
        insort(removed, (ends[position] - weights[position], weights[position]))
        left -= weights[position]
    return tuple(chosen)


def select_equal(seed_bytes: bytes, entries: int, count: int) -> tuple[int, ...]:
    """`select` for `entries` entries of weight 1 each, without needing the list: who holds a position follows
    from public numbers alone, and a Merkle path shows the entry that stands there."""
    return choose(Stream(seed_bytes), entries, at_most(count, entries))


def choose(stream: Stream, entries: int, picks: int) -> tuple[int, ...]:
    """`picks` of the numbers 0..entries-1, each time one of those left, by the next numbers of `stream`.

    `picks` must not be more than `entries`. A group of one uses a number as well.
    """
    if picks > _WALK_LIMIT:
        return _select_by_tree(stream, None, entries, picks)
    removed: list[tuple[int, int]] = []
    chosen = []
    for done in range(picks):
        position = _original(stream.below(entries - done), removed)
        chosen.append(position)
        insort(removed, (position, 1))
    return tuple(chosen)


def at_most(count: int, entries: int) -> int:
    """How many can be drawn: `count`, or all there are. Raises EntryError for a negative count."""
    if count < 0:
        raise EntryError(f"{count} winners cannot be drawn; count from 0.")
    return min(count, entries)


def _original(place: int, removed: Sequence[tuple[int, int]]) -> int:
    """`place` on the shortened line, mapped to the original line: step over removed intervals from the
    left.
    """
    for start, length in removed:
        if place < start:
            break
        place += length
    return place


def _select_by_tree(stream: Stream, weights: Sequence[int] | None, total: int, picks: int) -> tuple[int, ...]:
    """The same picks through a Fenwick tree of remaining weights; weights None means 1 each (total of
    them).
    """
    size = total if weights is None else len(weights)
    sums = [0, *(weights if weights is not None else (1,) * size)]
    for node in range(1, size + 1):
        parent = node + (node & -node)
        if parent <= size:
            sums[parent] += sums[node]
    top = 1 << (size.bit_length() - 1)
    chosen = []
    left = total
    for _ in range(picks):
        place, node, step = stream.below(left), 0, top
        while step:
            if node + step <= size and sums[node + step] <= place:
                node += step
                place -= sums[node]
            step >>= 1
        weight = 1 if weights is None else weights[node]
        chosen.append(node)
        left -= weight
        node += 1
        while node <= size:
            sums[node] -= weight
            node += node & -node
    return tuple(chosen)
