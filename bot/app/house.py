"""What every run shares: the store and its single writer, the judges, the phrase library."""

from __future__ import annotations

import dataclasses
import hmac
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bot.app.attachment import Attachment, lead
from bot.app.packs import Packs, Reading
from bot.clock import Clock, ShowClock
from bot.comment import RoomKey
from bot.decision import Capabilities, ClockSource, Said, Speaker
from bot.draws import Salts
from bot.learning import shelf
from bot.outbox import Outbox, QueuedRow
from bot.pipeline import IDLE_MS, Batch
from bot.policy import Handbook, RoomState
from bot.storage.chain import HOUSE
from bot.storage.engine import Store, open_store
from bot.storage.journal import Journal
from bot.storage.lessons import LessonReadings
from bot.storage.readings import Readings
from bot.storage.values import Committed, PhraseRow
from classifiers.cascade import Cascade
from classifiers.normalize import spelled
from classifiers.verdict import Verdict
from replies import practice as practice_pack
from replies.facts import Shop
from replies.library import Library
from replies.phrase import Phrase, State

RULES_RECORD = "rulebook_change"


class House:
    """One open store with everything that works on it. `close` leaves the record sealed and no WAL behind."""

    def __init__(
        self,
        store: Store,
        data: Path,
        now: Callable[[], int],
        clock_source: ClockSource,
        cascade: Cascade,
        packs: Packs | None = None,
    ) -> None:
        self.store = store
        self.data = data
        self.salts = Salts()
        self.journal = Journal(
            store, now, clock_source=clock_source, syllables=syllables_of, entrant=self.salts.entrant
        )
        self.readings = Readings(store, self.journal)
        self.cascade = cascade
        self.packs = packs or Packs(())
        self._library = Library()
        self.reload_library()

    @property
    def library(self) -> Library:
        """The phrases as they stand in the store, whatever their state."""
        return self._library

    def reload_library(self) -> None:
        """Read the phrases again; called whenever one was withdrawn or approved."""
        self._library = Library(phrase_of(row) for row in self.journal.phrase_versions())

    def judge(self, texts: Sequence[str]) -> list[Verdict]:
        """Verdicts by the judges in use at this moment; each batch of comments is judged by one rule book."""
        return self.cascade.judge(texts)

    def look_at_packs(self) -> Reading | None:
        """Take a changed rule book into use, between two batches of comments, and record it; None when nothing has
        changed. One that is not sound is recorded as refused. Blocks for a second or two. Raises StoreError."""
        found = self.packs.look(self.cascade)
        if found is None:
            return None
        before = self.cascade.versions.rulebook
        body = {"act": "refused", "using": before, "trouble": found.trouble}
        if found.cascade is not None:
            body = {"act": "swapped", "before": before, "version": found.cascade.versions.rulebook}
        self.journal.append_record(HOUSE, RULES_RECORD, body)
        if found.cascade is not None:
            self.cascade = found.cascade
        return found

    def seed_practice(self) -> Shop:
        """Put the shipped phrases into the store where they are missing; gives the shipped shop."""
        bodies = [{**dataclasses.asdict(one), "digest": one.digest} for one in practice_pack.library()]
        self.journal.seed_practice_library(bodies)
        self.reload_library()
        return practice_pack.shop()

    def close(self) -> None:
        """Last checkpoint, then the store; safe to call once only."""
        try:
            self.journal.close()
        finally:
            self.store.close()

    def secret(self, name: str) -> bytes:
        """32 bytes for signing cookies or buttons, the same at every start: derived from the store's master key."""
        assert self.store.keys is not None
        return hmac.digest(self.store.keys.master, f"changkong {name}".encode(), "sha256")

    def sample(self, case_id: int) -> str | None:
        """The words a case is about, for a card that may show them; the look is recorded."""
        found = self.readings.case_comments(case_id, reader="telegram cards")
        return found[0].words.text if found and found[0].words is not None else None

    def versions(self) -> dict[str, str]:
        """What judges and answers in this run."""
        judging = self.cascade.versions
        return {
            "model": judging.model,
            "rulebook": judging.rulebook,
            "normalizer": judging.normalizer,
            "library": self._library.digest,
        }


def phrase_of(row: PhraseRow) -> Phrase:
    """The phrase a stored version holds, in the state the store says."""
    body: dict[str, Any] = {name: value for name, value in row.body.items() if name != "digest"}
    return dataclasses.replace(Phrase(**body), state=msgspec.convert(row.state, State))


def open_house(
    *,
    data: Path | None,
    url: str | None,
    now: Callable[[], int],
    clock_source: ClockSource,
    keys: Path | None = None,
    migrate_url: str | None = None,
    packs: Sequence[Path] = (),
    second_reader: bool = False,
) -> House:
    """Open the store at `data` or `url` and load what judges: the model in use there, the rule book with `packs`, and
    the second reader if wanted. Raises StoreError, InputError, JudgementError, and ChangkongError when that model is
    not the one the record says was approved."""
    watched = Packs(packs)
    cascade = shelf.load(data, packs=packs, second_reader=second_reader)
    cascade.warm()
    store = open_store(data, url, keys=keys, migrate_url=migrate_url)
    try:
        shelf.require_recorded(LessonReadings(store), data)
        return House(store, data or Path("data"), now, clock_source, cascade, watched)
    except BaseException:
        store.close()
        raise


class Assembly:
    """One room put together: its attachment and its outbox, joined.

    `abilities` is asked at every batch: whether a bridge can speak depends on who is connected. `told` hears what
    became of each answer.
    """

    def __init__(
        self,
        house: House,
        room: RoomKey,
        abilities: Callable[[], Capabilities],
        speaker: Speaker,
        clock: Clock,
        *,
        practice: bool,
        shop: Shop,
        lossless: bool,
        lang: str = "zh",
        time_to_live_ms: int = 20_000,
        idle_ms: int | None = IDLE_MS,
        resume: bool = True,
        told: Callable[[QueuedRow, str], None] = lambda row, state: None,
    ) -> None:
        self.house = house
        state = (house.journal.load_state(room) if resume else None) or RoomState(room)
        self.resumed = bool(state.session) and not state.closed
        self.attachment = Attachment(
            room,
            journal=house.journal,
            judge=house.judge,
            handbook=lambda: Handbook(house.library, abilities(), practice, lang, time_to_live_ms),
            clock=clock,
            state=msgspec.structs.replace(state, shop=shop),
            idle_ms=idle_ms,
            lossless=lossless,
        )
        self.outbox = Outbox(
            room,
            speaker,
            house.journal,
            library=lambda: house.library,
            shop=lambda: self.attachment.state.shop,
            practice=practice,
            allowed=lambda: self.attachment.state.replies_on,
            told=told,
        )
        if self.resumed:
            self.outbox.queue(house.journal.outbox_due(room, 2**53, 10_000))
        self.attachment.after_commit.insert(0, self._queue_answers)
        self.attachment.ends.append(self.outbox)

    async def _queue_answers(self, batch: Batch, committed: Committed, waits_ms: Sequence[float]) -> None:
        """Queue what may be said; when a session has closed, end its answers before the next one's begin."""
        replies = [
            (one.session, one.decision.reply) for one in batch.judged if one.decision.reply is not None
        ]
        rows = [
            Queued(
                id,
                session,
                reply.phrase_id,
                reply.digest,
                reply.product,
                reply.text,
                reply.due_ms,
                reply.expires_ms,
            )
            for id, (session, reply) in zip(committed.outbox_ids, replies, strict=True)
            if reply.mode == "send"
        ]
        clock = self.attachment.clock
        for change in batch.sessions:
            if change.closed_ms is None:
                continue
            self.outbox.queue(row for row in rows if row.session == change.session)
            rows = [row for row in rows if row.session != change.session]
            if isinstance(clock, ShowClock):
                await lead(clock, self.attachment.ends, change.closed_ms)
            await self.outbox.close(change.closed_ms)
        self.outbox.queue(rows)


class Queued(msgspec.Struct, frozen=True):
    """A row of the outbox as it was just committed."""

    id: int
    session: str
    phrase_id: str
    digest: str
    product: str | None
    text: str
    due_ms: int
    expires_ms: int


def syllables_of(text: str) -> list[str]:
    """The toneless syllable of every character, in order; a character without one stands for itself."""
    return [spelled(character) or character for character in text]


class RecordingSink:
    """A speaker for replays of platforms that take answers: nothing leaves the machine."""

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        return Said("sent", "replay")
