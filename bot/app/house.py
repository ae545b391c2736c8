"""What every run shares: the store and its single writer, the judges, the phrase library."""

from __future__ import annotations

import dataclasses
import hmac
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from bot.app.assembly import Assembly, Queued, RecordingSink
from bot.app.packs import Packs, Reading
from bot.app.speech import SpeechGate
from bot.app.stored import phrase_of, question_of, reach_of, stored_shop
from bot.decision import ClockSource
from bot.draws import Salts
from bot.learning import shelf
from bot.outbox import Account
from bot.room_state import Reach
from bot.storage.chain import HOUSE
from bot.storage.engine import Store, open_store
from bot.storage.journal import Journal
from bot.storage.lessons import LessonReadings
from bot.storage.phrase_rows import one_each
from bot.storage.readings import Readings
from classifiers.cascade import Cascade
from classifiers.normalize import spelled
from classifiers.own import OwnQuestion, OwnQuestions
from classifiers.verdict import Verdict
from replies import practice as practice_pack
from replies.facts import Shop
from replies.library import Library

__all__ = ["Assembly", "House", "Queued", "RecordingSink", "open_house", "phrase_of", "syllables_of"]

log = structlog.get_logger()

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
        self.speech = SpeechGate(lambda: self.cascade)
        self._accounts: dict[str, Account] = {}
        self._swapping = threading.Lock()
        self._own: tuple[OwnQuestion, ...] = ()
        self._reaches: dict[str, Reach] = {}
        self._library = Library()
        self.reload_library()
        self.reload_questions()

    @property
    def library(self) -> Library:
        """The phrases as they stand in the store, one version of each: the live one, else the latest."""
        return self._library

    @property
    def reaches(self) -> Mapping[str, Reach]:
        """Where each own question in use is asked, by its intent. Replaced, never changed."""
        return self._reaches

    def reload_library(self) -> None:
        """Read the phrases again; called whenever one was withdrawn, approved or changed."""
        with self._swapping:  # of two at once, the later reading stays
            self._library = Library(phrase_of(row) for row in one_each(self.journal.phrase_versions()))

    def advance_phrases(self, now_ms: int) -> bool:
        """Let time do its part (approved phrases go live, others run out); whether anything changed."""
        changed = bool(self.journal.advance_phrases(now_ms))
        if changed:
            self.reload_library()
        return changed

    def reload_questions(self) -> None:
        """Judge by the shop's own questions as they now stand; called whenever one was saved or switched. One that
        cannot be used (fewer than three asks that differ once normalised) is told in the log and left out."""
        with self._swapping:
            usable, reaches = [], {}
            for row in self.journal.own_questions("live"):
                question = question_of(row)
                try:
                    OwnQuestions([question], self.cascade.model)
                    reach = reach_of(row)
                except ValueError as error:
                    log.warning("an own question cannot be used", slug=row.slug, trouble=str(error))
                else:
                    usable.append(question)
                    reaches[f"own:{row.slug}"] = reach
            self._reaches = {**self._reaches, **reaches}  # before it is heard it is known whose it is
            if usable or self._own:
                self.cascade = self.cascade.with_own(usable)
            self._own, self._reaches = tuple(usable), reaches

    def shop(self, merchant: str | None = None) -> Shop:
        """The goods and facts in the store: those of `merchant` and those of no merchant; None: all. Nothing is on
        show. See `stored_shop`."""
        shop, left_out = stored_shop(self.journal.products(), self.journal.facts(), merchant)
        for trouble in left_out:
            log.warning("left out of the shop", trouble=trouble)
        return shop

    def account(self, name: str) -> Account:
        """The account of this name, stopped if it was when the program last ran. Rooms that share it share its pace."""
        if name not in self._accounts:
            self._accounts[name] = Account(name, stopped=self.journal.account_stopped(name))
        return self._accounts[name]

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
            with self._swapping:  # the own questions may have changed meanwhile
                self.cascade = found.cascade.with_own(self._own)
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


def syllables_of(text: str) -> list[str]:
    """The toneless syllable of every character, in order; a character without one stands for itself."""
    return [spelled(character) or character for character in text]
