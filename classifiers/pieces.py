"""Cutting a comment into the pieces a reader knows: the likeliest cut (a unigram language model, Kudo, ACL 2018).

A pieces file has one line a piece, `piece<TAB>score`, the score its log probability; its line number is its id. The
first four lines are the signs for beginning, padding, end and unknown. A space is written ▁, and one stands before
every text.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from classifiers.errors import ModelError
from classifiers.normalize import NUMBERS, fold_table

BEGIN, PADDING, END, UNKNOWN = range(4)
LONGEST = 120
"""Characters of a text that are read; the rest is ignored."""
MOST = 64
"""Pieces of a text that are read, the two signs at its ends included."""
_WIDEST = 16
_SPACE = "▁"
_STRANGE = 10.0
"""How much less likely than the rarest piece a character is that no piece covers."""
_REPEATED = re.compile(rf"([^{NUMBERS}])\1{{2,}}")


def folded(text: str) -> str:
    """A text as a reader sees it: NFKC, case folded, simplified; signs and single spaces stay, for they tell much.

    Total: any str, lone surrogates and empty texts included.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_folds())
    return _REPEATED.sub(r"\1\1", " ".join(plain.split()))[:LONGEST]


@cache
def _folds() -> dict[int, str]:
    return {code: target for code, target in fold_table().items() if target}


class Pieces:
    """The pieces of one reader. Immutable, so threads may share it."""

    def __init__(self, pieces: Sequence[str], scores: Sequence[float]) -> None:
        """`scores` are those of `pieces`, in their order. Raises ValueError when there is no piece beside the signs."""
        if len(pieces) <= UNKNOWN + 1 or len(pieces) != len(scores):
            raise ValueError("There are too few pieces, or not as many scores.")
        self._numbers = {piece: number for number, piece in enumerate(pieces) if number > UNKNOWN}
        self._scores = {piece: scores[number] for piece, number in self._numbers.items()}
        self._strange = min(scores) - _STRANGE

    @classmethod
    def load(cls, path: Path) -> Pieces:
        """The pieces in a file. Raises ModelError."""
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
            named = [line.rpartition("\t") for line in lines if line]
            return cls([piece for piece, _, _ in named], [float(score) for _, _, score in named])
        except (OSError, ValueError):
            raise ModelError(
                f"The pieces in {path} are missing or damaged. Install Changkong anew."
            ) from None

    def __len__(self) -> int:
        return len(self._numbers) + UNKNOWN + 1

    def cut(self, text: str) -> list[str]:
        """The likeliest cut of a folded text; joined, it is the text with ▁ for spaces and one before it."""
        marked = _SPACE + text.replace(" ", _SPACE)
        count = len(marked)
        best, back = [0.0] + [-math.inf] * count, [0] * (count + 1)
        score_of = self._scores.get
        for start in range(count):
            here = best[start]
            for end in range(start + 1, min(count, start + _WIDEST) + 1):
                score = score_of(marked[start:end])
                if score is None:
                    if end > start + 1:
                        continue
                    score = self._strange
                if here + score > best[end]:
                    best[end], back[end] = here + score, start
        found = []
        while count:
            found.append(marked[back[count] : count])
            count = back[count]
        return found[::-1]

    def ids(self, text: str) -> list[int]:
        """The numbers of the pieces of a text as typed, with the signs at both ends, MOST at most."""
        numbers = self._numbers
        inner = [numbers.get(piece, UNKNOWN) for piece in self.cut(folded(text))]
        return [BEGIN, *inner[: MOST - 2], END]
