"""How fast one account may speak: what the platform allows, made slower by its refusals and slowly faster again.

Platforms publish few limits, and enforce others. So the published one is where we begin; every "too fast" halves the
pace and waits as long as was asked, and each minute without one gives a tenth back.
"""

from __future__ import annotations

from bisect import insort

Allowance = tuple[int, int]
"""So many messages in any so many milliseconds; both at least 1."""

MINUTE_MS = 60_000
LEAST = 0.125
"""The pace never falls below this part of the allowance, nor below one message a window."""
STEP = 0.1
"""What a window without refusals gives back."""
NEVER = 2**62
KEPT = 1_000
"""Messages remembered; no platform allows that many in a minute."""
REST_S = 5.0
"""How long nothing is said after a "too fast" that names no time."""
RATE_WORDS = (
    "pace",
    "busy",
    "rate",
    "too_many",
    "too many",
    "flood",
    "slow",
    "frequen",
    "429",
    "频繁",
    "过快",
)
"""Words of platforms and adapters for "too fast", as they stand in `Said.detail`."""


class Pace:
    """The pace of one account, shared by its rooms. `allowance` None: the platform names no limit."""

    def __init__(self, allowance: Allowance | None = None) -> None:
        self._allowance = allowance
        self._learnt: Allowance | None = None
        self._share = 1.0
        self._said: list[int] = []
        self._shut: tuple[int, int] | None = None
        self._changed_ms = 0

    @property
    def allowance(self) -> Allowance | None:
        """What holds now, refusals reckoned in; None is no limit."""
        base = self._learnt or self._allowance
        return None if base is None else (max(1, int(base[0] * self._share + 1e-6)), base[1])

    def allow(self, allowance: Allowance | None) -> None:
        """The platform's own limit, as the adapter names it now."""
        self._allowance = allowance

    def settle(self, now_ms: int) -> None:
        """Forget marks more than a window ahead of `now_ms`: they are from a clock that was set back. Those nearer
        still count, as the platform counts them."""
        window = (self.allowance or (0, MINUTE_MS))[1]
        while self._said and self._said[-1] > now_ms + window:
            self._said.pop()
        if self._shut is not None and not self._shut[0] - window <= now_ms < self._shut[1]:
            self._shut = None
        self._changed_ms = min(self._changed_ms, now_ms)

    def free_from(self, parts: int = 1) -> int:
        """The first moment at which `parts` more messages may go out together; long past when they may now, NEVER
        while no window holds so many."""
        shut = self._shut[1] if self._shut is not None else 0
        allowed = self.allowance
        if allowed is None:
            return shut
        count, per_ms = allowed
        if parts > count:
            return NEVER
        over = len(self._said) + parts - count
        return max(shut, self._said[over - 1] + per_ms if over > 0 else 0)

    def took(self, now_ms: int) -> None:
        """A message has gone to the platform."""
        insort(self._said, now_ms)
        del self._said[:-KEPT]

    def accepted(self, now_ms: int) -> None:
        """The platform took a message: after a window without refusals a little is given back."""
        window = (self.allowance or (0, MINUTE_MS))[1]
        if self._share < 1.0 and now_ms - self._changed_ms >= window:
            self._share, self._changed_ms = min(1.0, round(self._share + STEP, 3)), now_ms
            if self._share >= 1.0:
                self._learnt = None

    def refused(self, now_ms: int, retry_after: float | None) -> None:
        """The platform found us too fast; `retry_after` seconds when it said how long to wait. The message it refused
        was shown to nobody and does not count."""
        if now_ms in self._said:
            self._said.remove(now_ms)
        lately = sum(at > now_ms - MINUTE_MS for at in self._said)
        if self._allowance is None and self._learnt is None and lately > 1:
            self._learnt = (lately, MINUTE_MS)
        self._share, self._changed_ms = max(LEAST, self._share / 2), now_ms
        wait = REST_S if retry_after is None else max(0.0, retry_after)
        self._shut = (now_ms, now_ms + int(wait * 1000) + 1)


def too_fast(detail: str, retry_after: float | None) -> bool:
    """Whether a refusal is about pace."""
    return retry_after is not None or any(word in detail.lower() for word in RATE_WORDS)
