"""How a card stands with its messenger, as it is stored in `case_card.state`, and how the messenger itself stands.

    queued ──► sending ──► delivered          edited in place from then on
       ▲          │  └───► unknown            may have been shown: never sent again; a press on it tells
       └─ undelivered ◄┘                      surely not shown: the queue tries again
    skipped                                   closed before anybody was told

`sending` is committed before the call; whoever finds it later was not there, so it becomes `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec
import structlog

log = structlog.get_logger()

CHANNEL = "telegram"
"""`case_card.channel` of these cards."""

CardState = Literal["queued", "sending", "delivered", "unknown", "undelivered", "skipped"]


class Standing(msgspec.Struct, frozen=True):
    """How the messenger stands since `since_ms`. `word`: starting, ok, down (retrying), refused (a person must act).

    `detail` is a short word for what is wrong, without token or text; "" when nothing is.
    """

    word: Literal["starting", "ok", "down", "refused", "off"]
    since_ms: int
    detail: str = ""


Trouble = Literal["down", "refused"]


class Health:
    """What is wrong with the messenger, by side (`poll`, `send`), and since when. `now` is wall time in ms."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._faults: dict[str, tuple[Trouble, str]] = {}
        self.standing = Standing("off", now())

    @property
    def well(self) -> bool:
        """Nothing is known to be wrong."""
        return not self._faults

    def set(self, word: Literal["starting", "off"]) -> None:
        """Begin or end; known faults are forgotten."""
        self._faults.clear()
        self.standing = Standing(word, self._now())

    def fault(self, side: str, word: Trouble, detail: str) -> None:
        """`side` failed: `down` is tried again, `refused` needs a person."""
        self._faults[side] = (word, detail)
        self._stand()

    def healed(self, side: str) -> bool:
        """`side` worked; True when it had not before."""
        had = self._faults.pop(side, None)
        self._stand()
        return had is not None

    def _stand(self) -> None:
        faults = sorted(self._faults.values(), reverse=True)  # refused before down
        word: Literal["ok", "down", "refused"] = faults[0][0] if faults else "ok"
        detail = faults[0][1] if faults else ""
        if (word, detail) != (self.standing.word, self.standing.detail):
            self.standing = Standing(word, self._now(), detail)
            log.warning("telegram", state=word, detail=detail)
