"""Unanswered questions, merged by what they mean: so that a shop sees what to write next, not three hundred lines.

Known ones merge by question and product. The others merge when their words are nearly the same: at least half of the
pairs of neighbouring characters that occur in either occur in both, after calls to the host, politeness and particles
are taken out. The commonest wording of a group gives it its name and decides what belongs to it. Deterministic, and
exact: only pairs that cannot be alike are not compared (prefix filtering; Chaudhuri, Ganti, Kaushik, ICDE 2006).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

ALIKE = 0.5
"""The least part of the character pairs of two texts that both must share (Jaccard)."""

EXAMPLES = 6
"""Wordings shown of each group: the commonest."""

LONGEST = 60
"""Characters of a text that are compared."""

_FILLING = re.compile(
    r"主播|老板娘?|宝贝|亲|客服|小姐姐|请问一?下?|麻烦问?一?下?|想问一?下?|问一?下|[吗么啊呀呢哦噢吧嘛哈呐哇哟]|[^\w]"
)


@dataclass(frozen=True, slots=True)
class Question:
    """One question left unanswered. `text` as the viewer typed it, `normal` normalised; `viewer` any stable name of who
    asked; `intent`, `product` None where unknown; `reason` why it was not answered; `buying`: a buying viewer asked."""

    text: str
    normal: str
    viewer: str
    at_ms: int
    reason: str
    intent: str | None = None
    product: str | None = None
    buying: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """Questions of one meaning. `examples`: their commonest wordings, the first names the group; `reasons`: how many
    were left unanswered for which reason."""

    intent: str | None
    product: str | None
    examples: tuple[str, ...]
    count: int
    askers: int
    buying: int
    first_ms: int
    last_ms: int
    reasons: dict[str, int]


def clusters(questions: Iterable[Question], most: int = 50) -> list[Cluster]:
    """The weightiest groups, at most `most`: most askers first, then most asked, then the latest."""
    known: dict[tuple[str, str], list[Question]] = defaultdict(list)
    unknown: dict[str, list[Question]] = defaultdict(list)
    for one in questions:
        if one.intent is not None:
            known[one.intent, one.product or ""].append(one)
        else:
            unknown[meat(one.normal)].append(one)
    groups = [*known.values(), *_merged(unknown)]
    found = [_cluster(group) for group in groups]
    return sorted(found, key=lambda one: (-one.askers, -one.count, -one.last_ms, one.examples))[:most]


def meat(normal: str) -> str:
    """What of a question is compared; the question itself where nothing would be left."""
    short = normal[:LONGEST]
    return _FILLING.sub("", short) or short


def _merged(wordings: dict[str, list[Question]]) -> list[list[Question]]:
    """Wordings joined to the commonest one that reads nearly the same."""
    order = sorted(wordings, key=lambda words: (-len(wordings[words]), words))
    pairs = {words: _pairs(words) for words in order}
    rarity = Counter(pair for found in pairs.values() for pair in found)
    leaders: dict[str, list[Question]] = {}
    begun_by: dict[str, list[str]] = defaultdict(list)
    for words in order:
        # Two sets that are alike share one of the rarest pairs of each: so many need to be looked up.
        own = sorted(pairs[words], key=lambda pair: (rarity[pair], pair))
        own = own[: len(own) - ceil(ALIKE * len(own)) + 1]
        candidates = dict.fromkeys(leader for pair in own for leader in begun_by[pair])
        leader = _nearest(pairs[words], ((one, pairs[one]) for one in candidates))
        if leader is None:
            leaders[words] = [*wordings[words]]
            for pair in own:
                begun_by[pair].append(words)
        else:
            leaders[leader] += wordings[words]
    return list(leaders.values())


def _pairs(words: str) -> frozenset[str]:
    """The pairs of neighbouring characters; a lone character is one by itself."""
    return frozenset(words[at : at + 2] for at in range(max(len(words) - 1, min(len(words), 1))))


def _nearest(own: frozenset[str], others: Iterable[tuple[str, frozenset[str]]]) -> str | None:
    """Of the other texts the one most alike, the first handed in of several; None when none is alike enough."""
    best, found = 0.0, None
    for words, pairs in others:
        shared = len(own & pairs)
        part = shared / (len(own) + len(pairs) - shared)
        if part >= ALIKE and part > best:
            best, found = part, words
    return found


def _cluster(group: Sequence[Question]) -> Cluster:
    wordings = Counter(one.text for one in group)
    commonest = sorted(wordings, key=lambda words: (-wordings[words], len(words), words))
    times = [one.at_ms for one in group]
    first = group[0]
    return Cluster(
        first.intent, first.product if first.intent is not None else None, tuple(commonest[:EXAMPLES]), len(group),
        len({one.viewer for one in group}), sum(one.buying for one in group), min(times), max(times),
        dict(sorted(Counter(one.reason for one in group).items())),
    )  # fmt: skip
