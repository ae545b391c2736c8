"""Who is in: the entry rule that judges comments and orders.

The names under which entrants stand in the public list are made in `pseudonym.py` and to be had from here.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from .answers import answer_value
from .canonical import digest, nfc, utf8
from .errors import CanonicalError
from .kinds import Conditions, Contest, Guess, Keyword, Purchase, Quiz, Rain
from .pseudonym import SALT_SIZE, Entrants, entry_salt, pseudonym, pseudonym_of, receipt, salt_commit
from .refusal import Refusal
from .spoken import (
    LONGEST_COMMENT,
    LONGEST_KEYWORD,
    OUT_OF_RANGE,
    check_keyword,
    normalise,
    normalise_answer,
    read_number,
)

__all__ = [
    "LONGEST_KEYWORD",
    "SALT_SIZE",
    "Entered",
    "Entrants",
    "EntryRule",
    "Heard",
    "Refusal",
    "Refused",
    "check_keyword",
    "entry_key",
    "entry_salt",
    "list_hash",
    "normalise",
    "pseudonym",
    "pseudonym_of",
    "receipt",
    "salt_commit",
    "staff_hash",
]


@dataclass(frozen=True, slots=True)
class Heard:
    """A comment as the rule sees it. `uid` None: the platform did not tell who spoke.

    `at_ms` in Unix milliseconds, by the time the comment carries. `follows` and `fan_level` None: the platform
    does not tell; `level` is the account's level, 0 when there is none.
    """

    text: str
    uid: str | None
    platform: str
    room: str
    at_ms: int
    follows: bool | None = None
    fan_level: int | None = None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Entered:
    """The viewer `uid` (NFC) is in.

    `value` is the number guessed, or what stands for the answer given (`answers.answer_value`); `wave` the
    wave of a rain, from 0.
    """

    uid: str
    value: int | None = None
    wave: int = 0

    @property
    def key(self) -> str:
        """What the container `entered` of `EntryRule.judge` holds for this entry."""
        return entry_key(self.uid, self.wave)


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody tried, but it does not count. `uid` is None when the platform did not tell who spoke."""

    reason: Refusal
    uid: str | None


def entry_key(uid: str, wave: int = 0) -> str:
    """One account's entry in one wave, as a text: no uid holds the sign that parts the two."""
    return f"{wave}\x00{uid}" if wave else uid


@dataclass(frozen=True, slots=True)
class _Said:
    """An attempt to enter: what it is worth, or why it is not worth anything whoever made it."""

    value: int | None = None
    wave: int = 0
    outside: Refusal | None = None
    fault: Refusal | None = None


@dataclass(frozen=True, slots=True)
class EntryRule:
    """The committed rule by which comments and orders enter.

    `open_at` <= time < `close_at` in Unix milliseconds; `staff`, `blacklist` and `previous` hold the uids (NFC)
    that may not win. One entry for each account, in a rain for each account and wave; the first counts.
    """

    contest: Contest
    platform: str
    room: str
    open_at: int
    close_at: int
    staff: frozenset[str] = frozenset()
    blacklist: frozenset[str] = frozenset()
    previous: frozenset[str] = frozenset()
    conditions: Conditions = field(default_factory=Conditions)

    def matches(self, text: str) -> bool:
        """Whether a comment is an attempt to enter, whoever wrote it and whenever."""
        return self._said(text, self.open_at) is not None

    def judge(self, heard: Heard, entered: Container[str]) -> Entered | Refused | None:
        """Judge one comment; None when it is no attempt at all. `entered` holds the `Entered.key` of those in."""
        said = self._said(heard.text, heard.at_ms)
        return None if said is None else self._weigh(said, heard, entered)

    def judge_order(
        self, product: str, uid: str | None, platform: str, room: str, at_ms: int, entered: Container[str]
    ) -> Entered | Refused | None:
        """Judge one paid order; None when it is of another product, or this is no draw among buyers.

        An order does not tell whether its buyer follows the host, or of what level the account is: a draw with
        such conditions refuses buyers of whom it is not known.
        """
        if not isinstance(self.contest, Purchase) or product != self.contest.product:
            return None
        return self._weigh(_Said(), Heard("", uid, platform, room, at_ms), entered)

    def _said(self, text: str, at_ms: int) -> _Said | None:
        if len(text) > LONGEST_COMMENT:
            return None
        contest = self.contest
        if isinstance(contest, Keyword):
            return _Said() if normalise(text) == contest.keyword else None
        if isinstance(contest, Quiz):
            return _answered(contest, text)
        if isinstance(contest, Guess):
            return _guessed(contest, text)
        return _in_wave(contest, text, at_ms) if isinstance(contest, Rain) else None

    def _weigh(self, said: _Said, heard: Heard, entered: Container[str]) -> Entered | Refused:
        uid = _known(heard.uid)
        reason = self._outside(said, heard)
        if reason is None and uid is None:
            reason = Refusal.UNKNOWN_VIEWER
        if reason is not None or uid is None:
            return Refused(reason or Refusal.UNKNOWN_VIEWER, uid)
        made = Entered(uid, said.value, said.wave)
        reason = self._barred(uid, heard) or said.fault
        if reason is None and made.key in entered:
            reason = Refusal.DUPLICATE
        return made if reason is None else Refused(reason, uid)

    def _outside(self, said: _Said, heard: Heard) -> Refusal | None:
        """The wrong room or the wrong time."""
        if (heard.platform, heard.room) != (self.platform, self.room):
            return Refusal.OTHER_ROOM
        if heard.at_ms < self.open_at:
            return Refusal.EARLY
        return Refusal.LATE if heard.at_ms >= self.close_at else said.outside

    def _barred(self, uid: str, heard: Heard) -> Refusal | None:
        """Who may not win, and who lacks what the rules ask of an account."""
        asked = self.conditions
        if uid in self.staff:
            return Refusal.STAFF
        if uid in self.blacklist:
            return Refusal.BLACKLISTED
        if uid in self.previous:
            return Refusal.PREVIOUS_WINNER
        if asked.follow and not heard.follows:
            return Refusal.NOT_FOLLOWING
        if asked.fan_level > (heard.fan_level or 0):
            return Refusal.FAN_LEVEL
        return Refusal.ACCOUNT_LEVEL if asked.account_level > heard.level else None


def _answered(quiz: Quiz, text: str) -> _Said | None:
    said = normalise_answer(text)
    if quiz.options:
        if said not in _options(quiz):
            return None
    else:
        start = normalise_answer(quiz.prefix)
        if not said.startswith(start):
            return None
        said = said[len(start) :].strip()
    try:
        return _Said(answer_value(said)) if said else None
    except CanonicalError:
        return None


@lru_cache(maxsize=8)
def _options(quiz: Quiz) -> frozenset[str]:
    """The options as they are compared; made once, for a quiz hears thousands of comments a minute."""
    return frozenset(map(normalise_answer, quiz.options))


def _guessed(guess: Guess, text: str) -> _Said | None:
    number = read_number(text, guess.prefix, guess.decimals)
    if number is None:
        return None
    if number == OUT_OF_RANGE or not guess.least <= number <= guess.most:
        return _Said(fault=Refusal.OUT_OF_RANGE)
    return _Said(number)


def _in_wave(rain: Rain, text: str, at_ms: int) -> _Said | None:
    """The wave that takes this keyword now; else early while one is to come, late after the last."""
    said = normalise(text)
    waves = [(number, wave) for number, wave in enumerate(rain.waves) if wave.keyword == said]
    for number, wave in waves:
        if wave.open_at <= at_ms < wave.close_at:
            return _Said(wave=number)
    if not waves:
        return None
    return _Said(outside=Refusal.EARLY if at_ms < waves[-1][1].open_at else Refusal.LATE)


def _known(uid: str | None) -> str | None:
    if not uid or "\x00" in uid:
        return None
    try:
        return nfc(uid)
    except CanonicalError:
        return None


def list_hash(name: str, draw_salt: bytes, uids: Iterable[str]) -> str:
    """H(name, draw_salt, uid, …) over the sorted uids, in hex: fixes a list of those who may not win ("staff",
    "previous", "blacklist") without letting outsiders test uids against it.
    """
    return digest(name, draw_salt, *(utf8(uid) for uid in sorted({nfc(uid) for uid in uids}))).hex()


def staff_hash(draw_salt: bytes, staff: Iterable[str]) -> str:
    """`list_hash` of the staff."""
    return list_hash("staff", draw_salt, staff)
