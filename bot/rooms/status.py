"""The states of a room's connection, which follow which, and a connection at a glance."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["connecting", "authenticating", "live", "waiting", "closed"]
Cause = Literal["opened", "accepted", "failed", "refused", "lost", "due", "stopped"]

TRANSITIONS: dict[tuple[State, Cause], State] = {
    ("connecting", "opened"): "authenticating",
    ("connecting", "failed"): "waiting",
    ("connecting", "stopped"): "closed",
    ("authenticating", "accepted"): "live",
    ("authenticating", "refused"): "waiting",
    ("authenticating", "lost"): "waiting",
    ("authenticating", "stopped"): "closed",
    ("live", "lost"): "waiting",
    ("live", "refused"): "waiting",
    ("live", "stopped"): "closed",
    ("waiting", "due"): "connecting",
    ("waiting", "stopped"): "closed",
}


class RoomStatus(msgspec.Struct, frozen=True):
    """A connection at a glance.

    Times are wall ms; `last_frame_ms` None: nothing came yet. `reconnects`
    counts returns to live, `dropped_duplicates` events met before, `ignored` unreadable parts by reason;
    `trouble` is the last cause of a failure, empty while none."""

    state: State
    since_ms: int
    last_frame_ms: int | None = None
    reconnects: int = 0
    dropped_duplicates: int = 0
    popularity: int | None = None
    ignored: dict[str, int] = msgspec.field(default_factory=dict)
    trouble: str = ""
