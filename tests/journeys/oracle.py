"""The oracle: what the room may hear, reckoned without asking the gate, the library or the store.

It is told of every act in plain words (histories.py) and hears with the room.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from bot.comment import RoomKey
from bot.storage.values import Sending
from replies.phrase import Phrase
from tests.builders import NOON

if TYPE_CHECKING:
    from tests.journeys.unapproved import Mouth

ROOM = RoomKey("bilibili", "1")
MERCHANT = "m1"
PEOPLE = {"ann": "operator", "bob": "operator", "cat": "compliance", "dan": "admin", "eve": "viewer"}
ENTITLED = frozenset({"ann", "bob", "cat", "dan"})
NOTICE = "本品不能代替药物"
DIRTY = ("全网最低", "加V信abc123", "根治失眠")
"""Words the rule book of these histories refuses; the oracle looks for them by itself."""


class Version(msgspec.Struct):
    """One version of a phrase as the oracle knows it. `state` as people left it; `ends_ms` of its approval."""

    phrase: Phrase
    author: str
    state: str = "draft"
    approved_by: str = ""
    ends_ms: int | None = None


class Oracle:
    """What may be heard, and what was. `leaks` says in words what should not have been."""

    def __init__(self) -> None:
        self.now = NOON
        self.versions: dict[tuple[str, str], Version] = {}
        self.facts: dict[tuple[str, str], tuple[str, int | None]] = {}
        self.products: dict[str, tuple[str, int, str]] = {}
        self.rows: dict[int, Sending] = {}
        self.said: dict[str, int] = {}
        self.silent = False
        self.stopped = False
        self.refusals: list[int] = []
        self.leaks: list[str] = []
        self.heard = 0

    def hear(self, text: str, key: str, mouth: Mouth) -> None:
        """The room hears a message from one running process."""
        self.heard += 1
        number = int(key.split("/")[1])
        row = self.rows[number]
        version = self.versions.get((row.phrase_id, row.digest))
        found = [
            trouble
            for trouble in (
                "no such version" if version is None else self._standing(version),
                None if version is None else self._worded(version, row, text, key),
                "unclean" if any(word in text for word in DIRTY) else None,
                "said twice" if key in self.said else None,
                "too late" if self.now >= row.expires_ms else "too early" if self.now < row.due_ms else None,
                "switched off" if self.silent else None,
                "account stopped" if self.stopped else None,
                "too fast" if mouth.too_fast(self.now) else None,
                "said again too soon" if mouth.too_soon(text, self.now) else None,
            )
            if trouble is not None
        ]
        self.leaks += [f"{one}: {text!r} for row {number} of {row.phrase_id}" for one in found]
        self.said[key] = self.now
        mouth.messages.append(self.now)
        mouth.texts[text] = self.now

    def _standing(self, one: Version) -> str | None:
        phrase = one.phrase
        if one.state not in ("approved", "live"):
            return f"version is {one.state}"
        if one.approved_by not in ENTITLED or (one.approved_by == one.author and one.ends_ms is None):
            return f"approved by {one.approved_by!r}"
        if one.ends_ms is not None and self.now >= one.ends_ms:
            return "break-glass is over"
        if phrase.valid_from_ms is not None and self.now < phrase.valid_from_ms:
            return "not yet valid"
        if phrase.valid_until_ms is not None and self.now >= phrase.valid_until_ms:
            return "run out"
        if phrase.room not in (None, str(ROOM)) or phrase.platform not in (None, ROOM.platform):
            return "other room"
        return None if phrase.merchant in (None, MERCHANT) else "other shop"

    def _worded(self, one: Version, row: Sending, text: str, key: str) -> str | None:
        """The words must be the approved ones with today's facts; of a part, a piece of them with the notice."""
        phrase = one.phrase
        klass = self.products.get(row.product or "", ("", 0, ""))[2]
        about = {"any": phrase.product, "product": row.product, "class": klass}[phrase.scope]
        if phrase.scope != "any" and about != phrase.product:
            return "other product"
        body = self._filled(phrase.text, row.product)
        notice = self._filled(phrase.disclosure, row.product)
        if body is None or notice is None:
            return "stale fact"
        closed = body[-1:] in "。！？!?；;…~～"
        whole = body + ("" if closed else "。") + notice if notice else body
        if klass == "health_food" and NOTICE not in whole:  # the law wants it said with health food
            whole += ("" if whole[-1:] in "。！？!?；;…~～" else "。") + NOTICE
            notice = notice + "。" + NOTICE if notice else NOTICE
        if row.product is not None and row.product not in self.products:
            return "of a product the shop has no more"
        part = re.match(r"\((\d)/(\d)\)", text)
        if part is None or key.count("/") == 1:
            return None if text == whole else "other words"
        piece = text[part.end() :]
        if notice and not piece.endswith(notice):
            return "part without its notice"
        piece = piece.removesuffix(notice).removesuffix("。") if notice else piece
        return None if piece in body else "other words in a part"

    def _filled(self, words: str, product: str | None) -> str | None:
        out, at = "", 0
        for slot in re.finditer(r"\{([a-z_]+)\}", words):
            value = self._fact(slot[1], product)
            if value is None:
                return None
            out, at = out + words[at : slot.start()] + value, slot.end()
        return out + words[at:]

    def _fact(self, name: str, product: str | None) -> str | None:
        if product in self.products and name in ("product", "link_no"):
            return str(self.products[product][0 if name == "product" else 1])
        value, until = self.facts.get((product or "", name), (None, None))
        return value if until is None or self.now < until else None

    def refused(self) -> None:
        """The platform refused: the third time within a minute it must be the last."""
        self.refusals = [at for at in self.refusals if 0 <= self.now - at < 60_000] + [self.now]
        self.stopped = self.stopped or len(self.refusals) >= 3
