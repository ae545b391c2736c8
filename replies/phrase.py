"""A phrase: one reviewed sentence with slots for facts, and who stands behind it.

A slot is a name in braces, `{price}`. Filling is plain replacement in one pass, never `str.format`: no
attribute access, no indexing, and braces inside a fact's value stay braces.

The digest covers what a reviewer approved: the words, and where and when they may be said. It leaves out the
state (which changes without an edit) and what the exported file does not carry (tone, names, signature,
room), so that a phrase keeps its digest through a spreadsheet. An edit of any covered field makes another
version. The substance covers those too, save who stands behind it: an approval binds the substance.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from replies.errors import PhraseRefused
from replies.facts import DRAW_SLOTS, SLOTS, Fact

Scope = Literal["any", "class", "product"]
Lang = Literal["zh", "en"]
Tone = Literal["sales", "neutral", "after_sales"]
State = Literal["draft", "in_review", "approved", "live", "expired", "withdrawn"]

SAYABLE: frozenset[str] = frozenset({"approved", "live"})
"""States in which a phrase may be said at all."""

SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")

CONTENT_FIELDS = (
    "id", "intent", "scope", "product", "platform", "lang", "text", "disclosure", "valid_from_ms",
    "valid_until_ms", "group",
)  # fmt: skip
"""What the digest covers, in the order of the exported columns."""

SUBSTANCE_FIELDS = (*CONTENT_FIELDS, "tone", "merchant", "room", "evidence", "exemptions")
"""What an approval binds: all but the state, the names and the signature."""

_NONE_OR_EMPTY = frozenset({"product", "platform", "merchant", "room"})
_CLOSED = tuple("。！？!?；;…~～")
_ENGLISH = re.compile(r"[A-Za-z]")
_CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

STOPS = ("。", ". ", " ")
"""What `joined` may put between the two, the longer before the one it ends with."""


def joined(text: str, disclosure: str, lang: Lang | None = None) -> str:
    """The answer, then what the law wants said with it. An empty disclosure adds nothing.

    Between them stands the stop of the text's language; `lang` None goes by its letters (English when it has Latin ones
    and no Chinese).
    """
    if not disclosure or not text:
        return text + disclosure
    if (lang or ("en" if _ENGLISH.search(text) and not _CHINESE.search(text) else "zh")) == "zh":
        return f"{text}{'' if text.endswith(_CLOSED) else '。'}{disclosure}"
    return f"{text}{'' if text.endswith((*_CLOSED, '.')) else '.'} {disclosure}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One version of one phrase.

    `intent` is one of the 24 question names, `own:<slug>`, `complaint:<kind>` for a vetted answer to a
    complaint, `emergency:<name>` for a script (`sheet.EMERGENCIES`), `draw:<name>` for a draw's notice
    (`sheet.DRAW_NOTICES`), or `sheet.SATISFACTION`.
    `scope` says what `product` holds: nothing (any), a class name (class) or a product id (product).
    `platform` None means every platform; `room` and `merchant` None mean every room and shop.
    `valid_from_ms`/`valid_until_ms`: milliseconds since 1970 UTC, from included, until excluded; None is no
    limit. `group` puts it in one arm of a comparison; '' takes part in none. `signed` is 'practice' for the
    shipped library (practice rooms, demo and replay only), a reviewer's signature id, or ''. `evidence` are
    files by their SHA-256 (hex); `exemptions` the ids of the exemptions it rests on.
    """

    id: str
    intent: str
    scope: Scope
    product: str | None
    platform: str | None
    lang: Lang
    text: str
    disclosure: str = ""
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None
    group: str = ""
    tone: Tone = "neutral"
    author: str = ""
    reviewer: str = ""
    state: State = "draft"
    signed: str = ""
    merchant: str | None = None
    room: str | None = None
    evidence: tuple[str, ...] = ()
    exemptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("evidence", "exemptions"):  # lists, when read from JSON
            object.__setattr__(self, name, tuple(getattr(self, name)))

    @property
    def digest(self) -> str:
        """SHA-256 (64 hex digits) of the canonical JSON of CONTENT_FIELDS. None and '' count as the same."""
        return self._hash(CONTENT_FIELDS)

    @property
    def substance(self) -> str:
        """SHA-256 (64 hex digits) of the canonical JSON of SUBSTANCE_FIELDS: what a reviewer approved."""
        return self._hash(SUBSTANCE_FIELDS)

    def _hash(self, names: Iterable[str]) -> str:
        content = {name: getattr(self, name) for name in names}
        for name in _NONE_OR_EMPTY & content.keys():
            content[name] = content[name] or None
        body = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(body.encode("ascii")).hexdigest()

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the slots in text and disclosure, each once, in order of appearance."""
        return tuple(dict.fromkeys(SLOT.findall(self.text) + SLOT.findall(self.disclosure)))

    def render(self, facts: Mapping[str, Fact], now_ms: int) -> str:
        """The words to say: text, then disclosure, with every slot filled.

        Raises PhraseRefused `stale_fact` when a slot's fact is missing or out of date at `now_ms`, and
        `bad_fact` when a value is longer than the slot was reviewed for (`facts.SLOTS`, `facts.DRAW_SLOTS`).
        """
        values: dict[str, str] = {}
        for name in self.slots:
            fact = facts.get(name)
            if fact is None or not fact.current(now_ms):
                raise PhraseRefused("stale_fact", self.id, name)
            if len(fact.value) > SLOTS.get(name, DRAW_SLOTS.get(name, len(fact.value))):
                raise PhraseRefused("bad_fact", self.id, name)
            values[name] = fact.value
        return joined(
            SLOT.sub(lambda found: values[found[1]], self.text),
            SLOT.sub(lambda found: values[found[1]], self.disclosure),
            self.lang,
        )
