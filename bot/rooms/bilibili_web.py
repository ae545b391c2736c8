"""The web client's commands as events, for reading recordings that other tools made. Never attached live.

A guest's recording has uid 0 and starred names; such viewers have no uid here. Amounts leave in fen (CNY
0.01): 1000 gold coins are CNY 1, silver coins are nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from bot.comment import Event, EventKind, Viewer
from bot.rooms import protobuf
from bot.rooms.bilibili_events import Context, Found, Reader
from bot.rooms.wire import WireError, at, decode_object, epoch_ms, identity, mapping, sequence, text_of, whole

INTERACTIONS: dict[int, EventKind] = {
    1: "enter",
    2: "follow",
    3: "share",
    4: "follow",
    5: "follow",
    6: "like",
}


def _danmu(command: dict[str, Any], context: Context) -> Event | None:
    info = command.get("info")
    text = at(info, 1)
    if not isinstance(text, str):
        return None
    extra = _extra(at(info, 0, 15))
    user = mapping(mapping(at(info, 0, 15)).get("user"))
    uid, name = at(info, 2, 0) or user.get("uid"), at(info, 2, 1) or mapping(user.get("base")).get("name")
    at_ms = epoch_ms(at(info, 0, 4), context.received_ms)
    viewer = context.viewer(
        uid, name, admin=whole(at(info, 2, 2)) == 1, level=max(0, whole(at(info, 4, 0))),
        fan_level=_fan_level(at(info, 3), context),
    )  # fmt: skip
    msg_id = identity(extra.get("id_str")) or _made_id(context, viewer, at_ms, at(info, 0, 5), text)
    mirrored = text_of(command.get("cmd")).startswith("DANMU_MSG_MIRROR")
    return context.comment(
        viewer, text, at_ms, msg_id, reply_to=identity(extra.get("reply_mid")), mirrored=mirrored
    )


def _fan_level(medal: object, context: Context) -> int:
    """The level of the medal worn, when it is this room's; 0 without."""
    ours = text_of(at(medal, 3)) == context.room.room_id
    return max(0, whole(at(medal, 0))) if ours else 0


def _extra(description: object) -> dict[str, Any]:
    """`[0][15].extra`: JSON within a string."""
    inner = mapping(description).get("extra")
    try:
        return decode_object(inner) if isinstance(inner, str) else {}
    except WireError:
        return {}


def _made_id(context: Context, viewer: Viewer, at_ms: int, random: object, text: str) -> str:
    """An id for a comment that carries none: the same comment met twice gets the same one."""
    parts = "\x1f".join((str(context.room), viewer.uid or viewer.name, str(at_ms), text_of(random), text))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _gift(command: dict[str, Any], context: Context) -> Event | None:
    data = command.get("data")
    if not isinstance(data, dict):
        return None
    gold = data.get("coin_type") == "gold"
    content: dict[str, object] = {
        "name": text_of(data.get("giftName")),
        "count": max(1, whole(data.get("num"), 1)),
        "fen": whole(data.get("total_coin")) // 10 if gold else 0,
    }
    who = context.viewer(data.get("uid"), data.get("uname"))
    at_ms = epoch_ms(data.get("timestamp"), context.received_ms)
    return context.happening("gift", at_ms, content, viewer=who, msg_id=identity(data.get("tid")))


def _gift_v2(command: dict[str, Any], context: Context) -> Found | str:
    try:
        fields = protobuf.read_base64(text_of(mapping(command.get("data")).get("pb")))
        gifts = protobuf.messages(fields, 10)
    except WireError:
        return "bad_protobuf"
    who = context.viewer(protobuf.number(fields, 1), protobuf.text(fields, 2))
    events = []
    for gift in gifts:
        gold = protobuf.text(gift, 8) == "gold"
        content: dict[str, object] = {
            "name": protobuf.text(gift, 2),
            "count": max(1, whole(protobuf.number(gift, 3), 1)),
            "fen": whole(protobuf.number(gift, 7)) // 10 if gold else 0,
        }
        at_ms = epoch_ms(protobuf.number(gift, 10), context.received_ms)
        msg_id = identity(protobuf.text(gift, 9))
        events.append(context.happening("gift", at_ms, content, viewer=who, msg_id=msg_id))
    return Found(tuple(events))


def _super_chat(command: dict[str, Any], context: Context) -> Event | None:
    data = command.get("data")
    if not isinstance(data, dict):
        return None
    who = context.viewer(data.get("uid"), mapping(data.get("user_info")).get("uname"))
    content: dict[str, object] = {
        "name": "super_chat",
        "count": 1,
        "fen": whole(data.get("price")) * 100,
        "text": text_of(data.get("message")),
    }
    at_ms = epoch_ms(data.get("ts"), epoch_ms(data.get("start_time"), context.received_ms))
    msg_id = identity(data.get("id"))
    return context.happening("gift", at_ms, content, viewer=who, msg_id=f"sc-{msg_id}" if msg_id else None)


def _guard(command: dict[str, Any], context: Context) -> Event | None:
    data = command.get("data")
    if not isinstance(data, dict):
        return None
    content: dict[str, object] = {
        "name": text_of(data.get("gift_name")),
        "count": max(1, whole(data.get("num"), 1)),
        "fen": whole(data.get("price")) // 10,
    }
    who = context.viewer(data.get("uid"), data.get("username"))
    return context.happening(
        "gift", epoch_ms(data.get("start_time"), context.received_ms), content, viewer=who
    )


def _interaction(command: dict[str, Any], context: Context) -> Event | str | None:
    data = mapping(command.get("data"))
    kind = INTERACTIONS.get(whole(data.get("msg_type")))
    if kind is None:
        return "unknown_interaction"
    who = context.viewer(data.get("uid"), data.get("uname"))
    return context.happening(kind, epoch_ms(data.get("timestamp"), context.received_ms), {}, viewer=who)


def _interaction_v2(command: dict[str, Any], context: Context) -> Event | str:
    try:
        fields = protobuf.read_base64(text_of(mapping(command.get("data")).get("pb")))
    except WireError:
        return "bad_protobuf"
    kind = INTERACTIONS.get(protobuf.number(fields, 5))
    if kind is None:
        return "unknown_interaction"
    who = context.viewer(protobuf.number(fields, 1), protobuf.text(fields, 2))
    return context.happening(kind, epoch_ms(protobuf.number(fields, 7), context.received_ms), {}, viewer=who)


def _plain(kind: EventKind, content: Callable[[dict[str, Any]], dict[str, object]]) -> Reader:
    """A reader for commands without a user and a time of their own; `content` gets the whole command."""

    def read(command: dict[str, Any], context: Context) -> Event:
        return context.happening(kind, context.received_ms, content(command))

    return read


def _like(command: dict[str, Any], context: Context) -> Event:
    data = mapping(command.get("data"))
    who = context.viewer(data.get("uid"), data.get("uname"))
    return context.happening("like", context.received_ms, {"count": 1}, viewer=who)


def _viewers(measure: str, *names: str) -> Reader:
    def content(command: dict[str, Any]) -> dict[str, object]:
        data = mapping(command.get("data"))
        found = next((whole(data[name]) for name in names if name in data), 0)
        return {"count": found, "measure": measure}

    return _plain("viewers", content)


def _blocked(command: dict[str, Any]) -> dict[str, object]:
    data = mapping(command.get("data"))
    return {"act": "mute", "uid": text_of(data.get("uid") or command.get("uid"))}


def _silenced(act: str) -> Callable[[dict[str, Any]], dict[str, object]]:
    def content(command: dict[str, Any]) -> dict[str, object]:
        data = mapping(command.get("data"))
        return {"act": act, "type": text_of(data.get("type")), "until": whole(data.get("second"))}

    return content


def _recalled(command: dict[str, Any]) -> dict[str, object]:
    return {"act": "recall", "target": text_of(mapping(command.get("data")).get("target_id"))}


def _super_chats_removed(command: dict[str, Any]) -> dict[str, object]:
    ids = sequence(mapping(command.get("data")).get("ids"))
    return {"act": "delete_super_chat", "ids": [text_of(item) for item in ids[:200]]}


def _warning(command: dict[str, Any]) -> dict[str, object]:
    cut = mapping(mapping(command.get("data")).get("cut_off_data"))
    text = text_of(command.get("msg")) or text_of(cut.get("cut_off_title"))
    return {"text": text, "act": text_of(command.get("cmd"))}


def _lot_started(command: dict[str, Any]) -> dict[str, object]:
    data = mapping(command.get("data"))
    return {
        "text": text_of(data.get("danmu")),
        "id": text_of(data.get("id")),
        "award": text_of(data.get("award_name")),
    }


def _lot_ended(command: dict[str, Any]) -> dict[str, object]:
    return {"id": text_of(mapping(command.get("data")).get("id"))}


def _live(command: dict[str, Any], context: Context) -> Event | str:
    # LIVE comes twice or more for one start; only the first has a time.
    if "live_time" not in command:
        return "repeated"
    return context.happening("live_start", epoch_ms(command["live_time"], context.received_ms), {})


def _counted_elsewhere(command: dict[str, Any], context: Context) -> str:
    """A second telling of something another command already told: a running total, a toast, a translation."""
    return "counted_elsewhere"


WEB_READERS: dict[str, Reader] = {
    "DANMU_MSG": _danmu,
    "DANMU_MSG_MIRROR": _danmu,
    "SEND_GIFT": _gift,
    "SEND_GIFT_V2": _gift_v2,
    "SUPER_CHAT_MESSAGE": _super_chat,
    "SUPER_CHAT_MESSAGE_DELETE": _plain("moderation", _super_chats_removed),
    "GUARD_BUY": _guard,
    "INTERACT_WORD": _interaction,
    "INTERACT_WORD_V2": _interaction_v2,
    "LIKE_INFO_V3_CLICK": _like,
    "WATCHED_CHANGE": _viewers("watched", "num"),
    "ONLINE_RANK_COUNT": _viewers("online", "online_count", "count"),
    "LIVE": _live,
    "PREPARING": _plain("live_end", lambda command: {}),
    "ROOM_BLOCK_MSG": _plain("moderation", _blocked),
    "ROOM_SILENT_ON": _plain("moderation", _silenced("silence")),
    "ROOM_SILENT_OFF": _plain("moderation", _silenced("unsilence")),
    "RECALL_DANMU_MSG": _plain("moderation", _recalled),
    "WARNING": _plain("platform_warning", _warning),
    "CUT_OFF": _plain("platform_warning", _warning),
    "CUT_OFF_V2": _plain("platform_warning", _warning),
    "ANCHOR_LOT_START": _plain("platform_draw_start", _lot_started),
    "ANCHOR_LOT_END": _plain("platform_draw_end", _lot_ended),
    "COMBO_SEND": _counted_elsewhere,
    "USER_TOAST_MSG": _counted_elsewhere,
    "USER_TOAST_MSG_V2": _counted_elsewhere,
    "SUPER_CHAT_MESSAGE_JPN": _counted_elsewhere,
    "LIKE_INFO_V3_UPDATE": _counted_elsewhere,
    "DM_INTERACTION": _counted_elsewhere,
    "ANCHOR_LOT_AWARD": _counted_elsewhere,
}
