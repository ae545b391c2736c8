"""The whole judgement of comments: text in, verdicts out.

One pass: normalise, look for the rule book's terms, take features, score all heads at once. Deterministic: the
same text and the same versions give the same verdict. A Cascade is never changed after loading, so threads may
share it. Only the first LONGEST code points of a text are judged; platforms allow far fewer in a comment.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from classifiers import model as models
from classifiers import rulebook as rulebooks
from classifiers.faq import AROUND, FaqHead
from classifiers.features import features
from classifiers.lexicon import Lexicon
from classifiers.model import COLUMNS, Model
from classifiers.negativity import NegativeHead
from classifiers.normalize import NORMALIZER, normalize
from classifiers.purchase import PurchaseHead
from classifiers.rulebook import RuleBook
from classifiers.segment import borders
from classifiers.verdict import INTENTS, Verdict, Versions

LONGEST = 2000
"""Code points of a text that are judged; the rest is ignored."""

_AROUND = [COLUMNS.index(name) for name in AROUND]
_PURCHASE = COLUMNS.index("purchase>=1")
_NEGATIVE = COLUMNS.index("negative")


class Cascade:
    """A model and a rule book, ready to judge."""

    def __init__(self, model: Model, book: RuleBook) -> None:
        self.model = model
        self.lexicon = Lexicon(book)
        self.versions = Versions(model.version, book.version, NORMALIZER)
        self._faq = FaqHead(model.card)
        self._purchase = PurchaseHead(model.card)
        self._negative = NegativeHead(model.card)

    @classmethod
    def load(cls, model: Path | None = None, rulebook: Path | None = None) -> Cascade:
        """Read a model folder and a rule-book folder, the shipped ones for None. Raises ModelError, RuleBookError."""
        return cls(models.load(model), rulebooks.load(rulebook))

    def warm(self) -> None:
        """Load what is else loaded at its first use (the word dictionary, about a second), before a show begins."""
        borders("")

    def judge(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict a text, in order. Total: any str has one, lone surrogates and empty texts included."""
        cut = [text[:LONGEST] for text in texts]
        views = [normalize(text) for text in cut]
        values = self.model.decide([features(text, view) for text, view in zip(cut, views, strict=True)])
        verdicts = []
        for text, view, row in zip(cut, views, values.tolist(), strict=True):
            found = self.lexicon.find(text, view)
            verdicts.append(Verdict(
                faq=self._faq.read(view.text, row[: len(INTENTS)], [row[at] for at in _AROUND]),
                purchase=self._purchase.read(row[_PURCHASE:_NEGATIVE]),
                negative=self._negative.read(row[_NEGATIVE:]),
                banned=found.hits,
                versions=self.versions,
                normal=view.text,
                health=found.health,
                rights=found.rights,
            ))  # fmt: skip
        return verdicts
