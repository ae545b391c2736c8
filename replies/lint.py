"""May this phrase be said? Each phrase alone, before anybody approves it.

A public answer is brand-side speech, hence advertising (广告法 art. 2; 互联网广告管理办法 art. 19): what is
only logged in a viewer's mouth is refused here. The judge of wording is handed in, so that this package needs
no classifier. What a finding rests on is told by `Finding.why` (`replies.law`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from replies.comparison import compares, grounded, references
from replies.exemption import Exemption, exempted
from replies.facts import (
    DEVICE_CLASSES,
    DEVICE_DISCLOSURE,
    DRAW_SLOTS,
    HEALTH_CLASSES,
    HEALTH_DISCLOSURE,
    SLOTS,
    Shop,
)
from replies.finding import Field, Finding, Hit
from replies.lengths import GENERAL, LIMITS, Limit, limit_for, worst
from replies.phrase import SLOT, Phrase
from replies.promise import needs_duty
from replies.urgency import hurries
from replies.wording import REFUSED_CATEGORIES, Judge, heard, wording

__all__ = [
    "ANSWER_CHARS",
    "MAX_CHARS",
    "REFUSED_CATEGORIES",
    "Exemption",
    "Finding",
    "Hit",
    "Judge",
    "heard",
    "lint",
]

MAX_CHARS = GENERAL.count
ANSWER_CHARS = 25
"""What is read at a glance, in Chinese characters; Latin letters, figures and signs (ASCII) take half the room."""

_MARKUP = re.compile(r"[<>]|&(?:#\w{1,8}|[A-Za-z]{2,8});|\]\(|^[/.!@]")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
"""What a spreadsheet takes for a formula at the start of a cell (OWASP, CSV injection)."""
_STYLE = re.compile(r"^亲[，,~～ 爱们]|亲亲|感谢您的(?:提问|咨询)|\[[A-Za-z]\d{2}\]")
_CONTROL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ORDER = {"refuse": 0, "warn": 1, "exempt": 2}


def lint(
    phrase: Phrase,
    *,
    judge: Judge,
    row: int | None = None,
    slots: Mapping[str, int] = SLOTS,
    shop: Shop | None = None,
    now_ms: int | None = None,
    exemptions: Sequence[Exemption] = (),
    platforms: Collection[str] = (),
    limits: Mapping[str, Limit] = LIMITS,
) -> list[Finding]:
    """Everything wrong with the phrase, refusals first, what is exempted last; an empty list when nothing is.

    `slots` maps known slot names to their longest value. `shop` tells the class of the product of a phrase of
    scope product (without it only phrases of scope class are examined for their class's disclosure), and whether room
    for the health notice must be left in a phrase of scope any. `now_ms`:
    milliseconds since 1970 UTC, so that a phrase whose time is over is refused; None does not ask. `exemptions`:
    the granted ones of this phrase; only those with evidence and within their time count. `platforms`: where
    a phrase of every platform would be said; without any the general length holds. `limits`: lengths by platform.
    """
    if phrase.intent.startswith("draw:"):
        slots = {**slots, **DRAW_SLOTS}
    found = [
        *_form(phrase, slots), *_length(phrase, slots, platforms, limits, shop), *_time(phrase, now_ms),
        *_notice(phrase, shop), *_claims(phrase, shop, now_ms), *wording(phrase, judge, shop, now_ms),
    ]  # fmt: skip
    found = exempted(found, exemptions, now_ms)
    found.sort(key=lambda one: (_ORDER[one.level], one.field != "text", one.start))
    return [replace(one, row=row) for one in found]


def _form(phrase: Phrase, slots: Mapping[str, int]) -> Iterator[Finding]:
    if not phrase.text.strip():
        yield Finding(phrase.id, "text", 0, len(phrase.text), "empty", "the text is empty")
    fields: tuple[tuple[Field, str], ...] = (("text", phrase.text), ("disclosure", phrase.disclosure))
    for field, words in fields:
        for match in SLOT.finditer(words):
            if match[1] not in slots:
                reason = f"there is no fact called {match[1][:40]}"
                yield Finding(phrase.id, field, match.start(), match.end(), "unknown-slot", reason)
        bare = SLOT.sub(lambda match: "_" * len(match[0]), words)
        for at, char in enumerate(bare):
            if char in "{}":
                yield Finding(phrase.id, field, at, at + 1, "braces", "a brace that belongs to no slot")
            elif unicodedata.category(char) in _CONTROL:
                reason = f"the invisible character U+{ord(char):04X}"
                yield Finding(phrase.id, field, at, at + 1, "control", reason)
        for match in _MARKUP.finditer(bare):
            reason = "markup, or a sign that a platform takes for a command"
            yield Finding(phrase.id, field, match.start(), match.end(), "markup", reason)
        if formula := _FORMULA.match(words):
            reason = "a spreadsheet takes it for a formula; begin with a word"
            yield Finding(phrase.id, field, formula.start(), formula.end(), "formula", reason)
        for match in _STYLE.finditer(words):
            reason = "a set phrase; begin with the answer"
            yield Finding(phrase.id, field, match.start(), match.end(), "style", reason, "warn")


def _length(
    phrase: Phrase, slots: Mapping[str, int], platforms: Collection[str], limits: Mapping[str, Limit],
    shop: Shop | None,
) -> Iterator[Finding]:  # fmt: skip
    whole = (0, len(phrase.text))
    limit, platform = limit_for(phrase, platforms, own=limits)
    size = worst(phrase, limit, slots, shop)
    if size > limit.count:
        where = f" on {platform}" if platform else ""
        reason = f"up to {size} {limit.unit} once filled; at most {limit.count}{where}"
        yield Finding(phrase.id, "text", *whole, "length", reason)
    # A value is on average about half as long as the longest; only style hangs on it.
    answer = _glance(SLOT.sub("", phrase.text)) + sum(
        slots.get(one[1], 0) // 2 for one in SLOT.finditer(phrase.text)
    )
    if answer > ANSWER_CHARS and not phrase.intent.startswith("draw:"):  # a notice answers nobody
        reason = f"the answer has about {answer} characters; {ANSWER_CHARS} are read at a glance"
        yield Finding(phrase.id, "text", *whole, "long-answer", reason, "warn")
    if "price" in phrase.slots and not {"price_basis", "price_until"} <= set(phrase.slots):
        reason = "a price without its basis and validity (直播电商监督管理办法 art. 32)"
        yield Finding(phrase.id, "text", *whole, "price-basis", reason, "warn")


def _glance(text: str) -> int:
    """How long the text is to the eye, in Chinese characters, rounded up: ASCII takes half the room of them."""
    return len(text) - sum(char.isascii() for char in text) // 2


def _time(phrase: Phrase, now_ms: int | None) -> Iterator[Finding]:
    """A phrase that may no longer be said, or never could."""
    since, until = phrase.valid_from_ms, phrase.valid_until_ms
    if until is None:
        return
    if since is not None and since >= until:
        reason = "valid_from is not before valid_until, so there is no time to say it in"
        yield Finding(phrase.id, "text", 0, len(phrase.text), "validity", reason)
    elif now_ms is not None and until <= now_ms:
        reason = "its time is over; set a later valid_until"
        yield Finding(phrase.id, "text", 0, len(phrase.text), "expired", reason)


def _notice(phrase: Phrase, shop: Shop | None) -> Iterator[Finding]:
    """Sentences the law wants said of a class of goods. For special cosmetics it prescribes none: their claims are
    bound to the registered effect instead (M03)."""
    klass = phrase.product if phrase.scope == "class" else None
    if phrase.scope == "product" and shop is not None:
        product = shop.product(phrase.product)
        klass = product.klass if product is not None else None
    span = (0, len(phrase.disclosure))
    words = phrase.text + phrase.disclosure
    if klass in HEALTH_CLASSES and HEALTH_DISCLOSURE not in words:
        reason = f"speech about health food must carry {HEALTH_DISCLOSURE} (广告法 art. 18)"
        yield Finding(phrase.id, "disclosure", *span, "disclosure", reason)
    if klass in DEVICE_CLASSES and DEVICE_DISCLOSURE not in words:
        reason = f"speech about medical devices must carry {DEVICE_DISCLOSURE} (广告法 art. 16)"
        yield Finding(phrase.id, "disclosure", *span, "device-notice", reason)


def _claims(phrase: Phrase, shop: Shop | None, now_ms: int | None) -> Iterator[Finding]:
    """Compared prices, hurrying and promises: what must rest on a fact or on somebody being there."""
    fields: tuple[tuple[Field, str], ...] = (("text", phrase.text), ("disclosure", phrase.disclosure))
    held_against = compares(phrase) and not grounded(phrase, shop, now_ms)
    for field, words in fields:
        for start, end in references(words) if held_against else ():
            reason = f"a price comparison ({words[start:end]!r}) without its basis; add {{compare_basis}}"
            yield Finding(phrase.id, field, start, end, "price-compare", reason)
        for start, end in hurries(words):
            reason = f"{words[start:end]!r} hurries people without the real stock; use {{stock}}"
            yield Finding(phrase.id, field, start, end, "urgency", reason)
    if needs_duty(phrase.text + phrase.disclosure):
        reason = "promises a person or a time; it is said only while somebody is on duty"
        yield Finding(phrase.id, "text", 0, len(phrase.text), "promise", reason, "warn")
