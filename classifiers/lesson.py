"""What a model is taught with: comments as the layer sees them, what holds of each, and forum posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifiers.forum import Post
from classifiers.labelled import Labelled
from classifiers.lexicon import Lexicon
from classifiers.meant import meant
from classifiers.model import COLUMNS
from classifiers.normalize import syllables
from classifiers.plain import Flags, Plain, plain, plain_of
from classifiers.rulebook import RuleBook

_REVIEWS, _POSTS, _CHAT = ("reviews", "register", "forum"), "forum", "mood"
"""How batches begin that are in the register of reviews and posts, of posts alone, of remarks to a chat partner."""
_MOOD = "mood"
"""The `vertical` of low spirits that are nobody's fault."""


@dataclass(frozen=True, slots=True)
class Read:
    """Comments as the layer sees them: their normal view, and what codes the rule book found in which of them."""

    plain: Plain
    hits: dict[int, frozenset[str]]

    def by_sound(self) -> Read:
        """The same comments with every hanzi as its syllable, as if typed in homophones or pinyin throughout."""
        normals = [syllables(normal) for normal in self.plain.normals]
        return Read(plain_of(normals, self.plain.asking), self.hits)

    def some(self, which: npt.NDArray[np.int64]) -> Read:
        """Only the comments with these numbers, in this order."""
        numbers = which.tolist()
        hits = {place: self.hits[number] for place, number in enumerate(numbers) if number in self.hits}
        return Read(self.plain.some(numbers), hits)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learnt from: comments and, for each column, whether it holds of them; forum posts, and which of them are
    offensive; the codes of the rule book. `reviews`: lines in the register of reviews and posts; `posts`: those of
    them that are posts; `chat`: remarks to a chat partner. The column `remark` holds of reviews and chat."""

    seen: Read
    truth: dict[str, Flags]
    reviews: Flags
    posts: Flags
    chat: Flags
    told: Read
    offensive: Flags
    codes: list[str]

    def some(self, which: npt.NDArray[np.int64]) -> Lesson:
        """The same with these comments only; the forum posts stay."""
        truth = {name: values[which] for name, values in self.truth.items()}
        return Lesson(self.seen.some(which), truth, self.reviews[which], self.posts[which], self.chat[which], self.told,
                      self.offensive, self.codes)  # fmt: skip


def read(texts: Sequence[str], book: RuleBook) -> Read:
    """Texts as the layer sees them."""
    seen = plain(texts)
    found = Lexicon(book).find_all(texts, seen.normals)
    hits = {at: frozenset(hit.category for hit in these.hits) for at, these in enumerate(found) if these.hits}
    return Read(meant(texts, seen), hits)


def lesson(rows: Sequence[Labelled], posts: Sequence[Post], book: RuleBook) -> Lesson:
    """The lesson that labelled comments and forum posts give, read with a rule book."""
    return Lesson(
        read([row.text for row in rows], book), {column: truth(column, rows) for column in COLUMNS},
        _of_batches(rows, _REVIEWS), _of_batches(rows, _POSTS), _of_batches(rows, _CHAT),
        read([post.text for post in posts], book), np.array([post.offensive for post in posts], dtype=np.bool_),
        sorted(book.codes),
    )  # fmt: skip


def _of_batches(rows: Sequence[Labelled], begins: str | tuple[str, ...]) -> Flags:
    return np.array([row.batch.startswith(begins) for row in rows], dtype=np.bool_)


def truth(column: str, rows: Sequence[Labelled]) -> Flags:
    """For each row whether a column of the model holds of it."""
    return np.array([holds(column, row) for row in rows], dtype=np.bool_)


def holds(column: str, row: Labelled) -> bool:
    """The truth of one column of the model for one row."""
    name, _, value = column.partition(":")
    if name == "faq":
        return value == row.faq or value in row.also
    if name == "kind":
        return value == row.negative
    if column == "asks":
        return row.faq is not None
    if column == "negative":
        return row.negative is not None
    if column == "displeased":
        return row.negative is not None or row.vertical == _MOOD
    if column == "remark":
        return row.batch.startswith((*_REVIEWS, _CHAT))
    level = row.purchase if name.startswith("purchase") else row.severity
    return level >= int(column[-1])
