"""The desk over the real store: journal for writing, readings for reading, both in a thread.

Whoever opens viewers' words out of the store leaves an access record there (`reader`). What merely went by on the
live page comes from the feed and leaves none: it was public a moment ago.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import anyio.to_thread

from bot.console import stored_judgements
from bot.console.feed import Feed
from bot.console.ports import wall_ms
from bot.console.questions import OPEN
from bot.console.stored_rows import (
    answer_row,
    case_row,
    checks,
    comment_row,
    data_of,
    person,
    record_row,
    session_row,
    step,
    withheld_row,
)
from bot.console.views import (
    AnswerRow,
    CaseAnswer,
    CaseDetail,
    CaseRow,
    ChainCheck,
    CommentRow,
    JudgedComment,
    Person,
    RecordRow,
    SessionRow,
    Step,
    Tally,
)
from bot.errors import NotAllowed
from bot.learning.judgement import Labels
from bot.storage import audit, values
from bot.storage.journal import Journal
from bot.storage.readings import Readings

T = TypeVar("T")
SAMPLED = 60
"""Cases of a list whose sample is looked for in the feed; the rest show their code only."""

SAID = "said_on_air"

Vetted = Callable[[CaseRow, Sequence[CommentRow]], CaseAnswer | None]
"""What a case may be answered with, by its comments. Called in a thread."""


async def in_thread(call: Callable[[], T]) -> T:
    """Run a store call beside the event loop."""
    return await anyio.to_thread.run_sync(call)


class StoredDesk:
    """`ports.Desk` over journal and readings. `now_ms` is the rooms' clock, `wall` the machine's (for log-in
    links). `case_changed` is called on the event loop after an act was committed; `vetted` offers answers to cases."""

    def __init__(
        self, journal: Journal, readings: Readings, feed: Feed, now_ms: Callable[[], int],
        *, wall: Callable[[], int] = wall_ms, case_changed: Callable[[int], None] = lambda case_id: None,
        vetted: Vetted = lambda case, comments: None,
    ) -> None:  # fmt: skip
        self._journal, self._readings, self._feed = journal, readings, feed
        self._now, self._wall = now_ms, wall
        self._case_changed = case_changed
        self._vetted = vetted

    # people
    async def person(self, person_id: str) -> Person | None:
        if not person_id.isascii() or not person_id.isdigit():
            return None
        found = await in_thread(partial(self._journal.person, int(person_id)))
        return person(found)

    async def password_hash(self, name: str) -> tuple[str, str] | None:
        found = await in_thread(partial(self._journal.by_login, name))
        if found is None or not found.active or found.password_hash is None:
            return None
        return str(found.id), found.password_hash

    async def take_login(self, token: str) -> Person | None:
        try:
            found = await in_thread(partial(self._journal.use_login_link, token, self._wall()))
        except NotAllowed:
            return None
        return person(found)

    async def set_password(self, login: str, hashed: str) -> None:
        await in_thread(partial(self._journal.change_person, login, by=login, password_hash=hashed))

    async def note_login(self, person_id: str, how: str) -> None:
        found = await in_thread(partial(self._journal.person, int(person_id)))
        body = {
            "act": "logout" if how == "logout" else "login",
            "by": found.login if found else person_id,
            "how": how,
        }
        await in_thread(partial(self._journal.append_record, "house", "login", body))

    # the live room
    def _latest(self, room: str) -> str | None:
        found = self._readings.sessions(room, 1)
        return found[0].id if found else None

    async def comments(self, room: str, limit: int, *, by: str) -> Sequence[CommentRow]:
        rows = self._feed.rows(room)
        if rows:
            return rows[-limit:]
        return await in_thread(partial(self._comments, room, limit, by))

    def _comments(self, room: str, limit: int, by: str) -> Sequence[CommentRow]:
        session = self._latest(room)
        if session is None:
            return ()
        return [comment_row(one) for one in self._readings.comments(session, reader=by, limit=limit)]

    async def answers(self, room: str, limit: int) -> Sequence[AnswerRow]:
        return await in_thread(partial(self._answers, room, limit))

    def _answers(self, room: str, limit: int) -> Sequence[AnswerRow]:
        session = self._latest(room)
        if session is None:
            return ()
        rows = {row.key: row for row in self._feed.rows(room)}
        sendings = self._readings.sendings(session, limit=limit)
        made = [answer_row(one, rows.get(one.comment_id or "")) for one in sendings]
        # Merged and repeated questions have their answer; of near-equal silent ones the newest stands for all.
        silent = {
            (row.intent, row.fold or row.text): withheld_row(row)
            for row in rows.values()
            if row.withheld in OPEN and row.session == session
        }
        return sorted([*made, *list(silent.values())[-limit // 2 :]], key=lambda one: (-one.at_ms, one.id))[
            :limit
        ]

    async def tallies(self, room: str, steps: int) -> Sequence[Tally]:
        found = self._feed.tallies(room, steps)
        return found or await in_thread(partial(self._minutes, room, steps))

    def _minutes(self, room: str, steps: int) -> Sequence[Tally]:
        session = self._latest(room)
        if session is None:
            return ()
        opened = [one.first_ms for one in self._readings.cases(session)]
        return [
            Tally(
                one.start_ms, one.comments, one.replies, sum(0 <= at - one.start_ms < 60_000 for at in opened)
            )
            for one in self._readings.minutes(session)[-steps:]
        ]

    async def said_on_air(self, room: str) -> Mapping[str, int]:
        return await in_thread(partial(self._said, room))

    def _said(self, room: str) -> Mapping[str, int]:
        session = self._latest(room)
        if session is None:
            return {}
        found = self._readings.records(room, session=session, record_type=SAID, limit=1000)
        said: dict[str, int] = {}
        for one in found:
            data = data_of(one.body)
            said[str(data.get("question", ""))] = max(one.at_ms, said.get(str(data.get("question", "")), 0))
        return said

    async def mark_said(self, room: str, question: str, *, by: str, key: str) -> str:
        session = await in_thread(partial(self._latest, room))
        body = {"by": by, "question": question, "key": key}
        seq = await in_thread(
            partial(self._journal.append_record, room, SAID, body, session=session, at_ms=self._now())
        )
        return f"{room}#{seq}"

    # cases
    async def cases(
        self, *, room: str | None = None, closed: bool = False, limit: int = 200
    ) -> Sequence[CaseRow]:
        return await in_thread(partial(self._cases, room, closed, limit))

    def _cases(self, room: str | None, closed: bool, limit: int) -> Sequence[CaseRow]:
        names = {one.login: one.name for one in self._journal.people()}
        if closed:
            found = [
                case for session in self._readings.sessions(room, 10) for case in self._readings.cases(session.id)
                if case.state in ("resolved", "archived")
            ]  # fmt: skip
            found.sort(key=lambda one: -(one.resolved_ms or one.last_ms))
        else:
            found = self._readings.open_cases(room, limit)
        return [self._with_sample(case_row(one, names), place) for place, one in enumerate(found[:limit])]

    def _with_sample(self, row: CaseRow, place: int) -> CaseRow:
        """The newest of the case's comments that went by lately; words are not taken out of the store for a list."""
        if place >= SAMPLED or not self._feed.rows(row.room):
            return row
        seen = self._readings.case_comments(int(row.id), reader=None)
        people = len({one.viewer for one in seen}) or row.people
        for one in reversed(seen):
            found = self._feed.find(row.room, one.id)
            if found is not None and found.text is not None:
                return replace(row, sample=found.text[:200], people=people)
        return replace(row, people=people)

    async def case(self, case_id: str, *, by: str) -> CaseDetail | None:
        if not case_id.isascii() or not case_id.isdigit() or len(case_id) > 15:
            return None
        return await in_thread(partial(self._case, int(case_id), by))

    def _case(self, case_id: int, by: str) -> CaseDetail | None:
        found = self._readings.case(case_id)
        if found is None:
            return None
        names = {one.login: one.name for one in self._journal.people()}
        if found.holder == by:
            self._journal.renew(case_id, by, self._now())
        seen = [comment_row(one) for one in self._readings.case_comments(case_id, reader=by)][-30:]
        own = {row.key for row in seen}
        around: tuple[CommentRow, ...] = ()
        if seen:
            near = self._readings.comments(found.session, reader=by, before_seq=seen[-1].seq + 11, limit=21)
            around = tuple(comment_row(one) for one in near if one.id not in own)
        people = len({row.speaker for row in seen})
        row = replace(case_row(found, names), people=people)
        opened = Step(found.first_ms, "", "opened")
        history = (opened, *(step(one, names) for one in self._readings.case_history(case_id)))
        answer = None if row.due_ms is None else self._vetted(row, seen)
        return CaseDetail(row, tuple(seen), around, history, answer=answer)

    async def _acted(self, case_id: str, act: Callable[[int], values.Case]) -> str:
        if not case_id.isascii() or not case_id.isdigit() or len(case_id) > 15:
            raise NotAllowed("There is no such case.")

        def work() -> str:
            act(int(case_id))
            history = self._readings.case_history(int(case_id))
            return f"{history[-1].chain}#{history[-1].seq}" if history else ""

        record = await in_thread(work)
        self._case_changed(int(case_id))
        return record

    async def claim(self, case_id: str, *, by: str, version: int, key: str) -> str:
        return await self._acted(case_id, lambda n: self._journal.claim(n, by, version, self._now(), key=key))

    async def release(self, case_id: str, *, by: str, version: int, key: str) -> str:
        return await self._acted(
            case_id, lambda n: self._journal.release(n, by, version, self._now(), key=key)
        )

    async def take_over(self, case_id: str, *, by: str, version: int, reason: str, key: str) -> str:
        def work(number: int) -> values.Case:
            case = self._journal.take_over(number, by, version, self._now(), key=key)
            body = {"case": number, "by": by, "reason": reason, "key": key}
            self._journal.append_record(case.room, "take_over_reason", body, session=case.session)
            return case

        return await self._acted(case_id, work)

    async def resolve(
        self, case_id: str, *, by: str, version: int, disposition: str, note: str, key: str
    ) -> str:
        return await self._acted(
            case_id,
            lambda n: self._journal.resolve(n, by, version, disposition, note, now_ms=self._now(), key=key),
        )

    async def copy_answer(
        self, case_id: str, *, by: str, phrase: str, digest: str, text: str, key: str
    ) -> str | None:
        detail = await self.case(case_id, by=by)
        answer = None if detail is None else detail.answer
        if answer is None or answer.reason or (answer.phrase_id, answer.digest, answer.text) != (
            phrase, digest, text
        ):  # fmt: skip
            return None
        told = {"phrase": phrase, "digest": digest, "intent": f"complaint:{answer.kind}"}
        return await self._acted(
            case_id, lambda n: self._journal.note_copy(n, by, told, self._now(), key=key)
        )

    # judgements
    async def judged(self, comment_id: str, *, by: str, case: str = "") -> JudgedComment | None:
        return await in_thread(partial(stored_judgements.judged, self._journal, comment_id, by, case))

    async def judge(self, comment_id: str, labels: Labels, *, by: str, role: str, key: str) -> str:
        tell = partial(stored_judgements.judge, self._journal, comment_id, labels, at_ms=self._now())
        return await in_thread(partial(tell, by=by, role=role, key=key))

    # the record
    async def search(
        self, query: str, *, room: str | None, by: str, reason: str, limit: int
    ) -> Sequence[CommentRow]:
        body = {"by": by, "what": "search", "reason": reason}
        await in_thread(partial(self._journal.append_record, "house", "access_reason", body))
        found = await in_thread(partial(self._readings.search, query, reader=by, limit=limit))
        return [comment_row(one) for one in found if room is None or one.room == room]

    async def chains(self) -> Sequence[str]:
        return sorted(await in_thread(self._readings.chains))

    async def records(self, chain: str, *, before: int | None, limit: int) -> Sequence[RecordRow]:
        return await in_thread(partial(self._records, chain, before, limit))

    def _records(self, chain: str, before: int | None, limit: int) -> Sequence[RecordRow]:
        end = before if before is not None else self._readings.chains().get(chain, 0)
        found = self._readings.records(chain, after_seq=max(-1, end - limit - 1), limit=limit + 1)
        return [record_row(one) for one in reversed(found) if one.seq < end][:limit]

    async def verify(self, chain: str | None) -> Sequence[ChainCheck]:
        report = await in_thread(partial(audit.verify, self._journal.store))
        return checks(report, await in_thread(self._readings.chains))

    async def sessions(self, limit: int) -> Sequence[SessionRow]:
        return await in_thread(partial(self._sessions, limit))

    def _sessions(self, limit: int) -> Sequence[SessionRow]:
        found = self._readings.sessions(limit=limit)
        return [session_row(one, self._readings.counts(one.id)) for one in found]
