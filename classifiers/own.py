"""A shop's own questions: intents that work at once from a few sample asks, without training.

A comment is compared with each sample by the grams they share, rare grams weighing more (the model knows how rare a
gram is), as a cosine between 0 and 1; the best sample counts. Words the comment must or must not contain decide
first. The likeness is turned into the same kind of score as that of the trained questions and held to the same
threshold, so that an own question stays silent as readily; where both are sure, the surer one is the main question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.model import Model
from classifiers.normalize import normalize
from classifiers.plain import Plain, grams, plain
from classifiers.verdict import Asked, Faq

FEWEST = 3
"""Sample asks an own question needs."""
_STEEP, _MIDDLE = 14.0, 0.50
"""Score = 1 / (1 + e^-(_STEEP * (likeness - _MIDDLE))): chosen so that a comment sharing two thirds of a sample's
weight passes a threshold of 0.9 and one sharing a common word only does not (docs/model-card.md)."""


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question of one shop. `slug` names it (`own:<slug>`); `asks` at least FEWEST sample comments.

    `must`: a comment must contain at least one of these words (empty: no condition); `must_not`: none of these.
    """

    slug: str
    asks: tuple[str, ...]
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()


class OwnQuestions:
    """The own questions of one shop, ready for comparing. Immutable, so threads may share it."""

    def __init__(self, questions: Sequence[OwnQuestion], model: Model) -> None:
        """Raises ValueError for a question with fewer than FEWEST asks that differ once normalised."""
        self._model = model
        self._questions: list[tuple[str, tuple[str, ...], tuple[str, ...], list[dict[int, float]]]] = []
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
            samples = self._weighed(plain(sorted(asks)))
            self._questions.append((f"own:{question.slug}", must, must_not, samples))

    def read(self, seen: Plain, found: Sequence[Faq | None], threshold: float) -> list[Faq | None]:
        """The trained answers `found` with the own questions put beside them, or in front where they fit better."""
        if not self._questions:
            return list(found)
        return [
            self._joined(normal, grams_of, faq, threshold)
            for normal, grams_of, faq in zip(seen.normals, self._weighed(seen), found, strict=True)
        ]

    def _joined(self, normal: str, said: dict[int, float], faq: Faq | None, threshold: float) -> Faq | None:
        sure = sorted(
            (
                Asked(name, score)
                for name, must, must_not, samples in self._questions
                if (not must or any(word in normal for word in must))
                and not any(word in normal for word in must_not)
                and (score := _score(max(_likeness(said, sample) for sample in samples))) >= threshold
            ),
            key=lambda asked: (-asked.score, asked.intent),
        )
        if not sure:
            return faq
        own, *rest = sure
        if faq is None:
            return Faq(own.intent, own.score, tuple(rest))
        if own.score >= faq.score:
            return Faq(own.intent, own.score, (*rest, Asked(faq.intent, faq.score), *faq.also))
        return Faq(faq.intent, faq.score, (*faq.also, *sure))

    def _weighed(self, seen: Plain) -> list[dict[int, float]]:
        """Each comment's grams with their weights, brought to length one."""
        found, owners = grams(seen.codes)
        weights = self._model.rarity(found)
        out: list[dict[int, float]] = [{} for _ in seen.normals]
        for gram, owner, weight in zip(found.tolist(), owners.tolist(), weights.tolist(), strict=True):
            out[owner][gram] = weight
        for said in out:
            length = float(np.sqrt(sum(weight * weight for weight in said.values())))
            for gram in said:
                said[gram] /= length
        return out


def _likeness(said: dict[int, float], sample: dict[int, float]) -> float:
    small, large = (said, sample) if len(said) < len(sample) else (sample, said)
    return sum(weight * large[gram] for gram, weight in small.items() if gram in large)


def _score(likeness: float) -> float:
    return float(1 / (1 + np.exp(-_STEEP * (likeness - _MIDDLE))))
