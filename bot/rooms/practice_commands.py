"""Events as the commands of the open-live protocol: the practice server's side of `bilibili_events`.

What open-live has no command for (product on show, viewers, orders, leaving, sharing, following) goes out as
`PRACTICE_EVENT`, which wraps the generic bridge's event and is not of the platform; nor are the fields
`practice_ms`, which tells the time in milliseconds where the platform tells seconds, and `practice_follows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from bot.comment import Comment, Event, Happening, RoomKey, Viewer
from bot.rooms import recording, show
from bot.rooms.bilibili_events import OPEN_LIVE, PRACTICE_KINDS
from bot.rooms.wire import whole

Scene = Iterable[Event]
"""Events in order; `at_ms` counts from whenever the recording does."""


def scene(source: str, room: RoomKey) -> Scene:
    """The events of `builtin`, of a show's CSV or of any recording. Raises RecordingError; a broken line of a
    recording raises only when it is reached."""
    if source == "builtin":
        return list(show.events_of(show.builtin(), room))
    path = Path(source)
    if show.is_show(path):
        return list(show.events_of(show.load(path), room))
    return _Reread(path, recording.read(path))


class _Reread:
    """A recording that can be played more than once, opened anew each time, never held in memory."""

    def __init__(self, path: Path, opened: recording.Recording) -> None:
        self._path = path
        self._opened: recording.Recording | None = opened

    def __iter__(self) -> Iterator[Event]:
        opened, self._opened = self._opened or recording.read(self._path), None
        return iter(opened.events)


def command_of(event: Event, room_id: int, at_ms: int, msg_id: str) -> bytes | None:
    """The JSON of the command that tells the event at `at_ms`; None for what no command tells (gaps,
    speech)."""
    data = _envelope(event, room_id, at_ms, msg_id)
    if isinstance(event, Comment):
        data |= {"msg": event.text, "dm_type": 0, "emoji_img_url": ""}
        data |= {
            "reply_open_id": event.reply_to or "",
            "reply_uname": "",
            "is_admin": int(event.viewer.role == "staff"),
        }
        return _encode("DM_MIRROR" if event.mirrored else "DM", data)
    if event.kind == "gift":
        return _encode("SEND_GIFT", data | _gift(event.data))
    if event.kind == "like":
        return _encode("LIKE", data | {"like_text": "", "like_count": whole(event.data.get("count"), 1)})
    if event.kind == "enter":
        return _encode("LIVE_ROOM_ENTER", data)
    if event.kind in PRACTICE_KINDS:
        return _wrapped(event, data)
    return None


def start_of(room_id: int, at_ms: int, msg_id: str, *, end: bool = False) -> bytes:
    """LIVE_START, or LIVE_END with `end`."""
    data: dict[str, Any] = {"room_id": room_id, "open_id": "practice-host", "union_id": "", "msg_id": msg_id}
    data |= {"timestamp": at_ms // 1000, "practice_ms": at_ms, "area_name": "practice", "title": "场控练习间"}
    return _encode("LIVE_END" if end else "LIVE_START", data)


def interaction_end(game_id: str) -> bytes:
    """The session is over; whoever holds it starts again."""
    return _encode("INTERACTION_END", {"game_id": game_id})


def _envelope(event: Event, room_id: int, at_ms: int, msg_id: str) -> dict[str, Any]:
    viewer = event.viewer or Viewer(None)
    return {
        "room_id": room_id, "open_id": viewer.uid or "", "union_id": "", "uname": viewer.name,
        "msg_id": msg_id, "timestamp": at_ms // 1000, "practice_ms": at_ms, "guard_level": 0,
        "fans_medal_wearing_status": bool(viewer.fan_level), "fans_medal_level": viewer.fan_level or 0,
        "fans_medal_name": "", "uface": "", "glory_level": viewer.level, "practice_follows": viewer.follows,
    }  # fmt: skip


def _gift(data: dict[str, object]) -> dict[str, Any]:
    count, fen = max(1, whole(data.get("count"), 1)), whole(data.get("fen"))
    price = fen * 10 // count
    return {
        "gift_id": 1, "gift_name": str(data.get("name", ""))[:64], "gift_num": count, "price": price,
        "r_price": price, "paid": fen > 0, "combo_gift": False,
    }  # fmt: skip


def _wrapped(event: Happening, data: dict[str, Any]) -> bytes:
    wrapped: dict[str, Any] = {"kind": event.kind, **event.data}
    if event.viewer is not None:
        who = event.viewer
        wrapped["user"] = {"id": who.uid or "", "name": who.name, "level": who.level}
        wrapped["user"] |= {"follows": who.follows, "fan_level": who.fan_level}
    told = {name: data[name] for name in ("room_id", "msg_id", "timestamp", "practice_ms")}
    return msgspec.json.encode({"cmd": "PRACTICE_EVENT", "data": told | {"event": wrapped}})


def _encode(name: str, data: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"cmd": OPEN_LIVE + name, "data": data})
