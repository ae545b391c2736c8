"""Lines that hurry people: "only 30 left", "almost gone". They may rest on nothing but the real stock.

An invented shortage is a false claim about the goods (反不正当竞争法 art. 9; 直播电商监督管理办法 art. 34), and a
figure typed into a phrase is wrong with the next order; so the line must carry the slot {stock}.
"""

from __future__ import annotations

import re

_UNIT = "件单份套个盒瓶支双条箱只台把袋包罐片张本块顶副对组名位枚颗根卷桶斤"
_NUMBER = r"(?:\d{1,6}|[一二两三四五六七八九十百千几]{1,4}|\{[a-z][a-z0-9_]*\})"
_LEFT = re.compile(
    rf"(?:只|仅|就|库存(?:仅|只)?)剩(?!余)(?:下|了)?(?:最后)?|最后\s*{_NUMBER}\s*[{_UNIT}]"
    rf"|还剩(?:下)?(?:最后)?\s*{_NUMBER}|(?:马上|快|即将|就要|眼看)(?:要|就)?(?:被)?"
    r"(?:抢完|抢光|抢空|卖完|卖光|卖断|售罄|没货|没了|断货)|所剩无几|库存(?:告急|不多|紧张|见底)|手慢无|手慢就没"
    r"|\bonly\s+(?:\d{1,6}|a few|\{[a-z][a-z0-9_]*\})\s+(?:\w+\s+)?left\b"
    r"|\blast\s+(?:\d{1,6}|few|\{[a-z][a-z0-9_]*\})\s+(?:pieces?|items?|units?|pairs?|sets?|left)\b"
    r"|\b(?:almost|nearly)\s+(?:gone|sold out)\b|\bselling (?:out )?fast\b|\babout to sell out\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d|[一二两三四五六七八九十百千几]\s*[" + _UNIT + "]")
_BEHIND = re.compile(rf"\s*[\d一二两三四五六七八九十百千几]{{0,6}}\s*[{_UNIT}]?")
_BESIDE = re.compile(rf"库存|仓库|后台|现货|目前|现在|[还有只仅就剩下了共{_UNIT}]|[\s，。、,;；:：!！]")
_STOCK = re.compile(
    r"(?:约\s*)?\d[\d,，]{0,8}\s*[万千]?\s*(?:多|余)?\s*(?:[" + _UNIT + r"]|pcs|pieces?|units?)?",
    re.IGNORECASE,
)


def hurries(text: str) -> list[tuple[int, int]]:
    """Places (code points, end excluded) in a phrase's text with slots that hurry people without the real stock:
    no {stock} in the text, or another figure beside the words in the place of it."""
    found = [match.span() for match in _LEFT.finditer(text)]
    return [(start, end) for start, end in found if "{stock}" not in text or _typed(text, start, end)]


def _typed(text: str, start: int, end: int) -> bool:
    """Whether a figure of somebody's own stands in the words or right behind them."""
    behind = _BEHIND.match(text, end)
    return _FIGURE.search(text, start, behind.end() if behind else end) is not None


def only_stock(words: str) -> bool:
    """Whether the words say no more than how much is left by the slot {stock}: anything beside it is another claim."""
    if "{stock}" not in words:
        return False
    return not _BESIDE.sub("", _LEFT.sub("", words.replace("{stock}", "")))


def is_count(value: str) -> bool:
    """Whether a stock fact's value is a plain count, such as 320支 or 1,200: nothing that hurries by itself."""
    return _STOCK.fullmatch(value.strip()) is not None
