"""Words and wordings a pattern may name: `{ill}` in a shape stands for every word of the list `ill`.

A family of wordings (an illness and what became of it) is written once as a shape, and widened by adding a word to a
list. Lists are folded into one expression by the common beginnings of their words, so that a long list costs little
more than a short one. A part is an expression in its own right, which may name lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_NAMED = re.compile(r"\{([a-z][a-z_]*)\}")
"""A place where a list or a part is named. A repetition ({2,5}) never is one."""

_Tree = dict[str, "_Tree"]
_END = ""


class Slots:
    """What the patterns of a rule book may name. Packs may name what stands in the book, and add their own."""

    __slots__ = ("_lists", "_shapes")

    def __init__(self) -> None:
        self._lists: dict[str, tuple[str, ...]] = {}
        self._shapes: dict[str, str] = {}

    def take(self, lists: Mapping[str, Any], parts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Take up lists (words parted by blanks), then parts; yields the name and the fault of each that is none."""
        for name, words in lists.items():
            if not isinstance(words, str) or not words.split() or not _NAMED.fullmatch(f"{{{name}}}"):
                yield name, f"the list {name} is not words parted by blanks."
                continue
            self._lists[name] = tuple(dict.fromkeys(words.split()))
            self._shapes[name] = any_of(self._lists[name])
        for name, shape in parts.items():
            if not isinstance(shape, str) or not _NAMED.fullmatch(f"{{{name}}}"):
                yield name, f"the part {name} is not a text."
            elif missing := self.unknown([shape]):
                yield name, f"the part {name} names {missing}, which is not there."
            else:
                self._shapes[name] = f"(?:{self.filled(shape)})"

    def unknown(self, texts: Iterable[str]) -> str:
        """The first name that leads nowhere, empty when all lead somewhere."""
        return next((name for text in texts for name in _NAMED.findall(text) if name not in self._shapes), "")

    def filled(self, regex: str) -> str:
        """`regex` with each list or part in the place of its name; the longest word of a list that fits is taken."""
        return _NAMED.sub(lambda found: self._shapes[found.group(1)], regex)

    def spread(self, words: Iterable[str]) -> tuple[str, ...]:
        """`words`, those that name a list replaced by all words of it, each once."""
        found: dict[str, None] = {}
        for word in words:
            name = _NAMED.fullmatch(word)
            found.update(dict.fromkeys(self._lists.get(name.group(1), ()) if name else (word,)))
        return tuple(found)


def any_of(words: Iterable[str]) -> str:
    """An expression for any of `words`, the longest that fits. No word may be empty."""
    tree: _Tree = {}
    for word in words:
        branch = tree
        for character in word:
            branch = branch.setdefault(character, {})
        branch[_END] = {}
    return f"(?:{_branches(tree)})"


def _branches(tree: _Tree) -> str:
    ways = []
    for character, rest in tree.items():
        if character == _END:
            continue
        after = _branches(rest)
        if after and (_END in rest or "|" in after):
            after = f"(?:{after})"
        ways.append(re.escape(character) + after + ("?" if after and _END in rest else ""))
    return "|".join(ways)
