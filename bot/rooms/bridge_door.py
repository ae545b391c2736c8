"""What a live bridge lets in: every field of the right type and size, or a refusal that names the field.

`bridge_event.read_event` makes the value; recordings use it directly, because they cannot be asked to send again.
Fields unknown to us stay in `data`, of moderate depth and with numbers every JSON reader agrees on.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from bot.comment import Comment, Event, Happening, RoomKey
from bot.rooms.bridge_event import read_event
from bot.rooms.wire import MAX_WHOLE

Id = Annotated[str, Meta(min_length=1, max_length=128)]
Name = Annotated[str, Meta(max_length=256)]
Text = Annotated[str, Meta(min_length=1, max_length=5_000)]
Count = Annotated[int, Meta(ge=0, le=MAX_WHOLE)]
Level = Annotated[int, Meta(ge=0, le=10_000)]
Moment = Annotated[dt.datetime, Meta(tz=True)]

DEPTH = 6
"""Levels of nesting kept of unknown fields; what lies deeper becomes null."""

EARLIEST, LATEST = dt.datetime(2001, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


class Refused(ValueError):
    """An event cannot be taken. `field` is its dotted name, `why` one short sentence."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}" if field else why)
        self.field = field
        self.why = why


class User(Struct):
    """Who did it. `role`: the host, the shop's staff, our own account (bot), or a viewer. `follows` the room, the level
    in the host's fan club (0: no member) and the account's level: left out where the platform does not tell."""

    id: Id | None = None
    name: Name | None = None
    role: Literal["viewer", "staff", "host", "bot"] = "viewer"
    follows: bool | None = None
    fan_level: Level | None = None
    level: Level | None = None


class Plain(Struct):
    """Any event; the fields every kind may carry."""

    kind: str
    id: Id | None = None
    user: User | None = None
    at: Moment | None = None


class Said(Plain, kw_only=True):
    """A comment."""

    text: Text
    edited: bool = False
    reply_to: Id | None = None


class Gift(Plain, kw_only=True):
    """A gift; `fen` is what it cost."""

    name: Name | None = None
    count: Count = 1
    fen: Count | None = None


class Likes(Plain, kw_only=True):
    """So many likes."""

    count: Count = 1


class Viewers(Plain, kw_only=True):
    """How many are watching now."""

    count: Count


class Order(Plain, kw_only=True):
    """An order, from placed to paid or refunded; `id` names the order."""

    id: Id
    state: Literal["placed", "paid", "refunded"]
    product: Id | None = None
    qty: Count = 1
    amount: Annotated[str, Meta(max_length=64)] | float | Count | None = None


class OnShow(Plain, kw_only=True):
    """What is on show now, by `slot` or by `id`."""

    slot: Id | Count | None = None


class Speech(Plain, kw_only=True):
    """What the host said, as captions."""

    text: Text


KINDS: dict[str, type[Plain]] = {
    "comment": Said, "gift": Gift, "like": Likes, "viewers": Viewers, "order": Order, "product": OnShow,
    "speech": Speech, "follow": Plain, "share": Plain, "enter": Plain, "leave": Plain, "facts": Plain,
    "moderation": Plain, "live_start": Plain, "live_end": Plain, "alive": Plain,
}  # fmt: skip
"""Kinds a bridge may send, and their shape."""


def let_in(item: object, room: RoomKey, received_ms: int, frame_hash: str) -> Event | None:
    """The event as a value; None for an unknown kind. Raises Refused, naming the field."""
    if not isinstance(item, dict):
        raise Refused("", "An event must be a JSON object.")
    kind = item.get("kind")
    if not isinstance(kind, str):
        raise Refused("kind", "It must be a text such as comment.")
    shape = KINDS.get(kind)
    if shape is None:
        return None
    checked = _checked(item, shape)
    event = read_event(_bare(item), room, received_ms, frame_hash)
    if event is None:
        raise Refused("kind", "This event cannot be read.")
    if isinstance(event, Comment):
        assert isinstance(checked, Said)
        return msgspec.structs.replace(event, edited=checked.edited, reply_to=checked.reply_to)
    return _happening(event, checked)


def _checked(item: dict[str, Any], shape: type[Plain]) -> Plain:
    try:
        checked = msgspec.convert(item, shape, strict=True)
    except (msgspec.ValidationError, OverflowError, RecursionError) as error:
        raise Refused(*_named(str(error))) from None
    if checked.at is not None and not EARLIEST <= checked.at <= LATEST:
        raise Refused("at", "It must lie between 2001 and 2100.")
    if isinstance(checked, OnShow) and checked.slot is None and checked.id is None:
        raise Refused("slot", "A product event needs a slot or an id.")
    return checked


def _happening(event: Happening, checked: Plain) -> Happening:
    data = {name: kept(value) for name, value in event.data.items()}
    msg_id = event.msg_id
    if isinstance(checked, Order):
        msg_id = f"{checked.id}:{checked.state}"  # one order is told again when it is paid
    return msgspec.structs.replace(event, data=data, msg_id=msg_id)


def kept(value: object, depth: int = 0) -> object:
    """An unknown field as it may be stored: whole numbers beyond 2**53 as text, no infinities, not too deep."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= MAX_WHOLE else _digits(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= DEPTH:
        return None
    if isinstance(value, list):
        return [kept(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {str(name): kept(one, depth + 1) for name, one in value.items()}
    return None


def _digits(value: int) -> str | None:
    try:
        return str(value)
    except ValueError:  # more digits than Python turns into text
        return None


def _bare(item: dict[str, Any]) -> dict[str, Any]:
    """Without explicit nulls, which say the same as an absent field."""
    return {name: value for name, value in item.items() if value is not None}


_PATH = re.compile(r" - at `\$\.?(.*)`\Z")
_MISSING = re.compile(r"missing required field `(\w+)`")


def _named(message: str) -> tuple[str, str]:
    """Field and reason from msgspec's message, which quotes types and limits but never the value sent."""
    path = _PATH.search(message)
    why = message[: path.start()] if path else message
    field = path[1] if path else ""
    if missing := _MISSING.search(why):
        field, why = ".".join(filter(None, (field, missing[1]))), "This field is missing."
    return field, why
