"""What a Telegram group says, without the socket: one update of the Bot API in, events out.

    message, edited_message      a comment when it has a text or a caption (an edit keeps its message's id)
    new_chat_members, left_…     enter, leave
    video_chat_started/ended     live_start, live_end: the group's own live stream
    migrate_to_chat_id           the group became a supergroup and has a new id
    chat_member, my_chat_member  somebody's rights changed: who is staff must be asked again

A message posted in the name of a chat has `sender_chat`; its `from` is a placeholder user shared by all who post so
(777000, 1087968824, 136817688) and says nothing about the person, so that such a viewer has no uid.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec

from bot.comment import Comment, Event, EventKind, Happening, Role, RoomKey, Viewer
from bot.rooms.wire import clean, epoch_ms, mapping, sequence, text_of, whole

PLACEHOLDERS = frozenset({777000, 1087968824, 136817688})
"""Telegram itself, the anonymous administrator, the channel: users that stand for many and must not be touched."""


class Group(msgspec.Struct, frozen=True):
    """What must be known to read an update: the room, its present chat id, our own id, the administrators' ids."""

    room: RoomKey
    chat_id: int
    bot_id: int
    staff: frozenset[int] = frozenset()


class Heard(msgspec.Struct, frozen=True):
    """What one update said. `moved_to` is the group's new id; `rights_changed`: ask for the administrators again;
    `expelled`: we are no longer in the group."""

    events: tuple[Event, ...] = ()
    moved_to: int | None = None
    rights_changed: bool = False
    expelled: bool = False


def read_update(update: dict[str, Any], group: Group, received_ms: int) -> Heard:
    """The meaning of an update; nothing at all for another chat's and for what the table above does not name."""
    for name in ("my_chat_member", "chat_member"):
        if name in update:
            changed = mapping(update[name])
            if whole(mapping(changed.get("chat")).get("id")) != group.chat_id:
                return Heard()
            status = text_of(mapping(changed.get("new_chat_member")).get("status"))
            return Heard(
                rights_changed=True, expelled=name == "my_chat_member" and status in ("kicked", "left")
            )
    edited = "edited_message" in update
    message = mapping(update.get("edited_message") if edited else update.get("message"))
    if whole(mapping(message.get("chat")).get("id")) != group.chat_id:
        return Heard()
    return _Message(message, update, group, received_ms, edited).heard()


class _Message:
    def __init__(
        self, message: dict[str, Any], update: dict[str, Any], group: Group, received_ms: int, edited: bool
    ) -> None:
        self.message = message
        self.group = group
        self.received_ms = received_ms
        self.edited = edited
        when = message.get("edit_date") if edited else message.get("date")
        self.at_ms = epoch_ms(when, received_ms)
        self.msg_id = _msg_id(group.chat_id, message)
        self.frame_hash = frame_hash(update)

    def heard(self) -> Heard:
        message = self.message
        if (moved := whole(message.get("migrate_to_chat_id"))) != 0:
            return Heard(moved_to=moved)
        text = message.get("text", message.get("caption"))
        if isinstance(text, str) and text:
            return Heard((self._comment(clean(text)),))
        if self.edited:
            return Heard()
        return Heard(tuple(self._happenings()))

    def _comment(self, text: str) -> Comment:
        answered = mapping(self.message.get("reply_to_message"))
        in_topic = (
            "forum_topic_created" in answered
        )  # every message of a topic "answers" the topic's beginning
        return Comment(
            self.group.room, self._viewer(), text, self.at_ms, self.received_ms, msg_id=self.msg_id,
            frame_hash=self.frame_hash, edited=self.edited,
            reply_to=_msg_id(self.group.chat_id, answered) if answered and not in_topic else None,
        )  # fmt: skip

    def _happenings(self) -> list[Happening]:
        found: list[Happening] = []
        for member in sequence(self.message.get("new_chat_members")):
            found.append(self._happening("enter", self._person(mapping(member))))
        if "left_chat_member" in self.message:
            found.append(self._happening("leave", self._person(mapping(self.message["left_chat_member"]))))
        if "video_chat_started" in self.message:
            found.append(self._happening("live_start", None))
        if "video_chat_ended" in self.message:
            seconds = whole(mapping(self.message["video_chat_ended"]).get("duration"))
            found.append(self._happening("live_end", None, seconds=seconds))
        return found

    def _happening(self, kind: EventKind, viewer: Viewer | None, **data: object) -> Happening:
        msg_id = self.msg_id
        if msg_id is not None and viewer is not None:
            msg_id = f"{msg_id}:{viewer.uid}"  # one message may let in several people
        return Happening(
            self.group.room, kind, self.at_ms, self.received_ms, viewer, msg_id, self.frame_hash, data
        )

    def _viewer(self) -> Viewer:
        sender = mapping(self.message.get("sender_chat"))
        if not sender:
            return self._person(mapping(self.message.get("from")))
        role: Role = "viewer"
        if whole(sender.get("id")) == self.group.chat_id:
            role = "staff"  # an administrator who remains anonymous
        elif self.message.get("is_automatic_forward") is True:
            role = "host"  # the channel this group discusses
        return Viewer(None, clean(text_of(sender.get("title"))), role)

    def _person(self, user: dict[str, Any]) -> Viewer:
        number = whole(user.get("id"))
        name = clean(
            " ".join(filter(None, (text_of(user.get("first_name")), text_of(user.get("last_name")))))
        )
        if number == 0 or number in PLACEHOLDERS:
            return Viewer(None, name)
        role: Role = "viewer"
        if user.get("is_bot") is True or number == self.group.bot_id:
            role = "bot"
        elif number in self.group.staff:
            role = "staff"
        return Viewer(str(number), name, role)


def _msg_id(chat_id: int, message: dict[str, Any]) -> str | None:
    number = whole(message.get("message_id"))
    return f"{chat_id}:{number}" if number else None


def frame_hash(update: dict[str, Any]) -> str:
    """SHA-256 of the update as JSON with sorted keys and no spaces; the client library keeps no raw bytes."""
    text = json.dumps(update, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
