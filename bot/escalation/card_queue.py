"""Which card to show next, and when: a plain queue without sockets or a clock of its own. Times in ms.

Telegram lets a bot write about 20 messages a minute into one group, edits included (429 is its real word). A storm
of comments must not bury a grave case under edits, therefore: one entry per case however often it changes, graver
before lesser, new cards before edits, and a few places of each minute kept for severity 4.
"""

from __future__ import annotations

from collections import deque

import msgspec

WINDOW_MS = 60_000
PER_WINDOW = 20
KEPT_FOR_GRAVE = 3
"""Places of each window only severity 4 may take."""

GRAVE = 4
EDIT_GAP_MS = 15_000
"""A card that only counts on is edited this often at most; a change of state does not wait."""

FIRST_DELAY_MS, LAST_DELAY_MS = 1_000, 60_000


class Waiting(msgspec.Struct, frozen=True):
    """A case whose card is to be shown. `not_before_ms` 0: as soon as there is room."""

    case_id: int
    severity: int
    is_new: bool
    since_ms: int
    not_before_ms: int = 0

    @property
    def rank(self) -> tuple[int, bool, int, int]:
        """Smaller goes first."""
        return (-self.severity, not self.is_new, self.since_ms, self.case_id)


class CardQueue:
    """The queue of one group."""

    def __init__(self) -> None:
        self._waiting: dict[int, Waiting] = {}
        self._spent: deque[int] = deque()
        self._shown_ms: dict[int, int] = {}
        self._held_until = 0
        self._delay = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def waiting(self) -> list[Waiting]:
        """All that waits, in the order it would be shown."""
        return sorted(self._waiting.values(), key=lambda one: one.rank)

    def add(self, case_id: int, severity: int, now_ms: int, *, is_new: bool, urgent: bool = False) -> None:
        """The case's card is out of date. Merges with what waits already; a second call never moves it back."""
        not_before = 0
        if not (is_new or urgent) and case_id in self._shown_ms:
            not_before = self._shown_ms[case_id] + EDIT_GAP_MS
        since = now_ms
        if (old := self._waiting.get(case_id)) is not None:
            not_before, since = min(not_before, old.not_before_ms), min(since, old.since_ms)
            is_new, severity = is_new or old.is_new, max(severity, old.severity)
        self._waiting[case_id] = Waiting(case_id, severity, is_new, since, not_before)

    def take(self, now_ms: int) -> Waiting | int | None:
        """The next case, taken out and its place in the window used up; or when to ask again; None: nothing waits."""
        if not self._waiting:
            return None
        if now_ms < self._held_until:
            return self._held_until
        while self._spent and self._spent[0] <= now_ms - WINDOW_MS:
            self._spent.popleft()
        ready = [one for one in self._waiting.values() if one.not_before_ms <= now_ms]
        if not ready:
            return min(one.not_before_ms for one in self._waiting.values())
        best = min(ready, key=lambda one: one.rank)
        places = PER_WINDOW if best.severity >= GRAVE else PER_WINDOW - KEPT_FOR_GRAVE
        if len(self._spent) >= places:
            return self._spent[len(self._spent) - places] + WINDOW_MS
        self._spent.append(now_ms)
        return self._waiting.pop(best.case_id)

    def give_back(self, one: Waiting) -> None:
        """It was not shown; keep its old place in the line."""
        self.add(one.case_id, one.severity, one.since_ms, is_new=one.is_new, urgent=True)

    def unspend(self) -> None:
        """The place just taken was not used: nothing had to be sent."""
        if self._spent:
            self._spent.pop()

    def shown(self, case_id: int, now_ms: int) -> None:
        """The card was shown: the road is open again."""
        self._shown_ms[case_id] = now_ms
        self._delay = 0

    def forget(self, case_id: int) -> None:
        """The case is closed and its card shows it."""
        self._shown_ms.pop(case_id, None)

    def hold(self, until_ms: int) -> None:
        """Send nothing before `until_ms` (the platform asked for it)."""
        self._held_until = max(self._held_until, until_ms)

    def back_off(self, now_ms: int) -> int:
        """It failed: wait twice as long as last time, 1 s to 60 s; gives the time of the next try."""
        self._delay = min(max(self._delay * 2, FIRST_DELAY_MS), LAST_DELAY_MS)
        self.hold(now_ms + self._delay)
        return self._held_until

    def reopen(self) -> None:
        """The road is known to be open (a poll succeeded): do not wait for the rest of a back-off."""
        if self._delay:
            self._delay = 0
            self._held_until = 0
