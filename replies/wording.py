"""What the rule book says of a phrase's words, mapped back to where they stand in the phrase.

Two things the rule book cannot know are weighed here: a stock line is no false shortage when its figure is the real
stock ({stock}), and a compared price is no false one when its basis is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from replies.comparison import grounded, only_compares
from replies.facts import DEVICE_DISCLOSURE, HEALTH_DISCLOSURE, Shop
from replies.finding import Field, Finding, Hit
from replies.phrase import SLOT, Phrase, joined
from replies.urgency import is_count, only_stock

REFUSED_CATEGORIES = "AMPDIUSX"
"""First letters of the rule-book codes that brand-side speech must not carry (labels: section 4)."""

Judge = Callable[[str], Sequence[Hit]]
Origin = tuple[Field, int]

_FILLS = ("", "1")
_PRESCRIBED = (HEALTH_DISCLOSURE, DEVICE_DISCLOSURE)
"""Sentences the law prescribes: they name medicine by order, so they are not judged."""


def wording(
    phrase: Phrase, judge: Judge, shop: Shop | None = None, now_ms: int | None = None
) -> Iterator[Finding]:
    """The judge's hits in the phrase as it is written.

    Slots are judged once empty and once as a figure: {x} must not hide 加{x}微信, nor complete 全网第{link_no}.
    """
    told = grounded(phrase, shop, now_ms)
    seen: set[tuple[str, str, int, int]] = set()
    for fill in _FILLS:
        for one in _judged(phrase, lambda name, fill=fill: fill, judge, told):  # type: ignore[misc]
            key = (one.rule, one.field, one.start, one.end)
            if key not in seen:
                seen.add(key)
                yield one


def heard(
    phrase: Phrase,
    values: Mapping[str, str],
    judge: Judge,
    shop: Shop | None = None,
    now_ms: int | None = None,
) -> list[Finding]:
    """The judge's hits in the phrase as the room would hear it, `values` in its slots (a missing one counts as
    empty): what a fact's value makes of the words is judged with them."""
    told = grounded(phrase, shop, now_ms)
    return list(_judged(phrase, lambda name: values.get(name, ""), judge, told))


def _judged(phrase: Phrase, fill: Callable[[str], str], judge: Judge, told: bool) -> Iterator[Finding]:
    said, origin = _filled(phrase, fill)
    for hit in judge(said) if said.strip() else ():
        if hit.category[:1] not in REFUSED_CATEGORIES:
            continue
        field, start = origin[max(0, min(hit.start, len(origin) - 1))]
        ends = [at for where, at in origin[hit.start : hit.end] if where == field]
        end = max(ends, default=start) + 1
        if _excused(phrase, hit.category, field, start, end, fill, told):
            continue
        reason = f"{hit.category}: {hit.text!r} may not be said by the shop"
        yield Finding(phrase.id, field, start, end, hit.rule, reason, category=hit.category)


def _excused(
    phrase: Phrase, category: str, field: Field, start: int, end: int, fill: Callable[[str], str], told: bool
) -> bool:
    """Whether the hit is a stock line with the real stock in it, or a compared price whose basis is told."""
    words = _covered(phrase.text if field == "text" else phrase.disclosure, start, end)
    if category == "P04":
        return only_stock(words) and words != "{stock}" and (not fill("stock") or is_count(fill("stock")))
    return category == "P01" and told and only_compares(words)


def _covered(words: str, start: int, end: int) -> str:
    """The words from `start` to `end`, with the whole of the slot the last of them begins."""
    slot = SLOT.match(words, end - 1)
    return words[start : slot.end() if slot else end]


def _filled(phrase: Phrase, fill: Callable[[str], str]) -> tuple[str, list[Origin]]:
    """What would be said with `fill(name)` for every slot, and for each character where it comes from. Sentences the
    law prescribes are left out."""
    said: list[str] = []
    origin: list[Origin] = []

    def add(field: Field, words: str) -> None:
        at = 0
        while at < len(words):
            ordered = next((one for one in _PRESCRIBED if words.startswith(one, at)), "")
            if ordered:
                at += len(ordered)
                continue
            slot = SLOT.match(words, at)
            piece = fill(slot[1]) if slot else words[at]
            said.extend(piece)
            origin.extend([(field, at)] * len(piece))
            at = slot.end() if slot else at + 1

    add("text", phrase.text)
    if phrase.disclosure:
        glue = joined(phrase.text, " ", phrase.lang)[len(phrase.text) : -1]
        said.extend(glue)
        origin.extend([("text", max(0, len(phrase.text) - 1))] * len(glue))
        add("disclosure", phrase.disclosure)
    return "".join(said), origin
