"""What the pages of the phrase library, review, own questions and goods show. Frozen; times in ms since 1970 UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.approval import Reading
from bot.console.views import CommentRow
from replies.facts import Fact, Product
from replies.finding import Finding
from replies.goods import Diff, Problem
from replies.phrase import Phrase


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a phrase and who stands behind it. `practice`: signed for practice only. `makers` wrote it, the
    author first. `stamp` names how it was approved; `expires_ms` is the end of a break-glass."""

    phrase: Phrase
    state: str
    practice: bool = False
    makers: tuple[str, ...] = ()
    edited_ms: int | None = None
    submitted_ms: int | None = None
    approved_by: str = ""
    approved_ms: int | None = None
    stamp: str = ""
    break_glass: bool = False
    expires_ms: int | None = None
    changed_by: str = ""
    changed_ms: int = 0
    used: int = 0

    @property
    def id(self) -> str:
        return self.phrase.id

    @property
    def digest(self) -> str:
        return self.phrase.digest

    @property
    def until_ms(self) -> int | None:
        """When it ends: its own end or its approval's, whichever comes first."""
        ends = [end for end in (self.phrase.valid_until_ms, self.expires_ms) if end is not None]
        return min(ends, default=None)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks say of a phrase. `size` of `most` (`unit` characters or bytes) is its greatest length, held to
    `platform` ("" for the general length). `preview` is what the room would hear today, "" when `missing` says why
    not (a reason of replies.errors.PhraseRefused, and what it is about). `klass` is the class of the goods meant."""

    findings: tuple[Finding, ...]
    size: int
    most: int
    unit: str
    platform: str
    preview: str = ""
    missing: tuple[str, str] = ("", "")
    klass: str = ""

    @property
    def clean(self) -> bool:
        """Nothing in it forbids approval."""
        return all(one.level != "refuse" for one in self.findings)

    @property
    def spotless(self) -> bool:
        """Nothing was found at all."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version in review. `live` is the version it would take the place of. `screens`: where it was written."""

    version: Version
    live: Version | None
    checked: Checked
    readings: tuple[Reading, ...]
    screens: tuple[str, ...]
    ready_ms: int
    """From when its author alone may approve it, in duty mode solo."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one phrase of a review, or on its way there: `state` live, approved, draft, in_review, or "" when
    refused with `code` (of bot.approval, gone, not_draft, or "") and `detail`."""

    id: str
    state: str
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Loud:
    """A phrase that is live by break-glass, or whose review is still to come. `task` is the review task's number."""

    task: int
    id: str
    by: str
    text: str
    until_ms: int | None
    live: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One step in the history of a phrase, from the record."""

    at_ms: int
    by: str
    act: str
    digest: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class OwnQuestionView:
    """A question of the shop's own. `phrases` counts its phrases, `live` those that may be said."""

    slug: str
    name: str
    asks: tuple[str, ...]
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    scope: str = "any"
    product: str = ""
    merchant: str = ""
    on: bool = True
    phrases: int = 0
    live: int = 0
    changed_by: str = ""
    changed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What a question would have done with the last show: comments it would have answered though nobody did, and those
    it would have taken from another question (with that one's name)."""

    session: str
    heard: int
    new: tuple[CommentRow, ...] = ()
    taken: tuple[CommentRow, ...] = ()
    new_count: int = 0
    taken_count: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class GoodsView:
    """The goods. `room` is set when they are those of a practice room, which the store does not hold."""

    products: tuple[Product, ...]
    house: Mapping[str, Mapping[str, Fact]]
    room: str = ""


@dataclass(frozen=True, slots=True)
class Import:
    """A file of goods, read. `token` takes it in; "" when nothing would change."""

    name: str
    diff: Diff
    problems: tuple[Problem, ...]
    token: str
