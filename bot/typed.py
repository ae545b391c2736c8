"""Codes that viewers type in the room: `查询 CODE` and `兑奖 CODE`. Heard and kept, never answered.

With a code of one's own choice (4 to 12 letters and digits) somebody finds the own entry on the public page; a claim
code (8) is shown there to a winner, who types it from the winning account.
"""

from __future__ import annotations

import re
from typing import Literal

from bot.comment import Comment
from bot.decision import CodeSaid
from bot.room_state import RoomState
from lottery.entry import normalise

LOOKUP = "查询"
CLAIM = "兑奖"
CLAIM_LENGTH = 8

_LONGEST = 40
_TYPED = re.compile(
    r"(查询|查詢|兑奖|兌獎)[\s:：]*([a-z0-9](?:[a-z0-9 -]*[a-z0-9])?)", re.IGNORECASE | re.ASCII
)
_OWN = re.compile(r"[A-Z0-9]{4,12}")
_CLAIM = re.compile(rf"[A-Z0-9]{{{CLAIM_LENGTH}}}")


def read(text: str) -> tuple[Literal["lookup", "claim"], str] | None:
    """The kind and the code in upper case, when `text` is a code typed and nothing else; else None.

    Hyphens and spaces within a claim code do not matter: it is shown in groups.
    """
    if len(text) > _LONGEST:
        return None
    match = _TYPED.fullmatch(normalise(text))
    if match is None:
        return None
    code = match[2].upper()
    if match[1] in (LOOKUP, "查詢"):
        return ("lookup", code) if _OWN.fullmatch(code) else None
    code = code.replace("-", "").replace(" ", "")
    return ("claim", code) if _CLAIM.fullmatch(code) else None


def heard(comment: Comment, state: RoomState) -> tuple[bool, CodeSaid | None]:
    """Whether the comment is a code typed, and the code if it counts: typed here, by somebody whose id is known, and a
    code of one's own choice only once the room has had a draw to which it can belong."""
    typed = read(comment.text)
    if typed is None:
        return False, None
    kind, code = typed
    elsewhere = comment.edited or comment.mirrored or comment.viewer.uid is None
    if elsewhere or (kind == "lookup" and not state.latest_draw):
        return True, None
    return True, CodeSaid(kind, code, state.latest_draw)
