"""The whole judgement of comments: text in, verdicts out.

One pass: normalise, look for the rule book's terms, look up grams, score all heads at once. Deterministic: the
same text and the same versions give the same verdict, alone or in a batch. A Cascade is never changed after loading,
so threads may share it, and a new rule book or model is another Cascade put in its place between two comments.
Only the first LONGEST code points of a text are judged; platforms allow far fewer in a comment.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from classifiers import model as models
from classifiers import rulebook as rulebooks
from classifiers import segment, several
from classifiers.findings import NOTHING
from classifiers.heads import Heads
from classifiers.lexicon import Lexicon
from classifiers.meant import meant
from classifiers.model import Model
from classifiers.normalize import NORMALIZER
from classifiers.own import OwnQuestion, OwnQuestions, named
from classifiers.plain import plain
from classifiers.rulebook import RuleBook
from classifiers.verdict import Faq, Verdict, Versions

if TYPE_CHECKING:
    from classifiers.second import SecondReader

LONGEST = 2000
"""Code points of a text that are judged; the rest is ignored."""
OWN = "+own-"
"""Between the version of the model and that of a shop's own questions."""


class Cascade:
    """A model, a rule book and a shop's own questions, ready to judge."""

    def __init__(self, model: Model, book: RuleBook, own: Sequence[OwnQuestion] = ()) -> None:
        """Raises ValueError for an own question with too few sample asks."""
        self.model = model
        self.lexicon = Lexicon(book)
        self.versions = Versions(model.version, book.version, NORMALIZER)
        self._heads = Heads(model.card)
        self._own = OwnQuestions(own, model)
        self.second: SecondReader | None = None

    @classmethod
    def load(
        cls, model: Path | None = None, rulebook: Path | None = None, packs: Sequence[Path] = ()
    ) -> Cascade:
        """Read a model folder and a rule-book folder, the shipped ones for None, and rule-book packs beside it.

        Raises ModelError, RuleBookError.
        """
        with ThreadPoolExecutor(1) as other:  # unpacking weights leaves the interpreter to the rule book
            weights = other.submit(models.load, model)
            book = rulebooks.load(rulebook, packs)
            return cls(weights.result(), book)

    def with_book(self, book: RuleBook) -> Cascade:
        """The same judges, own questions and second reader included, with another rule book."""
        other = copy.copy(self)
        other.lexicon = Lexicon(book)
        other.versions = Versions(self.versions.model, book.version, NORMALIZER)
        return other

    def with_second(self, second: SecondReader | None) -> Cascade:
        """The same judges with a reader beside them for comments the model is unsure of (classifiers/second.py)."""
        other = copy.copy(self)
        version = f"{self.model.version}+{second.version}" if second else self.model.version
        other.versions = Versions(version, self.versions.rulebook, self.versions.normalizer)
        other.second = second
        return other

    def with_own(self, questions: Sequence[OwnQuestion]) -> Cascade:
        """The same judges with these own questions in the place of those before; the model's version says which.

        Raises ValueError for one with too few sample asks.
        """
        other = copy.copy(self)
        other._own = OwnQuestions(questions, self.model)
        model = self.versions.model.partition(OWN)[0] + (OWN + named(questions) if questions else "")
        other.versions = Versions(model, self.versions.rulebook, self.versions.normalizer)
        return other

    def warm(self) -> None:
        """Load what is else loaded at its first use (the word dictionary, the expressions of the rule book), before a
        show begins."""
        segment.warm()
        for pattern in self.lexicon.book.patterns:
            pattern.warm()

    def judge(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict a text, in order. Total: any str has one, lone surrogates and empty texts included."""
        if not texts:
            return []
        cut = [text[:LONGEST] for text in texts]
        seen = plain(cut)
        normals, versions = seen.normals, self.versions
        findings = (
            self.lexicon.find_all(cut, normals) if len(cut) > 1 else [self.lexicon.find(cut[0], normals[0])]
        )
        codes = {
            number: {hit.category for hit in found.hits}
            for number, found in enumerate(findings)
            if found is not NOTHING and found.hits
        }
        values = self.model.decide(meant(cut, seen), codes)
        faqs, purchases, negatives = self._heads.read(normals, values)
        if self.second is not None:
            self.second.settle(cut, normals, values, (faqs, purchases, negatives))
        faqs = self._own.read(seen, faqs, self._heads.threshold)
        faqs = several.heard(cut, faqs, self._asking, lambda number: self._heads.asks_more(values[number]))
        return [
            Verdict(faq, purchase, negative, found.hits, versions, normal, found.health, found.rights)
            for faq, purchase, negative, found, normal in zip(
                faqs, purchases, negatives, findings, normals, strict=True
            )
        ]

    def _asking(self, texts: Sequence[str]) -> list[Faq | None]:
        """What each text asks, and nothing else of it."""
        seen = plain(texts)
        faqs, _, _ = self._heads.read(seen.normals, self.model.decide(meant(texts, seen), {}))
        return self._own.read(seen, faqs, self._heads.threshold)
