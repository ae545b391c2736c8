"""A small desk for the tests of learning: comments judged by hand, cases closed, judgements made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.comment import Comment
from bot.learning.judgement import Judgement, Labels, as_judged, judge
from bot.pipeline import fold
from bot.policy import RoomState
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from bot.storage.lessons import LessonReadings
from classifiers.verdict import Asked, Faq, Hit, Negative, Purchase, Verdict
from tests.builders import NOON, ROOM, SHOP, VERSIONS, handbook

PRICE = Verdict(Faq("price", 0.9, (Asked("stock", 0.5),)), Purchase(1, 0.2), Negative(), (), VERSIONS)
SILENT = Verdict(None, Purchase(), Negative(), (), VERSIONS)


def accused(text: str, *, contact: str = "", kind: str | None = "deception", minor: str = "") -> Verdict:
    """Negative of a kind, with a D01 hit on `contact` and a U04 hit on `minor` where these occur."""
    hits = [
        Hit(code, text.index(span), text.index(span) + len(span), span, span, f"{code}-0001")
        for code, span in (("D01", contact), ("U04", minor))
        if span
    ]
    return Verdict(None, Purchase(), Negative(kind, 2 if kind else 0, 0.9), tuple(hits), VERSIONS)


class Desk:
    """A store and who works at it: `mei` (moderator), `an` (compliance), `lin` (operator), `bo` (viewer)."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.readings = LessonReadings(journal.store, journal)
        self.state = RoomState(ROOM, shop=SHOP)
        self.presses = 0
        for login, role in (
            ("mei", "moderator"),
            ("an", "compliance"),
            ("lin", "operator"),
            ("bo", "viewer"),
        ):
            if journal.by_login(login) is None:
                journal.add_person(login, login, role)

    def hear(self, *told: tuple[Comment, Verdict]) -> list[str]:
        """Commit comments with these verdicts; gives their ids."""
        verdicts = [verdict for _, verdict in told]
        batch = fold(
            self.state, [comment for comment, _ in told], judge=lambda texts: verdicts[: len(texts)],
            handbook=handbook(), new_id=lambda: "s1", clock_source="practice",
        )  # fmt: skip
        self.state = batch.state
        return list(self.journal.commit(batch).comment_ids)

    def close(self, disposition: str, *, by: str = "mei") -> int:
        """Close the oldest open case; gives its number."""
        case = min(self.readings.open_cases(), key=lambda one: one.case_id)
        taken = self.journal.claim(case.case_id, by, case.version, NOON)
        self.journal.resolve(case.case_id, by, taken.version, disposition, now_ms=NOON)
        return case.case_id

    def say(self, comment: str, labels: Labels | None = None, *, by: str = "mei") -> Judgement:
        """Judge a comment; without labels: all is right."""
        (lesson,) = self.readings.lessons([comment], reader=None)
        person = self.journal.by_login(by)
        assert person is not None
        self.presses += 1
        key = f"press-{self.presses}"
        return judge(self.journal, lesson, labels or as_judged(lesson), by=by, role=person.role, key=key)


@contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """A desk on a new or existing store in `folder`."""
    store = open_store(folder)
    try:
        journal = Journal(store, lambda: NOON, clock_source="practice")
        yield Desk(journal)
        journal.close()
    finally:
        store.close()


def records(desk: Desk, record_type: str, chain: str | None = None) -> Sequence[dict[str, object]]:
    """What the records of a type say."""
    return [one.body["data"] for one in desk.readings.all_records(record_type, chain)]
