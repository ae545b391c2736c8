"""What the comments of one batch bring to draws and polls: entries, votes, codes typed.

Whatever a room's state said when the comment was judged, the rows decide here, inside the transaction: nobody enters
or votes twice, nothing enters a list that is out or a poll that is closed, and a code is its first owner's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from sqlalchemy import bindparam, text

from bot.decision import CodeSaid, Entry, Vote
from bot.errors import StoreError
from bot.pipeline import Batch
from bot.storage.canonical import Commitment, clean
from bot.storage.ledger import Deed, Ledger
from bot.storage.vault import SubjectKey, encrypt_uid

Entrant = Callable[[str, str, str], tuple[bytes, bytes]]
"""(draw_id, platform, uid) to (entry_salt, pseudonym); from the draws."""

Put = Callable[[str, dict[str, Any]], Commitment]
"""Keeps a row of a table for storing, and gives what the record says about it."""

TAKING = ("announced", "open")
"""States of a draw whose list is not out yet."""


class Spoke(msgspec.Struct, frozen=True):
    """Who did it and where it stands: subject and key, the uid if the platform tells it, the comment's id and time."""

    subject: str
    key: SubjectKey | None
    uid: str | None
    comment_id: str
    at_ms: int


class BatchEntries:
    """The draws' and polls' part of one batch. `accepted` are the ids of the entries that are in."""

    def __init__(self, ledger: Ledger, deed: Deed, batch: Batch, entrant: Entrant | None, put: Put) -> None:
        self.ledger = ledger
        self.deed = deed
        self.platform = batch.room.platform
        self.room = clean(str(batch.room))
        self.entrant = entrant
        self.put = put
        self.accepted: list[int] = []
        self.names: dict[tuple[str, str], tuple[bytes, bytes]] = {}
        self.entered: set[tuple[str, bytes, int]] = set()
        self.shut: frozenset[str] = frozenset()
        self._read_entries(batch)
        self._read_votes(batch)
        self._read_codes(batch)

    # What stands in the store already

    def _rows(self, query: str, **values: Any) -> Iterator[Any]:
        asked = text(query)
        for name, value in values.items():
            if isinstance(value, list):
                asked = asked.bindparams(bindparam(name, expanding=True))
        yield from self.deed.conn.execute(asked, values)

    def _read_entries(self, batch: Batch) -> None:
        """Who of this batch is in a draw already, and which of its draws take no more: once the list is out, what
        reaches the store is late. The root is never made of a list that goes on growing."""
        wanted: dict[str, set[bytes]] = {}
        for entry, uid in _entries_of(batch):
            names = wanted.setdefault(clean(entry.draw_id), set())
            if entry.refused is None and uid is not None:
                names.add(self._names(entry.draw_id, uid)[1])
        if not wanted:
            return
        for draw_id, names in wanted.items():
            if names:
                found = self._rows(_ENTERED, draw=draw_id, names=sorted(names))
                self.entered |= {(draw_id, bytes(row[0]), row[1]) for row in found}
        states = self._rows("SELECT id, state FROM draw WHERE id IN :ids", ids=sorted(wanted))
        self.shut = frozenset(row[0] for row in states if row[1] not in TAKING)

    def _names(self, draw_id: str, uid: str) -> tuple[bytes, bytes]:
        """Entry salt and pseudonym of a viewer in a draw."""
        known = self.names.get((draw_id, uid))
        if known is None:
            if self.entrant is None:
                raise StoreError(
                    f"Draw {clean(draw_id)} takes entries but nobody was named who makes their pseudonyms."
                )
            known = self.names[draw_id, uid] = self.entrant(draw_id, self.platform, uid)
        return known

    def _read_votes(self, batch: Batch) -> None:
        wanted: dict[str, set[str]] = {}
        for judged in batch.judged:
            vote, uid = judged.decision.vote, judged.comment.viewer.uid
            if vote is not None and uid is not None:
                subject = self.ledger.vault.viewer(self.platform, uid)
                wanted.setdefault(clean(vote.poll_id), set()).add(subject)
        self.voted: set[tuple[str, str]] = set()
        self.polls: frozenset[str] = frozenset()
        if not wanted:
            return
        running = self._rows("SELECT id FROM poll WHERE closed_ms IS NULL AND id IN :ids", ids=sorted(wanted))
        self.polls = frozenset(row[0] for row in running)
        for poll_id, subjects in wanted.items():
            found = self._rows(_VOTED, poll=poll_id, ids=sorted(subjects))
            self.voted |= {(poll_id, row[0]) for row in found}

    def _read_codes(self, batch: Batch) -> None:
        """Codes of one's own choice that are somebody's, and viewers of this batch who have one."""
        self.codes: set[tuple[str, str]] = set()
        self.coded: set[tuple[str, str]] = set()
        for judged in batch.judged:
            code, uid = judged.decision.code, judged.comment.viewer.uid
            if code is None or code.kind != "lookup" or uid is None:
                continue
            draw_id, mark = clean(code.draw_id), self.ledger.vault.code_mark(code.draw_id, code.code)
            subject = self.ledger.vault.viewer(self.platform, uid)
            for row in self._rows(_CODES, draw=draw_id, code=mark, subject=subject):
                self.codes.add((draw_id, row[0]))
                self.coded.add((draw_id, row[1]))

    # What is added

    def enter(self, entry: Entry, spoke: Spoke, rows: list[Commitment]) -> dict[str, Any]:
        """The row of an entry, accepted or refused; what the record tells about it."""
        draw_id, uid = clean(entry.draw_id), spoke.uid
        number = self.deed.next_id("draw_entry")
        salt = pseudonym = cipher = None
        if uid is not None and spoke.key is not None and entry.refused != "unknown_viewer":
            # The refused have a pseudonym too: whoever asks is shown that and why the entry does not count.
            salt, pseudonym = self._names(entry.draw_id, uid)
            cipher = encrypt_uid(spoke.key, uid, f"draw_entry/{number}")
        refused = self._refused(entry, draw_id, pseudonym)
        if refused is None and pseudonym is not None:
            self.entered.add((draw_id, pseudonym, entry.wave))
            self.accepted.append(number)
        rows.append(
            self.put("draw_entry", {
                "id": number, "draw_id": draw_id, "uid_cipher": cipher, "subject_id": spoke.subject,
                "pseudonym": pseudonym, "entry_salt": salt, "comment_id": spoke.comment_id, "at_ms": spoke.at_ms,
                "refused": refused, "value": entry.value, "wave": entry.wave,
            })
        )  # fmt: skip
        return {"draw_id": draw_id, "entry": number, "refused": refused}

    def _refused(self, entry: Entry, draw_id: str, pseudonym: bytes | None) -> str | None:
        if entry.refused is not None:
            return clean(entry.refused)
        if pseudonym is None:
            return "unknown_viewer"
        if draw_id in self.shut:
            return "late"
        return "duplicate" if (draw_id, pseudonym, entry.wave) in self.entered else None

    def vote(self, vote: Vote, spoke: Spoke, rows: list[Commitment]) -> dict[str, Any] | None:
        """The row of a vote; None when the poll is closed or the account has voted."""
        poll_id = clean(vote.poll_id)
        if spoke.uid is None or poll_id not in self.polls or (poll_id, spoke.subject) in self.voted:
            return None
        self.voted.add((poll_id, spoke.subject))
        rows.append(
            self.put("poll_vote", {
                "poll_id": poll_id, "subject_id": spoke.subject, "option": vote.option,
                "comment_id": spoke.comment_id, "at_ms": spoke.at_ms,
            })
        )  # fmt: skip
        return {"poll": poll_id, "option": vote.option}

    def say(self, code: CodeSaid, spoke: Spoke, rows: list[Commitment]) -> dict[str, Any] | None:
        """The row of a code typed; None when it is another's, or the viewer has one already."""
        if spoke.uid is None:
            return None
        said = {"subject_id": spoke.subject, "comment_id": spoke.comment_id, "at_ms": spoke.at_ms}
        if code.kind == "claim":
            mark = self.ledger.vault.code_mark("claim", code.code)
            rows.append(self.put("claim_said", said | {"room": self.room, "code": mark}))
            return {"kind": "claim"}
        draw_id, mark = clean(code.draw_id), self.ledger.vault.code_mark(code.draw_id, code.code)
        if (draw_id, mark) in self.codes or (draw_id, spoke.subject) in self.coded:
            return None
        self.codes.add((draw_id, mark))
        self.coded.add((draw_id, spoke.subject))
        rows.append(self.put("draw_code", said | {"draw_id": draw_id, "code": mark}))
        return {"kind": "lookup", "draw_id": draw_id}


def _entries_of(batch: Batch) -> Iterator[tuple[Entry, str | None]]:
    """The entries of a batch, by comment or by order, each with the uid if it is known."""
    for judged in batch.judged:
        if judged.decision.entry is not None:
            yield judged.decision.entry, judged.comment.viewer.uid
    for placed in batch.happenings:
        if placed.entry is not None:
            viewer = placed.happening.viewer
            yield placed.entry, None if viewer is None else viewer.uid


_ENTERED = (
    "SELECT pseudonym, wave FROM draw_entry WHERE draw_id = :draw AND refused IS NULL AND pseudonym IN :names"
)
_VOTED = "SELECT subject_id FROM poll_vote WHERE poll_id = :poll AND subject_id IN :ids"
_CODES = (
    "SELECT code, subject_id FROM draw_code WHERE draw_id = :draw AND (code = :code OR subject_id = :subject)"
)
