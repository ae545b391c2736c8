"""The generic bridge's event as a value: one JSON object of a known kind becomes a comment or a happening.

Tolerant on purpose, for recordings and the practice room; what a live bridge must refuse is judged at its
door.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, get_args

from bot.comment import Comment, Event, EventKind, Happening, Role, RoomKey, Viewer
from bot.rooms.wire import LATEST_MS, epoch_ms, identity, mapping, text_of

KINDS: frozenset[EventKind] = frozenset(get_args(EventKind)) - {"gap", "unknown"}
ROLES: Mapping[str, Role] = {one: one for one in get_args(Role)}
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
    viewer = _viewer(event.get("user"))
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


def _viewer(value: object) -> Viewer | None:
    user = mapping(value)
    if not user:
        return None
    role = ROLES.get(text_of(user.get("role")), "viewer")
    return Viewer(identity(user.get("id")), text_of(user.get("name")), role)


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
