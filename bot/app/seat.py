"""One room at the table."""

from __future__ import annotations

import msgspec

from bot.app.attachment import Attachment
from bot.app.draw_voice import DrawVoice
from bot.app.feeding import RoomAdapter
from bot.app.house import Assembly
from bot.clock import Clock
from bot.desk import ControlRoom
from bot.draws import Draws


class Seat(msgspec.Struct):
    """A room's adapter, what runs it, its draws, its desk. `merchant`: whose goods and phrases are its own. `failed` is
    the last reason it fell out, None while it works. `notices`: who tells the room of its draws; None for a witness."""

    adapter: RoomAdapter
    assembly: Assembly
    attachment: Attachment
    draws: Draws
    clock: Clock
    practice: bool
    control: ControlRoom
    merchant: str | None = None
    notices: DrawVoice | None = None
    failed: str | None = None
