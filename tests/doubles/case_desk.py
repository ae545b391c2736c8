"""The journal's case part in memory: the same acts, the same errors, for tests that need no database."""

from __future__ import annotations

import asyncio
import threading

import msgspec

from bot.errors import Conflict, NotAllowed
from bot.storage.values import Card, Case, Person

NOW = 1_755_000_000_000


def case_of(case_id: int = 4821, **changes: object) -> Case:
    values: dict[str, object] = {
        "case_id": case_id, "room": "bilibili:22000001", "session": "s1", "category": "U01", "codes": ("U01",),
        "severity": 3, "hideable": True, "comment_count": 17, "first_ms": NOW - 1000, "last_ms": NOW, "state": "new",
        "version": 1, "holder": None, "claimed_ms": None, "lease_until_ms": None, "sla_due_ms": NOW + 100_000,
        "disposition": None, "note": None, "resolved_ms": None, "resolved_by": None, "snoozed_until_ms": None,
    }  # fmt: skip
    return msgspec.convert(values | changes, Case)


def person_of(login: str, telegram_id: int, role: str = "moderator", **changes: object) -> Person:
    values: dict[str, object] = {
        "id": telegram_id, "login": login, "name": login.title(), "password_hash": None, "role": role,
        "telegram_id": str(telegram_id), "lang": "zh", "active": True,
    }  # fmt: skip
    return msgspec.convert(values | changes, Person)


class MemoryDesk:
    """Compare-and-set as the journal does it. `saved` lists the cards' states in order."""

    def __init__(self, *people: Person) -> None:
        self.people = list(people) or [person_of("lin", 7), person_of("wei", 8), person_of("ada", 9, "admin")]
        self.rows: dict[int, Case] = {}
        self.card_rows: dict[tuple[int, str, str], Card] = {}
        self.saved: list[tuple[int, str]] = []
        self.acts: list[tuple[str, int, str]] = []
        self.done: set[str] = set()
        self.broken: Exception | None = None
        self._lock = threading.Lock()
        self._changed: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def put(self, case: Case) -> Case:
        self.rows[case.case_id] = case
        return case

    def change(self, case_id: int, **changes: object) -> Case:
        case = self.rows[case_id]
        return self.put(msgspec.structs.replace(case, version=case.version + 1, **changes))

    def case(self, case_id: int) -> Case:
        if self.broken is not None:
            raise self.broken
        if case_id not in self.rows:
            raise NotAllowed(f"There is no case {case_id}.")
        return self.rows[case_id]

    def _act(
        self,
        act: str,
        case_id: int,
        person: str,
        version: int,
        key: str | None,
        states: set[str],
        **changes: object,
    ) -> Case:
        with self._lock:
            case = self.case(case_id)
            if key is not None and key in self.done:
                return case
            if case.version != version:
                raise Conflict("The case has moved on.", holder=case.holder)
            if case.state not in states:
                raise NotAllowed(f"A case that is {case.state} cannot be {act}ed.")
            if key is not None:
                self.done.add(key)
            self.acts.append((act, case_id, person))
            return self.change(case_id, **changes)

    def claim(
        self,
        case_id: int,
        person: str,
        version: int,
        now_ms: int,
        lease_ms: int = 90_000,
        *,
        key: str | None = None,
    ) -> Case:
        states = {"new", "regressed", "snoozed", "escalated"}
        return self._act("claim", case_id, person, version, key, states, state="claimed", holder=person)

    def release(
        self, case_id: int, person: str, version: int, now_ms: int | None = None, *, key: str | None = None
    ) -> Case:
        return self._act("release", case_id, person, version, key, {"claimed"}, state="new", holder=None)

    def resolve(
        self, case_id: int, person: str, version: int, disposition: str, note: str = "", *,
        now_ms: int | None = None, key: str | None = None,
    ) -> Case:  # fmt: skip
        changes = {"state": "resolved", "disposition": disposition, "resolved_by": person}
        return self._act("resolve", case_id, person, version, key, {"claimed"}, **changes)

    def escalate(
        self, case_id: int, person: str, version: int, note: str = "", *, now_ms: int | None = None,
        key: str | None = None,
    ) -> Case:  # fmt: skip
        return self._act(
            "escalate", case_id, person, version, key, {"claimed"}, state="escalated", holder=None
        )

    def cards(self, case_id: int) -> list[Card]:
        return [card for card in self.card_rows.values() if card.case_id == case_id]

    def save_card(self, card: Card) -> None:
        self.card_rows[card.case_id, card.channel, card.chat_id] = card
        self.saved.append((card.case_id, card.state))
        for loop, event in self._changed:
            loop.call_soon_threadsafe(event.set)

    async def card_is(self, state: str, case_id: int = 4821) -> Card:
        """Wait until a card of the case is in `state`."""
        event = asyncio.Event()
        self._changed.append((asyncio.get_running_loop(), event))
        async with asyncio.timeout(10):
            while not (found := [card for card in self.cards(case_id) if card.state == state]):
                event.clear()
                if not [card for card in self.cards(case_id) if card.state == state]:
                    await event.wait()
        return found[0]

    def by_telegram(self, telegram_id: str) -> Person | None:
        return next((one for one in self.people if one.telegram_id == telegram_id), None)

    def by_login(self, login: str) -> Person | None:
        return next((one for one in self.people if one.login == login), None)
