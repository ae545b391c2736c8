"""What all of the desk's routes share: the room and its desk, the parts of the page, one press."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from starlette.responses import Response

from bot.console.desk_port import RoomDesk
from bot.console.desk_rows import DeskRow, desk_rows
from bot.console.errors import NotFound
from bot.console.pages.live import room_of
from bot.console.ports import RoomStatus
from bot.console.views import DrawRow
from bot.console.visit import Visit, field, form_of
from bot.desk import ControlRoom, cues, red_light, running_order, slips, timers
from replies.phrase import Phrase

PARTS = ("rows", "strip", "side", "more", "poll")
INLINE = ("price", "stock", "coupon", "ship_time")
"""Facts of the product on show that are edited in place."""


async def seen(visit: Visit, room: RoomStatus, name: str = "") -> dict[str, object]:
    """What the desk may show; with `name` more, what its lower half shows besides."""
    desk = desk_of(visit, room)
    control, state = desk.control, desk.control.place.state()
    shown: dict[str, object] = {
        "rooms": visit.house.ports.rooms(), "room": room, "control": control, "state": state,
        "product": state.shop.product(state.on_show), "facts": facts_shown(desk, INLINE),
        "rows": await rows_of(visit, room, desk) if name in ("", "rows", "more") else (),
        "reasons": red_light.REASONS, "cue_longest": cues.LONGEST,
        "goods": {one.id: one for one in state.shop.products}, "item_kinds": running_order.KINDS,
        "slip_kinds": slips.KINDS,
    }  # fmt: skip
    if name in ("", "poll"):
        shown["poll"] = next(iter(await visit.house.ports.polls.past(room.key, 1)), None)
    if name in ("", "more"):
        shown |= await _more(visit, room, control)
    return shown


async def _more(visit: Visit, room: RoomStatus, control: ControlRoom) -> dict[str, object]:
    comments = await visit.house.ports.desk.comments(room.key, 1500, by=visit.by)
    outage = control.outages.current
    missed = [row for row in comments if outage is not None and outage.since_ms <= row.at_ms <= outage.at_ms]
    phrases = control.timers.sayable()
    return {
        "sayable": phrases, "missed": len(missed), "intents": _intents(phrases, control),
        "presets": await visit.house.ports.presets.offered(room.merchant),
        "draws": await open_draws(visit, room), "timer_events": timers.EVENTS,
    }  # fmt: skip


def _intents(phrases: list[Phrase], control: ControlRoom) -> list[str]:
    """Questions that have phrases here, and those that have a mode or a floor of their own."""
    state = control.place.state()
    return sorted({one.intent for one in phrases} | set(state.modes) | set(state.floors))


async def open_draws(visit: Visit, room: RoomStatus) -> list[DrawRow]:
    """Draws of the room that are announced or run."""
    found = [one for one in await visit.house.ports.draws.list() if one.room == room.key]
    return [one for one in found if one.state in ("announced", "open")]


def desk_of(visit: Visit, room: RoomStatus) -> RoomDesk:
    """The desk of a room. Raises NotFound where nobody sits at one."""
    desk = visit.house.ports.room_desk(room.key)
    if desk is None:
        raise NotFound("error.room")
    return desk


async def rows_of(visit: Visit, room: RoomStatus, desk: RoomDesk) -> list[DeskRow]:
    """The five rows as they stand."""
    ports = visit.house.ports
    comments = await ports.desk.comments(room.key, 600, by=visit.by)
    said = await ports.desk.said_on_air(room.key)
    return desk_rows(comments, said, ports.now_ms(), desk.control, desk.hand.open())


def facts_shown(desk: RoomDesk, names: tuple[str, ...]) -> list[tuple[str, str, bool]]:
    """Name, value, and whether it holds now, of the product on show."""
    state, now = desk.control.place.state(), desk.control.place.now()
    known = state.shop.facts_for(state.on_show)
    return [
        (name, fact.value if fact else "", fact is not None and fact.current(now))
        for name in names
        for fact in (known.get(name),)
    ]


def desk_named(visit: Visit, form: dict[str, str]) -> tuple[RoomStatus, RoomDesk]:
    """The room a form names, and its desk."""
    room = room_of(visit, field(form, "room", 200))
    if room is None:
        raise NotFound("error.room")
    return room, desk_of(visit, room)


class Press:
    """One press of a form: its fields, its room and desk. `fresh`: it has not been acted upon yet."""

    def __init__(
        self, visit: Visit, form: dict[str, str], room: RoomStatus, desk: RoomDesk, fresh: bool
    ) -> None:
        self.visit, self.form, self.room, self.desk, self.fresh = visit, form, room, desk, fresh
        self.control, self.by = desk.control, visit.by

    def told(self, *topics: str) -> None:
        """Tell the open pages of this room."""
        for topic in topics:
            self.visit.house.broadcast.publish(topic, None, self.room.key)

    async def part(self, name: str, **extra: object) -> Response:
        """The part of the page the press belongs to, as it stands after it."""
        room = room_of(self.visit, self.room.key) or self.room
        return self.visit.page(f"desk_{name}.html", **(await seen(self.visit, room, name) | extra))


@asynccontextmanager
async def press(request: Request, visit: Visit) -> AsyncIterator[Press]:
    """Take a form. A press that is refused may be tried again with the same key; one that was not acts once."""
    form = await form_of(request)
    room, desk = desk_named(visit, form)
    key = f"{visit.by} {request.url.path} {field(form, 'key', 80)}"
    one = Press(visit, form, room, desk, desk.first(key))
    try:
        yield one
    except Exception:
        if one.fresh:
            desk.again(key)
        raise
