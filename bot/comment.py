"""What a room says: the comment and its siblings, as frozen values.

All times are integers in milliseconds since 1970 UTC. `at_ms` is the platform's own time; `received_ms` is the
wall clock of this machine when the frame arrived. A value always knows its room; its session is known one step
later, when the pipeline has put it into one.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class RoomKey(msgspec.Struct, frozen=True, order=True):
    """One room on one platform, e.g. RoomKey("bilibili", "22000001"). Printed as `platform:room_id`."""

    platform: str
    room_id: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.room_id}"

    @classmethod
    def parse(cls, text: str) -> RoomKey:
        platform, _, room_id = text.partition(":")
        return cls(platform, room_id)


Role = Literal["viewer", "staff", "host", "bot"]


class Viewer(msgspec.Struct, frozen=True):
    """Who spoke. `uid` is the platform's id; None when the recording or platform hides it.

    Without a uid there are no rules per viewer and no draw entries. `name` is shown, never trusted.
    `role`: staff are the room's moderators and the operator's own accounts; bot is our own account. `level` is the
    account's on the platform, 0 where it has none. `follows` the room, and `fan_level` in the host's fan club (0: no
    member): None where the platform does not tell.
    """

    uid: str | None
    name: str = ""
    role: Role = "viewer"
    level: int = 0
    follows: bool | None = None
    fan_level: int | None = None


class Comment(msgspec.Struct, frozen=True):
    """One comment as received.

    `msg_id` is the platform's message id; None where it has none (then it is never deduplicated and `line` names it).
    `line` is the line or frame number within a recording. `frame_hash` is the SHA-256 (hex) of the bytes received.
    `mirrored` marks a comment of another room: judged, never answered. `edited` marks a new version of an
    earlier message: judged again, never a draw entry.
    """

    room: RoomKey
    viewer: Viewer
    text: str
    at_ms: int
    received_ms: int
    msg_id: str | None = None
    line: int | None = None
    frame_hash: str = ""
    reply_to: str | None = None
    mirrored: bool = False
    edited: bool = False


EventKind = Literal[
    "gift", "like", "follow", "share", "enter", "leave", "viewers", "order", "product", "facts", "speech",
    "moderation", "alive", "live_start", "live_end", "platform_warning", "platform_draw_start",
    "platform_draw_end", "gap", "unknown",
]  # fmt: skip


class Happening(msgspec.Struct, frozen=True):
    """Anything a room says that is not a comment.

    `data` keeps the fields of the kind as the bridge names them (contract: generic bridge): gift {name, count, fen},
    viewers {count}, order {id, product, qty, amount, state}, product {slot|id}, facts {...}, speech {text},
    gap {seconds, reason}, platform_draw_start {text}. Unknown fields are kept.
    """

    room: RoomKey
    kind: EventKind
    at_ms: int
    received_ms: int
    viewer: Viewer | None = None
    msg_id: str | None = None
    frame_hash: str = ""
    data: dict[str, object] = msgspec.field(default_factory=dict)


Event = Comment | Happening
