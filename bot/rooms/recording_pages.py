"""Recordings of a YouTube live chat: answers of the Data API's `liveChatMessages.list`, one document or one a
line."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.comment import Comment, Event, EventKind, Happening, Role, RoomKey, Viewer
from bot.errors import RecordingError
from bot.rooms.recording_lines import raw_lines
from bot.rooms.wire import (
    LATEST_MS,
    WireError,
    clean,
    decode_object,
    identity,
    mapping,
    sequence,
    text_of,
    whole,
)

KIND = "youtube#liveChatMessageListResponse"
MAX_PAGE = 64 * 1024 * 1024
"""Bytes of a file that is one document; a page of the platform has at most 2000 messages."""

GIFTS = frozenset(
    [
        "superChatEvent",
        "superStickerEvent",
        "newSponsorEvent",
        "memberMilestoneChatEvent",
        "membershipGiftingEvent",
        "giftMembershipReceivedEvent",
    ]
)


def pages(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and content of each page. Raises RecordingError when the file is neither lines nor a
    document."""
    number, first = next(raw_lines(path), (1, b""))
    try:
        decode_object(first)
    except WireError:
        yield number, _document(path)
        return
    for number, line in raw_lines(path):
        try:
            page = decode_object(line)
        except WireError as error:
            raise RecordingError(f"{path} line {number} is not a whole JSON object.", line=number) from error
        yield number, _checked(path, page, number)


def _document(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MAX_PAGE:
        raise RecordingError(f"{path} is larger than {MAX_PAGE >> 20} MiB; write one page a line.", line=1)
    try:
        page = decode_object(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except WireError as error:
        raise RecordingError(f"{path} line 1 is not the start of a whole JSON object.", line=1) from error
    return _checked(path, page, 1)


def _checked(path: Path, page: dict[str, Any], number: int) -> dict[str, Any]:
    if page.get("kind") != KIND or not isinstance(page.get("items"), list):
        raise RecordingError(f"{path} line {number} is not a page of a live chat ({KIND}).", line=number)
    return page


def chat_of(path: Path) -> str | None:
    """The live chat's id of the first message that names it."""
    for _, page in pages(path):
        for item in sequence(page["items"]):
            found = identity(mapping(mapping(item).get("snippet")).get("liveChatId"))
            if found:
                return found
        break
    return None


def read(path: Path, room: RoomKey) -> Iterator[Event]:
    """The messages of every page. `line` is the line of the page, so messages of one page share it."""
    last_ms = 0
    for number, page in pages(path):
        for item in sequence(page["items"]):
            if not isinstance(item, dict):
                raise RecordingError(f"{path} line {number} holds an item that is no message.", line=number)
            event = _event(item, room, last_ms, number)
            if event is not None:
                last_ms = max(last_ms, event.at_ms)
                yield event


def _event(item: dict[str, Any], room: RoomKey, last_ms: int, line: int) -> Event | None:
    snippet, author = mapping(item.get("snippet")), mapping(item.get("authorDetails"))
    kind = text_of(snippet.get("type"))
    at_ms = _published(snippet.get("publishedAt"), last_ms)
    msg_id = identity(item.get("id"))
    viewer = Viewer(
        identity(author.get("channelId")) or identity(snippet.get("authorChannelId")),
        text_of(author.get("displayName")),
        _role(author),
    )
    seen = hashlib.sha256(repr(sorted(item.items(), key=str)).encode("utf-8", "replace")).hexdigest()
    if kind == "textMessageEvent":
        text = mapping(snippet.get("textMessageDetails")).get("messageText", snippet.get("displayMessage"))
        if not isinstance(text, str):
            return None
        return Comment(room, viewer, clean(text), at_ms, at_ms, msg_id=msg_id, line=line, frame_hash=seen)
    told = _happening(kind, snippet)
    if told is None:
        return None
    return Happening(room, told[0], at_ms, at_ms, viewer, msg_id, seen, told[1])


def _happening(kind: str, snippet: dict[str, Any]) -> tuple[EventKind, dict[str, object]] | None:
    if kind in GIFTS:
        details = mapping(snippet.get(kind.removesuffix("Event") + "Details"))
        currency, micros = text_of(details.get("currency")), whole(details.get("amountMicros"))
        data: dict[str, object] = {"name": kind.removesuffix("Event"), "count": 1, "currency": currency}
        data |= {"micros": micros, "fen": micros // 10_000 if currency == "CNY" else 0}
        return "gift", data | {"text": text_of(details.get("userComment"))}
    if kind in ("messageDeletedEvent", "messageRetractedEvent"):
        details = mapping(snippet.get(kind.removesuffix("Event") + "Details"))
        return "moderation", {
            "act": "delete",
            "msg_id": text_of(details.get("deletedMessageId") or details.get("retractedMessageId")),
        }
    if kind == "userBannedEvent":
        details = mapping(snippet.get("userBannedDetails"))
        seconds = whole(details.get("banDurationSeconds")) or None
        uid = text_of(mapping(details.get("bannedUserDetails")).get("channelId"))
        return "moderation", {"act": "mute" if seconds else "ban", "uid": uid, "seconds": seconds}
    return ("live_end", {}) if kind == "chatEndedEvent" else None


def _role(author: dict[str, Any]) -> Role:
    if author.get("isChatOwner") is True:
        return "host"
    return "staff" if author.get("isChatModerator") is True else "viewer"


def _published(value: object, default: int) -> int:
    try:
        moment = dt.datetime.fromisoformat(text_of(value))
    except ValueError:
        return default
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return min(LATEST_MS, max(0, int(aware.timestamp() * 1000)))
