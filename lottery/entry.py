"""Who is in: the entry rule that judges comments, and the pseudonyms that stand in the public list.

A comment enters when, after NFKC and without white space around it, it equals the keyword, itself normalised
the same way. NFKC makes full-width and half-width forms one (\uff11 and 1, \uff21 and A), which is how people
type on phones; upper and lower case stay different, because the rule shown to viewers is "type exactly this".
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum

from .canonical import digest, lp, nfc, utf8
from .errors import CanonicalError, RuleError

LONGEST_KEYWORD = 40
_LONGEST_COMMENT = 400  # characters looked at; no platform's comment that equals a keyword is longer
SALT_SIZE = 32


class Refusal(StrEnum):
    """Why a comment with the keyword did not enter. These are all the tests there are; the commitment lists
    them.
    """

    EARLY = "early"
    LATE = "late"
    OTHER_ROOM = "other_room"
    UNKNOWN_VIEWER = "unknown_viewer"
    STAFF = "staff"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Entered:
    """The viewer `uid` is in. `uid` is in NFC."""

    uid: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The keyword was said, but it does not count. `uid` is None when the platform did not tell who spoke."""

    reason: Refusal
    uid: str | None


def normalise(text: str) -> str:
    """NFKC, then no white space at both ends."""
    return unicodedata.normalize("NFKC", text).strip()


def check_keyword(keyword: str) -> str:
    """The keyword as it is compared. Raises RuleError when empty, too long, or holding control characters."""
    normal = normalise(keyword) if len(keyword) <= LONGEST_KEYWORD * 4 else ""
    hidden = any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} for character in normal)
    if not normal or len(normal) > LONGEST_KEYWORD or hidden:
        raise RuleError(f"The keyword must have 1 to {LONGEST_KEYWORD} visible characters; choose another.")
    return normal


@dataclass(frozen=True, slots=True)
class EntryRule:
    """The committed rule by which comments enter.

    `keyword` as `check_keyword` gives it; `open_at` <= time < `close_at` in Unix milliseconds, by the time
    the comment carries; `staff` holds the uids (NFC) that may not win. One entry for each account.
    """

    keyword: str
    platform: str
    room: str
    open_at: int
    close_at: int
    staff: frozenset[str] = frozenset()

    def matches(self, text: str) -> bool:
        """Whether the comment says the keyword and nothing else."""
        return len(text) <= _LONGEST_COMMENT and normalise(text) == self.keyword

    def judge(
        self, text: str, uid: str | None, platform: str, room: str, at_ms: int, entered: Container[str]
    ) -> Entered | Refused | None:
        """Judge one comment; None when it does not say the keyword. `entered` holds the uids already in."""
        if not self.matches(text):
            return None
        known = _known(uid)
        if (platform, room) != (self.platform, self.room):
            return Refused(Refusal.OTHER_ROOM, known)
        if at_ms < self.open_at:
            return Refused(Refusal.EARLY, known)
        if at_ms >= self.close_at:
            return Refused(Refusal.LATE, known)
        if known is None:
            return Refused(Refusal.UNKNOWN_VIEWER, None)
        if known in self.staff:
            return Refused(Refusal.STAFF, known)
        if known in entered:
            return Refused(Refusal.DUPLICATE, known)
        return Entered(known)


def _known(uid: str | None) -> str | None:
    if not uid:
        return None
    try:
        return nfc(uid)
    except CanonicalError:
        return None


def salt_commit(draw_salt: bytes) -> str:
    """H("salt", draw_salt) in hex. Raises RuleError unless the salt has 32 bytes."""
    if len(draw_salt) != SALT_SIZE:
        raise RuleError("The draw's salt must be 32 random bytes from the operating system.")
    return digest("salt", draw_salt).hex()


def entry_salt(draw_salt: bytes, platform: str, uid: str) -> bytes:
    """The salt that only this entrant is given: with it one's own uid can be linked to the list, nobody
    else's.
    """
    message = lp(b"lfd1/entry-salt") + lp(utf8(nfc(platform))) + lp(utf8(nfc(uid)))
    return hmac.digest(draw_salt, message, "sha256")


def pseudonym(salt: bytes, draw_id: str, platform: str, uid: str) -> bytes:
    """The 32 bytes that stand for a viewer in this draw's list; `salt` is that viewer's `entry_salt`."""
    message = lp(b"lfd1/pseudonym") + lp(utf8(nfc(draw_id))) + lp(utf8(nfc(platform))) + lp(utf8(nfc(uid)))
    return hmac.digest(salt, message, "sha256")


def pseudonym_of(draw_salt: bytes, draw_id: str, platform: str, uid: str) -> bytes:
    """Pseudonym straight from the draw's salt: for the bot, and for an inspector who was given the salt."""
    return pseudonym(entry_salt(draw_salt, platform, uid), draw_id, platform, uid)


def staff_hash(draw_salt: bytes, staff: Iterable[str]) -> str:
    """H("staff", draw_salt, uid, …) over the sorted uids, in hex: fixes the list of those who may not win
    without letting outsiders test uids against it.
    """
    return digest("staff", draw_salt, *(utf8(uid) for uid in sorted({nfc(uid) for uid in staff}))).hex()
