"""bilibili's official open-live commands as events (the web client's stand in `bilibili_web`).

A command is a JSON object with `cmd` and, mostly, `data`. Fields may be missing or of another type. 1000
units of a price are CNY 1; amounts leave here in fen (CNY 0.01).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from bot.comment import Comment, Event, EventKind, Happening, Role, RoomKey, Viewer
from bot.rooms.bridge_event import viewer_of
from bot.rooms.wire import epoch_ms, identity, mapping, sequence, text_of, whole

OPEN_LIVE = "LIVE_OPEN_PLATFORM_"


class Context(msgspec.Struct, frozen=True):
    """Where a command came from, and which commands may be believed.

    `line` counts from 1 in a recording, None live. `host` is the room owner's user id. `web` admits the web
    client's commands (recordings only), `practice` those of the practice room.
    """

    room: RoomKey
    received_ms: int
    frame_hash: str = ""
    host: str | None = None
    practice: bool = False
    web: bool = False
    line: int | None = None

    def viewer(
        self, uid: object, name: object, *, admin: bool = False, level: int = 0, fan_level: int | None = None,
        follows: bool | None = None,
    ) -> Viewer:  # fmt: skip
        known = identity(uid)
        role: Role = "staff" if admin else "viewer"
        if known is None:  # nobody, of whom nothing is known
            return Viewer(None, text_of(name), role, level)
        if known == self.host:
            role = "host"
        return Viewer(known, text_of(name), role, level, follows, fan_level)

    def comment(self, viewer: Viewer, text: str, at_ms: int, msg_id: str | None, **more: Any) -> Comment:
        return Comment(
            self.room, viewer, text, at_ms, self.received_ms,
            msg_id=msg_id, line=self.line, frame_hash=self.frame_hash, **more,
        )  # fmt: skip

    def happening(
        self, kind: EventKind, at_ms: int, data: dict[str, object],
        *, viewer: Viewer | None = None, msg_id: str | None = None,
    ) -> Happening:  # fmt: skip
        return Happening(self.room, kind, at_ms, self.received_ms, viewer, msg_id, self.frame_hash, data)


class Found(msgspec.Struct, frozen=True):
    """What a command meant: events, and the game ids of interaction sessions it ended."""

    events: tuple[Event, ...] = ()
    ended: tuple[str, ...] = ()


Reader = Callable[[dict[str, Any], Context], Event | Found | str | None]
"""Reads a whole command. A str is the reason it was set aside; None: a known command without the needed
fields."""


def _time(data: dict[str, Any], context: Context) -> int:
    if context.practice and "practice_ms" in data:  # the platform tells seconds; the practice room tells more
        return epoch_ms(data["practice_ms"], context.received_ms)
    return epoch_ms(data.get("timestamp"), context.received_ms)


def _viewer(data: dict[str, Any], context: Context) -> Viewer:
    # Level and wearing status are told of this room's own medal; whoever does not wear it may or may not have one.
    wearing = bool(data.get("fans_medal_wearing_status"))
    follows = None
    if context.practice and isinstance(data.get("practice_follows"), bool):
        follows = bool(data["practice_follows"])
    return context.viewer(
        data.get("open_id"), data.get("uname"), admin=whole(data.get("is_admin")) == 1,
        level=max(0, whole(data.get("glory_level"))), follows=follows,
        fan_level=max(0, whole(data.get("fans_medal_level"))) if wearing else 0,
    )  # fmt: skip


def _comment(command: dict[str, Any], context: Context) -> Event | None:
    data = mapping(command.get("data"))
    text = data.get("msg")
    if not isinstance(text, str):
        return None
    return context.comment(
        _viewer(data, context), text, _time(data, context), identity(data.get("msg_id")),
        reply_to=identity(data.get("reply_open_id")), mirrored="DM_MIRROR" in text_of(command.get("cmd")),
    )  # fmt: skip


def _happening(kind: EventKind, content: Callable[[dict[str, Any]], dict[str, object]]) -> Reader:
    """A reader for the commands whose user stands in `data` itself."""

    def read(command: dict[str, Any], context: Context) -> Event | None:
        data = command.get("data")
        if not isinstance(data, dict):
            return None
        who = _viewer(data, context) if "open_id" in data else None
        return context.happening(
            kind, _time(data, context), content(data), viewer=who, msg_id=identity(data.get("msg_id"))
        )

    return read


def _gift(data: dict[str, Any]) -> dict[str, object]:
    count = max(1, whole(data.get("gift_num"), 1))
    paid = bool(data.get("paid"))
    return {
        "name": text_of(data.get("gift_name")),
        "count": count,
        "fen": whole(data.get("r_price"), whole(data.get("price"))) * count // 10 if paid else 0,
        "gift_id": text_of(data.get("gift_id")),
    }


def _super_chat(data: dict[str, Any]) -> dict[str, object]:
    return {
        "name": "super_chat",
        "count": 1,
        "fen": whole(data.get("rmb")) * 100,
        "text": text_of(data.get("message")),
        "id": text_of(data.get("message_id")),
    }


def _guard(command: dict[str, Any], context: Context) -> Event | None:
    data = mapping(command.get("data"))
    user = mapping(data.get("user_info"))
    if not user:
        return None
    content: dict[str, object] = {
        "name": f"guard_{whole(data.get('guard_level'))}",
        "count": max(1, whole(data.get("guard_num"), 1)),
        "fen": whole(data.get("price")) // 10,
        "unit": text_of(data.get("guard_unit")),
    }
    who = context.viewer(user.get("open_id"), user.get("uname"))
    return context.happening(
        "gift", _time(data, context), content, viewer=who, msg_id=identity(data.get("msg_id"))
    )


def _removed(data: dict[str, Any]) -> dict[str, object]:
    return {
        "act": "delete_super_chat",
        "ids": [text_of(item) for item in sequence(data.get("message_ids"))[:200]],
    }


def _like(data: dict[str, Any]) -> dict[str, object]:
    return {"count": max(1, whole(data.get("like_count"), 1))}


def _title(data: dict[str, Any]) -> dict[str, object]:
    return {"title": text_of(data.get("title")), "area": text_of(data.get("area_name"))}


def _ended(command: dict[str, Any], context: Context) -> Found:
    return Found(ended=(text_of(mapping(command.get("data")).get("game_id")),))


def _practice(command: dict[str, Any], context: Context) -> Event | None:
    """The practice room's own command: a bridge event for what open-live has no command for. Not of the
    platform."""
    data = mapping(command.get("data"))
    event = mapping(data.get("event"))
    kind = event.get("kind")
    if kind not in PRACTICE_KINDS:
        return None
    told = viewer_of(event.get("user"))
    who = told and context.viewer(
        told.uid, told.name, level=told.level, fan_level=told.fan_level, follows=told.follows
    )
    content = {key: value for key, value in event.items() if key not in ("kind", "user", "at")}
    return context.happening(
        kind, _time(data, context), content, viewer=who, msg_id=identity(data.get("msg_id"))
    )


PRACTICE_KINDS = frozenset({"product", "viewers", "order", "leave", "share", "follow", "facts", "alive"})

OPEN_READERS: dict[str, Reader] = {
    OPEN_LIVE + "DM": _comment,
    OPEN_LIVE + "DM_MIRROR": _comment,
    OPEN_LIVE + "SEND_GIFT": _happening("gift", _gift),
    OPEN_LIVE + "GUARD": _guard,
    OPEN_LIVE + "SUPER_CHAT": _happening("gift", _super_chat),
    OPEN_LIVE + "SUPER_CHAT_DEL": _happening("moderation", _removed),
    OPEN_LIVE + "LIKE": _happening("like", _like),
    OPEN_LIVE + "LIVE_ROOM_ENTER": _happening("enter", lambda data: {}),
    OPEN_LIVE + "LIVE_START": _happening("live_start", _title),
    OPEN_LIVE + "LIVE_END": _happening("live_end", _title),
    OPEN_LIVE + "INTERACTION_END": _ended,
}
"""The official commands, read from any source."""

PRACTICE_READERS: dict[str, Reader] = {"PRACTICE_EVENT": _practice}
