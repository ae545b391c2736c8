"""A bilibili room through the open platform: reading only, the platform has no call for speaking or
moderating."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import ClassVar

import httpx

from bot.comment import Event, RoomKey
from bot.decision import Capabilities
from bot.errors import RoomError
from bot.rooms.bilibili import Codec, Decoded
from bot.rooms.bilibili_session import BASE_URL, BEAT_S, Credentials, Session
from bot.rooms.connection import Address, Connection
from bot.rooms.pace import Pace
from bot.rooms.recording_frames import RecordingWriter
from bot.rooms.seen import Seen
from bot.rooms.status import RoomStatus
from bot.rooms.websocket import Wire, open_wire


class OpenLiveRoom:
    """A room that speaks the open-live protocol: one interaction session and one connection.

    `client` is the caller's and is not closed here. `seen` are ids of comments already stored. `recorder`
    gets every frame received. The events can be walked once.
    """

    capabilities: ClassVar[Capabilities] = Capabilities()
    practice: ClassVar[bool] = False

    def __init__(
        self,
        key: RoomKey,
        credentials: Credentials,
        client: httpx.AsyncClient,
        *,
        base_url: str = BASE_URL,
        connect: Callable[[str], Awaitable[Wire]] = open_wire,
        pace: Pace | None = None,
        seen: Seen | None = None,
        recorder: RecordingWriter | None = None,
    ) -> None:
        self.key = key
        self._pace = pace or Pace()
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._session = Session(
            credentials, client, base_url=base_url, now_s=lambda: self._pace.now_ms() // 1000
        )
        self._connection = Connection(
            Codec(key, practice=self.practice),
            self._fetch,
            connect=connect,
            pace=self._pace,
            seen=seen,
            on_decoded=self._on_decoded,
            on_frame=recorder.frame if recorder else None,
            on_lost=recorder.drop if recorder else None,
        )
        self._restarting: asyncio.Task[None] | None = None

    @property
    def status(self) -> RoomStatus:
        """State, times and counts for the console."""
        return self._connection.status

    async def events(self) -> AsyncGenerator[Event]:
        """What the room says until `aclose`; gaps come as events. Raises RoomError when the platform refuses
        for good."""
        beats = asyncio.create_task(self._beat())
        try:
            async with aclosing(self._connection.events()) as told:
                async for event in told:
                    yield event
        finally:
            beats.cancel()
            await asyncio.gather(beats, return_exceptions=True)
            await self.aclose()

    async def aclose(self) -> None:
        """Close the connection and end the session, so that the next start is not refused. Safe to call
        twice."""
        await self._connection.aclose()
        await self._session.end()

    async def _fetch(self) -> Address:
        address = await self._session.start()
        self._check_room()
        return address

    def _check_room(self) -> None:
        told = self._session.room_id
        if told is not None and told != self.key.room_id:
            raise RoomError(
                f"The identity code belongs to room {told}, the settings name {self.key.room_id};"
                " correct one of them."
            )

    async def _beat(self) -> None:
        """The session's heartbeat, apart from the websocket's. A failed one is made up by the next."""
        while True:
            await self._pace.sleep(BEAT_S)
            try:
                if await self._session.beat() == "expired":
                    await self._connection.restart("session_expired")
            except RoomError:
                continue

    def _on_decoded(self, decoded: Decoded) -> None:
        if self._session.game_id and self._session.game_id in decoded.ended:
            # Nothing to end, everything to start again; by a task, as the reading of the socket called us.
            self._session.game_id = ""
            self._restarting = asyncio.create_task(self._connection.restart("interaction_end"))


class BilibiliRoom(OpenLiveRoom):
    """The real platform. Replies go to people: the desk and the teleprompter."""

    # The honour level (荣耀等级) is told with every comment, and with it the level of this room's medal.
    capabilities = Capabilities(
        read=True, reply=False, delete=False, mute=False, stable_user_ids=True,
        tells_fan_level=True, tells_level=True,
    )  # fmt: skip
