"""Signatures of the generic bridge: `t=<unix seconds>,v1=<hex hmac-sha256 of "t." + what is signed>`.

Signed is the raw body of a push, and for a WebSocket hello the room's name. A signature is good for five minutes
and for one use.
"""

from __future__ import annotations

import hashlib
import hmac
import re

MAX_AGE_S = 300
_PART = re.compile(r"\s*(t|v1)=([0-9A-Za-z]{1,64})\s*\Z")


class BadSignature(Exception):
    """Missing, malformed, wrong or older than five minutes; the text says which."""


class Replayed(Exception):
    """This very signature was used before."""


def sign(secret: bytes, signed: bytes, unix_s: int) -> str:
    """The header for `signed` at `unix_s`."""
    return f"t={unix_s},v1={_mac(secret, str(unix_s), signed)}"


class Signatures:
    """The signatures of one room: which secret, and which were used within the last minutes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._used: dict[str, int] = {}

    def check(self, header: str, signed: bytes, now_ms: int) -> None:
        """Raise BadSignature or Replayed unless `header` signs `signed` now and for the first time."""
        stamp, given = _read(header)
        expected = _mac(self._secret, stamp, signed)
        if not hmac.compare_digest(expected, given.lower()):
            raise BadSignature("The signature is wrong: check the secret, and that the raw body is signed.")
        now_s = now_ms // 1000
        if abs(now_s - int(stamp)) > MAX_AGE_S:
            raise BadSignature("The signature is more than five minutes off. Check the clock of the sender.")
        if expected in self._used:
            raise Replayed("This signature was used before. Sign each message anew.")
        self._used = {mac: at for mac, at in self._used.items() if at + MAX_AGE_S >= now_s}
        self._used[expected] = int(stamp)


def _read(header: str) -> tuple[str, str]:
    parts: dict[str, str] = {}
    for piece in header.split(","):
        match = _PART.match(piece)
        if match is None or match[1] in parts:
            raise BadSignature("The signature must read t=<unix seconds>,v1=<64 hex digits>.")
        parts[match[1]] = match[2]
    stamp = parts.get("t", "")
    if "v1" not in parts or not re.fullmatch(r"[0-9]{1,12}", stamp, re.ASCII):
        raise BadSignature("The signature must read t=<unix seconds>,v1=<64 hex digits>.")
    return stamp, parts["v1"]


def _mac(secret: bytes, stamp: str, signed: bytes) -> str:
    return hmac.new(secret, stamp.encode("ascii") + b"." + signed, hashlib.sha256).hexdigest()
