"""What a verification found: its steps, its verdict, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["ok", "failed", "note", "skipped"]

PRACTICE_LINE = (
    "PRACTICE 练习：信标值事先已公开，本次仅演示计算过程，不是真实抽奖 / "
    "the beacon was known beforehand, so this shows arithmetic only"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One checked thing. `name` is for machines, `zh` and `en` for people; `detail` holds only numbers,
    hashes and our own sentences. "note" is a remark that fails nothing; "skipped" was not checked, for an
    earlier failure.
    """

    name: str
    zh: str
    en: str
    status: Status
    detail: str

    def line(self) -> str:
        """The step as one line of text."""
        shown = {"skipped": "not checked"}.get(self.status, self.status)
        return f"[{shown}] {self.zh} {self.en}" + (f": {self.detail}" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Report:
    """What verification found. `practice` is None when the proof could not be read."""

    steps: tuple[Step, ...]
    practice: bool | None
    commit_hash: str | None = None
    closed_hash: str | None = None
    winners: tuple[int, ...] = ()
    reserves: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every step that can fail was checked and held."""
        return all(step.status in ("ok", "note") for step in self.steps)

    @property
    def verdict(self) -> str:
        """One line: the result in Chinese and English."""
        if not self.ok:
            return "结果：未通过 / result: FAILED"
        positions = ",".join(str(position) for position in self.winners)
        reserves = ",".join(str(position) for position in self.reserves) or "-"
        return f"结果：通过 / result: ok; winners at {positions}; reserves at {reserves}"

    def lines(self) -> tuple[str, ...]:
        """The report as text; in practice the first and the last line say so."""
        body = (*(step.line() for step in self.steps), self.verdict)
        return (PRACTICE_LINE, *body, PRACTICE_LINE) if self.practice else body

    def to_json(self) -> dict[str, Any]:
        """The report for machines."""
        return {
            "ok": self.ok,
            "practice": self.practice,
            "commit_hash": self.commit_hash,
            "closed_hash": self.closed_hash,
            "winners": list(self.winners),
            "reserves": list(self.reserves),
            "steps": [
                {"name": s.name, "status": s.status, "zh": s.zh, "en": s.en, "detail": s.detail}
                for s in self.steps
            ],
        }
