"""A shop's own questions: intents that work at once from a few sample asks, without training.

A comment is compared with each sample by the characters and pairs of characters they share, rare ones weighing more
(the model knows how rare a gram is), as a cosine between 0 and 1; the best sample counts. Words the comment must or
must not contain decide first, and having one of the former makes a looser likeness do.
The likeness is turned into the same kind of score as that of the trained questions and held to the same threshold, so
that an own question stays silent as readily. Where both are sure, the surer one is the main question, and an own
question whose `must` words the shop has named goes before a trained one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from classifiers.model import Model, sigmoid
from classifiers.normalize import normalize
from classifiers.plain import Plain, gram
from classifiers.verdict import Asked, Faq

FEWEST = 3
"""Sample asks an own question needs."""
_PAIR = 0.6
"""What a pair of characters weighs beside a single one of the same rarity."""
_STEEP, _MIDDLE, _MIDDLE_WITH_WORD = 12.0, 0.45, 0.30
"""Score = 1 / (1 + e^-(_STEEP * (likeness - _MIDDLE))). Chosen on the development batches, five asks of each intent
standing in for an own question: at a likeness of 0.56 four in 100,000 comments of other meaning pass, at 0.44
five in 10,000; with one of the `must` words in the comment the latter is enough."""


_DIGITS = dict.fromkeys(range(ord("0"), ord("9") + 1), "0")
"""Which number is meant is no part of a question, as in plain.py."""


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question of one shop. `slug` names it (`own:<slug>`); `asks` at least FEWEST sample comments.

    `must`: a comment must contain at least one of these words (empty: no condition); `must_not`: none of these.
    """

    slug: str
    asks: tuple[str, ...]
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()


def named(questions: Sequence[OwnQuestion]) -> str:
    """Eight hex digits that name these questions: the same ones, in whatever order, have the same name."""
    lines = sorted(repr((one.slug, one.asks, one.must, one.must_not)) for one in questions)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "backslashreplace")).hexdigest()[:8]


class OwnQuestions:
    """The own questions of one shop, ready for comparing. Immutable, so threads may share it."""

    def __init__(self, questions: Sequence[OwnQuestion], model: Model) -> None:
        """Raises ValueError for a question with fewer than FEWEST asks that differ once normalised."""
        self._model = model
        self._questions: list[tuple[str, tuple[str, ...], tuple[str, ...], list[dict[str, float]]]] = []
        for question in questions:
            asks = {normalize(ask).text for ask in question.asks} - {""}
            if len(asks) < FEWEST:
                raise ValueError(
                    f"The question own:{question.slug} has {len(asks)} different sample asks; give at least {FEWEST}."
                )
            must, must_not = (
                tuple(filter(None, (normalize(word).text for word in words)))
                for words in (question.must, question.must_not)
            )
            samples = [self._weighed(ask) for ask in sorted(asks)]
            self._questions.append((f"own:{question.slug}", must, must_not, samples))
        self._worded = frozenset(name for name, must, _, _ in self._questions if must)

    def read(self, seen: Plain, found: Sequence[Faq | None], threshold: float) -> list[Faq | None]:
        """The trained answers `found` with the own questions put beside them, or in front where they fit better."""
        if not self._questions:
            return list(found)
        return [self._joined(normal, faq, threshold) for normal, faq in zip(seen.normals, found, strict=True)]

    def _joined(self, normal: str, faq: Faq | None, threshold: float) -> Faq | None:
        said = self._weighed(normal)
        sure = sorted(
            (
                Asked(name, score)
                for name, must, must_not, samples in self._questions
                if (not must or any(word in normal for word in must))
                and not any(word in normal for word in must_not)
                and (score := _score(max(_likeness(said, sample) for sample in samples), bool(must)))
                >= threshold
            ),
            key=lambda asked: (-asked.score, asked.intent),
        )
        if not sure:
            return faq
        own, *rest = sure
        if faq is None:
            return Faq(own.intent, own.score, tuple(rest))
        if own.score >= faq.score or own.intent in self._worded:
            return Faq(own.intent, own.score, _best_first((*rest, Asked(faq.intent, faq.score), *faq.also)))
        return Faq(faq.intent, faq.score, _best_first((*faq.also, *sure)))

    def _weighed(self, normal: str) -> dict[str, float]:
        """A comment's characters and pairs with their weights, brought to length one. Empty for an empty comment."""
        plain = normal.translate(_DIGITS)
        pieces = list(dict.fromkeys((*plain, *map("".join, pairwise(plain)))))
        if not pieces:
            return {}
        rare = self._model.rarity(np.array([gram(piece) for piece in pieces], dtype=np.uint32))
        weights = rare * np.array([1.0 if len(piece) == 1 else _PAIR for piece in pieces])
        return dict(zip(pieces, (weights / np.sqrt((weights**2).sum())).tolist(), strict=True))


def _best_first(also: Sequence[Asked]) -> tuple[Asked, ...]:
    return tuple(sorted(also, key=lambda asked: -asked.score))


def _likeness(said: dict[str, float], sample: dict[str, float]) -> float:
    return sum(weight * said.get(piece, 0.0) for piece, weight in sample.items())


def _score(likeness: float, with_word: bool) -> float:
    return sigmoid(_STEEP * (likeness - (_MIDDLE_WITH_WORD if with_word else _MIDDLE)))
