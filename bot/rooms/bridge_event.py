"""The generic bridge's event as a value: one JSON object of a known kind becomes a comment or a happening.

Tolerant on purpose, for recordings and the practice room; what a live bridge must refuse is judged at its
door.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, get_args

from bot.comment import Comment, Event, EventKind, Happening, Role, RoomKey, Viewer
from bot.rooms.wire import LATEST_MS, epoch_ms, identity, mapping, text_of, whole

KINDS: frozenset[EventKind] = frozenset(get_args(EventKind)) - {"gap", "unknown"}
ROLES: Mapping[str, Role] = {one: one for one in get_args(Role)}
HIGHEST_LEVEL = 10_000
ENVELOPE = ("kind", "id", "user", "at")
"""Fields that have a home of their own in the value; all others stay in `data`."""


def read_event(item: object, room: RoomKey, received_ms: int, frame_hash: str = "") -> Event | None:
    """The value of one event; None for an unknown kind and for a comment without text.

    `at` is RFC 3339 or milliseconds since 1970; without it the time of receipt stands. An order keeps its
    `id` in `data` also: it names the order, not only the message.
    """
    event = mapping(item)
    kind = event.get("kind")
    at_ms = moment(event.get("at"), received_ms)
    msg_id = identity(event.get("id"))
    viewer = viewer_of(event.get("user"))
    if kind == "comment":
        text = event.get("text")
        if not isinstance(text, str):
            return None
        who = viewer or Viewer(None)
        return Comment(room, who, text, at_ms, received_ms, msg_id=msg_id, frame_hash=frame_hash)
    if not isinstance(kind, str) or kind not in KINDS:
        return None
    data: dict[str, Any] = {name: event[name] for name in event if name not in ENVELOPE}
    if kind in ("order", "product") and "id" in event:
        data["id"] = event["id"]
        # It names what is on show, or an order from placed to paid; neither is a message's.
        msg_id = None
    return Happening(room, kind, at_ms, received_ms, viewer, msg_id, frame_hash, data)


def viewer_of(value: object) -> Viewer | None:
    """The `user` of an event: id, name, role, and what draws may ask for, as far as it is told."""
    user = mapping(value)
    if not user:
        return None
    role = ROLES.get(text_of(user.get("role")), "viewer")
    follows, fan_level = user.get("follows"), user.get("fan_level")
    return Viewer(
        identity(user.get("id")), text_of(user.get("name")), role, _level(user.get("level")) or 0,
        follows if isinstance(follows, bool) else None, _level(fan_level),
    )  # fmt: skip


def _level(value: object) -> int | None:
    """A level as the bridge tells it; None where it tells none."""
    level = whole(value, -1)
    return None if isinstance(value, bool) or not 0 <= level <= HIGHEST_LEVEL else level


def moment(value: object, default: int) -> int:
    """Milliseconds since 1970 of an RFC 3339 time or of a number of milliseconds; else the default."""
    if isinstance(value, str):
        try:
            when = dt.datetime.fromisoformat(value)
            return min(
                LATEST_MS,
                max(0, int((when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp() * 1000)),
            )
        except (ValueError, OverflowError, OSError):
            pass
    return epoch_ms(value, default)
