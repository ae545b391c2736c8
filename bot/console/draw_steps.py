"""How the proof arrives at each drawn position, step by step, for the picture on the overlay: nothing is played that
was not computed. The picture shows what LFD1 section 5 says: block j of the seed, and the position it chose."""

from __future__ import annotations

import hmac
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass

from bot.draws.publication import Publication, Winner

BLOCK_DIGITS = 16
"""Hex digits of a block that are shown."""

LINE = 1000.0
"""Length of the line of positions in the picture."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One entry drawn. `block`: the first digits of the block that chose it. `among` entries were left, and `chose` is
    the block's number among them; both None where groups were drawn from (nearest guesses, waves), whose sizes the
    public numbers alone do not tell. `x`: where its position stands on the line."""

    winner: Winner
    block: str
    among: int | None
    chose: int | None
    x: float


def picks(one: Publication) -> tuple[Pick, ...]:
    """The drawn entries in the order drawn, winners then reserves; empty before the draw."""
    total = one.entries or 0
    if not one.seed or not total:
        return ()
    order = [winner.position for winner in one.winners]
    told = _chosen(one.seed, total, len(order))
    plain = [position for _, _, _, position in told] == order
    found = []
    for winner, (block, among, chose, _) in zip(one.winners, told, strict=True):
        x = round((winner.position + 0.5) * LINE / total, 2)
        found.append(Pick(winner, block, among if plain else None, chose if plain else None, x))
    return tuple(found)


def _chosen(seed: str, entries: int, count: int) -> list[tuple[str, int, int, int]]:
    """Block, entries left, number among them and position of each pick, were every entry equal. One block a pick: one
    is thrown away with a chance below 2^-230, and then the positions differ and no numbers are shown."""
    key = bytes.fromhex(seed)
    removed: list[int] = []
    found = []
    for done in range(min(count, entries)):
        block = hmac.digest(key, b"lfd1/draw" + done.to_bytes(8, "big"), "sha256")
        among = entries - done
        chose = int.from_bytes(block, "big") % among
        position = _stepped_over(chose, removed)
        insort(removed, position)
        found.append((block.hex()[:BLOCK_DIGITS], among, chose, position))
    found += [("", 0, 0, -1)] * (count - len(found))
    return found


def _stepped_over(place: int, removed: Sequence[int]) -> int:
    for taken in removed:
        if place < taken:
            break
        place += 1
    return place
