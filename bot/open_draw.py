"""What takes part just now in a room: the draw that takes entries, and the poll that counts."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import msgspec

from bot.comment import RoomKey
from lottery.contests import (
    Conditions,
    Contest,
    Guess,
    Keyword,
    Purchase,
    Quiz,
    Rain,
    Wave,
    normalise_answer,
)
from lottery.entry import EntryRule

LONGEST_SAID = 500
"""Characters of an answer of ours that are looked through; no platform takes a longer one."""

_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")
_SPELT = re.compile(
    r"[〇零一二两三四五六七八九十百千万亿]{2}|[一二两三四五六七八九十百千万](?=块|元|毛|角|折|塊)|[0-9]\s*[百千万萬亿kw](?![a-z])",
    re.IGNORECASE,
)
"""Numbers in words, or with a unit that multiplies them: what they come to is not worked out, they count as telling."""
_GROUPED = re.compile(r"(?<=[0-9]),(?=[0-9]{3})")


class OpenWave(msgspec.Struct, frozen=True):
    """One wave of a red-packet rain; `closes_ms` excluded."""

    keyword: str
    opens_ms: int
    closes_ms: int


class OpenDraw(msgspec.Struct, frozen=True):
    """The draw that takes entries now. Times in ms, `closes_ms` excluded. `staff`, `blacklist` and `previous` are uids
    that may not win.

    The rule itself is `lottery.entry.EntryRule`; this is its form at rest, beside the room it belongs to. The answer
    of a quiz or a guess is not in it: nothing that judges comments knows who is right.
    """

    draw_id: str
    keyword: str
    opens_ms: int
    closes_ms: int
    staff: frozenset[str] = frozenset()
    blacklist: frozenset[str] = frozenset()
    previous: frozenset[str] = frozenset()
    kind: Literal["keyword", "quiz", "guess", "rain", "purchase"] = "keyword"
    options: tuple[str, ...] = ()
    prefix: str = ""
    decimals: int = 0
    least: int = 0
    most: int = 0
    waves: tuple[OpenWave, ...] = ()
    product: str = ""
    follow: bool = False
    fan_level: int = 0
    account_level: int = 0

    def rule(self, room: RoomKey) -> EntryRule:
        """The rule that judges what is said in `room`."""
        return _rule_of(self, room)

    def reveals(self, text: str) -> bool:
        """Whether words of ours might give the answer away while people still enter: an option of the quiz, a number
        within the bounds of the guess or any that is spelt out (九十九块), anything at all where the answer is free."""
        if self.kind == "quiz":
            said = normalise_answer(text)
            return not self.options or any(normalise_answer(option) in said for option in self.options)
        if self.kind != "guess":
            return False
        least, most = (Fraction(bound, 10**self.decimals) for bound in (self.least, self.most))
        plain = _GROUPED.sub("", unicodedata.normalize("NFKC", text[:LONGEST_SAID]))
        if _SPELT.search(plain) is not None:
            return True
        return any(least <= Fraction(number) <= most for number in _NUMBER.findall(plain))

    def contest(self) -> Contest:
        """What judges need to know of the contest; the question and the committed answer are not among it."""
        match self.kind:
            case "quiz":
                return Quiz("", self.options, self.prefix, "")
            case "guess":
                return Guess("", self.prefix, self.decimals, self.least, self.most, "")
            case "rain":
                return Rain(tuple(Wave(one.keyword, one.opens_ms, one.closes_ms) for one in self.waves))
            case "purchase":
                return Purchase(self.product)
        return Keyword(self.keyword)


@lru_cache(maxsize=16)
def _rule_of(draw: OpenDraw, room: RoomKey) -> EntryRule:
    conditions = Conditions(draw.follow, draw.fan_level, draw.account_level)
    return EntryRule(
        draw.contest(), room.platform, room.room_id, draw.opens_ms, draw.closes_ms,
        draw.staff, draw.blacklist, draw.previous, conditions,
    )  # fmt: skip


class OpenPoll(msgspec.Struct, frozen=True):
    """The poll that counts now (扣1): no prize, one vote an account. `options`: 1 to 6 texts, counted from 1."""

    poll_id: str
    question: str
    options: tuple[str, ...]
