"""What the console reads and writes, from the store: the desk of `bot.console.ports`.

Every call goes to the journal or the readings in a thread, so that a slow disk never holds up the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from bot.app.house import House
from bot.console import views
from bot.errors import NotAllowed
from bot.storage.audit import verify
from bot.storage.values import Case, Person, RecordRow, Seen, Sending

T = TypeVar("T")

DISPOSITIONS = {
    "answered": "answered",
    "hidden": "hidden",
    "warned": "warned author",
    "muted": "muted",
    "false_positive": "false positive",
    "duplicate": "duplicate",
    "no_action": "no action",
    "to_service": "handed to customer service",
    "to_compliance": "handed to compliance",
}


class ConsoleDesk:
    """Implements `bot.console.ports.Desk`. `changed` is told of a case that somebody has acted on."""

    def __init__(self, house: House, now_ms: Callable[[], int], changed: Callable[[int], None]) -> None:
        self._house = house
        self._journal = house.journal
        self._readings = house.readings
        self._now = now_ms
        self._changed = changed

    # people

    async def person(self, person_id: str) -> views.Person | None:
        found = (
            await asyncio.to_thread(self._journal.person, int(person_id)) if person_id.isdecimal() else None
        )
        return _person(found) if found is not None and found.active else None

    async def password_hash(self, name: str) -> tuple[str, str] | None:
        found = await asyncio.to_thread(self._journal.by_login, name)
        if found is None or found.password_hash is None or not found.active:
            return None
        return str(found.id), found.password_hash

    async def take_login(self, token: str) -> views.Person | None:
        try:
            return _person(await asyncio.to_thread(self._journal.use_login_link, token, self._now()))
        except NotAllowed:
            return None

    async def note_login(self, person_id: str, how: str) -> None:
        who = {"person": int(person_id), "how": how}
        await asyncio.to_thread(self._journal.append_record, "house", "login", who)

    # the live room

    async def comments(self, room: str, limit: int, *, by: str) -> Sequence[views.CommentRow]:
        session = await self._latest(room)
        if session is None:
            return []
        found = await asyncio.to_thread(self._readings.comments, session, reader=by, limit=limit)
        return [comment_row(one) for one in found]

    async def answers(self, room: str, limit: int) -> Sequence[views.AnswerRow]:
        session = await self._latest(room)
        if session is None:
            return []
        sendings = await asyncio.to_thread(self._readings.sendings, session, limit=limit)
        silent = await asyncio.to_thread(self._readings.comments, session, reader=None, limit=limit)
        rows = [_answer(one) for one in sendings]
        rows += [
            views.AnswerRow(one.id, one.now_ms, one.faq_intent or "", "", "withheld", one.withheld)
            for one in silent
            if one.withheld
        ]
        return sorted(rows, key=lambda row: row.at_ms, reverse=True)[:limit]

    async def tallies(self, room: str, steps: int) -> Sequence[views.Tally]:
        session = await self._latest(room)
        minutes = [] if session is None else await asyncio.to_thread(self._readings.minutes, session)
        return [
            views.Tally(one.start_ms, one.comments, one.replies, one.negative) for one in minutes[-steps:]
        ]

    async def said_on_air(self, room: str) -> dict[str, int]:
        session = await self._latest(room)
        said: dict[str, int] = await asyncio.to_thread(self._journal.setting, f"said:{session}", {})
        return said

    async def mark_said(self, room: str, question: str, *, by: str, key: str) -> str:
        session = await self._latest(room)
        said = {**await self.said_on_air(room), question: self._now()}
        await asyncio.to_thread(self._journal.save_setting, f"said:{session}", said, by=by)
        return f"house {key}"

    async def _latest(self, room: str) -> str | None:
        found = await asyncio.to_thread(self._readings.sessions, room, 1)
        return found[0].id if found else None

    # cases

    async def cases(
        self, *, room: str | None = None, closed: bool = False, limit: int = 200
    ) -> Sequence[views.CaseRow]:
        if closed:
            sessions = await asyncio.to_thread(self._readings.sessions, room, 3)
            found = [
                case
                for session in sessions
                for case in await asyncio.to_thread(self._readings.cases, session.id, limit)
                if case.state in ("resolved", "archived")
            ][:limit]
        else:
            found = await asyncio.to_thread(self._readings.open_cases, room, limit)
        names = await asyncio.to_thread(self._names)
        return [case_row(one, names) for one in found]

    def _names(self) -> dict[str, str]:
        return {one.login: one.name for one in self._journal.people()}

    async def case(self, case_id: str, *, by: str) -> views.CaseDetail | None:
        return await asyncio.to_thread(self._detail, int(case_id), by) if case_id.isdecimal() else None

    def _detail(self, case_id: int, by: str) -> views.CaseDetail | None:
        case = self._readings.case(case_id)
        if case is None:
            return None
        comments = self._readings.case_comments(case_id, reader=by)
        around: list[Seen] = []
        normal = ""
        if comments:
            evidence = self._readings.evidence(comments[0].id, reader=by)
            around = [*evidence.before, *evidence.after] if evidence is not None else []
            normal = comments[0].words.normal if comments[0].words is not None else ""
        return views.CaseDetail(
            case_row(case, self._names()),
            tuple(comment_row(one) for one in comments),
            tuple(comment_row(one) for one in around),
            tuple(_step(one) for one in self._readings.case_history(case_id)),
            normal,
        )

    async def claim(self, case_id: str, *, by: str, version: int, key: str) -> str:
        return await self._act(case_id, self._journal.claim, by, version, self._now(), key=key)

    async def release(self, case_id: str, *, by: str, version: int, key: str) -> str:
        return await self._act(case_id, self._journal.release, by, version, key=key)

    async def take_over(self, case_id: str, *, by: str, version: int, reason: str, key: str) -> str:
        return await self._act(case_id, self._journal.take_over, by, version, self._now(), key=key)

    async def resolve(
        self, case_id: str, *, by: str, version: int, disposition: str, note: str, key: str
    ) -> str:
        word = DISPOSITIONS.get(disposition, disposition)
        return await self._act(case_id, self._journal.resolve, by, version, word, note, key=key)

    async def _act(self, case_id: str, act: Callable[..., Case], *arguments: Any, key: str) -> str:
        if not case_id.isdecimal():
            raise NotAllowed("There is no such case.")
        case = await asyncio.to_thread(act, int(case_id), *arguments, key=key)
        self._changed(case.case_id)
        return f"{case.case_id}/{case.version}"

    # phrases

    async def phrases(self) -> Sequence[views.PhraseRow]:
        rows = await asyncio.to_thread(self._journal.phrase_versions)
        used = await asyncio.to_thread(self._readings.phrase_uses)
        return [
            views.PhraseRow(
                row.id, row.digest, str(row.body["intent"]), str(row.body["text"]), row.state,
                str(row.body["scope"]), str(row.body.get("product") or ""), str(row.body["lang"]),
                row.body.get("valid_until_ms"), row.signed == "practice", used.get(row.id, 0),
            )
            for row in rows
        ]  # fmt: skip

    async def withdraw(self, phrase_id: str, digest: str, *, by: str, reason: str, key: str) -> str:
        await asyncio.to_thread(self._journal.withdraw_phrase, phrase_id, digest, by, reason)
        await asyncio.to_thread(self._house.reload_library)
        return f"{phrase_id} {digest[:12]}"

    # the record

    async def search(
        self, query: str, *, room: str | None, by: str, reason: str, limit: int
    ) -> Sequence[views.CommentRow]:
        found = await asyncio.to_thread(self._readings.search, query, reader=by, limit=limit)
        return [comment_row(one) for one in found if room in (None, "", one.room)]

    async def chains(self) -> Sequence[str]:
        return list(await asyncio.to_thread(self._readings.chains))

    async def records(self, chain: str, *, before: int | None, limit: int) -> Sequence[views.RecordRow]:
        count = (await asyncio.to_thread(self._readings.chains)).get(chain, 0)
        end = count if before is None else min(before, count)
        after = max(-1, end - limit - 1)
        found = await asyncio.to_thread(self._readings.records, chain, after_seq=after, limit=end - after - 1)
        return [_record(one) for one in reversed(found)]

    async def verify(self, chain: str | None) -> Sequence[views.ChainCheck]:
        report = await asyncio.to_thread(verify, self._house.store)
        counts = await asyncio.to_thread(self._readings.chains)
        bad = report.first_bad
        checks = [
            views.ChainCheck(name, count, bad is None or bad.chain != name)
            for name, count in counts.items()
            if chain in (None, "", name) and (bad is None or bad.chain != name)
        ]
        if bad is not None:
            checks.append(views.ChainCheck(bad.chain, counts.get(bad.chain, 0), False, bad.seq, bad.why))
        return checks

    async def sessions(self, limit: int) -> Sequence[views.SessionRow]:
        found = await asyncio.to_thread(self._readings.sessions, None, limit)
        rows = []
        for one in found:
            counts = await asyncio.to_thread(self._readings.counts, one.id)
            figures = {
                "comments": counts.comments, "flags": counts.flags, "cases": counts.cases,
                "sent": counts.replies.get("sent", 0), "gaps": counts.gaps, "dropped": counts.dropped,
            }  # fmt: skip
            rows.append(views.SessionRow(one.id, one.room, one.opened_ms, one.closed_ms, figures))
        return rows


def _person(one: Person) -> views.Person:
    return views.Person(str(one.id), one.login, one.name, frozenset(one.role.split(",")))


def comment_row(one: Seen) -> views.CommentRow:
    """A stored comment as a page shows it."""
    words = one.words
    readings = words.readings if words is not None else ()
    marks = tuple(
        views.Mark(
            hit["category"], hit["start"], hit["end"], readings[i] if i < len(readings) else "", hit["rule"]
        )
        for i, hit in enumerate(one.banned)
    )
    entry = one.decision.get("entry")
    outcome = {"send": "sent", "suggest": "suggested"}.get(
        (one.decision.get("reply") or {}).get("mode", ""), ""
    )
    return views.CommentRow(
        one.session, one.seq, one.at_ms, words.name if words else "", words.text if words else None, one.role,
        marks, one.codes, one.faq_intent or "", one.purchase_level, one.negative_kind or "",
        (one.decision.get("escalation") or {}).get("severity", 0),
        outcome or ("withheld" if one.withheld else ""), one.withheld or "",
        "" if entry is None else entry.get("refused") or "accepted", bool(one.decision.get("mask")),
        words.normal if words else "", one.viewer,
    )  # fmt: skip


def case_row(one: Case, names: dict[str, str]) -> views.CaseRow:
    """A case as a page shows it."""
    done = one.state in ("resolved", "archived")
    return views.CaseRow(
        str(one.case_id), one.case_id, one.room, one.category, one.codes, one.severity, one.state, one.first_ms,
        None if done else one.sla_due_ms, one.comment_count, 1, "", one.holder or "",
        names.get(one.holder or "", one.holder or ""), one.version, one.hideable, one.disposition or "",
        one.note or "", one.lease_until_ms,
    )  # fmt: skip


def _answer(one: Sending) -> views.AnswerRow:
    return views.AnswerRow(
        str(one.id), one.due_ms, one.intent, one.text, one.state, one.detail,
        product=one.product or "", phrase_id=one.phrase_id,
    )  # fmt: skip


def _step(one: RecordRow) -> views.Step:
    data = one.body.get("data") or {}
    return views.Step(
        one.at_ms,
        str(data.get("by", data.get("person", ""))),
        str(data.get("act", one.record_type)),
        str(data.get("note", "")),
    )


def _record(one: RecordRow) -> views.RecordRow:
    import msgspec

    data = one.body.get("data") or {}
    body = msgspec.json.encode(one.body, order="sorted").decode()
    return views.RecordRow(
        one.chain,
        one.seq,
        one.record_type,
        one.at_ms,
        str(data.get("by", "")),
        one.record_hash,
        one.prev_hash,
        body,
    )
