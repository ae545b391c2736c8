"""When absolute or medical wording is none: negated, asked, or quoted.

The 2023 guide on absolute terms asks for context rather than word matching; these are the contexts a machine can
see in one line. Only the clause around the hit counts, so that "不错 全网最低价" is not taken for a negation.
"""

from __future__ import annotations

import re
from collections.abc import Set

_REACH = 16
_BREAK = re.compile(r"[\s，。,;；!！~～…、|/]")
_TAG = re.compile(r"[\s，,]*(?:是吗|是不是|对吗|对不对|真的吗|真的假的|真假|吗)\s*[?？]*\s*$")

_NEGATED_BEFORE = re.compile(
    r"(?:不是|不算|没有|没有什么|并非|不能说|谈不上|算不上|别说|不敢说|哪有|不信|未必|不一定|不见得|不可能|不等于|不代表"
    r"|不应该|不能|又不|绝不|不要说)[^\s，。,!！?？]{0,3}$|[不没非无]$"
)
_NEGATED_AFTER = re.compile(
    r"^[的价]{0,2}(?:个屁|才怪|不存在|是假的|是骗|都是骗|谁信|我不信|不可能|不太可能|就算了|不是真)"
)
_ASKED_BEFORE = re.compile(
    r"是不是|有没有|能不能|会不会|可不可以|是否|能否|难道|哪[个款家里种]|谁|什么时候|怎么|为什么|凭什么|凭啥|多少"
)
_ASKED_AFTER = re.compile(
    r"(?:(?<!好)吗|(?<!好)嘛|么|没有|没|呢|吧|不|是不是|真的假的)[呀啊哦呐]?[?？]*$|[?？]"
)
_QUOTED_BEFORE = re.compile(
    r"(?:说|说是|说的|说好的?|号称|写着|写的|写了|所谓的?|宣称|标着|广告语?[是说]?|吹|吹嘘|敢叫|自称|宣传)[^\s，。,]{0,4}$"
)
_OPENING, _CLOSING = "“\"「『《‘'", "”\"」』》’'"


def excused(excuses: Set[str], text: str, start: int, end: int) -> bool:
    """Whether one of `excuses` (negated, asked, quoted) holds for the hit at `text[start:end]`."""
    head = _BREAK.split(text[max(0, start - _REACH) : start])[-1]
    rest = text[end : end + _REACH]
    broken = _BREAK.search(rest)
    tail = rest[: broken.start()] if broken else rest
    if "negated" in excuses and (_NEGATED_BEFORE.search(head) or _NEGATED_AFTER.search(tail)):
        return True
    if "asked" in excuses and (
        _ASKED_BEFORE.search(head) or _ASKED_AFTER.search(tail) or _TAG.match(rest[len(tail) :])
    ):
        return True
    return "quoted" in excuses and (bool(_QUOTED_BEFORE.search(head)) or _in_quotes(text, start, end))


def _in_quotes(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    for opening, closing in zip(_OPENING, _CLOSING, strict=True):
        at = before.rfind(opening)
        if at >= 0 and (opening == closing or closing not in before[at + 1 :]) and closing in after:
            return opening != closing or before.count(opening) % 2 == 1
    return False
