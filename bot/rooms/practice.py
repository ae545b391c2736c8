"""The practice room: the open-live protocol as bilibili speaks it, plus the one door the platform lacks.

Everything but `say` is the code of the real adapter, so that what is practised is what runs.
"""

from __future__ import annotations

import httpx

from bot.comment import RoomKey
from bot.decision import Capabilities, Said
from bot.rooms.bilibili_room import OpenLiveRoom
from bot.rooms.wire import WireError, decode_object, text_of

REPLY_TIMEOUT_S = 5.0


class PracticeRoom(OpenLiveRoom):
    """A room of the practice server. `base_url` is the `http` it printed, the credentials are those it
    printed.

    Implements Speaker: the server shows one answer per key, however often it is asked.
    """

    capabilities = Capabilities(
        read=True, reply=True, stable_user_ids=True,
        tells_follow=True, tells_fan_level=True, tells_level=True, tells_orders=True,
    )  # fmt: skip
    practice = True

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        """Show an answer in the room. A time-out or a lost connection is `unknown`; nothing is tried
        twice."""
        try:
            response = await self._client.post(
                f"{self._base_url}/practice/reply",
                json={"idempotency_key": key, "text": text},
                timeout=REPLY_TIMEOUT_S,
            )
        except httpx.ConnectError as error:  # never left this machine
            return Said("refused", type(error).__name__)
        except httpx.HTTPError as error:
            return Said("unknown", type(error).__name__)
        if response.status_code == 429:
            return Said("refused", "busy", retry_after=1.0)
        if response.status_code >= 500:
            return Said("unknown", f"HTTP {response.status_code}")
        try:
            answer = decode_object(response.content)
        except WireError:
            return Said("unknown", "not JSON")
        if response.status_code != 200:
            return Said("refused", text_of(answer.get("error"), f"HTTP {response.status_code}")[:80])
        return Said("sent", "duplicate" if answer.get("duplicate") is True else "")

    def _check_room(self) -> None:
        """A practice server names its own room; ours is named by whoever practises."""
