"""Promises that somebody must be there to keep: a person to talk to, or something done within a time.

Whoever tells a viewer "转人工" or "五分钟内回复" while nobody is on duty has said something untrue (消费者权益保护法
art. 20).
"""

from __future__ import annotations

import re
import unicodedata

_NUMBER = r"(?:\d{1,4}|[一二两三四五六七八九十几半]{1,3})"
_PERSON = (
    r"转人工|人工客服|真人客服|人工处理|专人|客服.{0,6}(?:联系|回复|处理|跟进)|(?:联系|回复|回电).{0,2}你"
    r"|human agent|our staff will"
)
_TIME = (
    rf"马上|立刻|立即(?!购买|下单)|尽快|稍后|{_NUMBER}\s*个?(?:分钟|秒钟?)之?内"
    r"|right away|immediately|in a moment|shortly|within \d{1,4} (?:second|minute)s?"
)
_PROMISE = re.compile(f"{_PERSON}|{_TIME}", re.IGNORECASE)


def needs_duty(text: str) -> bool:
    """Whether `text` promises a person, or an act at once or within minutes, and so may only be said while somebody is
    on duty. When goods are shipped ("48小时内发货") is a fact about the shop, not a promise of whoever is there."""
    return _PROMISE.search(unicodedata.normalize("NFKC", text)) is not None
