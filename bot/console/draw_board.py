"""What the overlay shows of a room's newest draw at one moment. Pure: the public record in, a board out.

The digits stand on the screen before entries open, through the whole window and until the end, so that they stand in
the platform's own replay as well: sixteen of the commitment, then sixteen of the closed record, which holds the root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.console.draw_steps import Pick, picks
from bot.draws.publication import Publication

Phase = Literal["soon", "open", "sealing", "waiting", "late", "drawn", "void"]

LATE_MS = 6_000
"""A beacon this long overdue is called late: relays need a moment."""

DRAWN_MS = 180_000
"""How long the winners stay on the overlay."""

VOID_MS = 60_000
SHOWN = 24
"""Drawn entries that find room on the picture; all of them are on the public page."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a viewer has to do. `type`: the words to type, "" where there are none now. `question` and `options` of a
    quiz or guess. `next_ms`: when the next wave opens, None when there is none; `wave` and `waves` count from 1."""

    kind: str
    type: str = ""
    question: str = ""
    options: tuple[str, ...] = ()
    answer: str = ""
    product: str = ""
    wave: int = 0
    waves: int = 0
    next_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """The picture. `groups`: the digits in four groups, of `seal` ("commit" or "list"). `due_ms`: the next moment, None
    when none is known. `view` names what is drawn anew; all else is only filled in again."""

    phase: Phase
    one: Publication
    asked: Asked
    groups: tuple[str, ...]
    seal: str
    due_ms: int | None
    picks: tuple[Pick, ...] = ()
    more: int = 0

    @property
    def view(self) -> str:
        """Changes when the picture has another shape."""
        return f"{self.one.draw_id}:{self.phase}:{self.seal}:{self.asked.wave}:{bool(self.asked.type)}"


def board(one: Publication, now_ms: int) -> Board | None:
    """The picture of a draw at `now_ms`; None when it is over and has been seen."""
    phase = _phase(one, now_ms)
    if phase is None:
        return None
    commit, closed = one.seen_in_the_room
    seal = "list" if closed else "commit"
    drawn = picks(one) if phase == "drawn" else ()
    due = {
        "soon": one.opens_ms,
        "open": one.closes_ms,
        "sealing": one.publish_ms,
        "waiting": one.beacon_ms,
    }.get(phase)
    return Board(
        phase,
        one,
        asked(one, now_ms),
        grouped(closed or commit),
        seal,
        due,
        drawn[:SHOWN],
        max(0, len(drawn) - SHOWN),
    )


def _phase(one: Publication, now_ms: int) -> Phase | None:
    if one.state == "void" or one.void_reason:
        return "void" if now_ms - (one.void_ms or 0) < VOID_MS else None
    if one.drawn_ms is not None:
        return "drawn" if now_ms - one.drawn_ms < DRAWN_MS else None
    if one.closed_hash:
        return "late" if one.beacon_ms is not None and now_ms >= one.beacon_ms + LATE_MS else "waiting"
    if one.opens_ms is None or one.closes_ms is None:
        return None
    if now_ms < one.opens_ms:
        return "soon"
    return "open" if now_ms < one.closes_ms else "sealing"


def asked(one: Publication, now_ms: int) -> Asked:
    """What viewers type now, by kind of contest."""
    contest: Mapping[str, Any] = one.contest or {}
    if one.kind == "rain":
        return _wave(contest.get("waves", ()), now_ms)
    if one.kind == "purchase":
        return Asked("purchase", product=str(contest.get("product", "")))
    if one.kind in ("quiz", "guess"):
        options = tuple(str(one) for one in contest.get("options", ()))
        answers = (one.answer or {}).get("answers", ())
        answer = " / ".join(str(one) for one in answers)
        if one.kind == "guess" and answer.isascii() and answer.isdigit():
            answer = _unit(int(answer), int(contest.get("decimals", 0)))
        return Asked(
            one.kind, str(contest.get("prefix", "")), str(contest.get("question", "")), options, answer
        )
    return Asked("keyword", one.keyword)


def _wave(waves: Sequence[Mapping[str, Any]], now_ms: int) -> Asked:
    """The wave that is open, else the one that comes."""
    for number, wave in enumerate(waves, 1):
        if now_ms < int(wave["close_at"]):
            is_open = now_ms >= int(wave["open_at"])
            words = str(wave["keyword"]) if is_open else ""
            return Asked("rain", words, wave=number, waves=len(waves),
                         next_ms=int(wave["close_at"] if is_open else wave["open_at"]))  # fmt: skip
    return Asked("rain", wave=len(waves), waves=len(waves))


def _unit(number: int, decimals: int) -> str:
    whole, part = divmod(number, 10**decimals)
    return f"{whole}.{part:0{decimals}}" if decimals else str(whole)


def grouped(digits: str) -> tuple[str, ...]:
    """Sixteen hex digits in four groups, as they are read from the screen."""
    return tuple(digits[at : at + 4] for at in range(0, min(len(digits), 16), 4))
