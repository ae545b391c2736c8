"""A store, a platform and rows for the outbox, all in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.app.house import Queued
from bot.comment import RoomKey
from bot.decision import Said
from bot.errors import NotAllowed
from bot.outbox import Account, Gate, Outbox, Rules
from bot.storage.clearance import Clearance, KnownFact
from replies.facts import Shop
from replies.library import Library
from replies.phrase import Phrase
from tests.builders import LIBRARY, NOON, PRICE, ROOM, SHOP


class Store:
    """Remembers what became of each row, as the journal would, and says of every phrase of `library` that it stands
    unless `reason` says otherwise."""

    def __init__(self) -> None:
        self.library: Library = LIBRARY
        self.states: dict[int, list[str]] = {}
        self.details: dict[int, str] = {}
        self.people: dict[int, str | None] = {}
        self.evidence: list[tuple[int, str]] = []
        self.withdrawn: set[int] = set()
        self.stopped = ""
        self.acts: list[tuple[str, ...]] = []
        self.reason: str | None = None
        self.facts: dict[str, KnownFact] = {}
        self.klass: str | None = None
        self.exempt: frozenset[str] = frozenset()
        self.on_begin: Callable[[], None] = lambda: None

    def clearance(self, phrase_id: str, digest: str, **asked: Any) -> Clearance:
        known = self.library.get(phrase_id)
        return Clearance(
            self.reason, "" if known is None else known.substance, self.exempt, dict(self.facts), self.stopped,
            self.klass,
        )  # fmt: skip

    def outbox_begin(self, id: int) -> bool:
        if id in self.withdrawn:
            return False
        self.states.setdefault(id, []).append("sending")
        self.on_begin()
        return True

    def outbox_finish(self, id: int, state: str, detail: str = "", *, by: str | None = None) -> None:
        if id in self.withdrawn:
            raise NotAllowed("another's")
        self.states.setdefault(id, []).append(state)
        self.details[id] = detail
        self.people[id] = by

    def outbox_note(self, id: int, evidence: str | None, *, person: str | None = None) -> None:
        if evidence is not None:
            self.evidence.append((id, evidence))
        if person is not None:
            self.people[id] = person

    def stop_account(self, account: str, reason: str, *, room: str) -> None:
        self.stopped = reason
        self.acts.append(("stop", account, reason, room))

    def resume_account(self, account: str, *, room: str, by: str) -> None:
        self.stopped = ""
        self.acts.append(("resume", account, room, by))


class Mouth:
    """Says what it is told and notes it; `answers` are what the platform says, the last of them for ever. `meanwhile`
    is what happens during a call."""

    def __init__(self, store: Store) -> None:
        self.meanwhile: Callable[[], None] = lambda: None
        self.said: list[tuple[str, str]] = []
        self.answers: list[Said | Exception] = [Said("sent", "ok")]
        self._store = store

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        row = int(key.split("/")[1])
        assert self._store.states[row][-1] == "sending", "committed before the call"
        self.said.append((text, key))
        self.meanwhile()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Room:
    """An outbox with everything around it. `now` is the room's time; 0 leaves it to the step."""

    def __init__(self, *, practice: bool = True, account: Account | None = None, **rules: Any) -> None:
        self.store = Store()
        self.mouth = Mouth(self.store)
        self.library: Library = LIBRARY
        self.shop: Shop = SHOP
        self.now = 0
        self.silence: str | None = None
        self.barred: str | None = None
        self.told: list[tuple[int, str]] = []
        self.alarms: list[tuple[int, str]] = []
        self.fused: list[str] = []

        async def alarm(row: Any, reason: str) -> None:
            self.alarms.append((row.id, reason))

        async def fused(reason: str) -> None:
            self.fused.append(reason)

        self.rules = Rules(
            **{"silence": lambda: self.silence, "bars": lambda phrase, row: self.barred, **rules}
        )
        self.gate = Gate(lambda: self.library, lambda: self.shop, practice, str(ROOM))
        self.outbox = Outbox(
            ROOM, self.mouth, self.store, self.gate, now=lambda: self.now, rules=self.rules, account=account,
            told=lambda row, state: self.told.append((row.id, state)), alarm=alarm, fused=fused,
        )  # fmt: skip


def row(number: int = 1, phrase: Phrase = PRICE, **changes: Any) -> Queued:
    """A row due at noon for 20 s."""
    fields: dict[str, Any] = {
        "id": number, "session": "s1", "phrase_id": phrase.id, "digest": phrase.digest, "product": "P1",
        "text": "到手59元" if phrase is PRICE else phrase.text, "due_ms": NOON, "expires_ms": NOON + 20_000,
    }  # fmt: skip
    return Queued(**{**fields, **changes})
