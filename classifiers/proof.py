"""Whether each rule does what its author wrote it for: it hits its own line, and spares the harmless one beside it.

Both lines are authored with the rule, and the harmless one shares two characters with the term (or, for a pattern,
with what it matches): a rule that cannot tell them apart is too coarse. It takes a few seconds for a whole book, so
it belongs to `changkong rules check` and the tests, not to the start of a show.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from classifiers.lexicon import Lexicon
from classifiers.normalize import normalize
from classifiers.rule import Pattern, RuleBook, Term
from classifiers.rulefiles import read

SHARED = 2
"""Characters a harmless line has in common with the term, at least."""


def check(folder: Path, packs: Sequence[Path] = ()) -> list[str]:
    """Every problem of a rule book: of its files, or of its rules when the files are sound. One sentence each."""
    book, problems = read(folder, packs)
    return problems or list(problems_of(book))


def problems_of(book: RuleBook) -> Iterator[str]:
    """A sentence with file and line for each rule that does not hit, does not spare, or whose lines prove nothing."""
    lexicon = Lexicon(book)
    rules: list[Term | Pattern] = [*book.terms, *book.patterns]
    for rule in rules:
        place = f"{rule.source}:{rule.line}"
        names = {rule.rule} if isinstance(rule, Term) else set(rule.rules)
        if missing := names - _standing(lexicon, rule.hit):
            yield f"{place}: {sorted(missing)[0]} ({rule.term}) does not hit its line {rule.hit!r}."
        if wrong := names & _standing(lexicon, rule.miss):
            yield f"{place}: {sorted(wrong)[0]} ({rule.term}) hits {rule.miss!r}, which it must spare."
        own = _characters(rule)
        common = own & set(normalize(rule.miss).text)
        length = len(rule.spellings[0]) if isinstance(rule, Term) else len(own)
        if len(common) < min(SHARED, length):
            yield f"{place}: the line to spare {rule.miss!r} shares fewer than two characters with {rule.term}."
        if normalize(rule.hit).text == normalize(rule.term).text:
            yield f"{place}: the line to hit is nothing but the term {rule.term}."


def _standing(lexicon: Lexicon, text: str) -> set[str]:
    """Rules that hit a text, those covered by a longer hit included."""
    return {trial.hit.rule for trial in lexicon.trace(text).trials if trial.fate in ("", "covered")}


def _characters(rule: Term | Pattern) -> set[str]:
    """What a harmless line must share two of: the term's characters, or those a pattern matches in its own line.

    A term of one character, or of Latin letters, takes those of its forms too.
    """
    if isinstance(rule, Term):
        own = rule.spellings[0]
        return set(own) if len(set(own)) > 1 and not own.isascii() else set("".join(rule.spellings))
    normal = normalize(rule.hit).text
    said = rule.hit if rule.on_typed else normal
    return {c for start, end in rule.matches(rule.hit, normal) for c in normalize(said[start:end]).text}
