"""The figures of shows. Every number is a count over rows; nothing is kept beside them that could drift away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, text

from bot.comment import RoomKey
from bot.storage.canonical import AUDITED
from bot.storage.engine import Store
from bot.storage.journal import Journal
from bot.storage.values import Counts, Minute, SessionRow

SESSION = ", ".join(f'"{name}"' for name in AUDITED["session"].columns)


class FigureReadings:
    """Sessions, counts, minutes."""

    def __init__(self, store: Store, journal: Journal | None = None) -> None:
        self.store = store
        self.journal = journal

    def sessions(self, room: RoomKey | str | None = None, limit: int = 100) -> list[SessionRow]:
        """The latest shows, of one room or all, newest first."""
        where = "" if room is None else "WHERE room = :room "
        values = {"limit": limit} | ({} if room is None else {"room": str(room)})
        with self.store.read() as conn:
            found = conn.execute(
                text(f"SELECT {SESSION} FROM session {where}ORDER BY opened_ms DESC, id DESC LIMIT :limit"),
                values,
            )
            return [SessionRow(*row) for row in found]

    def session(self, id: str) -> SessionRow | None:
        with self.store.read() as conn:
            row = conn.execute(text(f"SELECT {SESSION} FROM session WHERE id = :id"), {"id": id}).first()
            return None if row is None else SessionRow(*row)

    def counts(self, sessions: str | Sequence[str] | None = None) -> Counts:
        """The figures of these sessions, or of the whole store. `events` has `comment` for the comments judged;
        `banned` counts comments per category; `purchase` keys are "0" to "3"."""
        names = [sessions] if isinstance(sessions, str) else None if sessions is None else list(sessions)
        with self.store.read() as conn:
            return _Counting(conn, names).counts()

    def minutes(self, session: str) -> list[Minute]:
        """Figures per minute of platform time, without the minutes in which nothing came."""
        with self.store.read() as conn:
            found = conn.execute(
                text(
                    "SELECT at_ms / 60000, COUNT(*), COUNT(faq_intent), "
                    "SUM(CASE WHEN purchase_level >= 2 THEN 1 ELSE 0 END), COUNT(negative_kind), "
                    "SUM(CASE WHEN flagged THEN 1 ELSE 0 END) FROM comment WHERE session = :s "
                    "GROUP BY at_ms / 60000 ORDER BY 1"
                ),
                {"s": session},
            ).all()
            answered = conn.execute(
                text(
                    "SELECT c.at_ms / 60000, COUNT(*) FROM outbox o JOIN comment c ON c.id = o.comment_id "
                    "WHERE o.session = :s GROUP BY c.at_ms / 60000"
                ),
                {"s": session},
            )
            replies = {row[0]: row[1] for row in answered}
        return [
            Minute(row[0] * 60_000, row[1], row[2], int(row[3]), row[4], int(row[5]), replies.get(row[0], 0))
            for row in found
        ]


class _Counting:
    def __init__(self, conn: Connection, sessions: list[str] | None) -> None:
        self.conn = conn
        self.sessions = sessions

    def counts(self) -> Counts:
        comments, judged, dropped, duplicates = self._rows(
            "SELECT COALESCE(SUM(comments), 0), COALESCE(SUM(judged), 0), COALESCE(SUM(dropped), 0), "
            "COALESCE(SUM(duplicates), 0) FROM session WHERE {}", "id",
        )[0]  # fmt: skip
        events = self._by("kind", "happening")
        entries = self._rows(
            "SELECT e.refused, COUNT(*) FROM draw_entry e JOIN comment c ON c.id = e.comment_id WHERE {} "
            "GROUP BY e.refused", "c.session",
        )  # fmt: skip
        by_order = self._rows(
            "SELECT body FROM audit_record WHERE record_type = 'order_entry' AND {}", "session"
        )
        reasons = Counter({row[0]: int(row[1]) for row in entries})
        reasons.update(msgspec.json.decode(row[0])["data"]["refused"] for row in by_order)
        accepted = reasons.pop(None, 0)
        states = self._rows(
            "SELECT w.state, COUNT(*) FROM case_work w JOIN incident i ON i.id = w.incident_id WHERE {} "
            "GROUP BY w.state ORDER BY w.state", "i.session",
        )  # fmt: skip
        flags, viewers = self._rows(
            "SELECT COALESCE(SUM(CASE WHEN flagged THEN 1 ELSE 0 END), 0), COUNT(DISTINCT subject_id) "
            "FROM comment WHERE {}", "session",
        )[0]  # fmt: skip
        return Counts(
            int(comments), int(judged), int(dropped), int(duplicates), events.get("gap", 0),
            ({"comment": int(judged)} if judged else {}) | events,
            self._by("faq_intent", "comment"), self._by("purchase_level", "comment"),
            self._by("negative_kind", "comment"), self._banned(), self._by("state", "outbox"),
            self._by("withheld", "comment"), sum(row[1] for row in states), {row[0]: row[1] for row in states},
            int(flags), accepted, dict(reasons), int(viewers),
        )  # fmt: skip

    def _by(self, column: str, table: str) -> dict[str, int]:
        rows = self._rows(
            f"SELECT {column}, COUNT(*) FROM {table} WHERE {column} IS NOT NULL AND {{}} "
            f"GROUP BY {column} ORDER BY {column}", "session",
        )  # fmt: skip
        return {str(row[0]): row[1] for row in rows}

    def _banned(self) -> dict[str, int]:
        counter: Counter[str] = Counter()
        for lists, count in self._rows(
            "SELECT banned, COUNT(*) FROM comment WHERE banned <> '[]' AND {} GROUP BY banned", "session"
        ):
            for category in {hit["category"] for hit in msgspec.json.decode(lists)}:
                counter[category] += count
        return dict(sorted(counter.items()))

    def _rows(self, query: str, column: str) -> list[Any]:
        if self.sessions is None:
            return list(self.conn.execute(text(query.format("1 = 1"))).all())
        asked = text(query.format(f"{column} IN :sessions")).bindparams(bindparam("sessions", expanding=True))
        return list(self.conn.execute(asked, {"sessions": self.sessions}).all())
