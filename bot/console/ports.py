"""All that the console is handed: clocks, rooms, the store, the draws. The console builds none of it.

`ConsolePorts` is put together by the composition root. The protocols say what the console needs and no more, so
that a test can hand in something small.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bot.console.desk_port import RoomDesk
from bot.console.draw_port import Draws, Presets
from bot.console.effect_port import Effect
from bot.console.feed import Feed
from bot.console.poll_port import Polls
from bot.console.prize_port import Prizes
from bot.console.shelf_port import Shelf
from bot.console.views import (
    AnswerRow,
    CaseDetail,
    CaseRow,
    ChainCheck,
    CommentRow,
    JudgedComment,
    Person,
    Product,
    RecordRow,
    SessionRow,
    Tally,
)
from bot.errors import NotAllowed
from bot.learning.judgement import Labels
from bot.policy import Instruction

RoomStateCode = Literal["connecting", "live", "stalled", "backing_off", "refused", "ended", "off"]


@dataclass(frozen=True, slots=True)
class RoomStatus:
    """How one room stands, for the status line. Times in ms since 1970 UTC, `lag_ms` in ms.

    `key` is `platform:room_id`; `session` "" before the first. `state` is a short code; an unknown one is shown as it
    is. `last_frame_ms` None before the first frame. `queue` counts events waiting, `dropped` and `gaps` since start.
    `can_reply`: the platform lets us speak; `replies_on`: the operator lets us. `on_show` is a product id or None.
    `merchant` is the shop whose room it is, "" where there is but one.
    `telegram` is "ok", "off" or a short word for what is wrong. `stopped`: why the account says nothing until a person
    resumes it (refusals, warning), "" while it may.
    """

    key: str
    session: str
    state: str
    since_ms: int
    last_frame_ms: int | None
    lag_ms: int
    queue: int
    dropped: int
    gaps: int
    clock_source: str
    versions: Mapping[str, str]
    can_reply: bool
    replies_on: bool
    on_show: str | None
    practice: bool
    telegram: str = "off"
    title: str = ""
    products: tuple[Product, ...] = ()
    stopped: str = ""
    merchant: str = ""


class Desk(Protocol):
    """What the console reads from the store, and writes into it. Each write is one transaction and gives a record id.

    Acts on a case take the `version` that the person saw: a case that has moved on raises Conflict and nothing is
    changed. `key` is the idempotency key: the same key twice acts once and gives the same record id.
    """

    # people
    async def person(self, person_id: str) -> Person | None:
        """None when there is no such person, or the account is closed."""
        ...

    async def password_hash(self, name: str) -> tuple[str, str] | None:
        """(person id, argon2 hash); None when nobody has that name or the account has no password."""
        ...

    async def take_login(self, token: str) -> Person | None:
        """Use up a one-time login token. None when it is unknown, used or expired."""
        ...

    async def set_password(self, login: str, hashed: str) -> None:
        """The person has chosen a new password; `hashed` is its argon2 hash."""
        ...

    async def note_login(self, person_id: str, how: str) -> None:
        """Record that somebody came in (`how`: password, once) or left (logout)."""
        ...

    # the live room
    async def comments(self, room: str, limit: int, *, by: str) -> Sequence[CommentRow]:
        """The newest comments of the room's latest session, oldest first, as `by` watches them go by."""
        ...

    async def answers(self, room: str, limit: int) -> Sequence[AnswerRow]:
        """The newest answers, newest first: sent, suggested, withheld."""
        ...

    async def tallies(self, room: str, steps: int) -> Sequence[Tally]:
        """Counts per interval, oldest first, at most `steps` of them; ten seconds each while the room is watched,
        a minute each when they come from the store alone."""
        ...

    async def said_on_air(self, room: str) -> Mapping[str, int]:
        """Question key to the time in ms at which the host answered it aloud, this session."""
        ...

    async def mark_said(self, room: str, question: str, *, by: str, key: str) -> str: ...

    # cases
    async def cases(
        self, *, room: str | None = None, closed: bool = False, limit: int = 200
    ) -> Sequence[CaseRow]:
        """Open cases, gravest first and then by time left; with `closed` the newest closed ones."""
        ...

    async def case(self, case_id: str, *, by: str) -> CaseDetail | None: ...

    async def claim(self, case_id: str, *, by: str, version: int, key: str) -> str: ...

    async def release(self, case_id: str, *, by: str, version: int, key: str) -> str: ...

    async def take_over(self, case_id: str, *, by: str, version: int, reason: str, key: str) -> str: ...

    async def resolve(
        self, case_id: str, *, by: str, version: int, disposition: str, note: str, key: str
    ) -> str: ...

    async def copy_answer(
        self, case_id: str, *, by: str, phrase: str, digest: str, text: str, key: str
    ) -> str | None:
        """`by` takes the case's answer to say it himself; recorded before the words are given out. None, and nothing
        recorded, when another answer (or none) may be given by now."""
        ...

    # judgements
    async def judged(self, comment_id: str, *, by: str, case: str = "") -> JudgedComment | None:
        """A comment with its verdict, for `by` to judge, coming from `case` where given. The look is recorded."""
        ...

    async def judge(self, comment_id: str, labels: Labels, *, by: str, role: str, key: str) -> str:
        """Record how the comment should have been judged. Raises NotAllowed for labels that do not go together."""
        ...

    # the record
    async def search(
        self, query: str, *, room: str | None, by: str, reason: str, limit: int
    ) -> Sequence[CommentRow]:
        """Full text through the search index. The look itself becomes an access record."""
        ...

    async def chains(self) -> Sequence[str]: ...

    async def records(self, chain: str, *, before: int | None, limit: int) -> Sequence[RecordRow]:
        """Records of a chain, newest first, with seq below `before` (None: from the end)."""
        ...

    async def verify(self, chain: str | None) -> Sequence[ChainCheck]:
        """Recompute the chain, or all of them."""
        ...

    async def sessions(self, limit: int) -> Sequence[SessionRow]: ...


def wall_ms() -> int:
    """The machine's UTC clock in ms."""
    return time.time_ns() // 1_000_000


async def _no_rooms(room: str, by: str) -> None:
    raise NotAllowed(f"The room {room} is not attached.")


@dataclass(frozen=True, slots=True)
class ConsolePorts:
    """What `create_console` is handed.

    `now_ms` is the rooms' time (a show clock in a rehearsal): countdowns use it. `wall_ms` is the machine's: log-ins
    and limits use it. `feed` is where the application announces what it has committed.
    `hosts` are the names this console answers to, without port; a request under another name is refused (DNS
    rebinding). `resume(room, by)` lets a stopped account speak again. `room_desk`: the desk of a
    room; None for one that is not attached. `prizes` None: this console shows no prizes.
    `public_site`: address of the public pages of draws, without a slash at the end; None where there are none.
    `secret_key` signs cookies; at least 32 bytes. `secure_cookie` when served over TLS.
    """

    desk: Desk
    draws: Draws
    feed: Feed
    rooms: Callable[[], Sequence[RoomStatus]]
    instruct: Callable[[str, Instruction], Awaitable[None]]
    now_ms: Callable[[], int]
    secret_key: bytes
    shelf: Shelf
    effect: Effect
    presets: Presets
    polls: Polls
    prizes: Prizes | None = None
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    secure_cookie: bool = False
    wall_ms: Callable[[], int] = field(default=wall_ms)
    idle_minutes: int = 120
    version: str = ""
    resume: Callable[[str, str], Awaitable[None]] = _no_rooms
    room_desk: Callable[[str], RoomDesk | None] = lambda room: None
    public_site: str | None = None
