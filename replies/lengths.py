"""How long a message may be, platform by platform, and how long a phrase can get once its slots are filled.

Sources: Telegram 4096 characters and Twitch 500 from their API documents; YouTube 200 is commonly given and
unconfirmed; bilibili 20 or 30 by the account's level, from general knowledge, unconfirmed: the lower one is reckoned
with. Platforms that let nobody send by program have no documented length; for them, for bridges and for practice the
house's own GENERAL holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from replies.facts import HEALTH_DISCLOSURE, SLOTS, Shop, prescribed
from replies.phrase import SLOT, Phrase, joined

Unit = Literal["characters", "bytes"]

_WIDEST = 4
"""UTF-8 bytes of the widest character a fact may hold."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` characters (code points) or UTF-8 bytes."""

    count: int
    unit: Unit = "characters"

    def size(self, text: str) -> int:
        """How much of the limit the text takes."""
        return len(text) if self.unit == "characters" else len(text.encode("utf-8", "surrogatepass"))

    @property
    def in_characters(self) -> int:
        """What surely fits, in characters: for comparing limits of different units."""
        return self.count if self.unit == "characters" else self.count // _WIDEST


GENERAL = Limit(100)
LIMITS: Mapping[str, Limit] = {
    "bilibili": Limit(20), "telegram": Limit(4096), "twitch": Limit(500), "youtube": Limit(200),
}  # fmt: skip
BILIBILI_SENIOR = Limit(30)
"""bilibili from account level 20 on."""


def limit_of(platform: str | None, *, level: int | None = None, own: Mapping[str, Limit] = LIMITS) -> Limit:
    """The longest message of a platform; GENERAL for None and for one that is not known. `level` is the account's on
    bilibili, None when unknown."""
    if platform == "bilibili" and level is not None and level >= 20 and own is LIMITS:
        return BILIBILI_SENIOR
    return own.get(platform or "", GENERAL)


def limit_for(
    phrase: Phrase, platforms: Collection[str] = (), *, own: Mapping[str, Limit] = LIMITS
) -> tuple[Limit, str]:
    """The limit a phrase is held to and the platform it comes from ('' for the general one): its own platform's; for
    a phrase of every platform the shortest of `platforms`, those of the rooms in the settings."""
    if phrase.platform:
        return limit_of(phrase.platform, own=own), phrase.platform
    if not platforms:
        return GENERAL, ""
    return min(
        ((limit_of(one, own=own), one) for one in platforms), key=lambda one: (one[0].in_characters, one[1])
    )


def worst(
    phrase: Phrase, limit: Limit = GENERAL, slots: Mapping[str, int] = SLOTS, shop: Shop | None = None
) -> int:
    """The phrase's greatest size in the limit's unit: every slot at its longest, and the longest notice that the law
    wants said of goods the `shop` sells (`selector.spoken` adds it); of a shop that is None or without goods one cannot
    know, and the notice for health food is reckoned with. An unknown slot counts nothing; it is refused anyway."""
    body = joined(phrase.text, phrase.disclosure, phrase.lang)
    size = limit.size(SLOT.sub("", body)) + _filled(SLOT.findall(body), limit, slots)
    notices = (notice for notice in (_notices(shop) if phrase.scope == "any" else ()) if notice not in body)
    more = (limit.size(joined(body, notice, phrase.lang)) - limit.size(body) for notice in notices)
    return size + max(more, default=0)


def _notices(shop: Shop | None) -> frozenset[str]:
    """The notices that speech about the shop's goods may need, as far as one knows."""
    if shop is None or not shop.products:
        return frozenset({HEALTH_DISCLOSURE})
    return frozenset(prescribed(one.klass) for one in shop.products) - {""}


def _filled(names: Iterable[str], limit: Limit, slots: Mapping[str, int]) -> int:
    width = 1 if limit.unit == "characters" else _WIDEST
    return sum(slots.get(name, 0) * width for name in names)
