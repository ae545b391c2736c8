"""`changkong run`: the configured rooms, the moderators' group, the bridge and the console, until stopped."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

import httpx
import structlog

from bot.app.feeding import RoomAdapter
from bot.app.seat import Seat
from bot.app.staffing import staff
from bot.app.station import Station
from bot.app.witnessing import Witnessing
from bot.clock import ShowClock, WallClock
from bot.comment import RoomKey
from bot.decision import Said, Speaker
from bot.draws import Relays
from bot.draws.following import sources
from bot.errors import SettingsError, StoreError
from bot.escalation.card import aliases, link_into
from bot.escalation.telegram import TelegramCards
from bot.rooms.bilibili_room import BilibiliRoom as BilibiliAdapter
from bot.rooms.bilibili_session import Credentials
from bot.rooms.bridge import BridgeRoom as BridgeAdapter
from bot.rooms.bridge_dial import Dial
from bot.rooms.practice import PracticeRoom
from bot.rooms.telegram import TelegramRoom as TelegramAdapter
from bot.settings import (
    BilibiliRoom,
    BridgeRoom,
    PracticeRoomSettings,
    RoomSettings,
    Settings,
    TelegramRoom,
    TelegramSettings,
)

log = structlog.get_logger()


class Mute:
    """The speaker of a room in which nobody lets us speak: nothing is ever queued for it."""

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        return Said("refused", "the platform lets nobody speak here")


async def run(
    settings: Settings, *, announce: Callable[[str], None], follow: Sequence[str] | None = None
) -> None:
    """Work until cancelled. `follow`: be a witness of the draws published there; then nothing is said, nothing drawn
    and no card sent. Raises SettingsError without rooms, StoreError when the store cannot be used."""
    if not settings.rooms:
        raise SettingsError("No room is configured. Add one under [[rooms]]; docs/operators.md shows how.")
    url = settings.database.url.get_secret_value() if settings.database.url else None
    owner = settings.database.migrate_url.get_secret_value() if settings.database.migrate_url else None
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient())
        station = await Station.open(
            data=settings.data, url=url, clock=WallClock(), keys=settings.keys, migrate_url=owner,
            packs=settings.judgement.packs, second_reader=settings.judgement.second_reader,
        )  # fmt: skip
        stack.push_async_callback(station.close)
        station.prizes.delivery_days = settings.draws.delivery_days
        logins = await asyncio.to_thread(staff, station.house.journal, settings.people)
        bridges: dict[str, BridgeAdapter] = {}
        for room in settings.rooms:
            _seat(station, room, settings, client, bridges, listening=follow is not None)
        if follow is not None:
            await _witness(stack, station, client, follow, announce)
        elif settings.telegram is not None:
            await station.open_cards(cards_of(station, settings, settings.telegram))
        console, public = settings.console, settings.public
        draws = ""
        if public.enabled and follow is None:
            draws = (
                f"\nDraws 抽奖公示: {await station.open_public(public.host, public.port, public.base_url)}"
            )
        invitation = await station.open_console(
            console.host, console.port, public_url=console.public_url, bridges=bridges, logins=logins
        )
        announce(invitation + draws)
        await station.run_all()
        await asyncio.Event().wait()  # every room has ended by itself; the console stays open


def _seat(
    station: Station,
    room: RoomSettings,
    settings: Settings,
    client: httpx.AsyncClient,
    bridges: dict[str, BridgeAdapter],
    *,
    listening: bool = False,
) -> Seat:
    practice = isinstance(room, PracticeRoomSettings)
    adapter, speaker = _adapter(station, room, client)
    if isinstance(adapter, BridgeAdapter):
        bridges[room.id] = adapter
    shop = station.house.seed_practice().with_on_show(None) if practice else station.house.shop(room.merchant)
    return station.take(
        adapter, Mute() if listening else speaker, ShowClock("practice") if practice else station.clock,
        practice=practice, shop=shop, beacons=Relays(client),
        moderation=adapter if isinstance(adapter, TelegramAdapter) else None, lang=settings.replies.lang,
        time_to_live_ms=int(settings.replies.time_to_live_s * 1000),
        suggestion_ms=int(settings.replies.suggestion_s * 1000), merchant=room.merchant,
        satisfaction=settings.replies.satisfaction and not listening, listening=listening,
    )  # fmt: skip


async def _witness(
    stack: AsyncExitStack,
    station: Station,
    client: httpx.AsyncClient,
    follow: Sequence[str],
    announce: Callable[[str], None],
) -> None:
    """Listen to the draws that are published at `follow`, for as long as the assistant runs. Raises InputError."""
    rooms = list(station.seats)
    witnessing = Witnessing(
        station.data / "witness", sources(follow, client, rooms), station.clock.now, announce
    )
    for seat in station.seats.values():
        witnessing.attach(seat.attachment)
    task = asyncio.create_task(witnessing.run(), name="witness")

    async def stop() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(stop)


def _adapter(station: Station, room: RoomSettings, client: httpx.AsyncClient) -> tuple[RoomAdapter, Speaker]:
    key = RoomKey(room.platform, room.id)
    match room:
        case BilibiliRoom():
            return BilibiliAdapter(key, _credentials(room), client, base_url=room.base_url), Mute()
        case PracticeRoomSettings():
            practice = PracticeRoom(key, _credentials(room), client, base_url=room.url)
            return practice, practice
        case TelegramRoom():
            telegram = _telegram(station, key, room)
            return telegram, telegram
        case BridgeRoom():
            bridge = BridgeAdapter(
                key,
                secret=room.secret.get_secret_value().encode(),
                token=room.token.get_secret_value() if room.token else None,
                origins=room.origins,
                source=Dial(room.source, room.fields) if room.source else None,
            )
            return bridge, bridge


def _telegram(station: Station, key: RoomKey, room: TelegramRoom) -> TelegramAdapter:
    """Updates are confirmed only once they are committed, so a restart neither loses nor repeats one. A group that
    has become a supergroup keeps its name here and gets its new address."""
    journal = station.house.journal
    offset, moved = f"cursor.telegram-offset:{key}", f"telegram-chat:{key}"

    async def settled() -> None:
        attachment = station.seats[str(key)].attachment
        await attachment.settled()
        if attachment.failed is not None:  # what is not stored is not confirmed: Telegram gives it again
            raise StoreError(attachment.failed)

    return TelegramAdapter(
        key,
        room.token.get_secret_value(),
        base_url=room.base_url,
        chat_id=journal.setting(moved),
        offset=journal.setting(offset),
        on_offset=lambda value: journal.save_setting(offset, value, by="telegram"),
        settled=settled,
        moved=lambda chat_id: journal.save_setting(moved, chat_id, by="telegram"),
    )


def _credentials(room: BilibiliRoom | PracticeRoomSettings) -> Credentials:
    return Credentials(
        room.app_id,
        room.access_key.get_secret_value(),
        room.access_secret.get_secret_value(),
        room.code.get_secret_value(),
    )


def cards_of(station: Station, settings: Settings, telegram: TelegramSettings) -> TelegramCards:
    """The moderators' cards. Buttons are signed with a key of this store, so they outlive a restart."""
    journal = station.house.journal
    token = telegram.token.get_secret_value()
    moved = f"telegram-chat:cards:{telegram.chat_id}"

    async def changed(case_id: int) -> None:
        station.case_changed(case_id)

    return TelegramCards(
        journal,
        token=token,
        chat_id=journal.setting(moved) or telegram.chat_id,
        thread_id=telegram.thread_id,
        # Bound to store and bot: a button of another installation, or of a revoked token, means nothing here.
        secret=hmac.digest(
            station.house.secret("buttons"), hashlib.sha256(token.encode()).digest(), "sha256"
        ),
        clock=station.clock,
        base_url=telegram.base_url,
        aliases=aliases([str(key) for key in settings.room_keys()]),
        open_url=link_into(settings.console.public_url),
        sample=station.house.sample if telegram.full_text else None,
        lang=settings.replies.lang,
        changed=changed,
        moved=lambda chat_id: journal.save_setting(moved, chat_id, by="telegram"),
    )
