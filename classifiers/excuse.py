"""When a wording is no hit: negated, asked, quoted, or a warning to others; and when a grievance is none.

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
    r"|^的?[^\s，。,]{0,3}(?:不一定|未必|不见得|不代表|不等于|也不一定)"
)
_ASKED_BEFORE = re.compile(
    r"是不是|有没有|能不能|会不会|可不可以|是否|能否|难道|哪[个款家里种能]|谁|什么时候|怎么|为什么|凭什么|凭啥|多少"
)
_ASKED_AFTER = re.compile(
    r"(?:(?<!好)吗|(?<!好)嘛|么|没有|没|呢|吧|不|是不是|真的假的)[呀啊哦呐]?[?？]*$|[?？]|^吗(?=[这那你主我有买吃用])|^的[^\s，。,]{1,5}吗"
)
_ASKED_OPEN = re.compile(
    r"^(?:的|价)?(?:((?![敢信服来]).{1,2})不\1|(?:是|有|在|选|要)?(?:哪|什么|啥|谁|多少|几))"
)
"""A question that begins right behind the wording: 最低价贵不贵, 最受欢迎的是哪款."""
_NEGATED_LETTERS = re.compile(r"(?i)(?<![a-z])bu ?(?:shi|suan) ?$")
"""不是, 不算 typed in letters before a wording typed in letters."""
_QUOTED_BEFORE = re.compile(
    r"(?:说|说是|说的|说好的?|号称|写着|写的|写了|所谓的?|宣称|标着|广告语?[是说]?|吹|吹嘘|敢叫|自称|宣传)[^\s，。,]{0,4}$"
)
_NAMED_AFTER = re.compile(
    r"^[”\"』」]?(?:这|那)?(?:个|种)?(?:词|梗|叫法|说法|称呼|外号|缩写)|^[”\"』」](?:是|在|算|怎么|什么|也|其实|到底|俩字|两个字)"
)
_WARNED_BEFORE = re.compile(
    r"(?:别|不要|勿|别信|不要信|别加|不要加|别乱加|千万别|谁让|有人(?:让|叫|喊|要|说)?|[让叫喊](?=我)|什么叫|啥叫|什么是)"
    r"(?:我|你|大家|那个|那些|那种|这种|什么|去|前面|刚才){0,2}(?:加|扫|发|进|私)?(?:你|个|下|我|他|主播)?$"
)
_WARNED_AFTER = re.compile(
    r"^(?:信|心)?(?:号|群|好友)?(?:的(?:那个|人|都|是)?)?(?:人)?(?:都|就|全)?(?:别信|不要信|别理|别加|小心|当心|是骗|骗人|是假|是什么意思|是啥意思|啥意思|什么意思|是什么|是啥$"
    r"|干嘛|是谁|不可信|不能信|举报)"
)
_ADDRESS = re.compile(r"[A-Za-z0-9_-]{4,}|[0-9零〇一二三四五六七八九]{5,}")
"""What could be an account or a number: whoever types one is no mere warner."""
_BEFORE_BUYING = re.compile(
    r"(?:过敏|湿疹|起皮|脱皮|长痘|皮炎|红疹|红肿|泛红|发痒)(?:的|了)?(?:人|者|肤质|皮肤|体质|宝宝|孩子|肌|娃|皮|时候)?(?:也|都)?"
    r"(?:能|可以|可不可以|会不会|适合|适不适合|合适)|(?:会不会|会|容易|怕|担心)(?:过敏|长痘|起疹|闷痘|脱皮|中毒)"
    r"|对[^\s，。]{1,8}过敏(?=.{0,12}(?:能|可以|有没有|去掉|不要|换|含))"
)
_HAPPENED = re.compile(
    r"(?:用|吃|喝|穿|涂|戴|抹|擦|敷|洗|买|贴|喷)(?:了|完|过|出|着)|(?:怎么|咋)(?:办|整|弄)|已经|之后|现在|收到|医院|急诊|又[肿痒红疼]"
    r"|你们|赔|投诉|退"
)
_SETTLED = re.compile(
    r"(?:退款|退的?钱|退货退款|赔偿|赔付)(?:都|也)?(?:已经|已|刚刚?|终于)?(?:到了|到账|收到|成功|退了|处理好)|收到(?:了)?(?:退款|赔偿|赔付)"
)
_OPENING, _CLOSING = "“\"「『《‘'", "”\"」』》’'"


def excused(excuses: Set[str], text: str, start: int, end: int) -> bool:
    """Whether one of `excuses` (rule.EXCUSES) holds for the hit at `text[start:end]`."""
    head = _BREAK.split(text[max(0, start - _REACH) : start])[-1]
    rest = text[end : end + _REACH]
    broken = _BREAK.search(rest)
    tail = rest[: broken.start()] if broken else rest
    if "negated" in excuses and (
        _NEGATED_BEFORE.search(head)
        or _NEGATED_AFTER.search(tail)
        or tail.startswith("不" + text[start:end])
        or (text[start].isascii() and _NEGATED_LETTERS.search(text[max(0, start - _REACH) : start]))
    ):
        return True
    if "asked" in excuses and (
        _ASKED_BEFORE.search(head)
        or _ASKED_AFTER.search(tail)
        or _ASKED_OPEN.search(tail)
        or _TAG.match(rest[len(tail) :])
    ):
        return True
    if (
        "warned" in excuses
        and not _ADDRESS.search(text, end)
        and (_WARNED_BEFORE.search(head) or _WARNED_AFTER.search(tail))
    ):
        return True
    if "named" in excuses and _NAMED_AFTER.search(tail):
        return True
    return "quoted" in excuses and (bool(_QUOTED_BEFORE.search(head)) or _in_quotes(text, start, end))


def before_buying(text: str) -> bool:
    """Whether health wording belongs to a question before buying (an allergy known already), not to an incident."""
    return bool(_BEFORE_BUYING.search(text)) and not _HAPPENED.search(text)


def settled(text: str) -> bool:
    """Whether rights wording tells that a claim has been met (a refund arrived), with no complaint beside it."""
    return bool(_SETTLED.search(text)) and not any(word in text for word in "没不未少才骗吗?？")


def _in_quotes(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    for opening, closing in zip(_OPENING, _CLOSING, strict=True):
        at = before.rfind(opening)
        if at >= 0 and (opening == closing or closing not in before[at + 1 :]) and closing in after:
            return opening != closing or before.count(opening) % 2 == 1
    return False
