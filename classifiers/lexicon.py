"""Finding the rule book's terms in comments, disguised or not.

One automaton holds everything that is looked for (vocabulary.py) and runs over the normal text and its sound view
together (eye.py). Only where that shows something is more done: the map back, the undisguised view; and each
candidate is weighed (weighing.py). Many comments are read in one call over all of them joined.
"""

from __future__ import annotations

from collections.abc import Sequence

from classifiers.eye import PICTURED, SHAPED, Eye, Seen, breaks
from classifiers.findings import NOTHING, Findings, Trace, Trial, joined, settled
from classifiers.normalize import Normal, normalize, undisguised
from classifiers.rule import RuleBook
from classifiers.sound import lettered, spoken
from classifiers.vocabulary import JOINED, SHAPE, SPARE, Vocabulary
from classifiers.weighing import Weighing

__all__ = ["Findings", "Lexicon"]

_ONLY_SHAPES = SPARE | SHAPE | SHAPED


class Lexicon:
    """A rule book made ready for matching. Immutable after construction, so threads may share it.

    To change rules, build another and put it in the place of this one.
    """

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        vocabulary = Vocabulary(book)
        self._eye = Eye(vocabulary)
        self._weighing = Weighing(book, vocabulary)

    def find(self, text: str, normal: str, product_class: str | None = None) -> Findings:
        """All hits of `text`, whose normal view is `normal`. Hits of one code never overlap: the longest stays.

        With `product_class` (rule.PRODUCTS), rules bound to other classes are silent; None: every rule speaks.
        """
        return self._findings(text, normal, self._eye.look(text, normal), product_class)

    def find_all(
        self, texts: Sequence[str], normals: Sequence[str], product_class: str | None = None
    ) -> list[Findings]:
        """The same as `find` for each text with its normal view, in one pass over all of them."""
        found = [NOTHING] * len(texts)
        for number, seen in self._eye.look_together(texts, normals).items():
            found[number] = self._findings(texts[number], normals[number], seen, product_class)
        return found

    def trace(self, text: str, product_class: str | None = None) -> Trace:
        """How `text` is read and what is weighed, with what `find` gives for it."""
        normal = normalize(text).text
        seen = self._eye.look(text, normal)
        weighed, other = self._weighed(text, normal, seen, product_class)
        kept = set(settled(trial.hit for trial in weighed if not trial.fate))
        trials = [
            trial
            if trial.fate or trial.hit in kept
            else Trial(trial.hit, trial.reading, "covered", "", trial.undone)
            for trial in dict.fromkeys(weighed)
        ]
        sounds = [spoken(sound, normal) for sound in lettered(normal, breaks(text, normal))]
        return Trace(normal, spoken(None, normal), tuple(sounds), other.text if other else None, tuple(trials),
                     self._findings(text, normal, seen, product_class))  # fmt: skip

    def _findings(self, text: str, normal: str, seen: Seen, product_class: str | None) -> Findings:
        flags = seen.flags
        if not flags & ~SPARE:
            return NOTHING
        if not flags & ~_ONLY_SHAPES and not self._weighing.shapes(text, normal, seen):
            return NOTHING
        health, rights = self._weighing.wordings(text, seen)
        weighed, _ = self._weighed(text, normal, seen, product_class)
        hits = joined(settled(trial.hit for trial in weighed if not trial.fate), text)
        return Findings(hits, health, rights) if hits or health or rights else NOTHING

    def _weighed(
        self, text: str, normal: str, seen: Seen, product_class: str | None
    ) -> tuple[list[Trial], Normal | None]:
        """What was weighed, and the undisguised view when there was something to undo."""
        weighed = self._weighing.weigh(text, normal, seen, product_class)
        other = undisguised(text) if seen.flags & (JOINED | PICTURED) else None
        if other is not None:
            again = self._eye.look(text, other.text)
            weighed += self._weighing.weigh_undone(text, other, again, product_class)
        return weighed, other
