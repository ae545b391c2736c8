"""How often somebody may ask: a count per asker and stretch of time, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict

MOST_ASKERS = 10_000
"""Askers remembered; the one seen longest ago is forgotten first."""


class Askers:
    """At most `most` times within `within_ms` for each asker. Times are handed in; they may jump."""

    def __init__(self, most: int, within_ms: int) -> None:
        self._most = most
        self._within_ms = within_ms
        self._times: OrderedDict[str, list[int]] = OrderedDict()

    def may(self, asker: str, now_ms: int) -> bool:
        """Whether `asker` may ask now; if so it is counted."""
        times = [at for at in self._times.get(asker, ()) if 0 <= now_ms - at < self._within_ms]
        allowed = len(times) < self._most
        if allowed:
            times.append(now_ms)
        self._times[asker] = times
        self._times.move_to_end(asker)
        while len(self._times) > MOST_ASKERS:
            self._times.popitem(last=False)
        return allowed
