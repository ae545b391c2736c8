"""Comments as people read them, with their words. Whoever reads words is named, and the reading is a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, text

from bot.errors import NotAllowed
from bot.storage.figures import FigureReadings
from bot.storage.terms import Terms, find_terms
from bot.storage.values import Seen, Unanswered, Words
from bot.storage.vault import Vault, decrypt, words_of

COLUMNS = (
    "id", "room", "session", "seq", "msg_id", "subject_id", "role", "at_ms", "received_ms", "now_ms", "faq_intent",
    "faq_score", "purchase_level", "purchase_score", "negative_kind", "negative_severity", "negative_score", "codes",
    "banned", "decision", "withheld", "flagged", "mirrored", "edited",
)  # fmt: skip
SELECT = f"SELECT {', '.join(COLUMNS)} FROM comment "

OPEN_QUESTIONS = (
    "unsure",
    "no_phrase",
    "stale_fact",
    "operator_off",
    "overload",
    "platform_draw",
    "tone",
    "backlog",
    "quiet",
    "red_light",
    "held",
    "off_duty",
)
"""Reasons for which a question stands unanswered. `merged` and `cooldown` were answered; bait wants no answer."""

LOOKED_AT = 400
"""How many unanswered comments are merged into questions: the latest."""


class CommentReadings(FigureReadings):
    """Comments, questions left open, search."""

    def comments(
        self, session: str, *, reader: str | None, after_seq: int = -1, before_seq: int | None = None,
        limit: int = 100, flagged: bool | None = None, intent: str | None = None, negative: bool | None = None,
    ) -> list[Seen]:  # fmt: skip
        """Comments of a session, oldest first: the next `limit` after `after_seq` when that is given, else the last
        `limit` (before `before_seq`). `intent`, `flagged`, `negative` narrow them down."""
        where, values = (
            ["session = :session", "seq > :after"],
            {"session": session, "after": after_seq, "limit": limit},
        )
        if before_seq is not None:
            where.append("seq < :before")
            values["before"] = before_seq
        if intent is not None:
            where.append("faq_intent = :intent")
            values["intent"] = intent
        if flagged is not None:
            where.append("flagged" if flagged else "NOT flagged")
        if negative is not None:
            where.append(f"negative_kind IS {'NOT NULL' if negative else 'NULL'}")
        order = "ASC" if after_seq >= 0 else "DESC"
        query = f"{SELECT}WHERE {' AND '.join(where)} ORDER BY seq {order} LIMIT :limit"
        seen = self._seen(query, values, reader, "list")
        return seen if after_seq >= 0 else seen[::-1]

    def comment(self, id: str, *, reader: str | None) -> Seen | None:
        """One comment; None when there is none of that id."""
        seen = self._seen(f"{SELECT}WHERE id = :id", {"id": id}, reader, "comment")
        return seen[0] if seen else None

    def unanswered(
        self, session: str, *, reader: str | None, since_ms: int = 0, limit: int = 20
    ) -> list[Unanswered]:
        """Questions that stand unanswered, merged: known ones by intent and reason, others by their normalised
        words (without a reader each stands alone). Most asked first."""
        query = (
            f"{SELECT}WHERE session = :session AND at_ms >= :since AND withheld IN "
            f"({', '.join(repr(reason) for reason in OPEN_QUESTIONS)}) ORDER BY seq DESC LIMIT :limit"
        )
        seen = self._seen(
            query, {"session": session, "since": since_ms, "limit": LOOKED_AT}, reader, "unanswered"
        )
        groups: dict[tuple[str | None, str, str], list[Seen]] = {}
        for one in seen:
            alike = "" if one.faq_intent else one.words.normal or one.id if one.words else one.id
            groups.setdefault((one.faq_intent, str(one.withheld), alike), []).append(one)
        merged = [_merged(intent, reason, alike) for (intent, reason, _), alike in groups.items()]
        return sorted(merged, key=lambda one: (-one.count, -one.last_ms))[:limit]

    def search(self, words: str, *, reader: str, session: str | None = None, limit: int = 100) -> list[Seen]:
        """Comments that hold `words` as seen, as normalised or by sound; newest first. What was looked for is not
        recorded (it may be a name), what was found is."""
        if self.store.keys is None:
            raise NotAllowed("Searching needs the keys of the store.")
        syllables = self.journal.terms.of_query if self.journal else Terms(self.store.keys.search).of_query
        chars, sounds = syllables(words)
        with self.store.read() as conn:
            numbers = find_terms(conn, chars, sounds, limit if session is None else limit * 50)
        if not numbers:
            return []
        place = "" if session is None else "AND session = :session "
        query = (
            f"{SELECT}WHERE text_id IN (SELECT text_id FROM comment_text WHERE n IN :numbers) {place}"
            "ORDER BY at_ms DESC, id DESC LIMIT :limit"
        )
        values = {"numbers": numbers, "limit": limit} | ({} if session is None else {"session": session})
        return self._seen(query, values, reader, "search")

    def _seen(self, query: str, values: Mapping[str, Any], reader: str | None, purpose: str) -> list[Seen]:
        """The comments of a query, with words when somebody is there to read them."""
        if reader is not None and (self.journal is None or self.store.keys is None):
            raise NotAllowed(
                "Reading viewers' words needs the keys and a store open for writing, to record who read."
            )
        asked = text(query)
        if "numbers" in values:
            asked = asked.bindparams(bindparam("numbers", expanding=True))
        with self.store.read() as conn:
            rows = [row._asdict() for row in conn.execute(asked, values)]
            ids = [row["id"] for row in rows]
            replies = _replies(conn, ids)
            words = self._words(conn, ids) if reader is not None else {}
        seen = [_comment(row, words.get(row["id"]), replies.get(row["id"])) for row in rows]
        if reader is not None:
            self._record_access(reader, purpose, seen)
        return seen

    def _words(self, conn: Connection, ids: Sequence[str]) -> dict[str, Words]:
        """The words of these texts; those erased are absent. Keys are fetched anew: an erasure holds at once."""
        assert self.store.keys is not None
        vault = Vault(self.store.keys)
        query = (
            "SELECT text_id, subject_id, key_id, nonce, ciphertext FROM comment_text WHERE text_id IN :ids"
        )
        found = _in(conn, query, ids)
        keys = vault.load(conn, sorted({row[1] for row in found}))
        words = {}
        for text_id, subject, key_id, nonce, ciphertext in found:
            payload = decrypt(keys.get(subject), key_id, bytes(nonce), bytes(ciphertext), text_id)
            if payload is not None:
                words[text_id] = words_of(payload)
        return words

    def _record_access(self, reader: str, purpose: str, seen: Sequence[Seen]) -> None:
        """One `access` record per session read from: who, why, which comments."""
        assert self.journal is not None
        places: dict[tuple[str, str], list[Seen]] = {}
        for one in seen:
            if one.words is not None:
                places.setdefault((one.room, one.session), []).append(one)
        for (room, session), ones in places.items():
            numbers = sorted(one.seq for one in ones)
            data = {"reader": reader, "purpose": purpose, "session": session, "comments": _ranges(numbers)}
            self.journal.append_record(room, "access", data, session=session)


def _comment(row: Mapping[str, Any], words: Words | None, reply: tuple[str, str] | None) -> Seen:
    fields = dict(row)
    viewer = fields.pop("subject_id")
    for name in ("flagged", "mirrored", "edited"):
        fields[name] = bool(fields[name])
    fields["codes"] = tuple(msgspec.json.decode(fields["codes"]))
    fields["banned"] = tuple(msgspec.json.decode(fields["banned"]))
    fields["decision"] = msgspec.json.decode(fields["decision"])
    state, said = reply or (None, None)
    return Seen(viewer=viewer, words=words, reply_state=state, reply_text=said, **fields)


def _replies(conn: Connection, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    found = _in(conn, "SELECT comment_id, state, text FROM outbox WHERE comment_id IN :ids ORDER BY id", ids)
    return {row[0]: (row[1], row[2]) for row in found}


def _in(conn: Connection, query: str, ids: Sequence[str]) -> list[Any]:
    asked = text(query).bindparams(bindparam("ids", expanding=True))
    rows: list[Any] = []
    for start in range(0, len(ids), 500):
        rows += conn.execute(asked, {"ids": list(ids[start : start + 500])}).all()
    return rows


def _merged(intent: str | None, reason: str, alike: Sequence[Seen]) -> Unanswered:
    times = [one.at_ms for one in alike]
    return Unanswered(
        intent, reason, len(alike), len({one.viewer for one in alike}), min(times), max(times),
        sum(one.purchase_level >= 2 for one in alike), alike[0],
    )  # fmt: skip


def _ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Sorted numbers as [first, last] runs."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number <= runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return runs
