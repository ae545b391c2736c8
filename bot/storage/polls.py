"""Polls in the store: opened, counted, closed. A vote is a row of the batch in which it was heard (entries.py)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, text

from bot.comment import RoomKey
from bot.errors import NotAllowed
from bot.polls import fits
from bot.room_state import OpenPoll
from bot.storage.canonical import clean, json_text
from bot.storage.ledger import Ledger
from bot.storage.values import PollRow
from bot.storage.vault import decrypt_uid

PAGE = 500
_POLLS = "SELECT id, room, session, question, options, opened_ms, closed_ms, by FROM poll "


class PollRows(Ledger):
    """The polls' part of the journal."""

    def open_poll(
        self, room: RoomKey | str, session: str, question: str, options: Sequence[str], *, at_ms: int, by: str
    ) -> OpenPoll:
        """Store a new poll; what it gives is told to the room (`poll_open`). Raises NotAllowed for a poll that cannot
        be counted, and while another of this room is open."""
        poll = OpenPoll(f"poll-{secrets.token_hex(6)}", clean(question), tuple(map(clean, options)))
        if not fits(poll):
            raise NotAllowed("A poll needs a question and 1 to 6 different options of 1 to 40 characters.")
        name = clean(str(room))
        with self.deed() as deed:
            taken = deed.conn.execute(
                text("SELECT id FROM poll WHERE room = :room AND closed_ms IS NULL"), {"room": name}
            )
            if taken.first() is not None:
                raise NotAllowed("Another poll of this room is still open. Close it first.")
            row = {
                "id": poll.poll_id, "room": name, "session": clean(session), "question": poll.question,
                "options": json_text(list(poll.options)), "opened_ms": at_ms, "closed_ms": None, "by": clean(by),
            }  # fmt: skip
            told = {"poll": poll.poll_id, "act": "opened", "options": len(poll.options), "by": clean(by)}
            deed.record(
                name, "poll", told, [deed.put("poll", row)], session=clean(session) or None, at_ms=at_ms
            )
        return poll

    def close_poll(self, poll_id: str, *, at_ms: int, by: str) -> PollRow:
        """Close a poll; from then on no vote is stored. Its counts go into the record. A closed one stays as it is.
        Raises NotAllowed when there is none of that id."""
        with self.deed() as deed:
            if deed.change("poll", {"id": poll_id}, {"closed_ms": at_ms}, "closed_ms IS NULL"):
                poll = _polls(deed.conn, "WHERE id = :id", {"id": poll_id})[0]
                told = {"poll": poll_id, "act": "closed", "votes": list(poll.votes), "by": clean(by)}
                rows = [deed.committed("poll", id=poll_id)]
                deed.record(poll.room, "poll", told, rows, session=poll.session or None, at_ms=at_ms)
        closed = self.poll(poll_id)
        if closed is None:
            raise NotAllowed("There is no such poll.")
        return closed

    def poll(self, poll_id: str) -> PollRow | None:
        """One poll with its counts."""
        with self.store.read() as conn:
            found = _polls(conn, "WHERE id = :id", {"id": poll_id})
            return found[0] if found else None

    def polls(
        self, room: RoomKey | str | None = None, session: str | None = None, limit: int = 100
    ) -> list[PollRow]:
        """The latest polls with their counts, of one room or show or of all, newest first."""
        where = [
            f"{name} = :{name}" for name, value in (("room", room), ("session", session)) if value is not None
        ]
        values = {"room": str(room), "session": session, "limit": limit}
        query = (
            f"WHERE {' AND '.join(where)} " if where else ""
        ) + "ORDER BY opened_ms DESC, id LIMIT :limit"
        with self.store.read() as conn:
            return _polls(conn, query, {name: values[name] for name in values if f":{name}" in query})

    def voters(self, poll_id: str) -> frozenset[str]:
        """The uids of who voted, as `RoomState.voted` holds them. The erased are absent; the rows know them."""
        query = text(
            "SELECT v.subject_id, s.uid_cipher FROM poll_vote v JOIN subject s ON s.subject_id = v.subject_id "
            "WHERE v.poll_id = :poll"
        )
        uids: set[str] = set()
        with self.lock, self.store.read() as conn:
            rows = conn.execute(query, {"poll": poll_id}).all()
            for start in range(0, len(rows), PAGE):
                some = rows[start : start + PAGE]
                keys = self.vault.load(conn, [row[0] for row in some])
                opened = (decrypt_uid(keys.get(row[0]), row[1], f"subject/{row[0]}") for row in some)
                uids.update(uid for uid in opened if uid is not None)
        return frozenset(uids)


def _polls(conn: Connection, where: str, values: dict[str, Any]) -> list[PollRow]:
    rows = conn.execute(text(_POLLS + where), values).all()
    if not rows:
        return []
    counted = text(
        'SELECT poll_id, "option", COUNT(*) FROM poll_vote WHERE poll_id IN :ids GROUP BY poll_id, "option"'
    ).bindparams(bindparam("ids", expanding=True))
    found = conn.execute(counted, {"ids": [row[0] for row in rows]})
    counts = {(poll, option): int(count) for poll, option, count in found}
    polls = []
    for id, room, session, question, options, opened_ms, closed_ms, by in rows:
        texts = tuple(msgspec.json.decode(options, type=list[str]))
        votes = tuple(counts.get((id, number), 0) for number in range(1, len(texts) + 1))
        polls.append(PollRow(id, room, session, question, texts, opened_ms, closed_ms, by, votes))
    return polls
