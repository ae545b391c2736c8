"""Choosing what to answer: the most specific phrase that is true now, in turn, and never chirpy to the
unhappy.

Order: a phrase for this very product, for its class, for all with facts, for all without facts. Within a step
the wished tone first, then the one said longest ago. A phrase whose facts have run out is passed over, so
that the last step ("价格以购物车页面为准") catches what the facts can no longer carry. So is one that sells what is
held back after an incident, and one that promises a person or a time while nobody is there to keep the promise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from replies.errors import PhraseRefused
from replies.facts import Shop, prescribed
from replies.library import Library
from replies.phrase import Phrase, Tone, joined
from replies.promise import needs_duty

SilenceReason = Literal["no_phrase", "stale_fact", "tone", "held", "off_duty"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What to say: the phrase (its digest goes into the record) and the words with the facts of this
    moment."""

    phrase: Phrase
    text: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Why nothing is said. `no_phrase`: none for this question here. Else the last of these, in this order, that
    took a phrase away: `stale_fact`: it needs a fact that is missing or out of date; `tone`: it sells, and the
    viewer is unhappy; `held`: it sells what is held back after an incident; `off_duty`: it promises a person or a
    time, and nobody is on duty."""

    reason: SilenceReason


def choose(
    library: Library,
    shop: Shop,
    intent: str,
    product: str | None,
    *,
    tone_needed: Tone,
    platform: str | None,
    practice: bool,
    now_ms: int,
    last_used: Mapping[str, int],
    viewer_key: str,
    lang: str = "zh",
    room: str | None = None,
    merchant: str | None = None,
    held: bool = False,
    on_duty: bool = True,
    lately: Collection[str] = (),
) -> Choice | Silence:
    """The answer to `intent` about `product` (an id, or None), or the reason for silence.

    `tone_needed`: `sales` for an ordinary question allows every tone; `neutral` or `after_sales` (a comment
    with any negative kind) shuts out sales and prefers the one named. `last_used` maps phrase ids to when
    they were last said (ms); `lately` are words the room has just heard, said again only if there are no others.
    `viewer_key` is any stable pseudonym of the viewer: it decides the arm of a comparison.
    """
    about = shop.product(product)
    eligible = library.eligible(
        intent,
        about,
        platform=platform,
        lang=lang,
        now_ms=now_ms,
        practice=practice,
        room=room,
        merchant=merchant,
    )
    if not eligible:
        return Silence("no_phrase")
    fitting = [one for one in eligible if one.tone != "sales" or (tone_needed == "sales" and not held)]
    last: SilenceReason = "stale_fact"
    again: Choice | None = None
    for phrase in _in_turn(_in_arm(fitting, viewer_key), tone_needed, last_used):
        try:
            text = spoken(phrase, shop, product, now_ms)
        except PhraseRefused:
            continue
        if on_duty or not needs_duty(text):
            if text not in lately:
                return Choice(phrase, text)
            again = again or Choice(phrase, text)
        last = "off_duty"
    if again is not None:
        return again
    if last == "stale_fact" and len(fitting) < len(eligible):
        last = _unwished(eligible, shop, product, now_ms, tone_needed)
    return Silence(last)


def _unwished(
    eligible: Sequence[Phrase], shop: Shop, product: str | None, now_ms: int, tone_needed: Tone
) -> SilenceReason:
    """Why nothing is left where no phrase that may be said has its facts: for want of facts in those that sell as
    well, or because they sell."""
    for phrase in eligible:
        if phrase.tone == "sales":
            try:
                spoken(phrase, shop, product, now_ms)
            except PhraseRefused:
                continue
            return "held" if tone_needed == "sales" else "tone"
    return "stale_fact"


def spoken(phrase: Phrase, shop: Shop, product: str | None, now_ms: int) -> str:
    """The very words the room would hear now: the one way from a phrase to words, here and at the gate.

    Speech about health food and medical devices always ends with the sentence the law wants (`facts.prescribed`).
    Raises PhraseRefused as `Phrase.render` does.
    """
    text = phrase.render(shop.facts_for(product), now_ms)
    about = shop.product(product)
    notice = "" if about is None else prescribed(about.klass)
    return text if not notice or notice in text else joined(text, notice, phrase.lang)


def arm(viewer_key: str, intent: str) -> Literal["A", "B"]:
    """The arm of the comparison this viewer is in for this question: always the same, half of them each."""
    seed = f"{intent}\n{viewer_key}".encode("utf-8", "backslashreplace")
    return "AB"[hashlib.sha256(seed).digest()[0] & 1]  # type: ignore[return-value]


def _in_arm(phrases: Sequence[Phrase], viewer_key: str) -> list[Phrase]:
    """Without the other arm's phrases; unless nothing would be left."""
    own = [one for one in phrases if one.group in ("", arm(viewer_key, one.intent))]
    return own or list(phrases)


def _in_turn(phrases: Sequence[Phrase], tone_needed: Tone, last_used: Mapping[str, int]) -> list[Phrase]:
    def place(phrase: Phrase) -> tuple[int, bool, int, str]:
        step = {"product": 0, "class": 1}.get(phrase.scope, 2 if phrase.slots else 3)
        off_tone = tone_needed != "sales" and phrase.tone != tone_needed
        return step, off_tone, last_used.get(phrase.id, -1), phrase.id

    return sorted(phrases, key=place)
