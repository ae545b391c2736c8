"""All strings the automaton looks for, and what finding one means. A spelling costs itself and one pattern more.

One string may mean several things (a spelling of two rules, and an anchor of a pattern): `flags` has a bit for each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from classifiers.normalize import spelled, splits
from classifiers.rule import Pattern, RuleBook, Term
from classifiers.sound import pattern, read_otherwise, readings, sounded_many

SPELLED, INITIALS, HEARD, SPELT, SPARE, SHAPE, HEALTH, RIGHTS, JOINED = (1 << bit for bit in range(9))
"""Spelling of a term · its pinyin initials · how it sounds, homophones allowed · how it sounds, in letters only ·
harmless wording · anchor of a pattern · health wording · rights wording · parts of a split character."""

LONG_ENOUGH = 3
"""Syllables a form must have to be read by sound."""
_SEPARATOR = "\n"


class Vocabulary:
    """Words by number with their flags, and the terms and patterns they lead to."""

    __slots__ = ("always", "flags", "heard", "initials", "shapes", "spellings", "words")

    def __init__(self, book: RuleBook) -> None:
        flags: dict[str, int] = {}
        self.spellings: dict[str, list[Term]] = {}
        self.initials: dict[str, list[Term]] = {}
        self.heard: dict[str, list[tuple[Term, str]]] = {}
        self.shapes: dict[str, list[Pattern]] = defaultdict(list)
        for term in book.terms:
            for spelling in term.spellings:
                flags[spelling] = flags.get(spelling, 0) | SPELLED
                self.spellings.setdefault(spelling, []).append(term)
            if "I" in term.readings and (short := _initials(term.spellings[0])):
                flags[short] = flags.get(short, 0) | INITIALS
                self.initials.setdefault(short, []).append(term)
            for word in term.spare:
                if word:
                    flags[word] = flags.get(word, 0) | SPARE
        self._sounds(book.terms, flags)
        for shape in book.patterns:
            for anchor in shape.anchors:
                flags[anchor] = flags.get(anchor, 0) | SHAPE
                self.shapes[anchor].append(shape)
        self.always = tuple(shape for shape in book.patterns if not shape.anchors)
        for words, flag in (
            (book.allow, SPARE),
            (book.health, HEALTH),
            (book.rights, RIGHTS),
            (splits(), JOINED),
        ):
            for word in words:
                flags[word] = flags.get(word, 0) | flag
        self.words = list(flags)
        self.flags = list(flags.values())

    def _sounds(self, terms: Iterable[Term], flags: dict[str, int]) -> None:
        """One pattern for each spelling read by sound: the term itself, and its forms of LONG_ENOUGH syllables.

        A word of one syllable, or without any, has none. Forms that sound alike share theirs.
        """
        heard = [(term, word) for term in terms if not term.readings.isdisjoint("HP")
                 for number, word in enumerate(term.spellings) if not number or _long_enough(word)]  # fmt: skip
        whole = sounded_many(_SEPARATOR.join([word for _, word in heard])).split(_SEPARATOR)
        for (term, word), sound in zip(heard, whole, strict=False):
            other = [pattern(word, names) for names in readings(word)[1:]] if read_otherwise(word) else []
            for found in (sound, *other):
                if len(found) > 1 and not found.isascii():
                    known = self.heard.setdefault(found, [])
                    if not known or known[-1][0] is not term:
                        flags[found] = flags.get(found, 0) | (HEARD if "H" in term.readings else SPELT)
                        known.append((term, word))


def _long_enough(word: str) -> bool:
    """Whether a form may be read by sound: hanzi alone, LONG_ENOUGH of them."""
    return len(word) >= LONG_ENOUGH and all("\u4e00" <= character <= "\u9fff" for character in word)


def _initials(word: str) -> str:
    """The first letters of a word's syllables (加微信: jwx), empty when a character has none or there is only one."""
    names = [character if character.isascii() else spelled(character) for character in word]
    return "".join(name[0] for name in names if name) if len(names) > 1 and all(names) else ""
