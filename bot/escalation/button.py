"""The data behind a card's button: `c:<case>:<action>:<signature>`, at most 64 bytes (the Bot API's limit).

A client may send any callback data it likes, so each button is signed; it holds no text, no version and no name:
who pressed and what the case is now are looked up at the press.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Literal, get_args

Action = Literal["claim", "resolve", "release", "escalate"]
ACTIONS: frozenset[str] = frozenset(get_args(Action))
MAX_BYTES = 64
SIGNATURE_BYTES = 15
"""120 bits, 20 characters in base64url: nobody guesses that at a few presses a second."""


def button_data(secret: bytes, case_id: int, action: Action) -> str:
    """The callback data for `action` on the case. Raises ValueError beyond 64 bytes (a case id over 31 digits)."""
    head = f"c:{case_id}:{action}"
    data = f"{head}:{_signature(secret, head)}"
    if len(data.encode("utf-8")) > MAX_BYTES:
        raise ValueError(f"the button of case {case_id} would need more than {MAX_BYTES} bytes")
    return data


def read_button(secret: bytes, data: str) -> tuple[int, Action] | None:
    """Case and action of a button of ours; None when it is forged, cut or foreign."""
    head, _, signature = data.rpartition(":")
    expected = _signature(secret, head)
    if not hmac.compare_digest(expected.encode("utf-8"), signature.encode("utf-8", "replace")):
        return None
    kind, _, rest = head.partition(":")
    case_id, _, action = rest.partition(":")
    if kind != "c" or action not in ACTIONS or not case_id.isdecimal():
        return None
    return int(case_id), action  # type: ignore[return-value]


def _signature(secret: bytes, head: str) -> str:
    mac = hmac.new(secret, b"changkong-button:" + head.encode("utf-8", "replace"), hashlib.sha256)
    return base64.urlsafe_b64encode(mac.digest()[:SIGNATURE_BYTES]).decode("ascii")
