"""Review over the real store: what waits, what is approved or sent back, and what was let through by break-glass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

from bot.approval import SOLO_WAIT_MS, ApprovalRefused, Approver, DutyMode, grant
from bot.console.shelf_port import Pick
from bot.console.shelf_views import Loud, Outcome, Version, Waiting
from bot.console.stored import in_thread
from bot.console.stored_shelf import Sources, StoredPhrases, version_of
from bot.errors import NotAllowed
from bot.storage.values import PhraseRow
from replies.facts import Shop

LOUD_MS = 2_000
"""For so long the banner's contents are not looked up again; an act of this console looks at once."""


@dataclass(slots=True)
class _Banner:
    """What the banner last showed."""

    at_ms: int | None = None
    rows: tuple[Loud, ...] = field(default=())


class StoredReview(StoredPhrases):
    """The review of `shelf_port.Shelf`."""

    def __init__(self, sources: Sources) -> None:
        super().__init__(sources)
        self._banner = _Banner()

    async def _changed(self) -> None:
        self._banner = _Banner()
        await super()._changed()

    # review
    async def mode(self) -> DutyMode:
        return await in_thread(self._journal.duty_mode)

    async def set_mode(self, mode: DutyMode, *, by: str) -> None:
        await in_thread(partial(self._journal.set_duty_mode, mode, by=by))

    async def waiting(self, page: int, size: int) -> tuple[Sequence[Waiting], int]:
        return await in_thread(partial(self._page, page, size))

    def _page(self, page: int, size: int) -> tuple[list[Waiting], int]:
        found = self._in_review()
        start = min(page, max(0, len(found) - 1) // size) * size
        return self._waiting(found[start : start + size]), len(found)

    def _in_review(self, id: str | None = None) -> list[tuple[PhraseRow, Version]]:
        rows = [row for row in self._journal.phrase_versions("in_review") if id in (None, row.id)]
        rows.sort(key=lambda row: (row.submitted_ms or 0, row.id))
        return [(row, version) for row in rows if (version := version_of(row)) is not None]

    def _waiting(self, rows: Sequence[tuple[PhraseRow, Version]]) -> list[Waiting]:
        live = {row.id: row for row in self._journal.live_phrases()}
        shop = cache(self._shop)  # read once for each merchant, not for each row
        found = []
        for row, version in rows:
            matter = self._journal.phrase_matter(row.id, row.digest, clean=True)
            before = live.get(row.id)
            readings = tuple(self._journal.readings("phrase", row.id, row.digest))
            found.append(Waiting(
                version, version_of(before) if before else None, self._check(version.phrase, shop), readings,
                matter.screens, matter.edited_ms + SOLO_WAIT_MS,
            ))  # fmt: skip
        return found

    async def waits(self, id: str) -> Waiting | None:
        found = await in_thread(lambda: self._waiting(self._in_review(id)))
        return found[-1] if found else None

    async def approve(
        self, picks: Sequence[Pick], approver: Approver, *, break_glass: bool = False, reason: str = ""
    ) -> Sequence[Outcome]:
        def work() -> list[Outcome]:
            shop = cache(self._shop)
            return [self._approve(pick, approver, break_glass, reason, shop) for pick in picks]

        done = await in_thread(work)
        await self._changed()
        return done

    def _approve(
        self, pick: Pick, approver: Approver, break_glass: bool, reason: str,
        shop: Callable[[str | None], Shop],
    ) -> Outcome:  # fmt: skip
        id, digest, substance = pick
        try:
            row = self._journal.phrase_version(id, digest)
            version = version_of(row) if row else None
            if version is None:
                raise NotAllowed(f"There is no phrase {id!r} of that version.")
            mode = self._journal.duty_mode()
            matter = self._journal.phrase_matter(id, digest, clean=self._check(version.phrase, shop).clean)
            if matter.digest != substance:
                raise ApprovalRefused("changed", "It was changed after the page was loaded. Read it again.")
            now = self._journal.now()
            given = grant(
                matter, approver, mode, readings=self._journal.readings("phrase", id, digest), now_ms=now,
                break_glass=break_glass,
            )  # fmt: skip
            if break_glass:
                body = {"act": "reason", "id": id, "digest": digest, "by": approver.login, "reason": reason}
                self._journal.append_record("house", "break_glass", body)
            done = self._journal.approve_phrase(
                id, digest, grant=given, approver=approver, mode=mode, now_ms=now
            )
        except ApprovalRefused as refused:
            return Outcome(id, "", refused.code, str(refused))
        except NotAllowed as refused:
            return Outcome(id, "", "", str(refused))
        return Outcome(id, done.state)

    async def send_back(self, picks: Sequence[Pick], *, by: str, reason: str) -> Sequence[Outcome]:
        def one(pick: Pick) -> Outcome:
            try:
                self._journal.return_phrase(pick[0], pick[1], by=by, reason=reason)
            except NotAllowed as refused:
                return Outcome(pick[0], "", "", str(refused))
            return Outcome(pick[0], "draft")

        done = await in_thread(lambda: [one(pick) for pick in picks])
        await self._changed()
        return done

    async def read(self, id: str, digest: str, *, by: str, screen: str) -> None:
        await in_thread(partial(self._journal.note_reading, "phrase", id, digest, by=by, screen=screen))

    # break-glass
    async def loud(self) -> Sequence[Loud]:
        now = self._journal.now()
        if self._banner.at_ms is None or not 0 <= now - self._banner.at_ms < LOUD_MS:
            self._banner = _Banner(now, tuple(await in_thread(self._loud)))
        return self._banner.rows

    def _loud(self) -> list[Loud]:
        given = {one.id: one for one in self._journal.approvals("phrase") if one.break_glass}
        if not given:
            return []
        now, found = self._journal.now(), []
        versions = {row.approval_id: row for row in self._journal.phrase_versions() if row.break_glass}
        for number, one in given.items():
            row = versions.get(number)
            ends = one.expires_ms is not None and now >= one.expires_ms
            live = row is not None and row.state == "live" and not ends
            if live or one.reviewed_by is None:
                text = str(row.body.get("text", "")) if row else ""
                found.append(Loud(number, one.subject, one.approved_by, text, one.expires_ms, live,
                                  one.reviewed_by is None))  # fmt: skip
        return found

    async def close_task(self, task: int, *, by: str) -> None:
        await in_thread(partial(self._journal.close_review_task, task, by=by))
        self._banner = _Banner()
