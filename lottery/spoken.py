"""What people type, and when two ways of typing it are the same.

NFKC makes full-width and half-width forms one (\uff11 and 1, \uff21 and A), which is how people type on phones. A
keyword keeps upper and lower case apart, because the rule shown to viewers is "type exactly this"; an answer
does not, because nobody should lose for a capital letter.
"""

from __future__ import annotations

import re
import unicodedata

from .errors import RuleError

LONGEST_KEYWORD = 40
LONGEST_COMMENT = 400
"""Characters of a comment that are looked at; no platform's comment that enters is longer."""

OUT_OF_RANGE = -1
"""What `read_number` gives for a number with more digits after the point than the rule takes."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and signs by their category that no screen shows anything of."""
_NUMBER = re.compile(r"\s*¥?([0-9]{1,9})(?:\.([0-9]+))?\s*(?:元|块钱|块)?", re.ASCII)


def normalise(text: str) -> str:
    """NFKC, then no white space at both ends."""
    return unicodedata.normalize("NFKC", text).strip()


def normalise_answer(text: str) -> str:
    """`normalise`, and case-folded besides. The result is in NFKC, so it may stand in a record."""
    return normalise(normalise(text).casefold())


def says_something(text: str) -> bool:
    """Whether there is anything to see in `text`: zero-width characters and fillers alone say nothing."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANK for char in text)


def visible(text: str, longest: int = LONGEST_KEYWORD) -> str | None:
    """`text` normalised, when it has 1 to `longest` characters that can all be seen; else None."""
    normal = normalise(text) if len(text) <= longest * 4 else ""
    hidden = any(unicodedata.category(character) in _HIDDEN for character in normal)
    return normal if says_something(normal) and len(normal) <= longest and not hidden else None


def check_keyword(keyword: str) -> str:
    """The keyword as it is compared. Raises RuleError when empty, too long, or holding control characters."""
    normal = visible(keyword)
    if normal is None:
        raise RuleError(f"The keyword must have 1 to {LONGEST_KEYWORD} visible characters; choose another.")
    return normal


def read_number(text: str, prefix: str = "", decimals: int = 0) -> int | None:
    """The number that a comment names, in the smallest unit ("9.5" with two `decimals` is 950).

    After NFKC: the prefix, white space, an optional ¥, 1 to 9 digits, optionally a point and digits, white
    space, optionally 元, 块 or 块钱. None when the comment is not that; OUT_OF_RANGE for more digits after the
    point than `decimals`. `prefix` as `check_keyword` gives it, or "".
    """
    if len(text) > LONGEST_COMMENT:
        return None
    said = normalise(text)
    if not said.startswith(prefix):
        return None
    match = _NUMBER.fullmatch(said[len(prefix) :])
    if match is None:
        return None
    whole, part = match[1], match[2] or ""
    if len(part) > decimals:
        return OUT_OF_RANGE
    return int(whole + part.ljust(decimals, "0"))
