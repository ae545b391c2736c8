"""What console and summary read (being written; signatures are final, additions may come)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.comment import RoomKey
from bot.storage.engine import Store
from bot.storage.journal import Journal
from bot.storage.values import (
    Case,
    Counts,
    Evidence,
    Minute,
    RecordRow,
    Seen,
    Sending,
    SessionRow,
    Unanswered,
)


class Readings:
    """`reader` is the login of the person who will see viewers' words: an access record is written (needs a journal).

    With reader None no words are decrypted: `Seen.words` is None.
    """

    def __init__(self, store: Store, journal: Journal | None = None) -> None: ...

    def sessions(self, room: RoomKey | str | None = None, limit: int = 100) -> list[SessionRow]: ...
    def session(self, id: str) -> SessionRow | None: ...
    def counts(self, sessions: str | Sequence[str] | None = None) -> Counts: ...  # None: all of the store
    def minutes(self, session: str) -> list[Minute]: ...
    def comments(
        self, session: str, *, reader: str | None, after_seq: int = -1, before_seq: int | None = None, limit: int = 100,
        flagged: bool | None = None, intent: str | None = None, negative: bool | None = None,
    ) -> list[Seen]: ...  # oldest first; with after_seq the next ones, else the last `limit`
    def comment(self, id: str, *, reader: str | None) -> Seen | None: ...
    def unanswered(self, session: str, *, reader: str | None, since_ms: int = 0, limit: int = 20) -> list[Unanswered]: ...
    def sendings(self, session: str, *, states: Sequence[str] | None = None, limit: int = 100) -> list[Sending]: ...
    def open_cases(self, room: RoomKey | str | None = None, limit: int = 200) -> list[Case]: ...  # by severity, then SLA
    def cases(self, session: str, limit: int = 500) -> list[Case]: ...
    def case(self, case_id: int) -> Case | None: ...
    def case_comments(self, case_id: int, *, reader: str | None) -> list[Seen]: ...
    def case_history(self, case_id: int) -> list[RecordRow]: ...
    def records(
        self, chain: str | None = None, *, after_seq: int = -1, limit: int = 100, record_type: str | None = None,
        session: str | None = None,
    ) -> list[RecordRow]: ...
    def chains(self) -> dict[str, int]: ...  # chain -> records
    def evidence(self, comment_id: str, *, reader: str) -> Evidence | None: ...
    def search(self, text: str, *, reader: str, session: str | None = None, limit: int = 100) -> list[Seen]: ...
