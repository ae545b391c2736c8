"""Prices held against another price: 原价, 专柜价, 划线价 and their kind.

The compared price must be true and its basis shown (明码标价和禁止价格欺诈规定 art. 16-17, 19; 直播电商监督管理办法
art. 32); without a stated basis it is the lowest price of the last seven days.
"""

from __future__ import annotations

import re

from replies.facts import Shop
from replies.phrase import Phrase

REFERENCE = re.compile(
    r"原价|原来卖|划线价|吊牌价?|专柜价?|市场价(?!格行情)|市面价|日常价|平时(?:卖|价)|门店价|门市价|官方价|指导价|零售价"
    r"|官网价|旗舰店价|线下价|商场价|(?:以前|之前|上次|昨天|外面|别家)(?:要)?卖"
    r"|\b(?:list|original|retail|usual|regular)\s+price\b|\bRRP\b|\b(?:was|instead of)\s*(?:[¥￥$]|\d|\{)",
    re.IGNORECASE,
)
_PRICED = re.compile(
    r"\{(?:price|compare_at)\}|\d|[元块折省]|便宜|更低|立减|直降|\boff\b|\bsave\b", re.IGNORECASE
)
_BASIS = re.compile(
    r"(?:原价|划线价|吊牌价|专柜价|市场价|日常价|门店价|零售价|指导价|官网价|参考价|比较价|对比价|被比较价格)"
    r".{0,6}(?:为|指|是|系|来自|依据|取自|按)"
    r"|(?:list|original|retail|usual|regular|compared) price (?:is|means|refers)",
    re.IGNORECASE,
)


_BESIDE = re.compile(
    r"\{[a-z][a-z0-9_]*\}|[\d.,¥￥$]+|[元块钱价卖要为是的现]|现在|到手|今天|今晚|直播间|只要|券后"
    r"|[\s，。、,;；:：!！]|\b(?:now|price)\b",
    re.IGNORECASE,
)


def only_compares(words: str) -> bool:
    """Whether the words say no more than that one price is held against another: a reference, prices, and what joins
    them. 一分不赚 or 清仓 beside them is another claim, which no basis covers."""
    return REFERENCE.search(words) is not None and not _BESIDE.sub("", REFERENCE.sub("", words))


def references(text: str) -> list[tuple[int, int]]:
    """Places (code points, end excluded) where the text names a price to compare with."""
    return [match.span() for match in REFERENCE.finditer(text)]


def compares(phrase: Phrase) -> bool:
    """Whether the phrase holds one price against another."""
    words = phrase.text + phrase.disclosure
    return REFERENCE.search(words) is not None and _PRICED.search(words) is not None


def grounded(phrase: Phrase, shop: Shop | None = None, now_ms: int | None = None) -> bool:
    """Whether the basis of the comparison is told: by the fact {compare_basis} in the words, by a disclosure that
    says what the compared price is, or by that fact of the product the phrase is for, current at `now_ms`."""
    if "compare_basis" in phrase.slots or _BASIS.search(phrase.disclosure):
        return True
    if shop is None or phrase.scope != "product":
        return False
    product = shop.product(phrase.product)
    fact = None if product is None else product.facts.get("compare_basis")
    return fact is not None and (now_ms is None or fact.current(now_ms))
