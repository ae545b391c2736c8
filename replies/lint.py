"""May this phrase be said? Each phrase alone, before anybody approves it.

A public answer is brand-side speech, hence advertising (广告法 art. 2; 互联网广告管理办法 art. 19): what is
only logged in a viewer's mouth is refused here. The judge of wording is handed in, so that this package needs
no classifier.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from replies.facts import HEALTH_CLASSES, HEALTH_DISCLOSURE, SLOTS, Shop
from replies.phrase import SLOT, Phrase, joined

REFUSED_CATEGORIES = "AMPDIUSX"
"""First letters of the rule-book codes that brand-side speech must not carry (labels: section 4)."""

MAX_CHARS = 100
ANSWER_CHARS = 25

_MARKUP = re.compile(r"[<>]|&(?:#\w{1,8}|[A-Za-z]{2,8});|\]\(|^[/.!@]")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
"""What a spreadsheet takes for a formula at the start of a cell (OWASP, CSV injection)."""
_STYLE = re.compile(r"^亲[，,~～ 爱们]|亲亲|感谢您的(?:提问|咨询)|\[[A-Za-z]\d{2}\]")
_CONTROL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FILLS = ("", "1")


class Hit(Protocol):
    """A place where the rule book matched; `start`/`end` are code points of the judged text, end excluded."""

    @property
    def category(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def rule(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `start`/`end` are code points of the phrase's `field`, end excluded.

    `rule` is a rule-book id or one of this file's own names; `row` is the line of the file, None outside one.
    `level` refuse: the phrase may not be said; warn: a matter of style.
    """

    phrase_id: str
    field: Literal["text", "disclosure"]
    start: int
    end: int
    rule: str
    reason: str
    level: Literal["refuse", "warn"] = "refuse"
    row: int | None = None


def lint(
    phrase: Phrase,
    *,
    judge: Callable[[str], Sequence[Hit]],
    row: int | None = None,
    slots: Mapping[str, int] = SLOTS,
    shop: Shop | None = None,
    now_ms: int | None = None,
) -> list[Finding]:
    """Everything wrong with the phrase, refusals first; an empty list when nothing is.

    `slots` maps known slot names to their longest value. `shop` tells the class of the product of a phrase of
    scope product; without it only phrases of scope class are examined for their class's disclosure. `now_ms`:
    milliseconds since 1970 UTC, so that a phrase whose time is over is refused; None does not ask.
    """
    found = [
        *_form(phrase, slots), *_length(phrase, slots), *_time(phrase, now_ms), *_notice(phrase, shop),
        *_wording(phrase, judge),
    ]  # fmt: skip
    found.sort(key=lambda one: (one.level != "refuse", one.field != "text", one.start))
    return [_at_row(one, row) for one in found]


def _at_row(one: Finding, row: int | None) -> Finding:
    return Finding(one.phrase_id, one.field, one.start, one.end, one.rule, one.reason, one.level, row)


def _form(phrase: Phrase, slots: Mapping[str, int]) -> Iterator[Finding]:
    if not phrase.text.strip():
        yield Finding(phrase.id, "text", 0, len(phrase.text), "empty", "the text is empty")
    fields: tuple[tuple[Literal["text", "disclosure"], str], ...] = (
        ("text", phrase.text), ("disclosure", phrase.disclosure),
    )  # fmt: skip
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


def _length(phrase: Phrase, slots: Mapping[str, int]) -> Iterator[Finding]:
    """Worst case: every slot at its longest, and the health notice where a health food could be meant."""
    body = joined(phrase.text, phrase.disclosure)
    names = [match[1] for match in SLOT.finditer(body)]
    bare = len(SLOT.sub("", body))
    worst = bare + sum(slots.get(name, 0) for name in names)
    if phrase.scope == "any" and HEALTH_DISCLOSURE not in body:
        worst += len(HEALTH_DISCLOSURE) + 1
    if worst > MAX_CHARS:
        reason = f"up to {worst} characters once filled; at most {MAX_CHARS}"
        yield Finding(phrase.id, "text", 0, len(phrase.text), "length", reason)
    # A value is on average about half as long as the longest; only style hangs on it.
    answer = len(SLOT.sub("", phrase.text)) + sum(
        slots.get(one[1], 0) // 2 for one in SLOT.finditer(phrase.text)
    )
    if answer > ANSWER_CHARS:
        reason = f"the answer has about {answer} characters; {ANSWER_CHARS} are read at a glance"
        yield Finding(phrase.id, "text", 0, len(phrase.text), "long-answer", reason, "warn")
    if "price" in names and not {"price_basis", "price_until"} <= set(names):
        reason = "a price without its basis and validity (直播电商监督管理办法 art. 32)"
        yield Finding(phrase.id, "text", 0, len(phrase.text), "price-basis", reason, "warn")


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
    klass = phrase.product if phrase.scope == "class" else None
    if phrase.scope == "product" and shop is not None:
        product = shop.product(phrase.product)
        klass = product.klass if product is not None else None
    if klass in HEALTH_CLASSES and HEALTH_DISCLOSURE not in phrase.text + phrase.disclosure:
        reason = f"speech about health food must carry {HEALTH_DISCLOSURE} (广告法 art. 18)"
        yield Finding(phrase.id, "disclosure", 0, len(phrase.disclosure), "disclosure", reason)


def _wording(phrase: Phrase, judge: Callable[[str], Sequence[Hit]]) -> Iterator[Finding]:
    """The judge's hits, mapped back to where they stand in the phrase.

    Slots are judged once empty and once as a figure: {x} must not hide 加{x}微信, nor complete
    全网第{link_no}.
    """
    seen: set[tuple[str, str, int, int]] = set()
    for fill in _FILLS:
        said, origin = _filled(phrase, fill)
        for hit in judge(said) if said.strip() else ():
            field, start = origin[max(0, min(hit.start, len(origin) - 1))]
            ends = [at for where, at in origin[hit.start : hit.end] if where == field]
            end = max(ends, default=start) + 1
            key = (hit.rule, field, start, end)
            if hit.category[:1] in REFUSED_CATEGORIES and key not in seen:
                seen.add(key)
                reason = f"{hit.category}: {hit.text!r} may not be said by the shop"
                yield Finding(phrase.id, field, start, end, hit.rule, reason)


Origin = tuple[Literal["text", "disclosure"], int]


def _filled(phrase: Phrase, fill: str) -> tuple[str, list[Origin]]:
    """What would be said with `fill` for every slot, and for each character where it comes from.

    The sentence the law prescribes for health food is left out: it names medicine by order.
    """
    said: list[str] = []
    origin: list[Origin] = []

    def add(field: Literal["text", "disclosure"], words: str) -> None:
        at = 0
        while at < len(words):
            if words.startswith(HEALTH_DISCLOSURE, at):
                at += len(HEALTH_DISCLOSURE)
                continue
            slot = SLOT.match(words, at)
            piece = fill if slot else words[at]
            said.extend(piece)
            origin.extend([(field, at)] * len(piece))
            at = slot.end() if slot else at + 1

    add("text", phrase.text)
    if phrase.disclosure:
        glue = joined(phrase.text, " ")[len(phrase.text) : -1]
        said.extend(glue)
        origin.extend([("text", max(0, len(phrase.text) - 1))] * len(glue))
        add("disclosure", phrase.disclosure)
    return "".join(said), origin
