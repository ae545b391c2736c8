"""What a model sees of a comment: character grams, syllable grams, cues.

Grams of 1-4 characters of the normal text between borders, digits folded to 0; grams of 2-3 syllables; the cues of
`data/cues.toml`; signs in the text as typed. A comment's features are a set: how often one occurs does not count.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import cache
from pathlib import Path

from classifiers.automaton import Automaton
from classifiers.normalize import Normal, syllables

_CUES = Path(__file__).parent / "data" / "cues.toml"
_DIGIT = re.compile(r"\d")
_LONG_NUMBER = re.compile(r"0{5,}")


def _features_version() -> str:
    raw = _CUES.read_bytes().replace(b"\r\n", b"\n")
    return hashlib.sha256(b"changkong-features-2" + raw).hexdigest()[:12]


FEATURES = _features_version()
"""Version of the features: a model made with another one is refused."""


class Cues:
    """The hand-written words of cues.toml, ready for matching."""

    def __init__(self) -> None:
        data = tomllib.loads(_CUES.read_text(encoding="utf-8"))
        names: dict[str, list[str]] = {}
        for cue, words in data["cues"].items():
            for word in words:
                names.setdefault(word, []).append("#" + cue)
        self._names = sorted(names.items())
        self._automaton = Automaton([word for word, _ in self._names])
        self._typed = [("#!" + name, tuple(signs)) for name, signs in data["typed"].items()]
        self._blaming = frozenset(
            "#" + cue for cue in data["cues"] if cue.startswith("neg_") or cue == "rights"
        )
        self.never_asked = frozenset(data["never_asked"]["whole"])

    def of(self, text: str, normal: str) -> set[str]:
        """Names of the cues and signs in a comment, `#` in front; and `#end_…` for cues that end it.

        `#blameless`: no cue of blame (neg_…, rights). Without it a long text of unseen grams drifts into blame.
        """
        seen: set[str] = set()
        for _, end, number in self._automaton.find(normal):
            names = self._names[number][1]
            seen.update(names)
            if end == len(normal):
                seen.update("#end_" + name[1:] for name in names)
        if seen.isdisjoint(self._blaming):
            seen.add("#blameless")
        seen.update(name for name, signs in self._typed if any(sign in text for sign in signs))
        return seen


@cache
def cues() -> Cues:
    """The shipped cues, read once."""
    return Cues()


def features(text: str, normal: Normal) -> set[str]:
    """All features of a comment as strings. Empty normal text: only the signs typed."""
    plain = _LONG_NUMBER.sub("00000", _DIGIT.sub("0", normal.text))
    found = cues().of(text, normal.text)
    if not plain:
        return found
    framed = f"^{plain}$"
    n = len(framed)
    found.update(plain)
    found.update([framed[i : i + 2] for i in range(n - 1)])
    found.update([framed[i : i + 3] for i in range(n - 2)])
    found.update([framed[i : i + 4] for i in range(n - 3)])
    sounds = syllables(plain)
    found.update([sounds[i : i + 2] for i in range(n - 3)])
    found.update([sounds[i : i + 3] for i in range(n - 4)])
    found.add("#short" if len(plain) <= 4 else "#middle" if len(plain) <= 10 else "#long")
    return found
