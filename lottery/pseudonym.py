"""The names under which viewers stand in the public list, and the salts by which only they know their own.

entry_salt = HMAC-SHA256(draw_salt, …platform, uid); pseudonym = HMAC-SHA256(entry_salt, …draw, platform, uid). Who
has the draw's salt (the bot, an inspector) can make all of them; an entrant is given one entry_salt.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from .canonical import digest, lp, nfc, utf8
from .errors import RuleError

SALT_SIZE = 32
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RECEIPT_BITS = 60
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_PADDING = bytes(64 - SALT_SIZE)  # HMAC fills a short key with zeros up to the block of 64 bytes (RFC 2104)


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


class Entrants:
    """`entry_salt` and `pseudonym` for many viewers of one draw, in less than half the time.

    The cost of an HMAC in Python is its set-up, so what is the same for all viewers is hashed once: the key of
    the draw's salt, and the beginning of both messages. Raises RuleError unless the salt has 32 bytes.
    """

    __slots__ = ("_naming", "_salting", "_sealing")

    def __init__(self, draw_salt: bytes, draw_id: str, platform: str) -> None:
        salt_commit(draw_salt)
        key, where = draw_salt + _PADDING, lp(utf8(nfc(platform)))
        self._salting = sha256(key.translate(_INNER) + lp(b"lfd1/entry-salt") + where)
        self._sealing = sha256(key.translate(_OUTER))
        self._naming = lp(b"lfd1/pseudonym") + lp(utf8(nfc(draw_id))) + where

    def of(self, uid: str) -> tuple[bytes, bytes]:
        """(entry_salt, pseudonym) of one viewer. Raises CanonicalError for a uid with half a character."""
        who = lp(utf8(nfc(uid)))
        inner, outer = self._salting.copy(), self._sealing.copy()
        inner.update(who)
        outer.update(inner.digest())
        salt = outer.digest()
        key = salt + _PADDING
        named = sha256(key.translate(_INNER) + self._naming + who).digest()
        return salt, sha256(key.translate(_OUTER) + named).digest()


def receipt(salt: bytes) -> str:
    """What an entrant keeps, "XXXX-XXXX-XXXX": 60 bits of H("receipt", entry_salt) in Crockford's base 32.

    It tells nothing about the salt, and has no letters that are taken for digits.
    """
    number = int.from_bytes(digest("receipt", salt)[:8], "big") >> (64 - _RECEIPT_BITS)
    digits = [_CROCKFORD[number >> shift & 31] for shift in range(_RECEIPT_BITS - 5, -1, -5)]
    return "-".join("".join(digits[at : at + 4]) for at in range(0, len(digits), 4))
