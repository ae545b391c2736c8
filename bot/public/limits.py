"""How often one client may ask: a bucket of tries for each, refilled by and by, and forgotten when full again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """`tries` at once, and one more every `every_ms`."""

    tries: int
    every_ms: int


FIND = Allowance(12, 10_000)
"""Questions whether somebody was in the draw: a household asks a handful of times, a guesser thousands."""

BEGIN = Allowance(8, 30_000)
"""Fresh claim pages."""

ACT = Allowance(120, 400)
"""Acts on a claim page, and its own questions how it stands, one every four seconds: ten winners under one roof, who
share an address, must not lock each other out."""

CROWD = 50
"""How many times as much all viewers together may, where nobody tells them apart: a hundred winners' pages ask every
four seconds how they stand."""

MOST_CLIENTS = 50_000


def crowd(allowance: Allowance) -> Allowance:
    """What everybody together gets of an allowance."""
    return Allowance(allowance.tries * CROWD, max(1, allowance.every_ms // CROWD))


class Limits:
    """Counts tries of clients under one allowance each. Holds at most MOST_CLIENTS; beyond that the one that has been
    quiet for longest is forgotten, so that a flood of addresses costs a fixed amount of memory."""

    def __init__(self) -> None:
        self._spent: OrderedDict[tuple[Allowance, str], tuple[float, int]] = OrderedDict()

    def wait_s(self, allowance: Allowance, client: str, now_ms: int) -> int:
        """0 when the try is allowed (and then counted), else in how many seconds the next one is."""
        key = (allowance, client)
        spent, seen_ms = self._spent.pop(key, (0.0, now_ms))
        spent = max(0.0, spent - max(0, now_ms - seen_ms) / allowance.every_ms)
        refused = spent + 1 > allowance.tries
        self._spent[key] = (spent if refused else spent + 1, max(now_ms, seen_ms))
        if len(self._spent) > MOST_CLIENTS:
            self._spent.popitem(last=False)
        if not refused:
            return 0
        return max(1, round((spent + 1 - allowance.tries) * allowance.every_ms / 1000 + 0.499))
