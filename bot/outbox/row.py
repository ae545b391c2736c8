"""What the outbox needs of a row and of the store: shapes only, so that neither is known by name here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class QueuedRow(Protocol):
    """A row as `bot.storage` gives it. Times in ms; `priority` None: that of an ordinary answer."""

    @property
    def id(self) -> int: ...
    @property
    def session(self) -> str: ...
    @property
    def phrase_id(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def product(self) -> str | None: ...
    @property
    def text(self) -> str: ...
    @property
    def due_ms(self) -> int: ...
    @property
    def expires_ms(self) -> int: ...
    @property
    def priority(self) -> int | None: ...


class HandRow(QueuedRow, Protocol):
    """A row a person is to say. `state`: suggested or copied; `person`: who copied it; `updated_ms`: when it came to
    stand so."""

    @property
    def intent(self) -> str: ...
    @property
    def comment_id(self) -> str | None: ...
    @property
    def state(self) -> str: ...
    @property
    def person(self) -> str | None: ...
    @property
    def updated_ms(self) -> int: ...


class StoredFact(Protocol):
    """A fact as the store has it; `valid_until_ms` None: no end."""

    @property
    def value(self) -> str: ...
    @property
    def valid_until_ms(self) -> int | None: ...


class Clearance(Protocol):
    """What the store says of one phrase version and one account at this moment.

    `reason`: why this version may not be said, None when it may. `substance` is that of the stored body, '' without
    one. `exempt`: ids of rules that granted exemptions of the phrase take out. `facts`: what the store knows for the
    product, its shop and the house, by slot name, the nearest; `klass`: the product's class, None when the store has no
    such product. `stopped`: why the account is silent, '' while it may speak.
    """

    @property
    def reason(self) -> str | None: ...
    @property
    def substance(self) -> str: ...
    @property
    def exempt(self) -> frozenset[str]: ...
    @property
    def facts(self) -> Mapping[str, StoredFact]: ...
    @property
    def klass(self) -> str | None: ...
    @property
    def stopped(self) -> str: ...


class OutboxStore(Protocol):
    """The rows' keeper (the journal). Every write is one committed transaction with its audit record."""

    def clearance(
        self, phrase_id: str, digest: str, *, product: str | None, merchant: str | None, account: str, practice: bool,
        now_ms: int,
    ) -> Clearance: ...  # fmt: skip

    def outbox_begin(self, id: int) -> bool:
        """queued -> sending; False when the row is no longer queued (somebody stopped it, or was first)."""
        ...

    def outbox_finish(self, id: int, state: str, detail: str = "", *, by: str | None = None) -> object:
        """Raises NotAllowed when that state may not follow."""
        ...

    def outbox_note(self, id: int, evidence: str | None, *, person: str | None = None) -> object:
        """`seen` or `swallowed`; or who says it by hand."""
        ...

    def stop_account(self, account: str, reason: str, *, room: str) -> None: ...

    def resume_account(self, account: str, *, room: str, by: str) -> None: ...
