"""What a decision depends on besides the comment: how the room stands, and what was laid down before the show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from bot.bait import Provoking
from bot.comment import RoomKey
from bot.decision import Capabilities, Withheld
from bot.open_draw import OpenDraw, OpenPoll, OpenWave
from replies.cooldown import Cooldowns
from replies.facts import Product, Shop
from replies.library import Library
from replies.phrase import Phrase
from replies.promise import needs_duty

__all__ = [
    "EVERYTHING", "SAME_TEXT_MS", "SUGGESTION_MS", "TIME_TO_LIVE_MS", "Handbook", "Members", "OpenDraw", "OpenPoll",
    "OpenWave", "Reach", "Recent", "ReplyMode", "RoomState", "grown",
]  # fmt: skip

TIME_TO_LIVE_MS = 15_000
"""An answer later than this is worth nothing in a chat that has moved on."""

SUGGESTION_MS = 60_000
"""How long an answer is offered to the desk: a person takes longer than a program."""

SAME_TEXT_MS = 30_000
"""Platforms refuse the same words again within about half a minute; whose turn it is then waits, or falls out."""

EVERYTHING = "*"
"""In `RoomState.held`: whatever the room sells."""

MAX_AGGRIEVED = 4_000
"""Most authors of complaints remembered; the oldest go first."""


class Recent(msgspec.Struct, frozen=True):
    """Keys seen lately: two generations, each at most `limit`; the older one is forgotten when the newer is full.

    Adding copies nothing big: a generation is a tuple of sets that double in size.
    """

    young: tuple[frozenset[str], ...] = ()
    old: tuple[frozenset[str], ...] = ()
    limit: int = 20_000

    def __contains__(self, key: str) -> bool:
        return any(key in level for level in self.young) or any(key in level for level in self.old)

    def with_key(self, key: str) -> Recent:
        young = grown(self.young, key)
        if sum(map(len, young)) >= self.limit:
            return Recent((), young, self.limit)
        return Recent(young, self.old, self.limit)


class Members:
    """Sets of keys that look like one set."""

    __slots__ = ("_levels",)

    def __init__(self, levels: tuple[frozenset[str], ...]) -> None:
        self._levels = levels

    def __contains__(self, key: object) -> bool:
        return any(key in level for level in self._levels)


def grown(levels: tuple[frozenset[str], ...], key: str) -> tuple[frozenset[str], ...]:
    """`levels` with one more key; sets of like size are merged, so n additions cost n log n in all."""
    new = frozenset((key,))
    while levels and len(levels[-1]) <= len(new):
        new |= levels[-1]
        levels = levels[:-1]
    return (*levels, new)


ReplyMode = Literal["auto", "suggest", "off"]


class RoomState(msgspec.Struct, frozen=True):
    """All that a decision depends on besides the comment. Replaced, never changed; small enough to store.

    `seq` numbers the session's comments from 0. `now_ms` is the highest time seen in this session. `modes` maps an
    intent to how it is answered; intents not named are `auto`. `floors` maps an intent to the least score (0-1) at
    which it counts as recognised. `entered` holds who is in the open draw (`lottery.entry.entry_key`), `voted` the uids
    that voted in the open poll; both are rebuilt from the rows stored, as `seen` is from the message ids stored, so
    none of them is written with the state. `latest_draw` is the id of the room's draw opened last, "" before the first.
    `used` maps phrase ids to when they were last chosen, `said` the words of our answers to when they are said (ms), as
    far as platforms would refuse them now (SAME_TEXT_MS).

    `quiet`: the host wants no voice beside the own one for a while. `red`: the reason of the red light, None when it
    is off. `on_duty`: somebody is there to whom a viewer can be handed over. `held`: product id (or EVERYTHING) to
    when, in ms, it was held back after an incident. `aggrieved`: uid to when its complaint was brought to a person;
    until that is settled it hears no promotion. `provoking`: accounts that play with the bot.
    """

    room: RoomKey
    session: str = ""
    opened_ms: int = 0
    closed: bool = False
    seq: int = 0
    now_ms: int = 0
    on_show: str | None = None
    replies_on: bool = True
    modes: dict[str, ReplyMode] = msgspec.field(default_factory=dict)
    platform_draw: str | None = None
    draw: OpenDraw | None = None
    cooldowns: Cooldowns = msgspec.field(default_factory=Cooldowns)
    used: dict[str, int] = msgspec.field(default_factory=dict)
    said: dict[str, int] = msgspec.field(default_factory=dict)
    shop: Shop = msgspec.field(default_factory=Shop)
    entered: tuple[frozenset[str], ...] = ()
    seen: Recent = msgspec.field(default_factory=Recent)
    quiet: bool = False
    red: str | None = None
    on_duty: bool = False
    held: dict[str, int] = msgspec.field(default_factory=dict)
    aggrieved: dict[str, int] = msgspec.field(default_factory=dict)
    provoking: Provoking = msgspec.field(default_factory=Provoking)
    floors: dict[str, float] = msgspec.field(default_factory=dict)
    poll: OpenPoll | None = None
    voted: tuple[frozenset[str], ...] = ()
    latest_draw: str = ""

    @property
    def silence(self) -> Withheld | None:
        """Why the bot says nothing at all in this room now: operator_off, red_light or quiet; None when it may."""
        if not self.replies_on:
            return "operator_off"
        if self.red is not None:
            return "red_light"
        return "quiet" if self.quiet else None

    def with_said(self, text: str, at_ms: int) -> RoomState:
        """After `text` was given its place at `at_ms`; what was said longer ago than SAME_TEXT_MS is forgotten."""
        lately = self.said_lately() - {text}
        said = {what: at for what, at in self.said.items() if what in lately}
        return msgspec.structs.replace(self, said={**said, text: at_ms})

    def said_lately(self) -> frozenset[str]:
        """Our words of the last SAME_TEXT_MS, and those that wait to be said. A moment further ahead is of a clock
        that was set back."""
        return frozenset(what for what, at in self.said.items() if abs(self.now_ms - at) < SAME_TEXT_MS)

    def is_held(self, product: str | None) -> bool:
        """Whether `product` is held back after an incident; None asks about what is on show, which is what viewers
        take words about no product to mean."""
        if not self.held:
            return False
        return EVERYTHING in self.held or (self.on_show if product is None else product) in self.held

    def bars(
        self, phrase: Phrase, text: str, product: str | None, *, timed: bool = False
    ) -> Literal["held", "off_duty"] | None:
        """Why `phrase`, rendered as `text`, may not be said about `product` as the room stands; None when it may.

        `timed`: nobody asked for it. Then it is no answer, and stops for what is held back whatever its tone, and for
        a quiz or a guess that it might give away.
        """
        if timed and self.draw is not None and self.draw.reveals(text):
            return "held"
        if (timed or phrase.tone == "sales") and self.is_held(product):
            return "held"
        return "off_duty" if not self.on_duty and needs_duty(text) else None

    def fresh(self, session: str, at_ms: int) -> RoomState:
        """The state in which a new session begins: what people set stays, what the show did is forgotten.

        An open draw stays open: its times are promised in public, and only its own timetable closes it. What is held
        back stays so until a person releases it, and the platform goes on counting our messages.
        """
        cooldowns = Cooldowns(self.cooldowns.limits, slots=self.cooldowns.slots)
        return msgspec.structs.replace(
            self, session=session, opened_ms=at_ms, now_ms=at_ms, closed=False, seq=0, platform_draw=None,
            cooldowns=cooldowns, used={}, said={}, provoking=Provoking(),
        )  # fmt: skip

    def ended(self) -> RoomState:
        """The state after its session: facts that were true until the end of the show are true no longer."""
        return msgspec.structs.replace(self, closed=True, shop=self.shop.show_over(self.now_ms))

    def troubled(self, uid: str | None, incident_with: str | None) -> RoomState:
        """After a complaint by `uid` was brought to a person; `incident_with` is the product (or EVERYTHING) that is
        said to have harmed somebody, None when nobody came to harm. What is known already keeps its time."""
        aggrieved, held = self.aggrieved, self.held
        if uid is not None and uid not in aggrieved:
            aggrieved = {**aggrieved, uid: self.now_ms}
            if len(aggrieved) > MAX_AGGRIEVED:
                aggrieved = dict(list(aggrieved.items())[-MAX_AGGRIEVED:])
        if incident_with is not None and incident_with not in held:
            held = {**held, incident_with: self.now_ms}
        if aggrieved is self.aggrieved and held is self.held:
            return self
        return msgspec.structs.replace(self, aggrieved=aggrieved, held=held)


class Reach(msgspec.Struct, frozen=True):
    """Where one of the own questions is asked. `merchant`: only in that shop's rooms; None in all. `about`: of scope
    product the id, of scope class the class that a comment must be about; None for scope any."""

    merchant: str | None = None
    scope: Literal["any", "class", "product"] = "any"
    about: str | None = None

    def in_rooms_of(self, merchant: str | None) -> bool:
        """Whether it is asked in the rooms of `merchant` at all, as a phrase of its merchant is said there."""
        return self.merchant in (None, "", merchant)

    def is_about(self, product: Product | None) -> bool:
        """Whether it is a question about `product`, None being no single one."""
        if self.scope == "any":
            return True
        return product is not None and self.about == (
            product.id if self.scope == "product" else product.klass
        )


class Handbook(msgspec.Struct, frozen=True):
    """What the operator has laid down for a room before the show.

    `practice` opens the practice-signed phrases (they live only in practice rooms, demo and replay).
    `time_to_live_ms`: an answer later than this is worth nothing; `suggestion_ms` the same for one that a person says.
    `merchant`: whose shop the room is, so that an agency's shops do not mix; None where there is but one.
    `own`: intent (`own:<slug>`) of each own question of the house to where it is asked; one not named: anywhere.
    """

    library: Library
    abilities: Capabilities
    practice: bool
    lang: str = "zh"
    time_to_live_ms: int = TIME_TO_LIVE_MS
    merchant: str | None = None
    suggestion_ms: int = SUGGESTION_MS
    own: Mapping[str, Reach] = msgspec.field(default_factory=dict)
