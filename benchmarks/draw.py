"""How long a draw of many entries takes, beside the obvious other ways, in one run.

    python benchmarks/draw.py [--entries N] [--winners K] [--runs R]

Every line is the median of R runs on the same list; the ratio is to our selection. The other ways are here to be
compared with, not to be used: none of them lets a viewer check the result from a few hashes. Standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import hmac
import random
import secrets
import statistics
import time
from collections.abc import Callable, Sequence

from lottery import beacon as drand
from lottery import draw, merkle
from lottery.roster import Roster


def seconds(run: Callable[[], object], runs: int) -> float:
    """Median wall time of `runs` calls."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def by_sorted_hmac(seed: bytes, leaves: Sequence[bytes], count: int) -> list[bytes]:
    """The usual public scheme: a keyed hash for every entry, smallest first."""
    return sorted(leaves, key=lambda leaf: hmac.digest(seed, leaf, "sha256"))[:count]


def by_smallest_hmac(seed: bytes, leaves: Sequence[bytes], count: int) -> list[bytes]:
    """The same without sorting all."""
    return heapq.nsmallest(count, leaves, key=lambda leaf: hmac.digest(seed, leaf, "sha256"))


def by_smallest_sha256(seed: bytes, leaves: Sequence[bytes], count: int) -> list[bytes]:
    """The same with a plain hash that begins with the seed."""
    base = hashlib.sha256(seed.ljust(64, b"\0"))

    def key(leaf: bytes) -> bytes:
        hasher = base.copy()
        hasher.update(leaf)
        return hasher.digest()

    return heapq.nsmallest(count, leaves, key=key)


def by_secrets(leaves: Sequence[bytes], count: int) -> list[bytes]:
    """The operating system's randomness: quick, and nobody can check it."""
    return random.SystemRandom().sample(leaves, count)


def by_float_keys(seed: bytes, weights: Sequence[int], count: int) -> list[int]:
    """Efraimidis and Spirakis with floats: the same law for weights, up to rounding."""
    source = random.Random(seed)
    return heapq.nlargest(count, range(len(weights)), key=lambda i: source.random() ** (1 / weights[i]))


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--winners", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    n, k, runs = options.entries, options.winners, options.runs
    seed = secrets.token_bytes(32)
    source = random.Random(7)
    names = [source.randbytes(32) for _ in range(n)]
    equal = [1] * n
    weighted = [source.randint(1, 20) for _ in range(n)]
    start = time.perf_counter()
    roster = Roster.of(zip(names, equal, strict=True))
    closing = time.perf_counter() - start
    leaves = roster.leaves
    selection = "LFD1 selection, equal weights"
    rows: list[tuple[str, Callable[[], object]]] = [
        (selection, lambda: draw.select(seed, equal, k)),
        ("LFD1 selection, from the count alone", lambda: draw.select_equal(seed, n, k)),
        ("LFD1 selection, weights 1 to 20", lambda: draw.select(seed, weighted, k)),
        ("LFD1 selection, 100 times the winners", lambda: draw.select(seed, weighted, min(n, 100 * k))),
        ("random.SystemRandom().sample (not checkable)", lambda: by_secrets(leaves, k)),
        ("sorted by HMAC-SHA256", lambda: by_sorted_hmac(seed, leaves, k)),
        ("smallest by HMAC-SHA256", lambda: by_smallest_hmac(seed, leaves, k)),
        ("smallest by SHA-256 with the seed in front", lambda: by_smallest_sha256(seed, leaves, k)),
        ("float keys u^(1/w), weights 1 to 20", lambda: by_float_keys(seed, weighted, k)),
        ("Merkle root and all levels", lambda: merkle.build(leaves)),
        ("all winners' paths", lambda: [roster.show(p) for p in draw.select_equal(seed, n, k)]),
        ("beacon signature", lambda: drand.verify(drand.practice_beacon(1000), 1000)),
    ]
    measured = [(name, seconds(run, runs)) for name, run in rows]
    base = dict(measured)[selection]
    print(
        f"{n} entries, {k} winners, median of {runs}; closing the list (sort, leaves, root) took {closing:.2f} s"
    )
    print(f"{'way':<48}{'s':>10}{'ratio':>10}")
    for name, taken in measured:
        print(f"{name:<48}{taken:>10.4f}{taken / base:>10.2f}")


if __name__ == "__main__":
    main()
