"""What the room is told of a draw, and when: never a link, a code or a viewer, and always only approved words.

Pure: from a draw as stored, the notices that are due and the facts that fill them. Who says them, and whether a phrase
for them is live in the room, is another's business. A notice that is late is not made up for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from bot.storage.values import DrawRow
from lottery.commitment import Commitment
from lottery.signed import read_commitment
from lottery.states import State
from replies.errors import ShopError
from replies.facts import DRAW_SLOTS, Fact

LATE_MS = 20_000
"""A notice that could not be said within this is not said any more."""

CLOSING_MS = 30_000
"""How long before the end the room is reminded, where the window has room for it."""

LEAST_WINDOW_MS = 3 * CLOSING_MS

CALM_MS = 180_000
"""At most one calm line within this, however many cry foul."""

_DOUBT = re.compile(
    "黑幕|内定|暗箱|黑箱|假抽|抽奖.{0,6}(?:假|骗|托)|(?:假|骗).{0,4}抽奖|(?:都|全)是托|自己人|rigged|fakedraw"
)
_SEEN = re.compile(r"\s")

LOCKED = frozenset({State.CHALLENGE, State.BEACON, State.DRAWN, State.CLAIM})
"""Stages in which the list is out and can only grow by a linked revision."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell the room. `name`: of `replies.sheet.DRAW_NOTICES`; not after `expires_ms` (room's ms)."""

    draw_id: str
    name: str
    expires_ms: int

    @property
    def intent(self) -> str:
        return f"draw:{self.name}"


def due(row: DrawRow, now_ms: int) -> Notice | None:
    """The notice this stage of the draw asks for at `now_ms`, told or not; None when there is nothing to say."""
    terms = _commitment(row).terms
    assert terms is not None
    beacon_ms = _commitment(row).beacon.due_ms
    match State(row.state):
        case State.ANNOUNCED | State.OPEN if now_ms < terms.open_at + LATE_MS and now_ms < terms.close_at:
            return Notice(row.id, "announced", min(terms.open_at + LATE_MS, terms.close_at))
        case State.OPEN if (
            terms.close_at - terms.open_at >= LEAST_WINDOW_MS
            and terms.close_at - CLOSING_MS <= now_ms < terms.close_at
        ):
            return Notice(row.id, "closing", terms.close_at)
        case State.CHALLENGE | State.BEACON if now_ms < beacon_ms:
            return Notice(row.id, "closed", beacon_ms)
        case State.DRAWN | State.CLAIM if (drawn := _at(row, "drawn", "drawn_at")) is not None:
            return _fresh(row, "drawn", drawn, now_ms)
        case State.VOID if (ended := _at(row, "void", "voided_at")) is not None:
            return _fresh(row, "void", ended, now_ms)
    return None


def next_due(row: DrawRow, now_ms: int) -> int | None:
    """When `due` has to be asked next because of the clock alone; None when it need not."""
    terms = _commitment(row).terms
    assert terms is not None
    if State(row.state) is State.OPEN and terms.close_at - terms.open_at >= LEAST_WINDOW_MS:
        at = terms.close_at - CLOSING_MS
        return at if now_ms < at else None
    return None


def _fresh(row: DrawRow, name: str, since_ms: int, now_ms: int) -> Notice | None:
    until = since_ms + 3 * LATE_MS
    return Notice(row.id, name, until) if now_ms < until else None


def _at(row: DrawRow, record: str, field: str) -> int | None:
    found = row.body.get(record)
    return None if found is None else int(found["record"][field])


def doubts(text: str) -> bool:
    """Whether a comment says that the draw is rigged. `text` as typed."""
    return _DOUBT.search(_SEEN.sub("", unicodedata.normalize("NFKC", text[:400])).casefold()) is not None


def calm(row: DrawRow, now_ms: int) -> Notice | None:
    """The calm line for a doubted draw: what may truly be said of it at this stage; None when nothing may."""
    state = State(row.state)
    if state in LOCKED:
        return Notice(row.id, "calm", now_ms + LATE_MS)
    if state in (State.ANNOUNCED, State.OPEN):
        return Notice(row.id, "calm_open", now_ms + LATE_MS)
    return None


def facts(row: DrawRow, lang: str = "zh") -> Mapping[str, Fact]:
    """What the notices' slots are filled with (`replies.facts.DRAW_SLOTS`), from the signed records alone.

    How to enter holds until the closing. A practice draw says so in its number, which every notice must carry there.
    """
    commitment = _commitment(row)
    terms = commitment.terms
    assert terms is not None
    english = lang == "en"
    number = f"Draw {terms.sequence}" if english else f"第{terms.sequence}场抽奖"
    if commitment.practice:
        number = f"PRACTICE {terms.sequence}" if english else f"练习抽奖{terms.sequence}"
    prize = _clipped(terms.prizes[0].name, "draw_prize", "prize on screen" if english else "奖品看屏幕")
    found = {
        "draw_number": Fact(number, "draw"),
        "draw_how": Fact(how(commitment, english=english), "draw", terms.close_at),
        "draw_prize": Fact(prize, "draw"),
        "draw_minutes": Fact(_minutes(terms.close_at - terms.open_at), "draw", terms.close_at),
    }  # fmt: skip
    if row.body["closed"]:
        found["draw_count"] = Fact(str(row.body["closed"][-1]["record"]["entries"]), "draw")
    return found


def how(commitment: Commitment, *, english: bool = False) -> str:
    """How one enters, in a few words; what is too long for a notice stands on the screen."""
    terms = commitment.terms
    assert terms is not None
    entry = terms.to_json()["entry"]
    kind = entry.get("kind", "keyword")
    if kind == "keyword":
        said = f"type {entry['keyword']}" if english else f"发送「{entry['keyword']}」"
        return _clipped(said, "draw_how", "see the screen" if english else "发屏幕上的口令")
    zh, en = {
        "quiz": ("发送答案", "send your answer"),
        "guess": ("发送猜的价格", "send your guess"),
        "rain": ("按屏幕口令分波", "keyword of each wave"),
        "purchase": ("下单指定商品", "buy the product"),
    }[kind]
    return en if english else zh


def _clipped(text: str, slot: str, instead: str) -> str:
    """`text` where it fits its slot and can be said, else `instead`."""
    try:
        Fact(text, "draw")
    except ShopError:
        return instead
    return text if len(text) <= DRAW_SLOTS[slot] else instead


def _minutes(window_ms: int) -> str:
    """The window in minutes, at most one decimal."""
    tenths = max(1, round(window_ms / 6_000))
    return str(tenths // 10) if tenths % 10 == 0 else f"{tenths / 10:.1f}"


def _commitment(row: DrawRow) -> Commitment:
    return read_commitment(row.body["commitment"]).record
