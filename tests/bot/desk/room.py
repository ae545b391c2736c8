"""A room for the desk's tests: the practice shop and library, a clock to turn, and a store that only remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bot.comment import RoomKey
from bot.desk.place import Place
from bot.desk.timers import Voice
from bot.policy import Instruction, RoomState, obey, vetted
from replies import practice
from replies.library import Library

KEY = RoomKey("practice", "1")
START = 1_790_000_000_000


@dataclass
class Paper:
    """A store on paper."""

    settings: dict[str, Any] = field(default_factory=dict)
    records: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def setting(self, key: str, default: Any = None) -> Any:
        return msgspec.json.decode(self.settings[key]) if key in self.settings else default

    def save_setting(self, key: str, value: Any, *, by: str = "house") -> None:
        self.settings[key] = msgspec.json.encode(value)

    def append_record(
        self, chain: str, record_type: str, body: Mapping[str, Any], *, session: str | None = None,
        at_ms: int | None = None,
    ) -> int:  # fmt: skip
        assert chain == str(KEY)
        self.records.append((record_type, dict(body)))
        return len(self.records)

    def outbox_add(self, room: str, session: str, **row: Any) -> int:
        self.rows.append({"room": room, "session": session, **row})
        return len(self.rows)


@dataclass
class Room:
    """A room in which a show is on."""

    store: Paper = field(default_factory=Paper)
    now: int = START
    state: RoomState = field(
        default_factory=lambda: RoomState(
            KEY, session="s1", opened_ms=START, now_ms=START, shop=practice.shop()
        )
    )
    library: Library = field(default_factory=practice.library)
    said: list[int] = field(default_factory=list)
    changes: int = 0
    can_send: bool = True

    @property
    def place(self) -> Place:
        return Place(
            str(KEY), self.store, lambda: self.now, lambda: self.state, self.tell, self._changed,
        )  # fmt: skip

    @property
    def voice(self) -> Voice:
        return Voice(lambda: self.library, self._say, lambda: self.can_send, True)

    async def tell(self, instruction: Instruction) -> None:
        self.state = obey(vetted(instruction, self.state), self.state)

    async def _say(self, row: int) -> None:
        self.said.append(row)

    def _changed(self) -> None:
        self.changes += 1

    def do(self, kind: str, **data: object) -> None:
        """Tell the room something, as others may."""
        self.state = obey(Instruction(kind, "test", data), self.state)  # type: ignore[arg-type]

    def recorded(self, kind: str) -> list[Mapping[str, Any]]:
        return [body for name, body in self.store.records if name == kind]
