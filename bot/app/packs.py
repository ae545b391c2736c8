"""The operator's own rule-book packs: read at the start, and again whenever their files have changed, on air too.

A pack (docs/example-pack) is a folder of terms the house adds to the shipped rule book. Its files may be edited during
a show: once they have lain still for one look, they are read and proved in full, and the new rule book takes the place
of the old one between two comments. A pack that is not sound changes nothing; the old rule book goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from classifiers import proof, rulebook
from classifiers.cascade import Cascade
from classifiers.errors import RuleBookError

Stamp = tuple[tuple[str, int, int], ...]


class Reading(msgspec.Struct, frozen=True):
    """What came of a look at changed files: the new judges, or in one sentence why there are none."""

    cascade: Cascade | None
    trouble: str = ""


class Packs:
    """The packs of one running assistant. `look` is called by one thread at a time."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)
        self._read = self._last = self._stamp()

    def look(self, using: Cascade) -> Reading | None:
        """Whether the files have changed since they were read, and what they give; None for nothing new.

        `using`: the judges in use; the model is theirs. Files that changed since the last look are left until the next
        one, as an editor may still be writing.
        """
        stamp, before = self._stamp(), self._last
        self._last = stamp
        if stamp == self._read or stamp != before:
            return None
        self._read = stamp
        problems = self.problems()
        if problems:
            return Reading(None, problems[0])
        try:
            book = rulebook.load(None, self.folders)
        except RuleBookError as error:  # changed once more since it was proved
            return Reading(None, str(error))
        cascade = using.with_book(book)
        return None if cascade.versions == using.versions else Reading(cascade)

    def problems(self) -> list[str]:
        """Everything wrong with the rule book and the packs, as `changkong rules check` says it."""
        return proof.check(rulebook.SHIPPED, self.folders)

    def _stamp(self) -> Stamp:
        found = []
        for folder in self.folders:
            for name in rulebook.FILES:
                try:
                    state = (folder / name).stat()
                except OSError:
                    continue
                found.append((str(folder / name), state.st_mtime_ns, state.st_size))
        return tuple(found)
