"""What escalation needs of the store: the case, the work on it, its cards, and who may work. The journal is one."""

from __future__ import annotations

from typing import Protocol

from bot.storage.values import Card, Case, Person


class CaseDesk(Protocol):
    """Each call is one committed transaction. `person` is a login, `version` what the caller saw, times in ms.

    The same `key` twice acts once. Acts raise Conflict (with the holder) when the case has moved on since `version`,
    NotAllowed when its state forbids the act.
    """

    def case(self, case_id: int) -> Case: ...

    def claim(
        self,
        case_id: int,
        person: str,
        version: int,
        now_ms: int,
        lease_ms: int = 90_000,
        *,
        key: str | None = None,
    ) -> Case: ...

    def release(
        self, case_id: int, person: str, version: int, now_ms: int | None = None, *, key: str | None = None
    ) -> Case: ...

    def resolve(
        self, case_id: int, person: str, version: int, disposition: str, note: str = "", *,
        now_ms: int | None = None, key: str | None = None,
    ) -> Case: ...  # fmt: skip

    def escalate(
        self, case_id: int, person: str, version: int, note: str = "", *, now_ms: int | None = None,
        key: str | None = None,
    ) -> Case: ...  # fmt: skip

    def cards(self, case_id: int) -> list[Card]: ...

    def save_card(self, card: Card) -> None: ...

    def by_telegram(self, telegram_id: str) -> Person | None: ...

    def by_login(self, login: str) -> Person | None: ...
