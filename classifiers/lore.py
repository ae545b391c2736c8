"""What is known of words before any comment has been seen: the hand-written cues and the polarity of words.

A *sense* is a group of words that mean the same to a label: a cue of `data/cues.toml`, or a heading of
`data/polarity.txt` (praise or blame, of what, how strong). A word of one to four characters is a gram (plain.py), so
whatever a sense is worth to a label can be added to the weights of its words once, when a model is made; judging a
comment costs nothing more. Negation is such a gram too: 不 or 没 before a word of praise is blame, and the reverse.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from classifiers.normalize import normalize
from classifiers.plain import BORDER, gram

_DATA = Path(__file__).parent / "data"
_FILES = ("cues.toml", "polarity.txt")
_LONGEST = 4
_HEADING = re.compile(r"## (pos|neg|neu)(?: ([a-z]+))?(?: ([123]))?")
_NEGATIONS = ("不", "没", "没有", "不太", "不够", "不会", "不是")
_BORDER = chr(BORDER)


def _version() -> str:
    digest = hashlib.sha256(b"changkong-features-4")
    for name in _FILES:
        digest.update((_DATA / name).read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]


FEATURES = _version()
"""Version of what a model sees of a comment: a model made with another one is refused."""


@cache
def never_asked() -> frozenset[str]:
    """Whole comments, normalised, that ask nothing whatever they look like: set sentences of draws and the like."""
    data = tomllib.loads((_DATA / "cues.toml").read_text(encoding="utf-8"))
    return frozenset(data["never_asked"]["whole"])


def senses() -> dict[str, dict[int, float]]:
    """Sense -> hash of each of its grams -> how strongly the gram carries it (-1 to 1.5). Read anew at each call."""
    known: dict[str, dict[int, float]] = defaultdict(dict)
    for sense, word, strength in (*_cues(), *_polarity()):
        hashed = gram(word)
        known[sense][hashed] = max(-1.0, min(1.5, known[sense].get(hashed, 0.0) + strength))
    return {sense: dict(sorted(words.items())) for sense, words in sorted(known.items())}


def _cues() -> Iterator[tuple[str, str, float]]:
    data = tomllib.loads((_DATA / "cues.toml").read_text(encoding="utf-8"))
    for cue, words in data["cues"].items():
        for word in dict.fromkeys(words):
            if len(word) <= _LONGEST:
                yield cue, word, 1.0
            if len(word) < _LONGEST:
                yield f"end_{cue}", word + _BORDER, 1.0


def _polarity() -> Iterator[tuple[str, str, float]]:
    listed: dict[str, tuple[str, str, float]] = {}
    side, aspect, strength = "", "", 0.0
    for line in (_DATA / "polarity.txt").read_text(encoding="utf-8").split("\n"):
        if heading := _HEADING.match(line):
            side, aspect, strength = heading[1], heading[2] or "general", int(heading[3] or 1) / 2
        elif line and not line.startswith("#"):
            for word in line.split():
                plain = normalize(word).text
                if 0 < len(plain) <= _LONGEST:
                    listed.setdefault(plain, (side, aspect, strength))
    for word, (side, aspect, strength) in listed.items():
        yield f"{side}_{aspect}", word, strength
        yield side, word, strength
        if side == "neu":
            continue
        for negation in _NEGATIONS:
            negated = negation + word
            if len(negated) <= _LONGEST and negated not in listed:
                yield side, negated, -strength
                yield f"{side}_{aspect}", negated, -strength
                yield f"{side}_negated", negated, strength
