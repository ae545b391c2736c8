"""Finding the rule book's terms in a comment, disguised or not.

One automaton holds every spelling, every reading by sound (as private syllable characters, see normalize.py), every
harmless wording, the anchors of the patterns and the health and rights wordings. It runs once over the normal
text joined with its syllables, and once more over the undisguised view where there is one. What it finds is then
examined: word borders, Latin neighbours, harmless wordings around it, and the excuses of the code (excuse.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from classifiers import excuse, segment
from classifiers.automaton import Automaton
from classifiers.normalize import Normal, fold_table, private, spelled, syllables, undisguised
from classifiers.rulebook import Pattern, RuleBook, Term
from classifiers.verdict import Hit

_MIXED_UP_TO = 4
_GAP = "\0"


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rule book says about one comment: hits in order of place, and the two wording flags."""

    hits: tuple[Hit, ...] = ()
    health: bool = False
    rights: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A place that may become a hit: offsets in the view, and how it was found."""

    start: int
    end: int
    rule: str
    term: str
    by_sound: bool = False
    borders: bool = False


class Lexicon:
    """A rule book made ready for matching. Immutable after construction, so threads may share it."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self._terms: dict[str, list[tuple[Term, bool]]] = defaultdict(list)
        self._anchors: dict[str, list[Pattern]] = defaultdict(list)
        self._spare = frozenset(book.allow).union(*(term.spare for term in book.terms))
        self._health, self._rights = frozenset(book.health), frozenset(book.rights)
        for term in book.terms:
            for spelling, by_sound in dict(_spellings(term)).items():
                self._terms[spelling].append((term, by_sound))
        for pattern in book.patterns:
            for anchor in pattern.anchors:
                self._anchors[anchor].append(pattern)
        self._always = tuple(pattern for pattern in book.patterns if not pattern.anchors)
        words = {*self._terms, *self._anchors, *self._spare, *self._health, *self._rights}
        self._words = sorted(words)
        self._automaton = Automaton(self._words)

    def find(self, text: str, normal: Normal) -> Findings:
        """All hits of `text`, whose normal view is `normal`. Hits of one code never overlap: the longest stays."""
        hits, health, rights = self._examine(text, normal)
        other = undisguised(text)
        if other is not None:
            hits.extend(self._examine(text, other)[0])
        health = health and not excuse.before_buying(text)
        rights = rights and not excuse.settled(text)
        return Findings(_settled(hits), health, rights)

    def _examine(self, text: str, view: Normal) -> tuple[list[Hit], bool, bool]:
        found = self._automaton.find(view.text + _GAP + syllables(view.text))
        offset = len(view.text) + 1
        candidates: set[_Candidate] = set()
        spared: list[tuple[int, int]] = []
        patterns = dict.fromkeys(self._always)
        health = rights = False
        for start, end, number in found:
            word = self._words[number]
            if start >= offset:
                candidates.update(self._named(word, start - offset, end - offset))
                continue
            candidates.update(self._named(word, start, end))
            patterns.update(dict.fromkeys(self._anchors.get(word, ())))
            health = health or word in self._health
            rights = rights or word in self._rights
            if word in self._spare:
                spared.append(view.span(start, end))
        hits = [self._hit(text, view.span(c.start, c.end), c.rule, c.term)
                for c in candidates if _stands(c, text, view)]  # fmt: skip
        for pattern in patterns:
            hits.extend(self._shaped(pattern, text, view))
        return [hit for hit in hits if not self._harmless(hit, text, spared)], health, rights

    def _named(self, word: str, start: int, end: int) -> Iterator[_Candidate]:
        for term, by_sound in self._terms.get(word, ()):
            yield _Candidate(
                start, end, term.rule, term.term, by_sound, "B" in term.readings and not by_sound
            )

    def _shaped(self, pattern: Pattern, text: str, view: Normal) -> Iterator[Hit]:
        for match in pattern.regex.finditer(text if pattern.on_typed else view.text):
            said = match.group()
            if pattern.needs_digit and not any(c.isdigit() for c in said):
                continue
            if pattern.needs_word and not any(word in said for word in pattern.needs_word):
                continue
            span = match.span() if pattern.on_typed else view.span(*match.span())
            for rule in pattern.rules:
                yield self._hit(text, span, rule, pattern.term)

    def _hit(self, text: str, span: tuple[int, int], rule: str, term: str) -> Hit:
        start, end = span
        return Hit(rule[:3], start, end, text[start:end], term, rule)

    def _harmless(self, hit: Hit, text: str, spared: Iterable[tuple[int, int]]) -> bool:
        if any(start <= hit.start and hit.end <= end for start, end in spared):
            return True
        excuses = self.book.codes[hit.category].excuses
        return bool(excuses) and excuse.excused(excuses, text, hit.start, hit.end)


def _spellings(term: Term) -> Iterator[tuple[str, bool]]:
    """(what to look for, whether it is a reading by sound); literal spellings come last and so win."""
    if term.readings & {"H", "P"}:
        names = [spelled(character) for character in term.spellings[0]]
        if len(names) > 1 and all(names):
            yield from ((word, True) for word in _sounds([n for n in names if n], term))
    yield from ((word, False) for word in term.spellings)


def _sounds(names: list[str], term: Term) -> Iterator[str]:
    """Readings by sound: pinyin letters, and with H any character of the syllable, mixed up to four syllables."""
    hanzi = [private(name) for name in names] if "H" in term.readings else list(term.spellings[0])
    if len(names) > _MIXED_UP_TO:
        yield from ("".join(names), "".join(hanzi))
        return
    yield from map("".join, product(*zip(names, hanzi, strict=True)))


def _stands(candidate: _Candidate, text: str, view: Normal) -> bool:
    """Whether word borders and neighbours allow the candidate."""
    start, end = view.span(candidate.start, candidate.end)
    said = view.text[candidate.start : candidate.end]
    if _continues(text, start, start - 1) or _continues(text, end - 1, end):
        return False
    if candidate.by_sound and not said.isascii():
        if segment.is_word(said):
            return False
        return len(said) > 2 or _no_word_inside(view.text, candidate)
    if candidate.borders and end - start == len(said):
        borders = segment.borders(view.text)
        return candidate.start in borders and candidate.end in borders
    return True


def _no_word_inside(text: str, candidate: _Candidate) -> bool:
    """A two-character reading by sound counts only where the dictionary sees no word around it."""
    borders = segment.borders(text)
    return {candidate.start, candidate.start + 1, candidate.end} <= borders


def _continues(text: str, edge: int, neighbour: int) -> bool:
    """Whether a Latin word or a number goes on beyond the edge of a hit (sb in usb, no1 in no10)."""
    if not 0 <= neighbour < len(text):
        return False
    table = fold_table()
    inside, outside = text[edge].translate(table)[-1:], text[neighbour].translate(table)[-1:]
    if not (inside.isascii() and outside.isascii()):
        return False
    return (inside.isalpha() and outside.isalpha()) or (inside.isdigit() and outside.isdigit())


def _settled(hits: list[Hit]) -> tuple[Hit, ...]:
    """Of overlapping hits of one code the longest stays, of equal ones the lowest rule."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start - h.end, h.start, h.rule)):
        if not any(k.category == hit.category and k.start < hit.end and hit.start < k.end for k in kept):
            kept.append(hit)
    return tuple(sorted(kept, key=lambda h: (h.start, h.category, h.end)))
