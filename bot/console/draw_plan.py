"""What pressing 开始 would fix: times and beacon round of a draw, as they would be at this moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from lottery import beacon
from lottery.rules import PRESETS, RuleSheet

SAFETY_MS = 10_000
"""A list must be out this long before its beacon (LFD1, section 4)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Times in ms. `round` None in practice: there it follows from the draw's number, and is known beforehand."""

    announced_ms: int
    opens_ms: int
    closes_ms: int
    publish_ms: int
    challenge_ms: int
    beacon_ms: int
    claim_ms: int
    round: int | None

    @property
    def steps(self) -> tuple[tuple[str, int], ...]:
        """The steps in order, by the names of the draw's stages."""
        return (
            ("announced", self.announced_ms), ("open", self.opens_ms), ("closed", self.closes_ms),
            ("challenge", self.publish_ms), ("beacon", self.beacon_ms), ("claim", self.claim_ms),
        )  # fmt: skip


def planned(sheet: RuleSheet, timing: str, now_ms: int) -> Plan:
    """The plan of a sheet that passes the preflight. Raises KeyError for an unknown timing."""
    preset = PRESETS[timing]
    opens = now_ms + sheet.lead_s * 1000
    closes = opens + sheet.span_s * 1000
    due = closes + preset.delay_s * 1000
    number = None if timing == "practice" else beacon.round_at_or_after(due)
    at = due if number is None else beacon.round_time_ms(number)
    return Plan(
        now_ms, opens, closes, closes + preset.root_within_s * 1000, at - SAFETY_MS, at,
        closes + (preset.delay_s + sheet.claim_within_s) * 1000, number,
    )  # fmt: skip
