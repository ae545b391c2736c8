"""Lines of Twitch chat as values: the grammar of IRC with tags, and what its commands mean.

Source: IRCv3 message tags; Twitch's tags as gathered in the project's platform notes; vectors in
`tests/vectors/twitch.json`. Nothing here opens a connection.
"""

from __future__ import annotations

import re

import msgspec

from bot.comment import Comment, Event, Happening, Role, RoomKey, Viewer
from bot.rooms.wire import identity, whole

LINE = re.compile(
    r"(?:@(?P<tags>[^ ]*) +)?(?::(?P<prefix>[^ ]+) +)?(?P<command>[A-Za-z]+|[0-9]{3})(?: +(?P<rest>.*))?\Z",
    re.DOTALL,
)
COMMANDS = frozenset(
    [
        "PRIVMSG",
        "PING",
        "PONG",
        "NOTICE",
        "JOIN",
        "PART",
        "CAP",
        "USERSTATE",
        "GLOBALUSERSTATE",
        "ROOMSTATE",
        "CLEARCHAT",
        "CLEARMSG",
        "USERNOTICE",
        "RECONNECT",
        "WHISPER",
        "HOSTTARGET",
        "MODE",
    ]
)
PACE = (20, 30_000)
"""Messages the chat takes in any 30 s from who is neither moderator nor owner (Twitch: chat rate limits); who sends
more is not heard for half an hour. For `Capabilities.pace` of whoever speaks there."""

ESCAPES = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}


class Message(msgspec.Struct, frozen=True):
    """One line. `login` is the sender's login name, empty for the server; `channel` is without #; `text` the
    last parameter; tags without a value are left out."""

    command: str
    tags: dict[str, str]
    login: str
    channel: str
    parameters: tuple[str, ...]

    @property
    def text(self) -> str:
        return self.parameters[-1] if self.parameters else ""


def unescape(value: str) -> str:
    """A tag's value as it was meant; an unknown escape is the character itself, a lone last backslash is
    dropped."""
    if "\\" not in value:
        return value
    return re.sub(r"\\(.?)", lambda found: ESCAPES.get(found[1], found[1]), value, flags=re.DOTALL)


def parse(line: str) -> Message | None:
    """One line without its end, or None when it is not of the grammar."""
    match = LINE.match(line.rstrip("\r\n"))
    if match is None:
        return None
    tags: dict[str, str] = {}
    for part in (match["tags"] or "").split(";"):
        name, _, value = part.partition("=")
        if name and value:  # an empty value means the same as no tag
            tags[name] = unescape(value)
    parameters = tuple(_parameters(match["rest"] or ""))
    channel = next((item[1:] for item in parameters[:2] if item.startswith("#")), "")
    login = (match["prefix"] or "").partition("!")
    return Message(match["command"].upper(), tags, login[0] if login[1] else "", channel, parameters)


def _parameters(rest: str) -> list[str]:
    middle, colon, trailing = (" " + rest).partition(" :")
    found = middle.split()
    return [*found, trailing] if colon else found


def answer(message: Message) -> str | None:
    """What a client must send back at once: a PONG to a PING, else nothing (None)."""
    return f"PONG :{message.text}" if message.command == "PING" else None


def event_of(
    message: Message, room: RoomKey, at_ms: int, *, line: int | None = None, frame_hash: str = ""
) -> Event | None:
    """The event a message tells, None for the talk of the connection itself."""
    if message.command == "PRIVMSG":
        return _comment(message, room, at_ms, line, frame_hash)
    data: dict[str, object] | None = None
    if message.command == "CLEARMSG":
        data = {"act": "delete", "msg_id": message.tags.get("target-msg-id", "")}
    elif message.command == "CLEARCHAT":
        target = message.tags.get("target-user-id", "")
        seconds = whole(message.tags.get("ban-duration")) or None
        act = "clear" if not target else "mute" if seconds else "ban"
        data = {"act": act, "uid": target, "seconds": seconds}
    if data is None:
        return None
    return Happening(room, "moderation", at_ms, at_ms, frame_hash=frame_hash, data=data)


def _comment(message: Message, room: RoomKey, at_ms: int, line: int | None, frame_hash: str) -> Comment:
    tags = message.tags
    text = message.text
    if text.startswith("\x01ACTION ") and text.endswith("\x01"):  # /me
        text = text[8:-1]
    source = tags.get("source-room-id")
    viewer = Viewer(
        identity(tags.get("user-id")) or identity(message.login),
        tags.get("display-name") or message.login,
        _role(tags),
    )
    return Comment(
        room, viewer, text, at_ms, at_ms, msg_id=identity(tags.get("id")), line=line, frame_hash=frame_hash,
        reply_to=identity(tags.get("reply-parent-msg-id")),
        mirrored=source is not None and source != tags.get("room-id"),
    )  # fmt: skip


def _role(tags: dict[str, str]) -> Role:
    badges = {badge.partition("/")[0] for badge in tags.get("badges", "").split(",")}
    if "broadcaster" in badges:
        return "host"
    return "staff" if tags.get("mod") == "1" or badges & {"moderator", "lead_moderator"} else "viewer"
