"""An exemption: leave to say what a rule refuses, because it is shown to be lawful here.

A stored object with evidence, never a tick: the guide of 2023 on absolute terms (item 7) takes an exemption away
from whoever cannot prove what was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from replies.finding import Finding

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Exemption:
    """`rule` is exactly one rule (A01-0002, urgency), never a whole code. `evidence` are files by their SHA-256 (64
    hex digits). `valid_until_ms`: milliseconds since 1970 UTC, excluded; None is no end."""

    id: str
    rule: str
    reason: str
    evidence: tuple[str, ...]
    valid_until_ms: int | None = None

    def holds(self, now_ms: int | None) -> bool:
        """Whether it counts at `now_ms`: it says why, it has evidence, and its time is not over. Without a time
        (None) one that ends does not count."""
        if not self.id or not self.reason.strip() or not self.evidence:
            return False
        if not all(isinstance(one, str) and _SHA256.fullmatch(one) for one in self.evidence):
            return False
        return self.valid_until_ms is None or (now_ms is not None and now_ms < self.valid_until_ms)


def exempted(
    findings: Iterable[Finding], exemptions: Iterable[Exemption], now_ms: int | None
) -> list[Finding]:
    """The findings, those of an exempted rule at level `exempt` and naming the exemption.

    Only refusals whose law knows an exemption (`law.Explanation.grounds`) can be exempted: never a broken form,
    medical claims of ordinary goods, contact details or unlawful content.
    """
    granted = {one.rule: one.id for one in exemptions if one.holds(now_ms)}
    return [
        replace(one, level="exempt", exempted_by=granted[one.rule])
        if one.level == "refuse" and one.rule in granted and one.why.grounds
        else one
        for one in findings
    ]
