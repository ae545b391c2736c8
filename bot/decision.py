"""What is to be done about one comment, and the protocols by which the ends do it."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, Protocol

import msgspec

from bot.comment import Comment, RoomKey
from classifiers.verdict import Verdict

ClockSource = Literal["live", "replay", "practice"]
"""Whose time a record tells: the wall's, a recording's, or a practice room's."""

Withheld = Literal[
    "unsure", "cooldown", "merged", "no_phrase", "stale_fact", "platform_draw", "overload", "operator_off",
    "duplicate", "tone", "bait", "mirrored", "backlog", "staff", "not_live", "flagged", "quiet", "red_light", "held",
    "off_duty",
]  # fmt: skip
"""Why a question was not answered. `merged`: the same question was answered within the merge window, that answer
stands for all who asked; `cooldown`: the same viewer asks again; `backlog`: made long before it reached us; `flagged`:
it also carries an advert, an insult or worse, which an answer would only lift up; `bait`: the account plays with the
bot; `held`: there are only promotional phrases, and somebody is said to have come to harm; `off_duty`: there are only
phrases that promise a person or a time, and nobody is there."""


class Priority(IntEnum):
    """Who speaks first where a room lets us say only so much; higher goes first."""

    TIMED = 10
    ANSWER = 20
    FRESH = 25
    """An answer to a question not answered within the merge window."""
    BUYING = 30
    """An answer to somebody who is about to buy."""
    NOTICE = 40
    """What a draw has promised to announce."""
    PERSON = 50


class Reply(msgspec.Struct, frozen=True):
    """An answer chosen from the library. `digest` is of the phrase version; the outbox checks it again.

    `mode` is `send` where the room lets us speak, else `suggest` (shown on the desk, a person says it).
    `due_ms` is its place in the room's pacing: not to be said before; `expires_ms`: nor after. `priority`: of Priority.
    """

    phrase_id: str
    digest: str
    intent: str
    product: str | None
    text: str
    mode: Literal["send", "suggest"]
    due_ms: int
    expires_ms: int
    priority: int = int(Priority.ANSWER)


class Escalation(msgspec.Struct, frozen=True):
    """A human is needed. `codes` are complaint codes C01-C04 and banned codes, gravest first; `severity` 1-4.

    `hideable` is False whenever a C code is among them, and when no code is of a kind that may be hidden at all
    (D, I, S, U): then nothing hides it automatically.
    """

    codes: tuple[str, ...]
    severity: int
    hideable: bool


class Entry(msgspec.Struct, frozen=True):
    """The comment is an entry of the open draw, accepted when `refused` is None, else the reason code.

    `value`: the number guessed in its smallest unit, or the answer as a number nobody can read back; None where the
    contest has none. `wave` of a red-packet rain, from 0.
    """

    draw_id: str
    refused: str | None = None
    value: int | None = None
    wave: int = 0


class Vote(msgspec.Struct, frozen=True):
    """The comment is the first vote of this account in the open poll. `option` counts from 1."""

    poll_id: str
    option: int


class CodeSaid(msgspec.Struct, frozen=True):
    """A code was typed. `lookup` (查询): ties a code of one's own choice to one's entries in `draw_id`, the latest draw
    of the room. `claim` (兑奖): binds the claim page that shows this code. `code`: upper-case letters and digits."""

    kind: Literal["lookup", "claim"]
    code: str
    draw_id: str = ""


class Mask(msgspec.Struct, frozen=True):
    """The comment is to be hidden on the platform for rule code `code`. Never made for a comment with a C code."""

    code: str


class Decision(msgspec.Struct, frozen=True):
    """The outcome for one comment. `reasons` are short codes in the order they were found, for the record."""

    reply: Reply | None = None
    withheld: Withheld | None = None
    escalation: Escalation | None = None
    mask: Mask | None = None
    entry: Entry | None = None
    flagged: bool = False
    codes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    vote: Vote | None = None
    code: CodeSaid | None = None


class Judged(msgspec.Struct, frozen=True):
    """A comment with everything that led to its decision; what is committed in one transaction."""

    session: str
    seq: int
    comment: Comment
    verdict: Verdict
    decision: Decision
    now_ms: int


class Capabilities(msgspec.Struct, frozen=True):
    """What a room lets us do; each adapter declares it. `links_allowed`: may an answer carry a web address.

    `pace`: how many messages the platform takes in any stretch of so many milliseconds; None where it names no limit.
    `echoes`: what we say comes back in the stream, so that its absence means that nobody saw it.

    `tells_follow`, `tells_fan_level`, `tells_level`, `tells_orders`: whether the platform tells us who follows, whose
    level in the fan club it is, whose account level, who ordered what: a draw may only ask for what is told.
    """

    read: bool = True
    read_filtered: bool = False
    reply: bool = False
    delete: bool = False
    mute: bool = False
    links_allowed: bool = False
    stable_user_ids: bool = True
    replays_gaps: bool = False
    pace: tuple[int, int] | None = None
    echoes: bool = False
    tells_follow: bool = False
    tells_fan_level: bool = False
    tells_level: bool = False
    tells_orders: bool = False


Outcome = Literal["sent", "refused", "unknown", "suggested"]


class Said(msgspec.Struct, frozen=True):
    """What became of an attempt to speak. `detail` is the platform's own word, shortened, never viewers' text.

    `retry_after` seconds when the platform asked us to wait and nothing was shown; else None.
    """

    outcome: Outcome
    detail: str = ""
    retry_after: float | None = None


class Speaker(Protocol):
    """How the outbox speaks in a room. At most one visible message per `key` where the platform allows it."""

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        """Raise nothing for a platform's refusal: return it. A time-out is `unknown`, never retried."""
        ...


class Moderation(Protocol):
    """How a moderator's act reaches the platform. Raises RoomError with the platform's reason."""

    async def delete(self, room: RoomKey, msg_id: str) -> None: ...

    async def mute(self, room: RoomKey, uid: str, seconds: int) -> None: ...
