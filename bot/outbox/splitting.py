"""A text longer than the platform takes, in parts. Never within a word, never a claim without its disclosure.

Parts end at a sentence, else at a comma, else between two words. What the law wants said with a claim is said with
every part; where there is no room for that, nothing is said. Numbers stand before the parts only where there are more
than one, so that whoever reads the second knows there is a first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from bot.errors import ChangkongError
from replies.phrase import STOPS, joined

MOST = 3
"""More parts than this are a leaflet, not an answer."""

Words = Callable[[str], Sequence[str]]
"""Cuts a text into words; joined they are the text again."""

_ENDS = "。！？!?；;…\n"
_PAUSES = "，,、：:～~ )）】》”"
_COMMAS = "，,、：: "
_WORD = re.compile(
    r"""
    [￥¥$€]?\s?\d[\d.,:/×x*-]*\s?[A-Za-z%‰℃°㎡]*           # a number with its sign and Latin unit
    (?:[元块毛分角折件包盒瓶支片克斤两升米码号寸天年月日时秒个条双套倍层颗粒袋位张次人小钟周]{0,2})
    | [A-Za-z]+(?:['’.-][A-Za-z]+)*                          # Latin letters
    """,
    re.X,
)
_JOINER, _KEYCAP = "\u200d", "\u20e3"


class TooLong(ChangkongError):
    """The text cannot be said on this platform. The message says why."""


def split(
    text: str,
    limit: int,
    *,
    disclosure: str = "",
    size: Callable[[str], int] = len,
    words: Words | None = None,
) -> tuple[str, ...]:
    """`text` in parts of at most `limit`, as `size` measures (characters by default). One part when it fits.

    `disclosure` is the end of `text` that belongs to every claim in it. `words` cuts a run of text into words; without
    it only Latin words, numbers with their unit, and emoji are kept whole. Raises TooLong.
    """
    if size(text) <= limit:
        return (text,)
    body = text[: len(text) - len(disclosure)] if disclosure else text
    body = body.removesuffix(next((one for one in STOPS if disclosure and body.endswith(one)), ""))
    if disclosure and not text.endswith(disclosure):
        raise TooLong("The disclosure does not stand at the end of the text.")
    for count in range(2, MOST + 1):
        parts = _parted(body, count, limit, disclosure, size, words)
        if parts is not None:
            return parts
    raise TooLong(f"It does not fit into {MOST} messages of {limit}, each with what must be said with it.")


def _parted(
    body: str, count: int, limit: int, disclosure: str, size: Callable[[str], int], words: Words | None
) -> tuple[str, ...] | None:
    """The body in at most `count` numbered parts, or None when it takes more."""
    pieces: list[str] = []
    rest = body.strip()
    while rest:
        if len(pieces) == count:
            return None
        end = _longest(rest, lambda cut: size("(1/2)" + _with(cut, disclosure)) <= limit, words)
        if end == 0:
            return None
        pieces.append(rest[:end].strip())
        rest = rest[end:].strip()
    if len(pieces) < count:
        return None
    return tuple(
        f"({place}/{len(pieces)}){_with(piece, disclosure)}" for place, piece in enumerate(pieces, start=1)
    )


def _with(piece: str, disclosure: str) -> str:
    """A part with what must be said with it."""
    return joined(piece.strip().rstrip(_COMMAS), disclosure) if disclosure else piece.strip()


def _longest(text: str, fits: Callable[[str], bool], words: Words | None) -> int:
    """Where the longest good beginning of `text` that fits ends; 0 when not even one word does."""
    if fits(text):
        return len(text)
    best = {"end": 0, "pause": 0, "word": 0}
    for at in boundaries(text, words):
        if not fits(text[:at]):
            break
        before = text[at - 1]
        best["end" if before in _ENDS else "pause" if before in _PAUSES else "word"] = at
    furthest = max(best.values())
    # A sentence's end is worth having a shorter part for, but not one of a few characters only.
    for kind in ("end", "pause"):
        if best[kind] * 2 >= furthest:
            return best[kind]
    return furthest


def boundaries(text: str, words: Words | None = None) -> list[int]:
    """Places within `text` at which it may be cut, in order, its end not among them."""
    cuts = set(_between(text, words))
    for found in _WORD.finditer(text):
        cuts -= set(range(found.start() + 1, found.end()))
    return sorted(
        at for at in cuts if 0 < at < len(text) and _apart(text[at - 1], text[at]) and not _flag(text, at)
    )


def _between(text: str, words: Words | None) -> list[int]:
    if words is None:
        return list(range(1, len(text)))
    found, at = [], 0
    for word in words(text):
        at += len(word)
        found.append(at)
    return found if at == len(text) else list(range(1, len(text)))


def _apart(before: str, after: str) -> bool:
    """Whether two neighbouring characters may stand in two messages: not within an emoji or a composed letter, and
    no part begins with a closing sign."""
    if _JOINER in (before, after) or after == _KEYCAP or "\U0001f3fb" <= after <= "\U0001f3ff":
        return False
    if before.isascii() and before.isalnum() and after.isascii() and after.isalnum():
        return False
    if "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff":
        return False
    if unicodedata.category(after) in ("Mn", "Me", "Mc") or "\U000e0020" <= after <= "\U000e007f":
        return False
    if after.isspace():  # the space goes with what stands before it
        return False
    return after not in _ENDS and after not in _PAUSES.replace(" ", "") and before not in "（(【《“@#"


def _flag(text: str, at: int) -> bool:
    """Whether the cut falls within a flag: two regional signs make one."""
    run = 0
    while run < at and "\U0001f1e6" <= text[at - 1 - run] <= "\U0001f1ff":
        run += 1
    return run % 2 == 1 and "\U0001f1e6" <= text[at] <= "\U0001f1ff"
