"""Which product a comment is about.

In order: a product named by link number, name or alias; a pointing word (这个, 身上这件), which means the
product on show; nothing named, which means the product on show when the question is bound to a product, else
none. Two different products named give none: half an answer would be taken for a whole one. A link number
that is not on the shelf gives none as well, never the product on show.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

PRODUCT_BOUND: frozenset[str] = frozenset({
    "price", "discount", "link", "stock", "size", "variant", "material", "usage", "suitability",
    "authenticity", "shelf_life", "gift", "show_again",
})  # fmt: skip
"""Questions that, with nothing named, are about what the host is holding."""

How = Literal["link", "name", "deictic", "on_show", "several", "unknown_link", "none"]


@dataclass(frozen=True, slots=True)
class Subject:
    """`product_id` None means no single product; `how` says what it was found by, or why not."""

    product_id: str | None
    how: How


class _OnSale(Protocol):
    """What is needed of a product here."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...
    @property
    def slot(self) -> int: ...


_NUMBER = r"(\d{1,3}|[一二三四五六七八九十]{1,3})"
_EXPLICIT = re.compile(
    rf"{_NUMBER}\s*[号號]?\s*(?:链接|連結|鏈接|连接|宝贝|link)|(?:链接|鏈接|link|#)\s*{_NUMBER}(?![\d点.])",
    re.IGNORECASE,
)
# Not a link: 11月3号, 大一号, 3号色, 5号电池, 12号楼, 3号码.
_BARE = re.compile(rf"(?<![\d月大小.]){_NUMBER}\s*[号號](?![码碼色楼线店]|电池)")
_KEYCAP = re.compile("(\\d)\\ufe0f?\\u20e3")
_DEICTIC = re.compile(r"这[个款件条套瓶双盒支包串副只]|這[個款件]|身上|手[上里]|现在讲|正在讲")
_DATES: frozenset[str] = frozenset({"shipping_time", "schedule", "order_status"})
_NUMBERED_SIZES: frozenset[str] = frozenset({"size", "variant"})
_LONGEST = 500


def named_in(text: str, products: Sequence[_OnSale], on_show: str | None, intent: str | None) -> Subject:
    """The subject of `text` (normalised or not; only its first 500 characters count)."""
    text = text[:_LONGEST]
    keycapped = _KEYCAP.sub(r" \1号链接 ", text)
    plain = unicodedata.normalize("NFKC", keycapped).casefold()
    slots = {product.slot: product.id for product in products}
    found: dict[str, How] = {}
    unknown = False
    for number, explicit in _link_numbers(plain, intent):
        if number in slots:
            found.setdefault(slots[number], "link")
        elif explicit or intent not in _NUMBERED_SIZES:
            unknown = True
    for product_id in _by_name(plain, products):
        found.setdefault(product_id, "name")
    if len(found) > 1:
        return Subject(None, "several")
    if found:
        return Subject(*next(iter(found.items())))
    if unknown:
        return Subject(None, "unknown_link")
    if _DEICTIC.search(plain):
        return Subject(on_show, "deictic")
    if on_show is not None and intent in PRODUCT_BOUND:
        return Subject(on_show, "on_show")
    return Subject(None, "none")


def _link_numbers(plain: str, intent: str | None) -> list[tuple[int, bool]]:
    """Numbers of links spoken of, with whether the word 链接 (or the like) stood by."""
    explicit = [(number(match[1] or match[2]), True) for match in _EXPLICIT.finditer(plain)]
    if intent in _DATES:  # 3号发货吗 asks about the third of the month
        return explicit
    rest = _EXPLICIT.sub(" ", plain)
    return explicit + [(number(match[1]), False) for match in _BARE.finditer(rest)]


def number(written: str) -> int:
    """3, or 三, 十, 十二, 二十, 二十一 as an integer. Any other row of numerals gives 0, which is no link."""
    if written.isdecimal():
        return int(written)
    digits = "零一二三四五六七八九"
    tens, ten, ones = written.partition("十")
    if not ten:
        return digits.index(written) if len(written) == 1 else 0
    if len(tens) > 1 or len(ones) > 1 or ones == "十":
        return 0
    return (digits.index(tens) if tens else 1) * 10 + (digits.index(ones) if ones else 0)


def _by_name(plain: str, products: Sequence[_OnSale]) -> list[str]:
    """Ids of products whose name or alias occurs; a longer name covers a shorter one inside it."""
    matches: list[tuple[int, int, str]] = []
    for product in products:
        for name in (product.name, *product.aliases):
            word = unicodedata.normalize("NFKC", name).casefold()
            start = plain.find(word)
            while start >= 0:
                matches.append((start, start + len(word), product.id))
                start = plain.find(word, start + 1)
    kept: list[tuple[int, int, str]] = []
    for start, end, product_id in sorted(matches, key=lambda match: match[0] - match[1]):
        if not any(a <= start and end <= b and b - a > end - start for a, b, _ in kept):
            kept.append((start, end, product_id))
    return list(dict.fromkeys(product_id for _, _, product_id in sorted(kept)))
