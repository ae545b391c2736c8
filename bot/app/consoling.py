"""The console put together: desk, draws, feed, guards and server, for one station."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.app.complaints import Complaints, Standing
from bot.app.console_draws import ConsoleDraws
from bot.app.console_host import ConsoleHost, bind
from bot.app.console_polls import ConsolePolls
from bot.app.console_presets import ConsolePresets
from bot.app.seat import Seat
from bot.console.desk_port import RoomDesk
from bot.console.feed import Feed
from bot.console.ports import ConsolePorts, RoomStatus, wall_ms
from bot.console.server import create_console
from bot.console.stored import StoredDesk
from bot.console.stored_effect import StoredEffect
from bot.console.stored_goods import StoredShelf
from bot.console.stored_shelf import Sources
from bot.console.views import Product
from bot.errors import NotAllowed
from bot.policy import Instruction
from bot.rooms.bridge import BridgeRoom, bridge_routes
from bot.storage.effects import EffectReadings

if TYPE_CHECKING:
    from bot.app.station import Station

OWNER = "owner"
"""The login of whoever started the assistant on this machine. He works alone, so he has every role."""

OWNER_ROLES = "admin,compliance,moderator,operator"
LINK_MS = 15 * 60 * 1000


class Console:
    """A running console. `feed` is told what was committed."""

    def __init__(self, station: Station, app: FastAPI, host: ConsoleHost, address: str, feed: Feed) -> None:
        self.app = app
        self.feed = feed
        self.address = address
        self._station = station
        self._host = host

    @classmethod
    async def open(
        cls, station: Station, host: str, port: int, public_url: str | None, bridges: Mapping[str, BridgeRoom]
    ) -> Console:
        """Bind, build, serve. Raises PortTaken."""
        listener = bind(host, port)
        taken = int(listener.getsockname()[1])
        shown = f"[{host}]" if ":" in host else host
        address = public_url or f"http://{shown}:{taken}"
        feed = Feed()
        app = create_console(_ports(station, feed, address, host))
        server = ConsoleHost(beside(app, Router(bridge_routes(bridges, wall_ms))), listener)
        await server.start()
        return cls(station, app, server, address.rstrip("/"), feed)

    async def invitation(self, logins: Sequence[str] = ()) -> str:
        """What a person should read: the address with a one-time login link for the owner and each of `logins`."""
        tokens = await asyncio.to_thread(self._login_tokens, logins)
        links = [
            f"{login}: {self.address}/login/once?t={token}"
            for login, token in tokens.items()
            if login != OWNER
        ]
        return "\n".join([
            f"Console: {self.address}/login/once?t={tokens[OWNER]}",
            *links,
            f"控制台（一次性登录链接，{LINK_MS // 60_000} 分钟内有效）；之后用 {self.address}",
        ])  # fmt: skip

    def _login_tokens(self, logins: Sequence[str]) -> dict[str, str]:
        journal = self._station.house.journal
        if journal.by_login(OWNER) is None:
            journal.add_person(OWNER, "Owner 店主", OWNER_ROLES)
        return {login: journal.make_login_link(login, wall_ms(), LINK_MS) for login in (OWNER, *logins)}

    async def close(self) -> None:
        """End the streams, then the server."""
        self.feed.broadcast.close()
        await self._host.stop()


def beside(console: ASGIApp, bridge: ASGIApp) -> ASGIApp:
    """One application of two. The bridge has its own door: signatures or tokens instead of cookies and CSRF."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        door = bridge if str(scope.get("path", "")).startswith("/bridge/") else console
        await door(scope, receive, send)

    return serve


def _ports(station: Station, feed: Feed, address: str, host: str) -> ConsolePorts:
    names = {"127.0.0.1", "localhost", "[::1]", host, urlsplit(address).hostname or host}

    async def instruct(room: str, instruction: Instruction) -> None:
        seat = station.seats.get(room)
        if seat is None:
            raise NotAllowed(f"The room {room} is not attached. Start it first.")
        await seat.attachment.put(seat.attachment.check(instruction))

    async def resume(room: str, by: str) -> None:
        seat = station.seats.get(room)
        if seat is None:
            raise NotAllowed(f"The room {room} is not attached. Start it first.")
        await seat.assembly.resume(by)
        feed.broadcast.publish("status", None, room)

    shelf = _shelf(station, feed, instruct)
    return ConsolePorts(
        desk=StoredDesk(
            station.house.journal,
            station.house.readings,
            feed,
            station.clock_ms,
            case_changed=station.case_changed,
            vetted=Complaints(station.house.journal, station.house.speech, _standing(station)).answer,
        ),
        draws=ConsoleDraws(station.house, lambda: station.seats),
        presets=ConsolePresets(station.house.journal, wall_ms),
        polls=ConsolePolls(station.house.journal, lambda: station.seats),
        prizes=station.prizes,
        feed=feed,
        rooms=lambda: [_status(station, seat) for seat in station.seats.values()],
        instruct=instruct,
        resume=resume,
        room_desk=_desks(station),
        now_ms=station.clock_ms,
        secret_key=station.house.secret("cookies"),
        shelf=shelf,
        effect=StoredEffect(EffectReadings(station.house.store, station.house.journal), shelf.products),
        hosts=tuple(sorted(names)),
        secure_cookie=address.startswith("https://"),
        version=version("changkong"),
        public_site=None if station.public is None else station.public.address,
    )


def _standing(station: Station) -> Callable[[str], Standing | None]:
    def standing(room: str) -> Standing | None:
        seat = station.seats.get(room)
        if seat is None:
            return None
        return Standing(seat.attachment.state, seat.attachment.handbook(), seat.clock.now())

    return standing


def _shelf(
    station: Station, feed: Feed, instruct: Callable[[str, Instruction], Awaitable[None]]
) -> StoredShelf:
    """The phrase library, review, own questions and goods of this station."""
    house = station.house

    async def set_in_room(
        room: str, product: str | None, name: str, value: str, show_end: bool, by: str
    ) -> None:
        data: dict[str, object] = {
            "product": product, "name": name, "value": value, "show_end": show_end, "valid_until_ms": None,
        }  # fmt: skip
        await instruct(room, Instruction("fact", by, data))

    return StoredShelf(Sources(
        house.journal, house.readings, feed, house.speech, house.shop, lambda: house.cascade,
        platforms=lambda: {seat.attachment.room.platform for seat in station.seats.values() if not seat.practice},
        practice=lambda: {
            room: seat.attachment.state.shop for room, seat in station.seats.items() if seat.practice
        },
        phrases_changed=house.reload_library, questions_changed=house.reload_questions,
        shop_changed=station.shop_changed, set_in_room=set_in_room,
    ))  # fmt: skip


def _desks(station: Station) -> Callable[[str], RoomDesk | None]:
    """The desk of each room, made once."""
    made: dict[str, RoomDesk] = {}

    def desk(room: str) -> RoomDesk | None:
        seat = station.seats.get(room)
        if seat is None:
            return None
        return made.setdefault(room, RoomDesk(seat.control, seat.assembly.hand))

    return desk


def _status(station: Station, seat: Seat) -> RoomStatus:
    attachment = seat.attachment
    state = attachment.state
    connection = getattr(seat.adapter, "status", None)
    return RoomStatus(
        key=str(attachment.room),
        session=state.session,
        state=_word(seat, connection),
        since_ms=int(getattr(connection, "since_ms", wall_ms())),
        last_frame_ms=getattr(connection, "last_frame_ms", None),
        lag_ms=attachment.lag_ms,
        queue=attachment.waiting,
        dropped=attachment.dropped,
        gaps=attachment.gaps,
        clock_source=seat.clock.source,
        versions=station.house.versions(),
        can_reply=seat.adapter.capabilities.reply,
        replies_on=state.replies_on,
        on_show=state.on_show,
        practice=seat.practice,
        telegram="off" if station.cards is None else station.cards.state.word,
        title=str(attachment.room),
        products=_products(seat),
        stopped=seat.assembly.outbox.stopped,
        merchant=seat.merchant or "",
    )


WORDS = {"authenticating": "connecting", "waiting": "backing_off", "closed": "ended"}
STALLED_MS = 35_000
"""Without a frame of any kind for so long (a heartbeat comes every 30 s) a room counts as stalled."""


def _word(seat: Seat, connection: object) -> str:
    """How the room stands, as a code of the console."""
    if seat.failed is not None:
        return "refused"
    if seat.attachment.state.closed:
        return "ended"
    word = str(getattr(connection, "state", "live"))
    last = getattr(connection, "last_frame_ms", None)
    if word == "live" and last is not None and wall_ms() - last > STALLED_MS:
        return "stalled"
    return WORDS.get(word, word)


def _products(seat: Seat) -> tuple[Product, ...]:
    return tuple(Product(one.id, one.name, str(one.slot)) for one in seat.attachment.state.shop.products)
