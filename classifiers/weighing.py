"""Weighing what was seen of a comment: each place that may be a hit, and why it is one or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from classifiers import excuse, segment
from classifiers.candidate import Candidate, fate
from classifiers.eye import SHAPED, Seen
from classifiers.findings import Trial
from classifiers.normalize import Normal, normalize
from classifiers.rule import Pattern, RuleBook
from classifiers.verdict import Hit
from classifiers.vocabulary import HEALTH, INITIALS, JOINED, RIGHTS, SHAPE, SPARE, SPELLED, Vocabulary


class Weighing:
    """A rule book's way of weighing. Never changed after construction."""

    def __init__(self, book: RuleBook, vocabulary: Vocabulary) -> None:
        self._book = book
        self._vocabulary = vocabulary

    def shapes(self, text: str, normal: str, seen: Seen) -> list[tuple[Pattern, int, int]]:
        """Where patterns match whose anchors were seen: ranges in `text` or in `normal`, as the pattern says."""
        flags, words, anchored = self._vocabulary.flags, self._vocabulary.words, self._vocabulary.shapes
        # By identity: a pattern's value is long, and its hash takes as long as looking for it.
        patterns = (
            {id(pattern): pattern for pattern in self._vocabulary.always} if seen.flags & SHAPED else {}
        )
        for _, _, number in seen.found:
            if flags[number] & SHAPE:
                for pattern in anchored[words[number]]:
                    patterns[id(pattern)] = pattern
        return [
            (pattern, *span)
            for pattern in patterns.values()
            if pattern.regex.search(text if pattern.on_typed else normal)
            for span in pattern.matches(text, normal)
        ]

    def wordings(self, text: str, seen: Seen) -> tuple[bool, bool]:
        """Whether the comment tells of health trouble, and of a fight for its rights."""
        health = bool(seen.flags & HEALTH) and not excuse.before_buying(text)
        rights = bool(seen.flags & RIGHTS) and not excuse.settled(text)
        return health, rights

    def weigh(self, text: str, normal: str, seen: Seen, product_class: str | None) -> list[Trial]:
        """Every place of a comment's normal view that may be a hit, with its fate.

        The map back to what was typed is made only if there is one.
        """
        candidates = dict.fromkeys(self._candidates(seen))
        shapes = self.shapes(text, normal, seen)
        if not candidates and not shapes:
            return []
        return self._weighed(text, normalize(text), seen, product_class, candidates, shapes, undone=False)

    def weigh_undone(self, text: str, view: Normal, seen: Seen, product_class: str | None) -> list[Trial]:
        """The same for the undisguised view of a comment, in which `seen` was seen."""
        candidates = dict.fromkeys(self._candidates(seen))
        shapes = self.shapes(text, view.text, seen)
        return self._weighed(text, view, seen, product_class, candidates, shapes, undone=True)

    def _weighed(
        self, text: str, view: Normal, seen: Seen, product_class: str | None, candidates: Iterable[Candidate],
        shapes: Iterable[tuple[Pattern, int, int]], *, undone: bool,
    ) -> list[Trial]:  # fmt: skip
        words, flags = self._vocabulary.words, self._vocabulary.flags
        spared = [(*view.span(start, end), words[number]) for start, end, number in seen.found
                  if flags[number] & SPARE]  # fmt: skip
        trials = []
        for candidate in candidates:
            if _is_term(candidate, view.text):
                continue
            hit = _hit(
                text, view.span(candidate.start, candidate.end), candidate.term.rule, candidate.term.term
            )
            why, by = self._fate(candidate, hit, text, view, spared, product_class)
            if not why and undone and _torn(candidate, view, text):
                why = "torn"
            trials.append(Trial(hit, candidate.reading, why, by, undone))
        for pattern, start, end in shapes:
            span = (start, end) if pattern.on_typed else view.span(start, end)
            for rule in pattern.rules:
                hit = _hit(text, span, rule, pattern.term)
                trials.append(Trial(hit, "shape", *self._harmless(hit, text, spared), undone))
        return trials

    def _candidates(self, seen: Seen) -> Iterator[Candidate]:
        words, flags = self._vocabulary.words, self._vocabulary.flags
        joined = [(start, end) for start, end, number in seen.found if flags[number] & JOINED]
        for start, end, number in seen.found:
            word = words[number]
            if flags[number] & SPELLED:
                part = end == start + 1 and any(first <= start < last for first, last in joined)
                for term in self._vocabulary.spellings[word]:
                    yield Candidate(start, end, term, "literal", word, part)
            if flags[number] & INITIALS:
                for term in self._vocabulary.initials[word]:
                    yield Candidate(start, end, term, "initials", word)
        for start, end, number in seen.heard:
            for term, meant in self._vocabulary.heard[words[number]]:
                if "H" in term.readings:
                    spots = tuple(range(start, end + 1))
                    yield Candidate(start, end, term, "sound", meant, False, spots, (None,) * (end - start))
        for view, found in seen.lettered:
            for start, end, number in found:
                spots, names = view.starts[start : end + 1], view.names
                within = start > 0 and end < len(names) and None not in (names[start - 1], names[end])
                for term, meant in self._vocabulary.heard[words[number]]:
                    yield Candidate(
                        spots[0], spots[-1], term, "sound", meant, within, spots, names[start:end]
                    )

    def _fate(
        self, candidate: Candidate, hit: Hit, text: str, view: Normal, spared: Sequence[tuple[int, int, str]],
        product_class: str | None,
    ) -> tuple[str, str]:  # fmt: skip
        bound = candidate.term.products
        if product_class is not None and bound and product_class not in bound:
            return "other_goods", ";".join(sorted(bound))
        why, by = self._harmless(hit, text, spared, heard=candidate.reading == "sound")
        return why or fate(candidate, text, view), by

    def _harmless(
        self, hit: Hit, text: str, spared: Sequence[tuple[int, int, str]], heard: bool = False
    ) -> tuple[str, str]:
        """A harmless wording must be longer than a spelling it spares; for a homophone, it may be the word typed."""
        for start, end, word in spared:
            longer = hit.end - hit.start < end - start
            if start <= hit.start and hit.end <= end and (longer or heard):
                return "spared", word
        excuses = self._book.codes[hit.category].excuses
        if excuses and excuse.excused(excuses, text, hit.start, hit.end):
            return "excused", ";".join(sorted(excuses))
        return "", ""


def _hit(text: str, span: tuple[int, int], rule: str, term: str) -> Hit:
    start, end = span
    return Hit(rule[:3], start, end, text[start:end], term, rule)


def _is_term(candidate: Candidate, text: str) -> bool:
    """Whether a reading by sound is the term itself, which its spelling finds."""
    return (
        candidate.reading == "sound"
        and not any(candidate.names)
        and text[candidate.start : candidate.end] == candidate.meant
    )


def _torn(candidate: Candidate, view: Normal, text: str) -> bool:
    """Whether a part of a joined character belongs to a word that goes on beyond it (巧克|力 口|味 is no 加)."""
    joined = [view.span(at, at + 1) for at in range(candidate.start, candidate.end)]
    joined = [(start, end) for start, end in joined if end - start > 1]
    if not joined:
        return False
    plain = normalize(text)
    places = {at: plain.span(at, at + 1) for at in range(len(plain.text))}
    for start, end in joined:
        parts = [at for at, (first, last) in places.items() if start <= first and last <= end]
        if len(parts) < 2:
            continue
        for first, last in segment.words(plain.text):
            if last - first > 1 and first <= parts[-1] and parts[0] < last and not (
                parts[0] <= first and last <= parts[-1] + 1
            ):  # fmt: skip
                return True
    return False
